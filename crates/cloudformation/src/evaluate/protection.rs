//! Properties that keep AWS from deleting a resource, whatever its `DeletionPolicy` says.

use super::Evaluator;
use crate::sections::Resource;

/// The type, the property, and the value with which AWS refuses to delete such a resource.
const PROTECTIONS: [(&str, &str, &str); 7] = [
    ("AWS::Cognito::UserPool", "DeletionProtection", "ACTIVE"),
    ("AWS::DocDB::DBCluster", "DeletionProtection", "true"),
    ("AWS::DynamoDB::Table", "DeletionProtectionEnabled", "true"),
    ("AWS::EC2::Instance", "DisableApiTermination", "true"),
    ("AWS::Neptune::DBCluster", "DeletionProtection", "true"),
    ("AWS::RDS::DBCluster", "DeletionProtection", "true"),
    ("AWS::RDS::DBInstance", "DeletionProtection", "true"),
];

impl Evaluator<'_> {
    /// Whether AWS would refuse to delete it; a protection that is unknown here counts as none.
    pub(super) fn is_protected(&self, resource: &Resource) -> bool {
        let of_type = |(own, _, _): &&(&str, &str, &str)| *own == resource.resource_type;
        PROTECTIONS.iter().find(of_type).is_some_and(|(_, property, protects)| {
            let node = resource.properties.as_ref().and_then(|properties| properties.get(property));
            let value = node.and_then(|node| self.text(node, 0).ok());
            value.is_some_and(|value| value.eq_ignore_ascii_case(protects))
        })
    }
}
