//! Attributes that the template itself decides: a property that is read back, and the port of an endpoint. Those that AWS
//! makes up are the caller's to invent, or not known.

use super::{Evaluated, EvaluationError, Evaluator, functions};
use crate::document::Node;
use crate::domain::template::Resource;

/// Types whose attributes are no properties: what made them answers as it likes.
const ANSWERED: [&str; 2] = ["AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Stack"];

/// The beginning of an engine's name, and its port.
type ByEngine = &'static [(&'static str, &'static str)];

/// Type, attribute, and by the beginning of `Engine` the port where the template names none.
///
/// `CreateDBInstance` and `CreateDBCluster` in the Amazon RDS API Reference, `port` of `ElastiCache`'s replication groups in
/// Pulumi's reference, read on 2026-11-29.
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

/// Properties from which a port is inherited, so that the engine does not decide it.
const INHERIT: [&str; 6] = [
    "DBClusterIdentifier",
    "DBSnapshotIdentifier",
    "ReplicationSourceIdentifier",
    "SnapshotIdentifier",
    "SourceDBClusterIdentifier",
    "SourceDBInstanceIdentifier",
];

impl Evaluator<'_> {
    /// The attribute as the template decides it; `None` where only AWS does.
    pub(super) fn said(
        &self,
        resource: &Resource,
        attribute: &str,
        depth: usize,
    ) -> Option<Result<Evaluated, EvaluationError>> {
        let own = resource.resource_type.as_str();
        if own.starts_with("Custom::") || own.ends_with("::MODULE") || ANSWERED.contains(&own) {
            return None;
        }
        let property =
            |path: &str| path.split('.').try_fold(resource.properties.as_ref()?, |node, key| node.get(key));
        let ports = PORTS.iter().find(|(of, port, _)| *of == own && *port == attribute);
        let node = property(attribute).or_else(|| ports.and_then(|_| property("Port")));
        let value =
            node.map(|node| self.evaluate(node, depth + 1)).filter(|value| *value != Ok(Evaluated::Nothing));
        if let Some(value) = value {
            return Some(value.map(|value| normal(attribute, value)));
        }
        let (_, _, by_engine) = ports?;
        let is_inherited = INHERIT.iter().any(|key| property(key).is_some());
        let engine = property("Engine").filter(|_| !is_inherited)?;
        self.default_port(engine, by_engine, depth)
    }

    fn default_port(
        &self,
        engine: &Node,
        by_engine: ByEngine,
        depth: usize,
    ) -> Option<Result<Evaluated, EvaluationError>> {
        let engine = match self.text(engine, depth + 1) {
            Ok(engine) => engine.to_lowercase(),
            Err(why) => return Some(Err(why)),
        };
        let port =
            by_engine.iter().find(|(beginning, _)| engine.starts_with(beginning)).map(|(_, port)| *port);
        port.map(|port| Ok(Evaluated::Text(port.to_owned())))
    }
}

/// AWS reads a block of addresses back from its first address.
fn normal(attribute: &str, value: Evaluated) -> Evaluated {
    if attribute == "CidrBlock"
        && let Evaluated::Text(text) = &value
        && let Some(block) = functions::first_of_block(text)
    {
        return Evaluated::Text(block);
    }
    value
}
