//! Resources, outputs, conditions and rules as written; evaluating them is in `evaluate` and `rules`.

use crate::document::{Entry, Node, Problem, Problems};
use crate::scalars::scalar_text;

/// A resource as written.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The logical id.
    pub logical_id: String,
    /// The line of the logical id.
    pub line: usize,
    /// The type, such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// The name of the condition it depends on.
    pub condition: Option<String>,
    /// The logical ids in `DependsOn`.
    pub depends_on: Vec<String>,
    /// What a teardown does to it: `Delete`, `Retain`, `Snapshot` or `RetainExceptOnCreate`.
    pub deletion_policy: Option<String>,
    /// The properties, a map; `None` if there are none.
    pub properties: Option<Node>,
}

/// An output as written.
#[derive(Debug, Clone)]
pub struct TemplateOutput {
    /// The key.
    pub name: String,
    /// The description; empty if there is none.
    pub description: String,
    /// The name of the condition it depends on.
    pub condition: Option<String>,
    /// The expression of its value.
    pub value: Node,
}

/// A rule about a combination of parameters.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The key.
    pub name: String,
    /// The condition under which it applies; always if there is none.
    pub condition: Option<Node>,
    /// What has to hold then.
    pub assertions: Vec<Assertion>,
}

/// One assertion of a rule.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The expression that has to be true.
    pub assert: Node,
    /// The message if it is not; empty if there is none.
    pub description: String,
}

fn entries(section: Option<&Node>) -> &[Entry] {
    section.and_then(Node::as_map).unwrap_or_default()
}

fn text(node: &Node, key: &str) -> Option<String> {
    scalar_text(node.get(key)?)
}

pub(crate) fn conditions(section: Option<&Node>) -> Vec<(String, Node)> {
    entries(section).iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}

pub(crate) fn rules(section: Option<&Node>) -> Vec<Rule> {
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

pub(crate) fn outputs(section: Option<&Node>) -> Vec<TemplateOutput> {
    let own = entries(section).iter().filter(|entry| !entry.key.starts_with("Fn::"));
    own.filter_map(|entry| {
        Some(TemplateOutput {
            name: entry.key.clone(),
            description: text(&entry.value, "Description").unwrap_or_default(),
            condition: text(&entry.value, "Condition"),
            value: entry.value.get("Value")?.clone(),
        })
    })
    .collect()
}

pub(crate) fn resources(section: Option<&Node>, problems: &Problems) -> Vec<Resource> {
    // AWS expands `Fn::ForEach` and `Fn::Transform` among the resources.
    let own = entries(section).iter().filter(|entry| !entry.key.starts_with("Fn::"));
    own.filter_map(|entry| {
        let resource_type = text(&entry.value, "Type");
        if resource_type.is_none() {
            let description = format!("resource `{}` has no `Type`", entry.key);
            problems.add(Problem::new(
                entry.line,
                description,
                "add one, for example `Type: AWS::S3::Bucket`",
            ));
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
