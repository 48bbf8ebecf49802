//! Deletion policies and tags: whether a teardown deletes a resource's data, and whether its owner can be
//! found.

use super::inspected::Inspected;
use super::outcomes::PropertyOutcome;
use cloudformation::document::Problem;

/// Types that hold data.
const STATEFUL: [&str; 14] = [
    "AWS::S3::Bucket",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBCluster",
    "AWS::DocDB::DBCluster",
    "AWS::Neptune::DBCluster",
    "AWS::DynamoDB::Table",
    "AWS::DynamoDB::GlobalTable",
    "AWS::EFS::FileSystem",
    "AWS::EC2::Volume",
    "AWS::Redshift::Cluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::OpenSearchService::Domain",
    "AWS::Cognito::UserPool",
    "AWS::KMS::Key",
];

/// Checks for a deletion policy. Any will do, including `Delete` and `RetainExceptOnCreate`: the point is
/// that somebody decided.
pub(super) fn deletion_policy(inspected: &Inspected<'_>) -> Option<Problem> {
    let is_undecided = inspected.is_one_of(&STATEFUL)
        && inspected.resource.deletion_policy.is_none()
        // An instance in a cluster has no data of its own.
        && inspected.may_be_absent(&["DBClusterIdentifier"]);
    if !is_undecided {
        return None;
    }
    let remedy = "add `DeletionPolicy: Retain`, `Snapshot`, `RetainExceptOnCreate` or, on purpose, `Delete`";
    Some(inspected.finding("", "does not say what a teardown does to its contents", remedy))
}

/// Types that cost money or grant rights, and the property with their tags.
const TAGGED: [(&str, &str); 24] = [
    ("AWS::S3::Bucket", "Tags"),
    ("AWS::RDS::DBInstance", "Tags"),
    ("AWS::RDS::DBCluster", "Tags"),
    ("AWS::DocDB::DBCluster", "Tags"),
    ("AWS::Neptune::DBCluster", "Tags"),
    ("AWS::DynamoDB::Table", "Tags"),
    ("AWS::EFS::FileSystem", "FileSystemTags"),
    ("AWS::EC2::Volume", "Tags"),
    ("AWS::EC2::Instance", "Tags"),
    ("AWS::EC2::SecurityGroup", "Tags"),
    ("AWS::Redshift::Cluster", "Tags"),
    ("AWS::ElastiCache::ReplicationGroup", "Tags"),
    ("AWS::OpenSearchService::Domain", "Tags"),
    ("AWS::ECS::Cluster", "Tags"),
    ("AWS::ECS::Service", "Tags"),
    ("AWS::ECS::TaskDefinition", "Tags"),
    ("AWS::Lambda::Function", "Tags"),
    ("AWS::SQS::Queue", "Tags"),
    ("AWS::SNS::Topic", "Tags"),
    ("AWS::KMS::Key", "Tags"),
    ("AWS::Logs::LogGroup", "Tags"),
    ("AWS::IAM::Role", "Tags"),
    ("AWS::SecretsManager::Secret", "Tags"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Tags"),
];

pub(super) fn tags(inspected: &Inspected<'_>) -> Option<Problem> {
    let (_, property) = TAGGED.iter().find(|(resource_type, _)| inspected.is_one_of(&[resource_type]))?;
    let is_empty = |outcome: &PropertyOutcome<'_>| match outcome {
        PropertyOutcome::Absent => true,
        PropertyOutcome::Structure(node) => node.as_list().is_some_and(<[_]>::is_empty),
        // What only AWS can determine may well be a list of tags, and a guardrail does not warn on suspicion.
        PropertyOutcome::Text(_) | PropertyOutcome::Unknown => false,
    };
    if !inspected.under(&[property]).iter().any(is_empty) {
        return None;
    }
    let remedy = format!("add `{property}` with `Team`, `Environment` and `RequestId`");
    Some(inspected.finding(property, "has no tags, so nobody can tell whose it is", &remedy))
}
