//! Lists existing resources of the account through Cloud Control, whose one call serves every type. Cloud
//! Control calls each service with the bot's rights, so the bot also needs those of the listed types; see
//! `infra/portal.yml`.

use anyhow::Context as _;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudcontrol::Client;
use aws_sdk_cloudcontrol::types::ResourceDescription;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use crate::ports::inventory::{Inventory, InventoryItem};

/// The most resources to offer: users look no further, and an account may have any number.
const MOST: usize = 2_000;

/// The most resources that are read one by one for their names.
const MOST_LOOKED_AT: usize = 100;
/// How many resources are read at the same time.
const AT_ONCE: usize = 8;

/// Parameter type, the resource type to list for it, and the property that holds its display name.
const LISTED: [(&str, &str, &str); 7] = [
    ("AWS::EC2::Instance::Id", "AWS::EC2::Instance", "Tags"),
    ("AWS::EC2::KeyPair::KeyName", "AWS::EC2::KeyPair", "Tags"),
    ("AWS::EC2::SecurityGroup::Id", "AWS::EC2::SecurityGroup", "GroupName"),
    ("AWS::EC2::Subnet::Id", "AWS::EC2::Subnet", "Tags"),
    ("AWS::EC2::VPC::Id", "AWS::EC2::VPC", "Tags"),
    ("AWS::EC2::Volume::Id", "AWS::EC2::Volume", "Tags"),
    ("AWS::Route53::HostedZone::Id", "AWS::Route53::HostedZone", "Name"),
];

/// Cloud Control of the account.
#[derive(Clone, Debug)]
pub struct CloudControl {
    client: Client,
}

impl CloudControl {
    /// Creates a client from `configuration`.
    pub fn new(configuration: &SdkConfig) -> Self {
        Self { client: Client::new(configuration) }
    }
}

#[async_trait]
impl Inventory for CloudControl {
    async fn list(&self, parameter_type: &str) -> anyhow::Result<Vec<InventoryItem>> {
        let listed = LISTED.iter().find(|(listed_type, ..)| *listed_type == parameter_type);
        let (_, resource_type, name_property) =
            listed.with_context(|| format!("nothing of type {parameter_type} can be listed"))?;
        let mut pages = self.client.list_resources().type_name(*resource_type).into_paginator().send();
        let mut resources = Vec::new();
        while resources.len() < MOST
            && let Some(page) = pages.next().await
        {
            let page = page.with_context(|| format!("cannot list {resource_type}"))?;
            resources.extend(page.resource_descriptions.unwrap_or_default());
        }
        resources.truncate(MOST);
        let looked_at = resources.into_iter().enumerate().map(async |(n, resource)| {
            let is_bare =
                n < MOST_LOOKED_AT && properties(&resource).as_object().is_none_or(|all| all.len() <= 1);
            if is_bare { self.whole(resource_type, resource).await } else { resource }
        });
        // `buffered` keeps the order in which AWS lists them.
        let items = stream::iter(looked_at).buffered(AT_ONCE);
        Ok(items.filter_map(async |resource| item(&resource, name_property)).collect().await)
    }
}

impl CloudControl {
    /// Reads a resource with all its properties, because lists of some types contain only ids. Without the
    /// right to read it, the resource is returned unchanged.
    async fn whole(&self, resource_type: &str, resource: ResourceDescription) -> ResourceDescription {
        let call =
            self.client.get_resource().type_name(resource_type).set_identifier(resource.identifier.clone());
        match call.send().await {
            Ok(answer) => answer.resource_description.unwrap_or(resource),
            Err(error) => {
                tracing::debug!(%error, resource_type, "cannot look at something that was listed");
                resource
            }
        }
    }
}

/// Parses the properties, which are JSON in a string. If they cannot be parsed, the id is still known.
fn properties(resource: &ResourceDescription) -> Value {
    resource.properties().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn item(resource: &ResourceDescription, name_property: &str) -> Option<InventoryItem> {
    let id = resource.identifier()?.to_owned();
    let properties = properties(resource);
    let name = match name_property {
        "Tags" => tagged(&properties),
        property => properties[property].as_str(),
    };
    // Route 53 ends the name of a zone with a dot, which nobody types.
    let name = name.unwrap_or_default().trim_end_matches('.').to_owned();
    // The id is displayed anyway; as a name it would be there twice.
    Some(InventoryItem { name: if name == id { String::new() } else { name }, id })
}

fn tagged(properties: &Value) -> Option<&str> {
    let tags = properties["Tags"].as_array()?;
    tags.iter().find(|tag| tag["Key"] == "Name")?["Value"].as_str()
}
