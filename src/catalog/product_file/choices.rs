//! `choices`: the values of a parameter that the form offers, instead of everything that the template allows.

use std::collections::{BTreeMap, BTreeSet};

use super::context::{Choices, Context};
use super::references::{check_value, parameter};
use cloudformation::document::Reader;

/// The most options of one field.
const MOST: usize = 100;
/// Slack's limit for the text of an option, in characters.
const LONGEST: usize = 75;

/// Parses the section. A list contains values; a map contains a label for each value.
pub(super) fn choices(reader: Reader<'_>, bind: &Reader<'_>, context: &Context<'_>) -> Choices {
    let mut all = BTreeMap::new();
    for entry in reader.entries() {
        let key = &entry.key;
        let offered = offered(&reader, key);
        if bind.has(key) {
            reader.report(key, format!("parameter `{key}` is in `bind` too"), "leave it in one of the two");
        }
        if let Some(parameter) = parameter(&reader, key, key, context) {
            for (value, _) in &offered {
                check_value(&reader, key, parameter, value);
            }
        }
        check(&reader, key, &offered);
        all.insert(key.clone(), offered);
    }
    reader.finish();
    all
}

fn offered(reader: &Reader<'_>, key: &str) -> Vec<(String, String)> {
    if reader.entries().iter().any(|entry| entry.key == key && entry.value.as_map().is_some()) {
        let Some(labeled) = reader.map(key) else { return Vec::new() };
        let labels: Vec<String> = labeled.entries().iter().map(|entry| entry.key.clone()).collect();
        return labels.into_iter().map(|label| (labeled.required_text(&label), label)).collect();
    }
    let values = reader.list_of_texts(key).unwrap_or_default();
    values.into_iter().map(|value| (value.clone(), value)).collect()
}

fn check(reader: &Reader<'_>, key: &str, offered: &[(String, String)]) {
    let values: BTreeSet<&String> = offered.iter().map(|(value, _)| value).collect();
    if offered.is_empty() {
        reader.report(key, format!("`{key}` offers nothing"), "name a value, or remove the line");
    } else if values.len() < offered.len() {
        reader.report(key, format!("`{key}` offers a value twice"), "name each once");
    } else if offered.len() > MOST {
        let problem = format!("`{key}` offers {} values, Slack takes {MOST}", offered.len());
        reader.report(key, problem, "name fewer, or leave it to what exists in the account");
    }
    if let Some((_, label)) = offered.iter().find(|(_, label)| label.chars().count() > LONGEST) {
        reader.report(
            key,
            format!("`{label}` is longer than the {LONGEST} characters of an option"),
            "shorten it",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog;
    use crate::domain::ids::ProductKey;

    const TEMPLATE: &str = "Parameters:\n  Vpc: { Type: AWS::EC2::VPC::Id, Default: vpc-0000000000000000f }\n  \
                            Zone: { Type: String, AllowedPattern: '[a-z]' }\n  Team: { Type: String }\n  \
                            Net: { Type: AWS::EC2::Subnet::Id }\nResources:\n  Q: { Type: AWS::SQS::Queue }\n";

    fn checked(choices: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let product = dir.path().join("queue");
        std::fs::create_dir(&product).unwrap();
        std::fs::write(product.join("template.yml"), TEMPLATE).unwrap();
        std::fs::write(
            product.join("product.yml"),
            format!("name: Queue\nbind: {{ Team: team }}\nchoices:\n{choices}"),
        )
        .unwrap();
        match catalog::load(dir.path(), None) {
            Ok(catalog) => {
                let product = catalog.product(&ProductKey::parse("queue").unwrap()).unwrap();
                let form = product.form().unwrap();
                let fields = form.fields().map(|field| {
                    let options: Vec<String> = field
                        .options()
                        .iter()
                        .map(|option| format!("{} {}", option.value, option.label))
                        .collect();
                    format!("{} {:?} starts {:?}", field.key, options, field.initial)
                });
                fields
                    .chain([format!("fixed {:?}", product.fixed().collect::<Vec<_>>())])
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Err(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                lines.join("\n").replace(&dir.path().display().to_string(), "catalog")
            }
        }
    }

    #[test]
    fn one_value_is_filled_in_and_several_are_offered_with_their_labels() {
        let choices = "  Vpc: [vpc-0abc1234]\n  Net: { private a: subnet-0aaa1111, private b: subnet-0bbb2222 }\n  Zone: [a, b]\n";
        insta::assert_snapshot!(checked(choices), @r#"
        Zone ["a a", "b b"] starts None
        Net ["subnet-0aaa1111 private a", "subnet-0bbb2222 private b"] starts None
        fixed [("Vpc", "vpc-0abc1234")]
        "#);
    }

    #[test]
    fn a_choice_that_the_template_or_slack_cannot_take_is_told_with_its_line() {
        let long = "x".repeat(80);
        let choices = format!(
            "  Vpc: [my-vpc]\n  Zone: [a, a]\n  Team: [b]\n  Net: {{ {long}: subnet-0aaa1111 }}\n  Nett: [a]\n"
        );
        insta::assert_snapshot!(checked(&choices), @"
        catalog/queue/product.yml: line 4: `Vpc` can never be `my-vpc`: Must look like vpc-0abc1234def567890
        catalog/queue/product.yml: line 5: `Zone` offers a value twice: name each once
        catalog/queue/product.yml: line 6: parameter `Team` is in `bind` too: leave it in one of the two
        catalog/queue/product.yml: line 7: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` is longer than the 75 characters of an option: shorten it
        catalog/queue/product.yml: line 8: the template has no parameter `Nett`: did you mean `Net`?
        ");
        insta::assert_snapshot!(checked("  Zone: []\n"), @"catalog/queue/product.yml: line 4: `Zone` offers nothing: name a value, or remove the line");
    }
}
