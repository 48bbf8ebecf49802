//! Decides which parameters are visible in a form, given the values so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::parameters::in_effect;
use cloudformation::Template;

/// When a parameter is visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowWhen {
    /// The controlling parameter. While it is hidden itself, so is the parameter it controls.
    pub parameter: String,
    /// The values of the controlling parameter that make the other one visible.
    pub is: Vec<String>,
}

impl ShowWhen {
    /// Describes the condition: `Environment is staging or prod`.
    pub fn describe(&self) -> String {
        format!("{} is {}", self.parameter, self.is.join(" or "))
    }
}

/// Returns the parameters of the template that are hidden with these values; defaults apply where a value is missing. A hidden
/// parameter always takes its default, whatever its value here.
pub fn hidden(
    conditions: &BTreeMap<String, ShowWhen>,
    template: &Template,
    values: &BTreeMap<String, String>,
) -> BTreeSet<String> {
    let value = |key: &str| in_effect(template.parameter(key)?, values.get(key).map(String::as_str));
    let hidden = conditions.keys().filter(|key| !is_visible(conditions, key, &value));
    hidden.cloned().collect()
}

/// Whether all conditions along the chain of controlling parameters hold.
fn is_visible(
    conditions: &BTreeMap<String, ShowWhen>,
    key: &str,
    value: &dyn Fn(&str) -> Option<String>,
) -> bool {
    let mut current = key;
    // A chain without a cycle has no more links than there are conditions.
    for _ in 0..=conditions.len() {
        let Some(condition) = conditions.get(current) else { return true };
        if !value(&condition.parameter).is_some_and(|value| condition.is.contains(&value)) {
            return false;
        }
        current = &condition.parameter;
    }
    // Only a cycle gets here, which the catalog check refuses. Hiding the parameter ends the search.
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::Product;
    use crate::domain::fixtures::product;

    const TEMPLATE: &str = r"
Parameters:
  Env: {Type: String, AllowedValues: [dev, prod], Default: dev}
  Backup: {Type: String, AllowedValues: ['no', 'yes'], Default: 'yes'}
  Days: {Type: Number, Default: 7}
  Size: {Type: String, Default: s}
  Zone: {Type: String}
Rules:
  SmallInDev: {RuleCondition: !Equals [!Ref Env, dev], Assertions: [{Assert: !Equals [!Ref Size, s]}]}
Resources: {B: {Type: AWS::S3::Bucket}}
";

    fn chained() -> Product {
        let when = |parameter: &str, is: &[&str]| ShowWhen {
            parameter: parameter.to_owned(),
            is: is.iter().map(|value| (*value).to_owned()).collect(),
        };
        let mut product = product(1);
        product.template = Template::parse(TEMPLATE).unwrap().into();
        product.show_when = BTreeMap::from([
            ("Backup".to_owned(), when("Env", &["prod"])),
            ("Days".to_owned(), when("Backup", &["yes"])),
            ("Size".to_owned(), when("Zone", &["a", "b"])),
        ]);
        product
    }

    fn unasked(values: &[(&str, &str)]) -> String {
        let values = values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        chained().hidden(&values).into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_shown_follows_a_chain_and_nothing_is_shown_by_what_is_not() {
        assert_eq!(unasked(&[]), "Backup Days Size", "defaults count, and what has none holds for nothing");
        assert_eq!(unasked(&[("Env", "prod")]), "Size", "the default of Backup shows Days");
        assert_eq!(unasked(&[("Env", "prod"), ("Backup", "no")]), "Days Size");
        assert_eq!(unasked(&[("Env", "dev"), ("Backup", "yes")]), "Backup Days Size");
        assert_eq!(
            unasked(&[("Env", ""), ("Zone", "b")]),
            "Backup Days",
            "where nothing is no value, the default counts"
        );
    }

    #[test]
    fn a_circle_shows_nothing_instead_of_never_ending() {
        let mut product = chained();
        let round = ShowWhen { parameter: "Days".to_owned(), is: vec!["7".to_owned()] };
        product.show_when.insert("Backup".to_owned(), round);
        assert!(product.hidden(&BTreeMap::new()).contains("Days"));
    }

    #[test]
    fn what_decides_and_what_rules_speak_of_is_watched() {
        assert_eq!(chained().watched().into_iter().collect::<Vec<_>>(), ["Backup", "Env", "Size", "Zone"]);
    }
}
