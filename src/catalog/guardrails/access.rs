//! Public access: buckets, databases, security groups and tasks that are reachable by anyone.

use super::inspected::Inspected;
use super::outcomes::{PropertyOutcome, outcomes};
use cloudformation::document::{Node, Problem};

const BLOCKS: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// Ports that are commonly open to everyone.
const WEB_PORTS: [&str; 2] = ["80", "443"];

pub(super) fn bucket(inspected: &Inspected<'_>) -> Option<Problem> {
    if !inspected.is_one_of(&["AWS::S3::Bucket"]) {
        return None;
    }
    let property = "PublicAccessBlockConfiguration";
    let open: Vec<&str> =
        BLOCKS.into_iter().filter(|block| !inspected.is_always_true(&[property, block])).collect();
    let remedy = format!("set {} to `true` in `{property}`", list(&open));
    if open.is_empty() {
        return None;
    }
    Some(inspected.finding(property, "may be made public", &remedy))
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

pub(super) fn database(inspected: &Inspected<'_>) -> Option<Problem> {
    let property = "PubliclyAccessible";
    let types = [
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBCluster",
        "AWS::Redshift::Cluster",
        "AWS::DMS::ReplicationInstance",
    ];
    let is_public = inspected.is_one_of(&types) && inspected.may_be(&[property], "true");
    if !is_public {
        return None;
    }
    Some(inspected.finding(property, "may get a public address", "set `PubliclyAccessible: false`"))
}

pub(super) fn task_address(inspected: &Inspected<'_>) -> Option<Problem> {
    let path = ["NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp"];
    let is_public = inspected.is_one_of(&["AWS::ECS::Service"]) && inspected.may_be(&path, "ENABLED");
    if !is_public {
        return None;
    }
    let remedy = "set `AssignPublicIp: DISABLED` and use private subnets";
    Some(inspected.finding("NetworkConfiguration", "may get a public address", remedy))
}

pub(super) fn ingress(inspected: &Inspected<'_>) -> Option<Problem> {
    let property = "SecurityGroupIngress";
    let rules: Vec<&Node> = if inspected.is_one_of(&["AWS::EC2::SecurityGroupIngress"]) {
        // The properties of this type are a single rule.
        inspected.resource.properties.iter().collect()
    } else if inspected.is_one_of(&["AWS::EC2::SecurityGroup"]) {
        let lists = inspected.under(&[property]);
        lists.iter().filter_map(structure).filter_map(Node::as_list).flatten().collect()
    } else {
        return None;
    };
    let open = rules.into_iter().find(|rule| lets_everybody_in(rule, inspected))?;
    let remedy = "name a `SourceSecurityGroupId` or a narrower `CidrIp`";
    let finding = inspected.finding(property, "lets the whole internet in", remedy);
    Some(Problem { line: open.line, ..finding })
}

fn structure<'t>(outcome: &PropertyOutcome<'t>) -> Option<&'t Node> {
    match outcome {
        PropertyOutcome::Structure(node) => Some(node),
        PropertyOutcome::Absent | PropertyOutcome::Text(_) | PropertyOutcome::Unknown => None,
    }
}

fn lets_everybody_in(rule: &Node, inspected: &Inspected<'_>) -> bool {
    let can_be = |key: &str, text: &str| {
        outcomes(Some(rule), &[key], inspected.template).iter().any(|outcome| outcome.is_text(text))
    };
    // A port that is an expression may be any port, so it does not count as one of the web.
    let port = |key: &str| rule.get(key).and_then(Node::as_text);
    // A range that only begins at a web port opens other ports too.
    let is_web =
        port("FromPort").is_some_and(|from| WEB_PORTS.contains(&from) && port("ToPort") == Some(from));
    (can_be("CidrIp", "0.0.0.0/0") || can_be("CidrIpv6", "::/0")) && !is_web
}
