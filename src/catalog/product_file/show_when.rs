//! `show_when`: parameters that a form shows only if another parameter has certain values.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Choices, Context};
use super::references::{check_value, parameter};
use crate::domain::catalog::offered;
use crate::domain::form::{Form, ShowWhen};
use cloudformation::Template;
use cloudformation::document::Reader;
use cloudformation::value::constraint_problem;

/// What the section is checked against besides the template.
pub(super) struct FormContext<'a> {
    /// The values that the form offers.
    pub(super) choices: &'a Choices,
    /// The parameters that no form shows.
    pub(super) never_shown: &'a BTreeSet<String>,
}

/// Parses the section: `{parameter: Environment, is: [prod]}` for each parameter.
pub(super) fn show_when(
    reader: Reader<'_>,
    beside: &FormContext<'_>,
    context: &Context<'_>,
) -> BTreeMap<String, ShowWhen> {
    // A condition can only hold for values that the form offers.
    let narrowed = context.template.map(|template| offered(template, beside.choices));
    let context = Context { template: narrowed.as_deref(), ..*context };
    let mut conditions = BTreeMap::new();
    for entry in reader.entries() {
        let key = &entry.key;
        let Some(condition) = reader.map(key) else { continue };
        check_shown(&reader, key, beside, &context);
        let read = ShowWhen {
            parameter: condition.required_text("parameter"),
            is: condition.list_of_texts("is").unwrap_or_default(),
        };
        check_condition(&condition, &read, beside, &context);
        condition.finish();
        conditions.insert(key.clone(), read);
    }
    // Only now, because a condition may refer to a parameter whose own condition comes later.
    for key in conditions.keys() {
        check_order(&reader, key, &conditions, beside, &context);
    }
    reader.finish();
    conditions
}

/// Checks that a parameter has a default, which it needs while its field is hidden.
fn check_shown(reader: &Reader<'_>, key: &str, beside: &FormContext<'_>, context: &Context<'_>) {
    let Some(parameter) = parameter(reader, key, key, context) else { return };
    let default = parameter.default.as_ref();
    if beside.never_shown.contains(key) || parameter.no_echo {
        reader.report(key, format!("`{key}` is not in the form anyway"), "remove the line");
    } else if default.is_none_or(|default| constraint_problem(parameter, default).is_some()) {
        let problem = format!("`{key}` has no default to use when it is hidden");
        reader.report(key, problem, "give it a `Default` in template.yml that the form offers");
    }
}

fn check_condition(condition: &Reader<'_>, read: &ShowWhen, beside: &FormContext<'_>, context: &Context<'_>) {
    if read.is.is_empty() {
        let problem = format!("`{}` names no value, so the field is never shown", condition.path_of("is"));
        condition.report("is", problem, "write for example `is: [prod]`");
    }
    // `required_text` has reported it.
    if read.parameter.is_empty() {
        return;
    }
    let Some(parameter) = parameter(condition, "parameter", &read.parameter, context) else { return };
    if beside.never_shown.contains(&read.parameter) || parameter.no_echo {
        let problem = format!("`{}` is not in the form, so nobody can choose what it shows", read.parameter);
        condition.report("parameter", problem, "name a parameter that people fill in");
        return;
    }
    for value in &read.is {
        check_value(condition, "is", parameter, value);
    }
}

/// Checks the order of fields: one that appears on an earlier page than its condition would be missed, and
/// one that depends on itself would never be shown.
fn check_order(
    reader: &Reader<'_>,
    key: &str,
    conditions: &BTreeMap<String, ShowWhen>,
    beside: &FormContext<'_>,
    context: &Context<'_>,
) {
    if let Some(over) = way_back(key, conditions) {
        let problem = format!("`{key}` depends on itself: {}", over.join(" by "));
        reader.report(key, problem, "always show one of them");
        return;
    }
    let page = |template: &Template, key: &str| {
        Form::from_template(template, beside.never_shown).ok().and_then(|form| form.page_of(key))
    };
    let by = conditions.get(key).map_or("", |condition| condition.parameter.as_str());
    let pages = context.template.and_then(|template| page(template, key).zip(page(template, by)));
    if let Some((page, deciding)) = pages.filter(|(page, deciding)| deciding > page) {
        let problem = format!(
            "`{key}` stands on page {} of the form and `{by}`, which shows it, on page {}",
            page + 1,
            deciding + 1
        );
        reader.report(
            key,
            problem,
            "put the one that decides first in `ParameterGroups` of `AWS::CloudFormation::Interface`",
        );
    }
}

/// Follows the conditions from a parameter back to itself; `None` if they end elsewhere.
fn way_back<'c>(key: &'c str, conditions: &'c BTreeMap<String, ShowWhen>) -> Option<Vec<&'c str>> {
    let mut way = vec![key];
    // Bounded, because the conditions may lead into a cycle that `key` is not part of.
    for _ in 0..conditions.len() {
        let next = conditions.get(*way.last()?)?.parameter.as_str();
        way.push(next);
        if next == key {
            return Some(way);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::catalog;

    const TEMPLATE: &str = "Parameters:\n  Env: { Type: String, AllowedValues: [dev, staging, prod], Default: dev }\n  \
                            Days: { Type: Number, Default: 7, MinValue: 1 }\n  Zone: { Type: String }\n  \
                            Size: { Type: String, Default: s }\n  Kind: { Type: String, Default: k }\n  \
                            Team: { Type: String }\n  Token: { Type: String, NoEcho: true, Default: t }\n  \
                            Worn: { Type: String, Default: x, AllowedValues: [x, y, z] }\n\
                            Resources:\n  Q: { Type: AWS::SQS::Queue }\n";

    fn checked_with(template: &str, show_when: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let product = dir.path().join("queue");
        std::fs::create_dir(&product).unwrap();
        std::fs::write(product.join("template.yml"), template).unwrap();
        let text = format!(
            "name: Queue\nbind: {{ Team: team }}\nchoices: {{ Env: [dev, prod], Kind: [k], Worn: [y, z] }}\nshow_when:\n{show_when}"
        );
        std::fs::write(product.join("product.yml"), text).unwrap();
        match catalog::load(dir.path(), None) {
            Ok(catalog) => {
                let conditions = catalog
                    .products
                    .values()
                    .flat_map(|product| product.show_when.iter())
                    .map(|(key, condition)| format!("{key} where {}", condition.describe()));
                conditions.collect::<Vec<_>>().join("\n")
            }
            Err(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                lines.join("\n").replace(&format!("{}/queue/", dir.path().display()), "")
            }
        }
    }

    fn checked(show_when: &str) -> String {
        checked_with(TEMPLATE, show_when)
    }

    #[test]
    fn a_parameter_is_shown_by_another_and_that_by_a_third() {
        insta::assert_snapshot!(checked("  Size: { parameter: Env, is: [prod] }\n  Days: { parameter: Size, is: [m, l] }\n"), @"
        Days where Size is m or l
        Size where Env is prod
        ");
    }

    #[test]
    fn what_can_never_be_shown_or_has_no_value_otherwise_is_told_with_its_line() {
        let conditions = "  Zone: { parameter: Env, is: [prod] }\n  Dayz: { parameter: Env, is: [prod] }\n  \
                          Team: { parameter: Env, is: [prod] }\n  Size: { parameter: Envy, is: [prod] }\n  \
                          Days: { parameter: Env, is: [staging, prod] }\n  Token: { parameter: Team, is: [a] }\n  \
                          Worn: { parameter: Kind, is: [k] }\n  Env: { is: [] , was: [dev] }\n";
        insta::assert_snapshot!(checked(conditions), @r#"
        product.yml: line 5: `Zone` has no default to use when it is hidden: give it a `Default` in template.yml that the form offers
        product.yml: line 6: the template has no parameter `Dayz`: did you mean `Days`?
        product.yml: line 7: `Team` is not in the form anyway: remove the line
        product.yml: line 8: the template has no parameter `Envy`: did you mean `Env`?
        product.yml: line 9: `Env` can never be `staging`: its values are dev, prod
        product.yml: line 10: `Token` is not in the form anyway: remove the line
        product.yml: line 10: `Team` is not in the form, so nobody can choose what it shows: name a parameter that people fill in
        product.yml: line 11: `Worn` has no default to use when it is hidden: give it a `Default` in template.yml that the form offers
        product.yml: line 11: `Kind` is not in the form, so nobody can choose what it shows: name a parameter that people fill in
        product.yml: line 12: `show_when.Env.parameter` is missing: add a line such as `parameter: "some text"`
        product.yml: line 12: `show_when.Env.is` names no value, so the field is never shown: write for example `is: [prod]`
        product.yml: line 12: unknown key `show_when.Env.was`: known keys: is, parameter
        "#);
    }

    #[test]
    fn what_shows_itself_is_told_with_the_way_round() {
        let round = "  Days: { parameter: Size, is: [s] }\n  Size: { parameter: Env, is: [prod] }\n  Env: { parameter: Days, is: [7] }\n";
        insta::assert_snapshot!(checked(round), @"
        product.yml: line 5: `Days` depends on itself: Days by Size by Env by Days: always show one of them
        product.yml: line 6: `Size` depends on itself: Size by Env by Days by Size: always show one of them
        product.yml: line 7: `Env` depends on itself: Env by Days by Size by Env: always show one of them
        ");
        insta::assert_snapshot!(checked("  Size: { parameter: Size, is: [s] }\n"), @"product.yml: line 5: `Size` depends on itself: Size by Size: always show one of them");
    }

    #[test]
    fn what_decides_has_to_stand_on_the_same_page_or_before() {
        let many: Vec<String> =
            (0..90).map(|n| format!("  P{n}: {{ Type: String, Default: a }}\n")).collect();
        let template = TEMPLATE.replace("Resources:", &format!("{}Resources:", many.concat()));
        insta::assert_snapshot!(checked_with(&template, "  Size: { parameter: P89, is: [a] }\n"), @"product.yml: line 5: `Size` stands on page 1 of the form and `P89`, which shows it, on page 2: put the one that decides first in `ParameterGroups` of `AWS::CloudFormation::Interface`");
        insta::assert_snapshot!(checked_with(&template, "  P89: { parameter: Size, is: [s] }\n"), @"P89 where Size is s");
    }
}
