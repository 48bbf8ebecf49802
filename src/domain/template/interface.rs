//! The metadata that makes a form friendly: groups, labels, and texts for allowed values.
//!
//! Metadata never breaks a template in AWS, so what does not fit is passed over here too.

use super::{Parameter, scalar_text};
use crate::document::Node;

/// A group of parameters that belong together on the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterGroup {
    /// Its heading.
    pub label: Option<String>,
    /// Keys in the order they are to appear; may name parameters that do not exist.
    pub parameters: Vec<String>,
}

/// Puts labels onto the parameters and returns the groups.
pub(super) fn apply(metadata: Option<&Node>, parameters: &mut [Parameter]) -> Vec<ParameterGroup> {
    let Some(metadata) = metadata else {
        return Vec::new();
    };
    let interface = metadata.get("AWS::CloudFormation::Interface");
    let labels = interface.and_then(|interface| interface.get("ParameterLabels"));
    let value_labels = metadata.get("ParameterAllowedValueLabels");
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
