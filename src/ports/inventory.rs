//! What exists in the account already and can be chosen in a form, such as VPCs and subnets.

use std::fmt::Debug;

use async_trait::async_trait;

/// Knows what exists. Listing may take seconds; whoever answers people keeps what was listed.
#[async_trait]
pub trait Inventory: Debug + Send + Sync {
    /// Everything of a type such as `AWS::EC2::VPC::Id`, as CloudFormation names the types of parameters.
    ///
    /// # Errors
    /// Whatever keeps it from being listed now; also a type of which nothing can be listed.
    async fn list(&self, parameter_type: &str) -> anyhow::Result<Vec<InventoryItem>>;
}

/// Something that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryItem {
    /// Its id or name: what the template takes.
    pub id: String,
    /// What people call it; may be empty.
    pub name: String,
}
