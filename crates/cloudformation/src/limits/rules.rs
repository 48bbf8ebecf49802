//! What CloudFormation refuses in the `Rules` section. What a rule says of values is in [`rules`](crate::rules).

use crate::document::{Entry, Node, Problem, Problems, nearest};
use crate::logical_ids::is_logical_id;

/// The keys of a rule and of its assertions: "Rules section syntax" in the AWS CloudFormation User Guide, read on
/// 2026-11-29 (E1700 of cfn-lint 1.58.0).
const OF_RULE: [&str; 2] = ["RuleCondition", "Assertions"];
const OF_ASSERTION: [&str; 2] = ["Assert", "AssertDescription"];

/// Reports malformed rules, which would apply always or never.
pub(super) fn check(section: Option<&Node>, problems: &Problems, doubts: &Problems) {
    let problem = |line: usize, description: String, remedy: &str| {
        problems.add(Problem::new(line, description, remedy));
    };
    if let Some(node) = section.filter(|node| node.as_map().is_none() && !node.is_null()) {
        problem(node.line, format!("`Rules` is {}", node.describe()), "write names with rules under it");
    }
    let rules = section.and_then(Node::as_map).unwrap_or_default();
    for Entry { key, line, value } in rules.iter().filter(|entry| !entry.key.starts_with("Fn::")) {
        let name = format!("rule `{key}`");
        if !is_logical_id(key) {
            let description = format!("{name}: its key is not made of letters and digits");
            problem(*line, description, "rename it, for example `ProductionIsLarge`");
        }
        // Null values are reported for the whole template.
        if value.is_null() {
            continue;
        }
        if value.as_map().is_none() {
            problem(value.line, format!("{name} is {}", value.describe()), ASSERTIONS);
            continue;
        }
        known(value, &name, &OF_RULE, problems);
        let Some(assertions) = value.get("Assertions") else {
            problem(*line, format!("{name} has no `Assertions`"), ASSERTIONS);
            continue;
        };
        let Some(list) = assertions.as_list() else {
            if !assertions.is_null() {
                let description = format!("{name}: `Assertions` is {}", assertions.describe());
                problem(assertions.line, description, ASSERTIONS);
            }
            continue;
        };
        for node in list {
            // Besides an `Assert`, CloudFormation accepts any other key.
            known(node, &name, &OF_ASSERTION, if node.get("Assert").is_some() { doubts } else { problems });
            if node.get("Assert").is_none() && !node.is_null() {
                problem(node.line, format!("{name}: an assertion has no `Assert`"), ASSERTIONS);
            }
            if let Some(words) = node.get("AssertDescription").filter(|words| words.as_text().is_none()) {
                let description = format!("{name}: `AssertDescription` is {}", words.describe());
                problem(words.line, description, "write one text");
            }
        }
    }
}

const ASSERTIONS: &str = "write `Assertions:` and a list of `Assert: …` under it";

fn known(node: &Node, name: &str, attributes: &[&str], problems: &Problems) {
    let entries = node.as_map().unwrap_or_default();
    for Entry { key, line, .. } in entries.iter().filter(|entry| !entry.key.starts_with("Fn::")) {
        if !attributes.contains(&key.as_str()) {
            let remedy = match nearest(key, attributes.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("remove it, there are {}", attributes.join(", ")),
            };
            problems.add(Problem::new(*line, format!("{name}: unknown attribute `{key}`"), remedy));
        }
    }
}
