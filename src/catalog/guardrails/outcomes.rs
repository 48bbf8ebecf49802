//! The possible values of a property over all choices that a form offers. Evaluating one choice is up to the
//! template.

use cloudformation::document::{Node, Value};
use cloudformation::{ParameterKind, Template};

/// Maximum nesting of expressions; deeper ones count as unknown.
const MAX_DEPTH: usize = 16;

/// One possible value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PropertyOutcome<'t> {
    /// The property is not set.
    Absent,
    /// A text as the template writes it, such as `true`.
    Text(&'t str),
    /// A list, or a map that is not a function.
    Structure(&'t Node),
    /// Only AWS can determine the value.
    Unknown,
}

impl PropertyOutcome<'_> {
    pub(super) fn is_text(&self, wanted: &str) -> bool {
        match self {
            Self::Text(text) => text.eq_ignore_ascii_case(wanted),
            Self::Absent | Self::Structure(_) | Self::Unknown => false,
        }
    }
}

/// Returns all possible values of `path` below `node`, without duplicates.
pub(super) fn outcomes<'t>(
    node: Option<&'t Node>,
    path: &[&str],
    template: &'t Template,
) -> Vec<PropertyOutcome<'t>> {
    let mut outcomes = Vec::new();
    collect(node, path, template, 0, &mut outcomes);
    outcomes
}

fn collect<'t>(
    node: Option<&'t Node>,
    path: &[&str],
    template: &'t Template,
    depth: usize,
    outcomes: &mut Vec<PropertyOutcome<'t>>,
) {
    let mut add = |outcome: PropertyOutcome<'t>| {
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
    };
    let Some(node) = node.filter(|node| !node.is_null()) else {
        return add(PropertyOutcome::Absent);
    };
    match function(node) {
        _ if depth > MAX_DEPTH => add(PropertyOutcome::Unknown),
        Some(("Fn::If", argument)) => match argument.as_list() {
            Some([_, yes, no]) => {
                // Conditions depend on the form, so either branch may apply.
                collect(Some(yes), path, template, depth + 1, outcomes);
                collect(Some(no), path, template, depth + 1, outcomes);
            }
            _ => add(PropertyOutcome::Unknown),
        },
        Some(("Ref", argument)) if argument.as_text() == Some("AWS::NoValue") => add(PropertyOutcome::Absent),
        Some(("Ref", argument)) => parameter_values(argument, template).into_iter().for_each(add),
        Some(("Fn::FindInMap", argument)) => mapped_values(argument, template).into_iter().for_each(add),
        Some(_) => add(PropertyOutcome::Unknown),
        None => match (path, &node.value) {
            ([], Value::Scalar { text, .. }) => add(PropertyOutcome::Text(text)),
            ([], Value::List(_) | Value::Map(_)) => add(PropertyOutcome::Structure(node)),
            ([key, rest @ ..], Value::Map(_)) => collect(node.get(key), rest, template, depth + 1, outcomes),
            ([_, ..], Value::Scalar { .. } | Value::List(_)) => add(PropertyOutcome::Absent),
        },
    }
}

/// Returns the name and argument of an intrinsic function.
fn function(node: &Node) -> Option<(&str, &Node)> {
    let [entry] = node.as_map()? else { return None };
    let is_function = entry.key == "Ref" || entry.key.starts_with("Fn::");
    if is_function { Some((entry.key.as_str(), &entry.value)) } else { None }
}

/// Returns the values that users may enter: the allowed values, or else the default and an unknown one.
fn parameter_values<'t>(argument: &Node, template: &'t Template) -> Vec<PropertyOutcome<'t>> {
    let parameter = argument.as_text().and_then(|key| template.parameter(key));
    // The form contains only the name of a Parameter Store value, not the value.
    let Some(parameter) = parameter.filter(|parameter| !matches!(parameter.kind, ParameterKind::SsmValue(_)))
    else {
        return vec![PropertyOutcome::Unknown];
    };
    if parameter.allowed_values.is_empty() {
        let default = parameter.default.as_deref().map(PropertyOutcome::Text);
        return default.into_iter().chain([PropertyOutcome::Unknown]).collect();
    }
    parameter.allowed_values.iter().map(|value| PropertyOutcome::Text(value)).collect()
}

/// Returns the values for the last key of a mapping, for all possible first keys.
fn mapped_values<'t>(argument: &Node, template: &'t Template) -> Vec<PropertyOutcome<'t>> {
    let values = || {
        let [map, _, key] = argument.as_list()? else { return None };
        let rows = template.mappings.get(map.as_text()?)?.as_map()?;
        let key = key.as_text()?;
        let values: Vec<_> =
            rows.iter().filter_map(|row| row.value.get(key)?.as_text()).map(PropertyOutcome::Text).collect();
        if values.is_empty() {
            return None;
        }
        Some(values)
    };
    values().unwrap_or_else(|| vec![PropertyOutcome::Unknown])
}
