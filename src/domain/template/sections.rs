//! Resources, outputs, conditions and rules as written; what they come to belongs to `evaluate` and `rules`.

use super::scalar_text;
use crate::document::{Entry, Node, Problem, Problems};

/// One resource as written.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its name inside the template.
    pub logical_id: String,
    /// Line of the logical id.
    pub line: usize,
    /// Such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Name of the condition it depends on.
    pub condition: Option<String>,
    /// Logical ids named by `DependsOn`.
    pub depends_on: Vec<String>,
    /// What happens to it at teardown: `Delete`, `Retain`, `Snapshot`, `RetainExceptOnCreate`.
    pub deletion_policy: Option<String>,
    /// Its properties, a map; `None` when it has none.
    pub properties: Option<Node>,
}

/// One output as written.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its key.
    pub name: String,
    /// What it is; empty when not said.
    pub description: String,
    /// Name of the condition it depends on.
    pub condition: Option<String>,
    /// The expression of its value.
    pub value: Node,
}

/// A rule about a combination of parameters.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its key.
    pub name: String,
    /// When it applies; always when there is none.
    pub condition: Option<Node>,
    /// What must then hold.
    pub assertions: Vec<Assertion>,
}

/// One thing a rule demands.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The expression that must be true.
    pub assert: Node,
    /// What to tell a person when it is not; empty when not said.
    pub description: String,
}

fn entries(section: Option<&Node>) -> &[Entry] {
    section.and_then(Node::as_map).unwrap_or_default()
}

fn text(node: &Node, key: &str) -> Option<String> {
    scalar_text(node.get(key)?)
}

pub(super) fn conditions(section: Option<&Node>) -> Vec<(String, Node)> {
    entries(section).iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}

pub(super) fn rules(section: Option<&Node>) -> Vec<Rule> {
    let read = |entry: &Entry| Rule {
        name: entry.key.clone(),
        condition: entry.value.get("RuleCondition").cloned(),
        assertions: assertions(&entry.value),
    };
    entries(section).iter().map(read).collect()
}

fn assertions(rule: &Node) -> Vec<Assertion> {
    let list = rule.get("Assertions").and_then(Node::as_list).unwrap_or_default();
    list.iter()
        .filter_map(|node| {
            let assert = node.get("Assert")?.clone();
            Some(Assertion { assert, description: text(node, "AssertDescription").unwrap_or_default() })
        })
        .collect()
}

pub(super) fn outputs(section: Option<&Node>) -> Vec<Output> {
    let own = entries(section).iter().filter(|entry| !entry.key.starts_with("Fn::"));
    own.filter_map(|entry| {
        Some(Output {
            name: entry.key.clone(),
            description: text(&entry.value, "Description").unwrap_or_default(),
            condition: text(&entry.value, "Condition"),
            value: entry.value.get("Value")?.clone(),
        })
    })
    .collect()
}

pub(super) fn resources(section: Option<&Node>, problems: &Problems) -> Vec<Resource> {
    // `Fn::ForEach` and `Fn::Transform` among resources are left for AWS to expand.
    let own = entries(section).iter().filter(|entry| !entry.key.starts_with("Fn::"));
    own.filter_map(|entry| {
        let resource_type = text(&entry.value, "Type");
        if resource_type.is_none() {
            let what = format!("resource `{}` has no `Type`", entry.key);
            problems.add(Problem::new(entry.line, what, "add one, for example `Type: AWS::S3::Bucket`"));
        }
        Some(Resource {
            logical_id: entry.key.clone(),
            line: entry.line,
            resource_type: resource_type?,
            condition: text(&entry.value, "Condition"),
            depends_on: depends_on(&entry.value),
            deletion_policy: text(&entry.value, "DeletionPolicy"),
            properties: entry.value.get("Properties").cloned(),
        })
    })
    .collect()
}

fn depends_on(resource: &Node) -> Vec<String> {
    match resource.get("DependsOn") {
        Some(node) => match node.as_list() {
            Some(list) => list.iter().filter_map(scalar_text).collect(),
            None => scalar_text(node).into_iter().collect(),
        },
        None => Vec::new(),
    }
}
