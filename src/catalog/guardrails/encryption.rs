//! Encryption at rest and in transit.

use super::inspected::Inspected;
use cloudformation::document::Problem;

/// Types with a setting for encryption at rest, and its path.
const SWITCHES: [(&str, &[&str]); 10] = [
    ("AWS::RDS::DBInstance", &["StorageEncrypted"]),
    ("AWS::RDS::DBCluster", &["StorageEncrypted"]),
    ("AWS::DocDB::DBCluster", &["StorageEncrypted"]),
    ("AWS::Neptune::DBCluster", &["StorageEncrypted"]),
    ("AWS::EC2::Volume", &["Encrypted"]),
    ("AWS::EFS::FileSystem", &["Encrypted"]),
    ("AWS::Redshift::Cluster", &["Encrypted"]),
    ("AWS::ElastiCache::ReplicationGroup", &["AtRestEncryptionEnabled"]),
    ("AWS::OpenSearchService::Domain", &["EncryptionAtRestOptions", "Enabled"]),
    ("AWS::DAX::Cluster", &["SSESpecification", "SSEEnabled"]),
];

pub(super) fn at_rest(inspected: &Inspected<'_>) -> Option<Problem> {
    if inspected.is_one_of(&["AWS::S3::Bucket"]) {
        let remedy = "add `BucketEncryption` with `SSEAlgorithm: aws:kms`";
        return unless_described(inspected, "BucketEncryption", remedy);
    }
    if inspected.is_one_of(&["AWS::Kinesis::Stream"]) {
        let remedy = "add `StreamEncryption` with `EncryptionType: KMS`";
        return unless_described(inspected, "StreamEncryption", remedy);
    }
    // An instance in a cluster is encrypted like the cluster.
    if !inspected.may_be_absent(&["DBClusterIdentifier"]) {
        return None;
    }
    let (_, path) = SWITCHES.iter().find(|(resource_type, _)| inspected.is_one_of(&[resource_type]))?;
    let remedy = format!("set `{}: true`", path.join("."));
    if inspected.is_always_true(path) {
        return None;
    }
    Some(unencrypted(inspected, path, &remedy))
}

fn unless_described(inspected: &Inspected<'_>, property: &str, remedy: &str) -> Option<Problem> {
    if inspected.may_be_absent(&[property]) {
        Some(unencrypted(inspected, &[property], remedy))
    } else {
        None
    }
}

fn unencrypted(inspected: &Inspected<'_>, path: &[&str], remedy: &str) -> Problem {
    // With more than one outcome it is the form that decides.
    let depends = inspected.under(path).len() > 1;
    let problem = if depends { "is not encrypted with every choice" } else { "is not encrypted" };
    inspected.finding(path[0], problem, remedy)
}

pub(super) fn in_transit(inspected: &Inspected<'_>) -> Option<Problem> {
    let property = "TransitEncryptionEnabled";
    let is_open = inspected.is_one_of(&["AWS::ElastiCache::ReplicationGroup"])
        && !inspected.is_always_true(&[property]);
    if !is_open {
        return None;
    }
    let remedy = "set `TransitEncryptionEnabled: true`";
    Some(inspected.finding(property, "takes connections without TLS", remedy))
}

pub(super) fn of_messages(inspected: &Inspected<'_>) -> Option<Problem> {
    let without_key = inspected.may_be_absent(&["KmsMasterKeyId"]);
    let remedy = if inspected.is_one_of(&["AWS::SNS::Topic"]) && without_key {
        "set `KmsMasterKeyId`"
    } else if inspected.is_one_of(&["AWS::SQS::Queue"])
        && without_key
        && !inspected.is_always_true(&["SqsManagedSseEnabled"])
    {
        "set `KmsMasterKeyId`, or `SqsManagedSseEnabled: true`"
    } else {
        return None;
    };
    Some(inspected.finding("KmsMasterKeyId", "does not say how its messages are encrypted", remedy))
}
