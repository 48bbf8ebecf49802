//! The order in which resources are created: dependencies come first.

use crate::document::{Node, Value};
use crate::sections::Resource;
use std::collections::{BTreeMap, BTreeSet};

/// Sorts resources with their dependencies first, otherwise in file order; a cycle keeps file order.
pub(super) fn dependencies_first<'t>(resources: &[&'t Resource]) -> Vec<&'t Resource> {
    let place: BTreeMap<&str, usize> =
        resources.iter().enumerate().map(|(index, resource)| (resource.logical_id.as_str(), index)).collect();
    let mut waiting_for: Vec<BTreeSet<usize>> = Vec::new();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); resources.len()];
    for (index, resource) in resources.iter().enumerate() {
        let mut names: BTreeSet<&str> = resource.depends_on.iter().map(String::as_str).collect();
        if let Some(properties) = &resource.properties {
            collect(properties, &mut names);
        }
        let needs: BTreeSet<usize> =
            names.iter().filter_map(|name| place.get(name).copied()).filter(|need| *need != index).collect();
        for need in &needs {
            needed_by[*need].push(index);
        }
        waiting_for.push(needs);
    }
    let mut ready: BTreeSet<usize> =
        (0..resources.len()).filter(|index| waiting_for[*index].is_empty()).collect();
    let mut left: BTreeSet<usize> = (0..resources.len()).collect();
    let mut ordered = Vec::new();
    // If nothing is ready, the rest forms a cycle; taking the first in file order breaks it.
    while let Some(index) = ready.pop_first().or_else(|| left.first().copied()) {
        left.remove(&index);
        ordered.push(resources[index]);
        for next in &needed_by[index] {
            waiting_for[*next].remove(&index);
            if waiting_for[*next].is_empty() && left.contains(next) {
                ready.insert(*next);
            }
        }
    }
    ordered
}

/// Collects every name that the expressions under a node refer to; names of parameters do no harm.
fn collect<'n>(node: &'n Node, names: &mut BTreeSet<&'n str>) {
    match &node.value {
        Value::Scalar { .. } => {}
        Value::List(nodes) => nodes.iter().for_each(|node| collect(node, names)),
        Value::Map(entries) => {
            for entry in entries {
                match entry.key.as_str() {
                    "Ref" => names.extend(entry.value.as_text()),
                    "Fn::GetAtt" => names.extend(get_att_target(&entry.value)),
                    "Fn::Sub" => names.extend(substituted(&entry.value)),
                    _ => {}
                }
                collect(&entry.value, names);
            }
        }
    }
}

fn get_att_target(argument: &Node) -> Option<&str> {
    match argument.as_list() {
        Some(parts) => parts.first()?.as_text(),
        None => argument.as_text()?.split('.').next(),
    }
}

fn substituted(argument: &Node) -> Vec<&str> {
    let text =
        argument.as_list().and_then(|parts| parts.first()).unwrap_or(argument).as_text().unwrap_or_default();
    let inside = text.split("${").skip(1).filter_map(|part| part.split_once('}'));
    inside.filter_map(|(name, _)| name.trim().split('.').next()).collect()
}
