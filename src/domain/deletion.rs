//! What a teardown does to each resource of a template, by CloudFormation's rules. Which resources were created, and
//! what people read about it, is up to the caller.

use serde::{Deserialize, Serialize};

use cloudformation::{Resource, Template};

/// The effect of a teardown on one resource of the template, if it was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionEffect {
    /// Its logical id in the template.
    pub logical_id: String,
    /// The resource type, such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// What remains of it.
    pub keeps: DeletionOutcome,
}

/// What a teardown leaves of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeletionOutcome {
    /// Nothing remains.
    Deleted,
    /// The resource remains and keeps costing.
    Kept,
    /// A final snapshot remains, which costs less.
    Snapshot,
}

/// The resource types that CloudFormation can snapshot before deleting:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>.
const SNAPSHOTS: [&str; 8] = [
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

/// Returns the deletion effect on every resource of the template, in file order, whatever conditions it depends on.
///
/// A policy that is an expression, or that the resource type does not support, counts as none: announcing a loss that
/// does not happen is better than losing data unannounced.
pub fn deletion_effects(template: &Template) -> Vec<DeletionEffect> {
    let fate = |resource: &Resource| DeletionEffect {
        logical_id: resource.logical_id.clone(),
        resource_type: resource.resource_type.clone(),
        keeps: keeps(resource),
    };
    template.resources.iter().map(fate).collect()
}

fn keeps(resource: &Resource) -> DeletionOutcome {
    match resource.deletion_policy.as_deref() {
        // `RetainExceptOnCreate` only differs while the stack is being created.
        Some("Retain" | "RetainExceptOnCreate") => DeletionOutcome::Kept,
        Some("Delete") => DeletionOutcome::Deleted,
        Some("Snapshot") if can_be_snapshot(resource) => DeletionOutcome::Snapshot,
        // `Snapshot` for a type that has none, or a policy that is not known.
        Some(_) => DeletionOutcome::Deleted,
        None if is_database(resource) && can_be_snapshot(resource) => DeletionOutcome::Snapshot,
        None => DeletionOutcome::Deleted,
    }
}

/// Whether the type's default policy is a snapshot.
fn is_database(resource: &Resource) -> bool {
    matches!(resource.resource_type.as_str(), "AWS::RDS::DBCluster" | "AWS::RDS::DBInstance")
}

/// Whether CloudFormation can snapshot the resource. A cluster's instances have no storage of their own; the
/// cluster's snapshot covers it.
fn can_be_snapshot(resource: &Resource) -> bool {
    let is_in_cluster = resource.resource_type == "AWS::RDS::DBInstance"
        && resource
            .properties
            .as_ref()
            // Whatever the value is: an expression names a cluster just as well.
            .is_some_and(|properties| properties.get("DBClusterIdentifier").is_some());
    SNAPSHOTS.contains(&resource.resource_type.as_str()) && !is_in_cluster
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let fates = deletion_effects(&Template::parse(text).unwrap());
        let lines: Vec<String> = fates
            .iter()
            .map(|fate| format!("{} ({}): {:?}", fate.logical_id, fate.resource_type, fate.keeps))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn of_the_shipped_products_a_teardown_keeps_what_holds_data() {
        insta::assert_snapshot!(told(include_str!("../../catalog/s3-bucket/template.yml")), @"
        BucketKey (AWS::KMS::Key): Kept
        Bucket (AWS::S3::Bucket): Kept
        BucketPolicy (AWS::S3::BucketPolicy): Kept
        ");
        insta::assert_snapshot!(told(include_str!("../../catalog/rds-postgres/template.yml")), @"
        DatabaseKey (AWS::KMS::Key): Kept
        SubnetGroup (AWS::RDS::DBSubnetGroup): Deleted
        DatabaseSecurityGroup (AWS::EC2::SecurityGroup): Deleted
        ParameterGroup (AWS::RDS::DBParameterGroup): Deleted
        MonitoringRole (AWS::IAM::Role): Deleted
        PostgresLog (AWS::Logs::LogGroup): Deleted
        UpgradeLog (AWS::Logs::LogGroup): Deleted
        Database (AWS::RDS::DBInstance): Snapshot
        ");
        insta::assert_snapshot!(told(include_str!("../../catalog/ecs-service/template.yml")), @"
        LogKey (AWS::KMS::Key): Deleted
        LogGroup (AWS::Logs::LogGroup): Deleted
        Cluster (AWS::ECS::Cluster): Deleted
        ExecutionRole (AWS::IAM::Role): Deleted
        TaskRole (AWS::IAM::Role): Deleted
        ServiceSecurityGroup (AWS::EC2::SecurityGroup): Deleted
        TaskDefinition (AWS::ECS::TaskDefinition): Deleted
        Service (AWS::ECS::Service): Deleted
        ");
    }

    #[test]
    fn a_policy_is_taken_by_its_word() {
        insta::assert_snapshot!(told(r"
Resources:
  Plain: {Type: AWS::S3::Bucket}
  Gone: {Type: AWS::RDS::DBInstance, DeletionPolicy: Delete}
  Retained: {Type: AWS::KMS::Key, DeletionPolicy: Retain}
  OnceThere: {Type: AWS::DynamoDB::Table, DeletionPolicy: RetainExceptOnCreate}
  Disk: {Type: AWS::EC2::Volume, DeletionPolicy: Snapshot}
  Cache: {Type: AWS::ElastiCache::ReplicationGroup, DeletionPolicy: Snapshot}
  Warehouse: {Type: AWS::Redshift::Cluster, DeletionPolicy: Snapshot}
"), @"
        Plain (AWS::S3::Bucket): Deleted
        Gone (AWS::RDS::DBInstance): Deleted
        Retained (AWS::KMS::Key): Kept
        OnceThere (AWS::DynamoDB::Table): Kept
        Disk (AWS::EC2::Volume): Snapshot
        Cache (AWS::ElastiCache::ReplicationGroup): Snapshot
        Warehouse (AWS::Redshift::Cluster): Snapshot
        ");
    }

    #[test]
    fn a_database_without_a_policy_leaves_a_snapshot_unless_it_belongs_to_a_cluster() {
        insta::assert_snapshot!(told(r"
Conditions: {Reads: !Equals [a, b]}
Resources:
  Cluster: {Type: AWS::RDS::DBCluster}
  Writer: {Type: AWS::RDS::DBInstance, Properties: {DBClusterIdentifier: !Ref Cluster}}
  Reader: {Type: AWS::RDS::DBInstance, Condition: Reads, Properties: {DBClusterIdentifier: !Ref Cluster}}
  Alone: {Type: AWS::RDS::DBInstance, Properties: {Engine: mariadb}}
  Documents: {Type: AWS::DocDB::DBCluster}
"), @"
        Cluster (AWS::RDS::DBCluster): Snapshot
        Writer (AWS::RDS::DBInstance): Deleted
        Reader (AWS::RDS::DBInstance): Deleted
        Alone (AWS::RDS::DBInstance): Snapshot
        Documents (AWS::DocDB::DBCluster): Deleted
        ");
    }

    #[test]
    fn a_policy_that_cannot_be_is_announced_as_a_loss() {
        insta::assert_snapshot!(told(r"
Parameters: {Policy: {Type: String}}
Resources:
  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Snapshot}
  Member: {Type: AWS::RDS::DBInstance, DeletionPolicy: Snapshot, Properties: {DBClusterIdentifier: shared}}
  Chosen: {Type: AWS::S3::Bucket, DeletionPolicy: !Ref Policy}
"), @"
        Bucket (AWS::S3::Bucket): Deleted
        Member (AWS::RDS::DBInstance): Deleted
        Chosen (AWS::S3::Bucket): Deleted
        ");
    }

    #[test]
    fn a_fate_is_stored_by_name() {
        let fate = DeletionEffect {
            logical_id: "Key".into(),
            resource_type: "AWS::KMS::Key".into(),
            keeps: DeletionOutcome::Kept,
        };
        let stored = serde_json::to_string(&fate).unwrap();
        insta::assert_snapshot!(stored, @r#"{"logical_id":"Key","resource_type":"AWS::KMS::Key","keeps":"Kept"}"#);
        assert_eq!(serde_json::from_str::<DeletionEffect>(&stored).unwrap(), fate);
    }
}
