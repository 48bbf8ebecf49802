//! Checks a submission and returns the product's parameters, or all mistakes at once.
//!
//! The appearance of a field is in [`form`](super::form); what a parameter accepts is in its template.

mod canonical;
mod prefill;

pub use canonical::Canonical;
pub use prefill::{Prefill, UnknownKey, match_prefill, parse_prefill};

use std::collections::{BTreeMap, BTreeSet};

use cloudformation::value::{constraint_problem, takes_nothing, value_problem};
use cloudformation::{Parameter, Template};

use crate::domain::form::{Field, Form, Input};

/// Values by parameter key, in the template's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterValues(Vec<(String, String)>);

impl ParameterValues {
    /// Returns the value of a parameter.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }

    /// Returns keys and values in the template's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns keys and values in the template's order, as the template's rules and evaluation expect them.
    pub fn as_slice(&self) -> &[(String, String)] {
        &self.0
    }

    /// Sets a parameter that the portal fills in, at its position in the template.
    pub fn bind(&mut self, template: &Template, key: &str, value: impl Into<String>) {
        self.0.retain(|(own, _)| own != key);
        self.0.push((key.to_owned(), value.into()));
        let place = |key: &str| template.parameters.iter().position(|parameter| parameter.key == key);
        // Rules and evaluation read values in the template's order.
        self.0.sort_by_key(|(key, _)| place(key).unwrap_or(usize::MAX));
    }

    /// Returns keys and values in the template's order.
    pub fn into_vec(self) -> Vec<(String, String)> {
        self.0
    }
}

/// A problem with one field of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The parameter's key, as submitted.
    pub key: String,
    /// What to do, for the user.
    pub message: String,
    /// Whether no genuine form could have sent it: a key or an option that was never offered.
    pub is_forged: bool,
}

impl FieldProblem {
    fn mistake(key: &str, message: impl Into<String>) -> Self {
        Self { key: key.to_owned(), message: message.into(), is_forged: false }
    }

    fn forged(key: &str) -> Self {
        let message = "This was not offered: open the form again".to_owned();
        Self { key: key.to_owned(), message, is_forged: true }
    }
}

/// Checks a submission; `given` holds what the form returned (see [`Field::wire_value`]), by parameter key.
///
/// A field that was not sent takes its default. An empty one takes the value that the field says it stands for; if
/// there is none, the user has never seen a value and has to fill it. `hidden` parameters are filled in by the portal
/// and must not be sent.
pub fn check_parameters(
    template: &Template,
    form: &Form,
    hidden: &BTreeSet<String>,
    given: &BTreeMap<String, Option<String>>,
) -> Result<ParameterValues, Vec<FieldProblem>> {
    // No genuine form sends these keys.
    let mut problems: Vec<FieldProblem> = given
        .keys()
        .filter(|key| hidden.contains(*key) || form.field(key).is_none())
        .map(|key| FieldProblem::forged(key))
        .collect();
    let mut values = Vec::new();
    for parameter in template.parameters.iter().filter(|parameter| !hidden.contains(&parameter.key)) {
        // A secret that keeps its default has no field. CloudFormation knows the default without us.
        let Some(field) = form.field(&parameter.key) else {
            continue;
        };
        match check_field(parameter, field, given.get(&parameter.key)) {
            Ok(value) => values.push((parameter.key.clone(), value)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(ParameterValues(values)) } else { Err(problems) }
}

fn check_field(
    parameter: &Parameter,
    field: &Field,
    given: Option<&Option<String>>,
) -> Result<String, FieldProblem> {
    let key = &parameter.key;
    let demand = || FieldProblem::mistake(key, field.demand());
    // The field was hidden, so nobody has seen its default: it has to be valid.
    let Some(given) = given else {
        let default = parameter.default.as_ref().ok_or_else(demand)?;
        return match constraint_problem(parameter, default) {
            None => Ok(default.clone()),
            Some(message) => Err(FieldProblem::mistake(key, message)),
        };
    };
    let Some(submitted) = given.as_deref().filter(|text| !text.is_empty()) else {
        return field.left_empty.clone().ok_or_else(demand);
    };
    match &field.input {
        Input::Select { .. } | Input::TypeAhead { .. } => {
            // A select sends nothing but its options, so anything else was not typed by mistake.
            field.from_wire(submitted).map(str::to_owned).ok_or_else(|| FieldProblem::forged(key))
        }
        Input::Existing { .. } | Input::Text { .. } | Input::Number { .. } => {
            let value = field.canonical.text(submitted);
            match value_problem(parameter, &value) {
                None => Ok(value),
                Some(message) => Err(FieldProblem::mistake(key, message)),
            }
        }
    }
}

/// Returns the effective value of a parameter: what the form holds, or its default. Secret defaults are not revealed.
pub(crate) fn in_effect(parameter: &Parameter, in_form: Option<&str>) -> Option<String> {
    let counts = |value: &&str| !value.is_empty() || takes_nothing(parameter);
    // An emptied input stands for the default, unless the template accepts an empty text.
    in_form.filter(counts).or(parameter.shown_default()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    const TEMPLATE: &str = r#"
Parameters:
  Name: {Type: String, AllowedPattern: '[a-z-]+', MinLength: 3, MaxLength: 63}
  Note: {Type: String, Default: "", ConstraintDescription: Say it in ten characters, MaxLength: 10}
  Size: {Type: Number, Default: 020, MinValue: 20, MaxValue: 1000}
  Rate: {Type: Number, Default: 0.5}
  Env: {Type: String, AllowedValues: [dev, prod]}
  Vpc: {Type: AWS::EC2::VPC::Id}
  Nets: {Type: "List<AWS::EC2::Subnet::Id>", Default: ""}
  Ports: {Type: "List<Number>", MaxValue: 65535, Default: "80"}
  Words: {Type: CommaDelimitedList, AllowedPattern: "[a-z]+", Default: "a,b"}
  Team: {Type: String}
  Secret: {Type: String, NoEcho: true, Default: s}
Resources: {B: {Type: AWS::S3::Bucket}}
"#;

    fn check(given: &[(&str, &str)]) -> String {
        let template = Template::parse(TEMPLATE).unwrap();
        let hidden = BTreeSet::from(["Team".to_owned()]);
        let form = Form::from_template(&template, &hidden).unwrap();
        let given = given.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned()))).collect();
        let mut shown = String::new();
        match check_parameters(&template, &form, &hidden, &given) {
            Ok(values) => {
                for (key, value) in values.iter() {
                    writeln!(shown, "{key} = {value}").unwrap();
                }
            }
            Err(problems) => {
                for problem in problems {
                    let forged = if problem.is_forged { " (forged)" } else { "" };
                    writeln!(shown, "{}: {}{forged}", problem.key, problem.message).unwrap();
                }
            }
        }
        shown
    }

    #[test]
    fn empty_fields_take_their_defaults_byte_for_byte() {
        insta::assert_snapshot!(check(&[("Name", "my-bucket"), ("Env", "dev"), ("Vpc", " vpc-0123abcd ")]), @"
        Name = my-bucket
        Note = 
        Size = 020
        Rate = 0.5
        Env = dev
        Vpc = vpc-0123abcd
        Nets = 
        Ports = 80
        Words = a,b
        ");
    }

    #[test]
    fn typed_texts_stay_as_typed_but_numbers_ids_and_lists_lose_their_blanks() {
        let given = [
            ("Name", "my-bucket"),
            ("Note", " hi "),
            ("Size", "20"),
            ("Rate", " 1.75 "),
            ("Env", "prod"),
            ("Vpc", "vpc-0123456789abcdef0"),
            ("Nets", "subnet-01234567, subnet-89abcdef"),
            ("Ports", "80, 443"),
            ("Words", "x, y"),
        ];
        insta::assert_snapshot!(check(&given), @"
        Name = my-bucket
        Note =  hi 
        Size = 020
        Rate = 1.75
        Env = prod
        Vpc = vpc-0123456789abcdef0
        Nets = subnet-01234567,subnet-89abcdef
        Ports = 80,443
        Words = x,y
        ");
    }

    #[test]
    fn every_mistake_is_told_at_once_in_plain_words() {
        let given = [
            ("Name", "My"),
            ("Note", "far too long a note"),
            ("Size", "1500"),
            ("Rate", "1e3"),
            ("Vpc", "subnet-01234567"),
            ("Nets", "subnet-01234567,vpc-1"),
            ("Ports", "80,x"),
            ("Words", "a,B"),
        ];
        insta::assert_snapshot!(check(&given), @"
        Name: Use 3 to 63 characters
        Note: Say it in ten characters
        Size: Must be a whole number from 20 to 1,000
        Rate: Must be a number
        Env: Choose one
        Vpc: Must look like vpc-0abc1234def567890
        Nets: Must look like subnet-0abc1234def567890, several separated by commas
        Ports: Must be numbers of at most 65,535, separated by commas
        Words: Must match the pattern [a-z]+
        ");
        insta::assert_snapshot!(check(&[("Name", "UPPER"), ("Size", "2.5"), ("Ports", "70000"), ("Env", "dev"), ("Vpc", "vpc-01234567")]), @"
        Name: Must match the pattern [a-z-]+
        Size: Must be a whole number from 20 to 1,000
        Ports: Must be numbers of at most 65,535, separated by commas
        ");
    }

    #[test]
    fn what_no_form_of_ours_could_send_is_told_apart_from_mistakes() {
        let given = [
            ("Name", "abc"),
            ("Env", "root"),
            ("Vpc", "vpc-01234567"),
            ("Team", "x"),
            ("Secret", "y"),
            ("Zzz", "z"),
        ];
        insta::assert_snapshot!(check(&given), @"
        Secret: This was not offered: open the form again (forged)
        Team: This was not offered: open the form again (forged)
        Zzz: This was not offered: open the form again (forged)
        Env: This was not offered: open the form again (forged)
        ");
    }

    #[test]
    fn a_value_over_4096_bytes_is_refused_even_when_its_characters_are_few() {
        let template =
            Template::parse("Parameters: {A: {Type: String}}\nResources: {B: {Type: AWS::S3::Bucket}}")
                .unwrap();
        let parameter = &template.parameters[0];
        assert!(value_problem(parameter, &"é".repeat(2_049)).is_some());
        assert!(value_problem(parameter, &"é".repeat(2_048)).is_none());
    }

    #[test]
    fn bound_values_stand_at_their_place_in_the_template() {
        let template = Template::parse(TEMPLATE).unwrap();
        let mut values = ParameterValues(vec![("Name".into(), "a".into()), ("Words".into(), "b".into())]);
        values.bind(&template, "Vpc", "v");
        values.bind(&template, "Vpc", "w");
        assert_eq!(values.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["Name", "Vpc", "Words"]);
        assert_eq!(values.get("Vpc"), Some("w"));
    }
}
