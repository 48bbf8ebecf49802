//! What was provisioned.

use serde_json::{Value, json};

/// A provisioned product.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The token it was provisioned with.
    pub(crate) token: String,
    /// As they were sent.
    pub(crate) tags: Value,
    /// Of its provisioning.
    pub(crate) record: String,
    /// Of the change under way.
    pub(crate) change: Option<String>,
    /// Of the removal under way: its token and its record.
    pub(crate) removal: Option<(String, String)>,
    pub(crate) drift: Option<Drift>,
}

/// What somebody did to it outside the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Drift {
    /// It was removed.
    Gone,
    /// It is stable, but not what was asked for.
    Tainted,
    /// It exists, but cannot be used.
    Broken,
    /// It has these tags now.
    Tagged(Vec<(String, String)>),
}

impl Made {
    pub(super) fn status(&self) -> &'static str {
        match &self.drift {
            Some(Drift::Tainted) => "TAINTED",
            Some(Drift::Broken) => "ERROR",
            _ if self.removal.is_some() || self.change.is_some() => "UNDER_CHANGE",
            Some(Drift::Gone | Drift::Tagged(_)) | None => "AVAILABLE",
        }
    }

    fn tags(&self) -> Value {
        match &self.drift {
            Some(Drift::Tagged(tags)) => {
                tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
            }
            _ => self.tags.clone(),
        }
    }

    /// As `DescribeProvisionedProduct` tells it.
    pub(super) fn told(&self) -> Value {
        json!({
            "Id": self.id, "Name": self.name, "Status": self.status(), "IdempotencyToken": self.token,
            "LastRecordId": self.removal.as_ref().map_or(&self.record, |(_, record)| record),
            "LastProvisioningRecordId": self.record, "Type": "CFN_STACK",
        })
    }

    /// As `SearchProvisionedProducts` tells it, which alone tells the tags.
    pub(super) fn told_with_tags(&self) -> Value {
        let mut told = self.told();
        told["Tags"] = self.tags();
        told
    }
}
