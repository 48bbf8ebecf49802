//! The metadata for a friendlier form: groups, labels, and labels of allowed values.
//!
//! Metadata never makes a template invalid in AWS, so entries that do not fit are ignored here as well, and reported
//! as doubts.

use crate::document::{Entry, Node, Problem, Problems, nearest};
use crate::parameter::Parameter;
use crate::scalars::scalar_text;

/// A group of parameters that belong together on the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterGroup {
    /// The group's heading.
    pub label: Option<String>,
    /// Keys in display order; may include parameters that do not exist.
    pub parameters: Vec<String>,
}

/// Labels the parameters and returns the groups; reports what has no effect.
pub(crate) fn apply(
    metadata: Option<&Node>,
    parameters: &mut [Parameter],
    doubts: &Problems,
) -> Vec<ParameterGroup> {
    let Some(metadata) = metadata else {
        return Vec::new();
    };
    let interface = metadata.get(INTERFACE);
    doubt(metadata, parameters, doubts);
    let labels = interface.and_then(|interface| interface.get("ParameterLabels"));
    let value_labels = metadata.get(VALUE_LABELS);
    for parameter in parameters {
        parameter.label = labels.and_then(|labels| label(labels.get(&parameter.key)?.get("default")?));
        let texts = value_labels.and_then(|labels| labels.get(&parameter.key)?.as_map());
        parameter.value_labels = texts
            .unwrap_or_default()
            .iter()
            .filter_map(|entry| Some((entry.key.clone(), label(&entry.value)?)))
            .collect();
    }
    let groups = interface.and_then(|interface| interface.get("ParameterGroups")?.as_list());
    groups.unwrap_or_default().iter().map(group).collect()
}

const INTERFACE: &str = "AWS::CloudFormation::Interface";
const VALUE_LABELS: &str = "ParameterAllowedValueLabels";

/// Reports unknown keys in the metadata that this module uses.
fn doubt(metadata: &Node, parameters: &[Parameter], doubts: &Problems) {
    let keys: Vec<&str> = parameters.iter().map(|parameter| parameter.key.as_str()).collect();
    let among = |place: &str, node: Option<&Node>, names: &[&str]| {
        for entry in node.and_then(Node::as_map).unwrap_or_default() {
            mean(doubts, entry.line, place, &entry.key, names);
        }
    };
    for Entry { key, line, .. } in metadata.as_map().unwrap_or_default() {
        // Compares the last part only, because the long common prefix would make every key look similar.
        let last = key.rsplit("::").next().unwrap_or(key);
        let near = nearest(last, ["Interface"]).map(|_| INTERFACE).or_else(|| nearest(key, [VALUE_LABELS]));
        if let Some(near) = near.filter(|near| near != key) {
            let description = format!("`{key}` in `Metadata` has no effect on the form");
            doubts.add(Problem::new(*line, description, format!("did you mean `{near}`?")));
        }
    }
    let interface = metadata.get(INTERFACE);
    among(INTERFACE, interface, &["ParameterGroups", "ParameterLabels"]);
    among("ParameterLabels", interface.and_then(|interface| interface.get("ParameterLabels")), &keys);
    among(VALUE_LABELS, metadata.get(VALUE_LABELS), &keys);
    let groups = interface.and_then(|interface| interface.get("ParameterGroups")?.as_list());
    for group in groups.unwrap_or_default() {
        among("ParameterGroups", Some(group), &["Label", "Parameters"]);
        for node in group.get("Parameters").and_then(Node::as_list).unwrap_or_default() {
            mean(doubts, node.line, "ParameterGroups", &scalar_text(node).unwrap_or_default(), &keys);
        }
    }
}

fn mean(doubts: &Problems, line: usize, place: &str, key: &str, names: &[&str]) {
    if !names.contains(&key) {
        let remedy = match nearest(key, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "remove it".to_owned(),
        };
        doubts.add(Problem::new(line, format!("`{key}` in `{place}` has no effect"), remedy));
    }
}

fn group(node: &Node) -> ParameterGroup {
    let keys = node.get("Parameters").and_then(Node::as_list).unwrap_or_default();
    ParameterGroup {
        label: node.get("Label").and_then(|labels| label(labels.get("default")?)),
        parameters: keys.iter().filter_map(scalar_text).collect(),
    }
}

fn label(node: &Node) -> Option<String> {
    scalar_text(node).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
