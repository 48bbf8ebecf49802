//! Encryption of what is stored and sent.

use super::Inspected;
use crate::document::Problem;

/// Types with a switch for encryption at rest, and where it is.
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
    let (property, remedy) = unencrypted(inspected)?;
    Some(inspected.finding(property, "is not always encrypted", &remedy))
}

fn unencrypted(inspected: &Inspected<'_>) -> Option<(&'static str, String)> {
    if inspected.is_one_of(&["AWS::S3::Bucket"]) {
        let property = "BucketEncryption";
        let remedy = "add `BucketEncryption` with `SSEAlgorithm: aws:kms`".to_owned();
        return inspected.may_be_absent(&[property]).then_some((property, remedy));
    }
    if inspected.is_one_of(&["AWS::Kinesis::Stream"]) {
        let property = "StreamEncryption";
        let remedy = "add `StreamEncryption` with `EncryptionType: KMS`".to_owned();
        return inspected.may_be_absent(&[property]).then_some((property, remedy));
    }
    // An instance of a cluster is encrypted as the cluster is.
    if !inspected.may_be_absent(&["DBClusterIdentifier"]) {
        return None;
    }
    let (_, path) = SWITCHES.iter().find(|(of, _)| inspected.is_one_of(&[of]))?;
    (!inspected.is_always_true(path)).then(|| (path[0], format!("set `{}: true`", path.join("."))))
}

pub(super) fn in_transit(inspected: &Inspected<'_>) -> Option<Problem> {
    let property = "TransitEncryptionEnabled";
    let is_open = inspected.is_one_of(&["AWS::ElastiCache::ReplicationGroup"])
        && !inspected.is_always_true(&[property]);
    is_open.then(|| {
        inspected.finding(property, "takes connections without TLS", "set `TransitEncryptionEnabled: true`")
    })
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
