//! The `Rules` section: combinations of parameters that AWS would refuse are already reported in the form.
//!
//! Assertions that only AWS can evaluate (about lists of existing resources) count as met here.

use crate::document::{Node, Value};
use crate::scalars::scalar_text;
use crate::template::Template;

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
        let results: Vec<Option<bool>> = parts.iter().map(|part| self.holds(part)).collect();
        if results.contains(&Some(wanted)) {
            Some(true)
        } else if results.contains(&None) {
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
        let typed = self.values.iter().find(|(key, _)| *key == parameter.key).map(|(_, value)| value);
        typed.or(parameter.default.as_ref()).cloned()
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
