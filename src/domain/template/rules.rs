//! The `Rules` section: combinations of parameters that AWS would refuse are already reported in the form.
//!
//! Assertions that only AWS can evaluate (about lists of existing resources) count as met here.

use super::limits::is_logical_id;
use super::{Template, scalar_text};
use crate::document::{Entry, Node, Problem, Problems, Value, nearest};

/// A rule that the given values violate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedRule {
    /// The rule's key.
    pub rule: String,
    /// Parameters that the assertion mentions, or else the rule's condition, each once.
    pub parameters: Vec<String>,
    /// The template's own message, or a sentence that names the rule.
    pub message: String,
}

impl Template {
    /// Returns the assertions that these values violate; defaults apply where a value is missing.
    pub fn failed_rules(&self, values: &[(String, String)]) -> Vec<FailedRule> {
        let judge = Judge { template: self, values };
        let applies = self.rules.iter().filter(|rule| {
            // Only what is certain counts: refusing a form that AWS would accept is worse than leaving it to AWS.
            rule.condition.as_ref().is_none_or(|condition| judge.holds(condition) == Some(true))
        });
        let mut failed = Vec::new();
        for rule in applies {
            for assertion in
                rule.assertions.iter().filter(|assertion| judge.holds(&assertion.assert) == Some(false))
            {
                let mut parameters = Vec::new();
                judge.mentioned(&assertion.assert, &mut parameters);
                // The message has to be shown at some field.
                if let (true, Some(condition)) = (parameters.is_empty(), &rule.condition) {
                    judge.mentioned(condition, &mut parameters);
                }
                let message = match assertion.description.trim() {
                    "" => format!("These values break the rule {}: choose another combination", rule.name),
                    description => description.to_owned(),
                };
                failed.push(FailedRule { rule: rule.name.clone(), parameters, message });
            }
        }
        failed
    }

    /// Returns the parameters that rules mention, each once.
    pub fn rule_parameters(&self) -> Vec<String> {
        let judge = Judge { template: self, values: &[] };
        let mut keys = Vec::new();
        for rule in &self.rules {
            let asserted = rule.assertions.iter().map(|assertion| &assertion.assert);
            for node in rule.condition.iter().chain(asserted) {
                judge.mentioned(node, &mut keys);
            }
        }
        keys
    }
}

/// The keys of a rule and of its assertions: "Rules section syntax" in the AWS CloudFormation User Guide, read on
/// 2026-11-29 (E1700 of cfn-lint 1.58.0).
const OF_RULE: [&str; 2] = ["RuleCondition", "Assertions"];
const OF_ASSERTION: [&str; 2] = ["Assert", "AssertDescription"];

/// Reports malformed rules, which would apply always or never.
pub(super) fn check(section: Option<&Node>, problems: &Problems, doubts: &Problems) {
    let problem = |line: usize, what: String, remedy: &str| problems.add(Problem::new(line, what, remedy));
    if let Some(node) = section.filter(|node| node.as_map().is_none() && !node.is_null()) {
        problem(node.line, format!("`Rules` is {}", node.describe()), "write names with rules under it");
    }
    let rules = section.and_then(Node::as_map).unwrap_or_default();
    for Entry { key, line, value } in rules.iter().filter(|entry| !entry.key.starts_with("Fn::")) {
        let name = format!("rule `{key}`");
        if !is_logical_id(key) {
            let what = format!("{name}: its key is not made of letters and digits");
            problem(*line, what, "rename it, for example `ProductionIsLarge`");
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
                let what = format!("{name}: `Assertions` is {}", assertions.describe());
                problem(assertions.line, what, ASSERTIONS);
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
                let what = format!("{name}: `AssertDescription` is {}", words.describe());
                problem(words.line, what, "write one text");
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

struct Judge<'a> {
    template: &'a Template,
    values: &'a [(String, String)],
}

impl Judge<'_> {
    /// Evaluates a condition; `None` if only AWS can.
    fn holds(&self, node: &Node) -> Option<bool> {
        let [entry] = node.as_map()? else {
            return None;
        };
        let parts = entry.value.as_list().unwrap_or_default();
        match (entry.key.as_str(), parts) {
            ("Fn::Equals", [left, right]) => Some(self.text(left)? == self.text(right)?),
            ("Fn::Not", [inner]) => self.holds(inner).map(|holds| !holds),
            ("Fn::And", [_, ..]) => self.any(parts, false).map(|any_false| !any_false),
            ("Fn::Or", [_, ..]) => self.any(parts, true),
            ("Fn::Contains", [list, value]) => {
                let value = self.text(value)?;
                Some(self.texts(list)?.contains(&value))
            }
            _ => None,
        }
    }

    /// Whether any part evaluates to `wanted`; unknown if none does and one is unknown.
    fn any(&self, parts: &[Node], wanted: bool) -> Option<bool> {
        let known: Vec<Option<bool>> = parts.iter().map(|part| self.holds(part)).collect();
        if known.contains(&Some(wanted)) {
            Some(true)
        } else if known.contains(&None) {
            None
        } else {
            Some(false)
        }
    }

    fn text(&self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Scalar { .. } => scalar_text(node),
            Value::Map(_) => self.parameter(node),
            Value::List(_) => None,
        }
    }

    fn texts(&self, node: &Node) -> Option<Vec<String>> {
        match &node.value {
            Value::List(nodes) => nodes.iter().map(|node| self.text(node)).collect(),
            Value::Map(_) => {
                Some(self.parameter(node)?.split(',').map(|part| part.trim().to_owned()).collect())
            }
            Value::Scalar { .. } => None,
        }
    }

    fn parameter(&self, node: &Node) -> Option<String> {
        let parameter = self.template.parameter(node.get("Ref")?.as_text()?)?;
        let given = self.values.iter().find(|(key, _)| *key == parameter.key).map(|(_, value)| value);
        given.or(parameter.default.as_ref()).cloned()
    }

    /// Adds the parameters that the expressions under a node refer to, in order, each once.
    fn mentioned(&self, node: &Node, keys: &mut Vec<String>) {
        match &node.value {
            Value::Scalar { .. } => {}
            Value::List(nodes) => nodes.iter().for_each(|node| self.mentioned(node, keys)),
            Value::Map(entries) => {
                for entry in entries {
                    let parts = entry.value.as_list().unwrap_or_default();
                    let key = match entry.key.as_str() {
                        "Ref" => entry.value.as_text(),
                        "Fn::ValueOf" => parts.first().and_then(Node::as_text),
                        _ => None,
                    };
                    let key = key.filter(|key| self.template.parameter(key).is_some());
                    if let Some(key) = key.filter(|key| keys.iter().all(|own| own != key)) {
                        keys.push(key.to_owned());
                    }
                    self.mentioned(&entry.value, keys);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = r#"
Parameters:
  Env: {Type: String}
  Size: {Type: String, Default: small}
  Zones: {Type: CommaDelimitedList, Default: "a,b"}
Rules:
  ProdIsLarge:
    RuleCondition: !Equals [!Ref Env, prod]
    Assertions:
      - {Assert: {"Fn::Contains": [[large, huge], !Ref Size]}, AssertDescription: Production needs a large size}
      - {Assert: {"Fn::Not": [{"Fn::Contains": [!Ref Zones, c]}]}}
      - {Assert: {"Fn::EachMemberIn": [[a], [b]]}, AssertDescription: Only AWS can tell}
      - {Assert: {"Fn::Or": [{"Fn::RefAll": x}, {"Fn::Equals": [a, b]}]}, AssertDescription: Only AWS can tell}
  Always:
    Assertions:
      - {Assert: {"Fn::And": [{"Fn::Not": [{"Fn::Equals": [!Ref Env, test]}]}, {"Fn::RefAll": x}]}, AssertDescription: No tests}
Resources: {B: {Type: AWS::S3::Bucket}}
"#;

    fn failed(values: &[(&str, &str)]) -> String {
        let values: Vec<(String, String)> =
            values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let failed = Template::parse(TEMPLATE).unwrap().failed_rules(&values);
        failed
            .iter()
            .map(|rule| format!("{}: {}", rule.parameters.join("+"), rule.message))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn a_broken_rule_is_told_with_the_fields_it_is_about() {
        insta::assert_snapshot!(failed(&[("Env", "prod"), ("Zones", "a, c")]), @"
        Size: Production needs a large size
        Zones: These values break the rule ProdIsLarge: choose another combination
        ");
        insta::assert_snapshot!(failed(&[("Env", "test")]), @"Env: No tests");
    }

    #[test]
    fn whatever_a_rule_speaks_of_may_change_its_verdict() {
        let template = Template::parse(TEMPLATE).unwrap();
        assert_eq!(template.rule_parameters(), ["Env", "Size", "Zones"]);
    }

    #[test]
    fn a_rule_that_does_not_apply_or_only_aws_can_judge_says_nothing() {
        assert_eq!(failed(&[("Env", "dev")]), "");
        assert_eq!(failed(&[("Env", "prod"), ("Size", "large")]), "");
    }
}
