//! Checks conditions and the assertions of rules: their functions and the number of their arguments.

use super::{Place, ReferenceChecker, circles, own};
use crate::document::{Entry, Node, Value};
use std::collections::{BTreeMap, BTreeSet};

impl<'a> ReferenceChecker<'a> {
    pub(super) fn conditions(&mut self, section: Option<&'a Node>) {
        let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for Entry { key, value, .. } in own(section) {
            self.judgement(value, &format!("condition `{key}`"), Place::Conditions);
            let named = needs.entry(key).or_default();
            named_conditions(value, named);
            self.node(value, Place::Conditions);
        }
        if let Some(circle) = circles::first(&needs) {
            let line = own(section).find(|entry| entry.key == circle[0]).map_or(0, |entry| entry.line);
            let description = format!("condition `{}` depends on itself", circle[0]);
            self.problem(line, description, "take one of the conditions out of the circle");
        }
    }

    pub(super) fn rules(&mut self, section: Option<&'a Node>) {
        for Entry { key, value, .. } in own(section) {
            let name = format!("rule `{key}`");
            let asserted = value.get("Assertions").and_then(Node::as_list).unwrap_or_default();
            let asserted = asserted.iter().filter_map(|assertion| assertion.get("Assert"));
            for node in value.get("RuleCondition").into_iter().chain(asserted) {
                self.judgement(node, &name, Place::Rules);
                self.node(node, Place::Rules);
            }
        }
    }

    /// Checks that the expression is a condition function with the right number of arguments.
    fn judgement(&self, node: &Node, name: &str, place: Place) {
        let remedy = "write for example `!Equals [!Ref Environment, prod]`";
        let Some([Entry { key, line, value }]) = node.as_map() else {
            self.problem(node.line, format!("{name} is {}", node.describe()), remedy);
            return;
        };
        let parts = value.as_list();
        let count = parts.map_or(1, <[Node]>::len);
        let demand = match key.as_str() {
            "Fn::And" | "Fn::Or" => (!(2..=10).contains(&count)).then_some("2 to 10 parts"),
            "Fn::Equals" => (count != 2).then_some("2 parts"),
            // `Fn::Not` also needs a list for its single argument.
            "Fn::Not" => (parts.is_none() || count != 1).then_some("a list of 1 part"),
            "Condition" if place == Place::Conditions => None,
            // A macro may return any condition.
            "Fn::Transform" => None,
            "Fn::Contains" | "Fn::EachMemberEquals" | "Fn::EachMemberIn" if place == Place::Rules => {
                (count != 2).then_some("2 parts")
            }
            _ => {
                self.problem(*line, format!("{name}: `{key}` comes to neither true nor false"), remedy);
                return;
            }
        };
        if let Some(demand) = demand {
            self.problem(*line, format!("{name}: `{key}` has {count}"), format!("it takes {demand}"));
        }
        if ["Fn::And", "Fn::Or", "Fn::Not"].contains(&key.as_str()) {
            parts.unwrap_or_default().iter().for_each(|part| self.judgement(part, name, place));
        }
    }
}

/// Collects the conditions that an expression names.
fn named_conditions<'a>(node: &'a Node, names: &mut BTreeSet<&'a str>) {
    match &node.value {
        Value::Scalar { .. } => {}
        Value::List(nodes) => nodes.iter().for_each(|node| named_conditions(node, names)),
        Value::Map(entries) => {
            for entry in entries {
                if entry.key == "Condition" {
                    names.extend(entry.value.as_text());
                }
                named_conditions(&entry.value, names);
            }
        }
    }
}
