//! A made-up account with a small network, for trying out forms.

use anyhow::bail;
use async_trait::async_trait;

use crate::ports::inventory::{Inventory, InventoryItem};

/// The account: the same resources for everybody.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimulatedInventory;

#[async_trait]
impl Inventory for SimulatedInventory {
    async fn list(&self, parameter_type: &str) -> anyhow::Result<Vec<InventoryItem>> {
        let items: &[(&str, &str)] = match parameter_type {
            "AWS::EC2::VPC::Id" => {
                &[("vpc-0a1b2c3d4e5f60718", "shared"), ("vpc-0f9e8d7c6b5a40312", "sandbox")]
            }
            "AWS::EC2::Subnet::Id" => &[
                ("subnet-0a11111111111111a", "private-a"),
                ("subnet-0b22222222222222b", "private-b"),
                ("subnet-0c33333333333333c", "public-a"),
            ],
            "AWS::EC2::SecurityGroup::Id" => {
                &[("sg-0d44444444444444d", "web"), ("sg-0e55555555555555e", "database")]
            }
            "AWS::EC2::KeyPair::KeyName" => &[("bastion", "")],
            "AWS::EC2::Instance::Id" => &[("i-0f66666666666666f", "bastion")],
            "AWS::EC2::Volume::Id" => &[("vol-0a77777777777777a", "scratch")],
            "AWS::Route53::HostedZone::Id" => &[("Z0123456789ABCDEFGHIJ", "example.internal")],
            other => bail!("nothing of type {other} can be listed"),
        };
        Ok(items
            .iter()
            .map(|(id, name)| InventoryItem { id: (*id).to_owned(), name: (*name).to_owned() })
            .collect())
    }
}
