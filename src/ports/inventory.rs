//! Existing resources of the account that can be chosen in a form, such as VPCs and subnets.

use std::fmt::Debug;

use async_trait::async_trait;

/// Lists existing resources. Listing may take seconds, so callers that answer users cache the result.
#[async_trait]
pub trait Inventory: Debug + Send + Sync {
    /// Lists all resources of a CloudFormation parameter type such as `AWS::EC2::VPC::Id`.
    ///
    /// # Errors
    /// If they cannot be listed now, or resources of this type can never be listed.
    async fn list(&self, parameter_type: &str) -> anyhow::Result<Vec<InventoryItem>>;
}

/// A resource that a form offers by id and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryItem {
    /// Its id or name, as the template takes it.
    pub id: String,
    /// Its display name; may be empty.
    pub name: String,
}
