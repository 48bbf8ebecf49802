//! Attributes that the template itself determines: properties that are read back, and ports of endpoints. All others
//! are invented by the caller, or unknown.

use super::{Evaluated, EvaluationError, Evaluator, LiveResource, functions};
use crate::document::Node;
use crate::sections::Resource;

/// Types and attributes that return the property of the same name. No other property is read back: `GetAtt` returns
/// what the provider schemas call read-only, and properties are not.
///
/// "Return values" of each type, and the example of `Fn::Cidr` for the block, in the CloudFormation Template
/// Reference Guide; `readOnlyProperties` of the provider schemas in cfn-lint 1.58.0; all read on 2026-11-29.
const READ_BACK: [(&str, &str); 3] =
    [("AWS::EC2::VPC", "CidrBlock"), ("AWS::SSM::Parameter", "Type"), ("AWS::SSM::Parameter", "Value")];

/// The prefix of an engine's name, and its port.
type ByEngine = &'static [(&'static str, &'static str)];

/// The type, the attribute, and the default port by the prefix of `Engine`.
///
/// `CreateDBInstance` and `CreateDBCluster` in the Amazon RDS API Reference, `port` of `ElastiCache`'s replication
/// groups in Pulumi's reference, read on 2026-11-29.
const PORTS: [(&str, &str, ByEngine); 3] = [
    (
        "AWS::RDS::DBInstance",
        "Endpoint.Port",
        &[
            ("mariadb", "3306"),
            ("mysql", "3306"),
            ("postgres", "5432"),
            ("oracle-", "1521"),
            ("sqlserver-", "1433"),
            ("db2-", "50000"),
        ],
    ),
    (
        "AWS::RDS::DBCluster",
        "Endpoint.Port",
        &[("aurora-mysql", "3306"), ("aurora-postgresql", "5432"), ("mysql", "3306"), ("postgres", "5432")],
    ),
    ("AWS::ElastiCache::ReplicationGroup", "PrimaryEndPoint.Port", &[("redis", "6379"), ("valkey", "6379")]),
];

/// Properties with which a port is inherited, so that the engine does not determine it.
const INHERIT: [&str; 9] = [
    "DBSnapshotIdentifier",
    "GlobalReplicationGroupId",
    "ReplicationSourceIdentifier",
    "SnapshotIdentifier",
    "SourceDBClusterIdentifier",
    "SourceDBInstanceAutomatedBackupsArn",
    "SourceDBInstanceIdentifier",
    "SourceDbClusterResourceId",
    "SourceDbiResourceId",
];

/// A type, its attributes (empty for `Ref`), a property, and the values of the property with which an invented value
/// looks like one of AWS, as it does without the property. With any other value of the property it would look
/// different, so nothing is invented.
///
/// "IAM identifiers" in the IAM User Guide; "Migrate an Amazon ECS short service ARN to a long ARN" in the Amazon ECS
/// Developer Guide; `ReplicateKey` in the AWS KMS API Reference; "Finding connection endpoints" and "Best practices
/// when enabling in-transit encryption" in the Amazon `ElastiCache` User Guide; "Return values" of each type in the
/// CloudFormation Template Reference Guide; read on 2026-11-29.
const LOOKS: [(&str, &[&str], &str, &[&str]); 17] = [
    ("AWS::ECS::Service", &[""], "Cluster", &[]),
    ("AWS::ElastiCache::ReplicationGroup", PRIMARY, "ClusterMode", &["disabled"]),
    ("AWS::ElastiCache::ReplicationGroup", PRIMARY, "NodeGroupConfiguration", &[]),
    ("AWS::ElastiCache::ReplicationGroup", PRIMARY, "NumNodeGroups", &["1"]),
    ("AWS::ElastiCache::ReplicationGroup", &["PrimaryEndPoint.Address"], "GlobalReplicationGroupId", &[]),
    (
        "AWS::ElastiCache::ReplicationGroup",
        &["PrimaryEndPoint.Address"],
        "TransitEncryptionEnabled",
        &["false"],
    ),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["", "DNSName"], "Type", &["application"]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["DNSName"], "Scheme", &["internet-facing"]),
    ("AWS::Events::Rule", &["", "Arn"], "EventBusName", &["default"]),
    ("AWS::IAM::InstanceProfile", &["Arn"], "Path", &["/"]),
    ("AWS::IAM::ManagedPolicy", &[""], "Path", &["/"]),
    ("AWS::IAM::Role", &["Arn"], "Path", &["/"]),
    ("AWS::IAM::User", &["Arn"], "Path", &["/"]),
    ("AWS::KMS::Key", &["", "Arn", "KeyId"], "MultiRegion", &["false"]),
    ("AWS::RDS::DBInstance", &["Endpoint.Port"], "DBClusterIdentifier", &[]),
    ("AWS::SNS::Topic", &["", "TopicArn", "TopicName"], "FifoTopic", &["false"]),
    ("AWS::SQS::Queue", &["", "Arn", "QueueName"], "FifoQueue", &["false"]),
];

/// The endpoint that a replication group has only without cluster mode.
const PRIMARY: &[&str] = &["PrimaryEndPoint.Address", "PrimaryEndPoint.Port"];

impl Evaluator<'_> {
    /// Returns the attribute if the template determines it; `None` if only AWS does.
    pub(super) fn said(
        &self,
        resource: &Resource,
        attribute: &str,
        depth: usize,
    ) -> Option<Result<Evaluated, EvaluationError>> {
        let own = resource.resource_type.as_str();
        let ports = PORTS.iter().find(|(listed_type, port, _)| *listed_type == own && *port == attribute);
        if READ_BACK.contains(&(own, attribute)) {
            let value = self.evaluate(property(resource, attribute)?, depth + 1);
            let value = Some(value).filter(|value| *value != Ok(Evaluated::Nothing))?;
            return Some(value.map(|value| normal(attribute, value)));
        }
        let (_, _, by_engine) = ports?;
        let engine = property(resource, "Engine").map(|engine| self.text(engine, depth + 1));
        let engine = match engine.transpose() {
            Ok(engine) => engine.unwrap_or_default().to_lowercase(),
            Err(why) => return Some(Err(why)),
        };
        // An Aurora instance uses the port of its cluster.
        if own == "AWS::RDS::DBInstance" && engine.starts_with("aurora") {
            return None;
        }
        let port = property(resource, "Port").map(|port| self.evaluate(port, depth + 1));
        match port {
            Some(Ok(Evaluated::Nothing)) | None => {
                let is_inherited = INHERIT.iter().any(|key| property(resource, key).is_some());
                let family = by_engine.iter().find(|(beginning, _)| engine.starts_with(beginning));
                let port = family.map(|(_, port)| *port).filter(|_| !is_inherited)?;
                Some(Ok(Evaluated::Text(port.to_owned())))
            }
            // What is no port number cannot be what AWS returns for it.
            Some(Ok(Evaluated::Text(port))) if port.parse::<u16>().is_err() => None,
            port => port,
        }
    }

    /// Returns why an invented value would look different from the one in AWS.
    pub(super) fn looks_otherwise(
        &self,
        resource: &Resource,
        live: &LiveResource,
        attribute: Option<&str>,
        depth: usize,
    ) -> Option<EvaluationError> {
        let attribute = attribute.unwrap_or_default();
        let of_it = |row: &&(&str, &[&str], &str, &[&str])| {
            row.0 == resource.resource_type && row.1.contains(&attribute)
        };
        // The name of a FIFO topic or queue has to end with `.fifo`, so it shows that already.
        let is_told = live
            .name
            .as_ref()
            .is_some_and(|name| name.rsplit_once('.').is_some_and(|(_, ending)| ending == "fifo"));
        LOOKS.iter().filter(of_it).filter(|row| !(is_told && row.2.starts_with("Fifo"))).find_map(|row| {
            let (_, _, decides, usual) = row;
            let value = match self.evaluate(property(resource, decides)?, depth + 1) {
                Ok(Evaluated::Nothing) => return None,
                Ok(Evaluated::Text(value)) => value,
                // No usual value is a list or a map, so these count as another value.
                Ok(Evaluated::List(_) | Evaluated::Map(_)) => String::new(),
                Err(why) => return Some(why),
            };
            let is_usual = usual.iter().any(|usual| value.eq_ignore_ascii_case(usual));
            let id = &resource.logical_id;
            (!is_usual).then(|| EvaluationError::new(format!("it depends on `{decides}` of `{id}` as well")))
        })
    }
}

fn property<'r>(resource: &'r Resource, key: &str) -> Option<&'r Node> {
    resource.properties.as_ref()?.get(key)
}

/// Normalizes a block of addresses as AWS does: it starts at its first address.
fn normal(attribute: &str, value: Evaluated) -> Evaluated {
    if attribute == "CidrBlock"
        && let Evaluated::Text(text) = &value
        && let Some(block) = functions::first_of_block(text)
    {
        return Evaluated::Text(block);
    }
    value
}
