//! What forms come out of templates.

use super::*;
use proptest::prelude::*;
use std::fmt::Write;

fn form(parameters: &str) -> Result<Form, Vec<Problem>> {
    let template =
        Template::parse(&format!("{parameters}\nResources: {{B: {{Type: AWS::S3::Bucket}}}}")).unwrap();
    Form::from_template(&template, &BTreeSet::from(["Bound".to_owned()]))
}

fn shown(form: &Form) -> String {
    let mut text = String::new();
    for group in &form.groups {
        writeln!(text, "== {}", group.title.as_deref().unwrap_or("-")).unwrap();
        for field in &group.fields {
            let optional = if field.optional { " (optional)" } else { "" };
            let input = match &field.input {
                Input::Select { options } => {
                    format!("select {:?}", options.iter().map(|choice| &choice.label).collect::<Vec<_>>())
                }
                Input::TypeAhead { options } => format!("type-ahead of {}", options.len()),
                other @ (Input::Existing { .. } | Input::Text { .. } | Input::Number { .. }) => {
                    format!("{other:?}")
                }
            };
            writeln!(text, "{}{optional}: {input} = {:?}", field.label, field.initial).unwrap();
            if let Some(hint) = &field.hint {
                writeln!(text, "    {hint}").unwrap();
            }
        }
    }
    text
}

#[test]
fn each_sort_of_parameter_gets_its_input() {
    let form = form(
        r#"
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - {Label: {default: Network}, Parameters: [VpcId, Subnets, Nowhere]}
      - {Label: {default: Empty}, Parameters: [Bound]}
    ParameterLabels: {VpcId: {default: Which network?}}
  ParameterAllowedValueLabels: {Size: {s: Small one}}
Parameters:
  DatabaseName: {Type: String, MinLength: 1, MaxLength: 63, Description: What to call it, ConstraintDescription: letters only}
  Size: {Type: String, AllowedValues: [s, m, ""], Default: m}
  Storage: {Type: Number, MinValue: 20, MaxValue: 1000, Default: 020}
  Rate: {Type: Number, Default: 0.5}
  Count: {Type: Number, AllowedValues: [1, 2, 4], Default: 3}
  VpcId: {Type: AWS::EC2::VPC::Id}
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>", Default: ""}
  Kinds: {Type: CommaDelimitedList, AllowedValues: [a, b, c], Default: "a,b"}
  Policy: {Type: String, Default: "{\n}"}
  Image: {Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>, Default: /aws/ami}
  Empty: {Type: String, Default: "", MinLength: 1}
  Token: {Type: String, NoEcho: true, Default: x}
  Bound: {Type: String}
"#,
    )
    .unwrap();
    insta::assert_snapshot!(shown(&form), @r#"
    == Network
    Which network?: Existing { parameter_type: "AWS::EC2::VPC::Id", many: false } = None
        For example vpc-0abc1234def567890.
    Subnets (optional): Existing { parameter_type: "AWS::EC2::Subnet::Id", many: true } = None
        For example subnet-0abc1234def567890.
    == Other
    Database name: Text { multiline: false, min_length: Some(1), max_length: 63 } = None
        What to call it. letters only.
    Size (optional): select ["Small one", "m", "(none)"] = Some("m")
    Storage (optional): Number { decimal: false, min: Some(20), max: Some(1000) } = Some("20")
        20 to 1,000.
    Rate (optional): Number { decimal: true, min: None, max: None } = Some("0.5")
    Count: select ["1", "2", "4"] = None
    Kinds (optional): Text { multiline: false, min_length: None, max_length: 3000 } = Some("a,b")
        Any of these, separated by commas: a, b, c.
    Policy (optional): Text { multiline: true, min_length: None, max_length: 3000 } = Some("{\n}")
    Image (optional): Text { multiline: false, min_length: None, max_length: 3000 } = Some("/aws/ami")
        For example /team/setting.
    Empty: Text { multiline: false, min_length: Some(1), max_length: 3000 } = None
    "#);
}

#[test]
fn more_than_a_hundred_options_are_looked_up_while_typing() {
    let values: Vec<String> = (0..101).map(|n| format!("v{n}")).collect();
    let form = form(&format!("Parameters: {{A: {{Type: String, AllowedValues: [{}]}}}}", values.join(", ")))
        .unwrap();
    assert!(matches!(form.field("A").unwrap().input, Input::TypeAhead { .. }));
}

#[test]
fn long_empty_and_odd_option_values_travel_by_position_and_come_back_whole() {
    let long = "x".repeat(80);
    let form =
        form(&format!("Parameters: {{A: {{Type: String, AllowedValues: [{long}, '', '#0', short]}}}}"))
            .unwrap();
    let field = form.field("A").unwrap();
    let wires: Vec<String> = (0..4).filter_map(|at| field.wire_value(at)).collect();
    assert_eq!(wires, ["#0", "#1", "#2", "short"]);
    let back: Vec<Option<&str>> = wires.iter().map(|wire| field.from_wire(wire)).collect();
    assert_eq!(back, [Some(long.as_str()), Some(""), Some("#0"), Some("short")]);
    for forged in ["#3", "#4", "#", "# 0", "#+0", "#00", "", "other", &long] {
        assert_eq!(field.from_wire(forged), None, "{forged}");
    }
    assert_eq!(field.options()[0].label.chars().count(), 75);
    assert_eq!(field.options()[1].label, "(none)");
}

#[test]
fn what_cannot_become_a_field_is_said_with_a_way_out() {
    let text = format!(
        "Parameters:\n  Password: {{Type: String, NoEcho: true}}\n  Long: {{Type: String, Default: {}}}\n  Never: {{Type: String, MinLength: 9, MaxLength: 3}}\n  Odd: {{Type: Number, MinValue: 9, MaxValue: 3}}",
        "x".repeat(3_001)
    );
    let lines: Vec<String> = form(&text).unwrap_err().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    line 2: parameter `Password` is a secret (`NoEcho`) without a default: secrets never go through Slack: use a managed or generated secret
    line 3: parameter `Long` has a default of more than 3,000 characters, which no field in Slack can hold: shorten it or move it into the template
    line 4: parameter `Never` asks for a length that no text in Slack can have: choose a `MinLength` and `MaxLength` from 1 to 3000, the smaller one first
    line 5: parameter `Odd` has a `MinValue` above its `MaxValue`: exchange them
    ");
}

#[test]
fn a_full_modal_drops_headings_first_and_then_refuses() {
    let parameters = |count: usize| {
        let keys: Vec<String> = (0..count).map(|n| format!("P{n}")).collect();
        let groups: Vec<String> = keys
            .chunks(2)
            .map(|pair| format!("{{Label: {{default: G}}, Parameters: [{}]}}", pair.join(", ")))
            .collect();
        let list: Vec<String> = keys.iter().map(|key| format!("{key}: {{Type: String}}")).collect();
        format!(
            "Metadata: {{'AWS::CloudFormation::Interface': {{ParameterGroups: [{}]}}}}\nParameters: {{{}}}",
            groups.join(", "),
            list.join(", ")
        )
    };
    assert!(form(&parameters(60)).unwrap().groups.iter().all(|group| group.title.is_some()));
    assert!(form(&parameters(90)).unwrap().groups.iter().all(|group| group.title.is_none()));
    insta::assert_snapshot!(form(&parameters(91)).unwrap_err()[0], @"the form would have 91 fields, a modal in Slack holds 90: give fixed values to some parameters in the template");
}

#[test]
fn many_long_selects_are_looked_up_so_that_the_view_stays_small() {
    let values: Vec<String> = (0..100).map(|n| format!("{n}{}", "y".repeat(70))).collect();
    let list: Vec<String> =
        (0..30).map(|n| format!("P{n}: {{Type: String, AllowedValues: [{}]}}", values.join(", "))).collect();
    let form = form(&format!("Parameters: {{{}}}", list.join(", "))).unwrap();
    let selects = form.fields().filter(|field| matches!(field.input, Input::Select { .. })).count();
    assert!((1..30).contains(&selects), "{selects}");
    assert!(form.bytes() <= MAX_VIEW_BYTES);
}

proptest! {
    #[test]
    fn every_option_offered_comes_back_as_itself(values in proptest::collection::vec("[#a-c0-9]{0,3}|x{74,77}", 1..12)) {
        let list = values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
        let form = form(&format!("Parameters: {{A: {{Type: String, AllowedValues: [{list}]}}}}")).unwrap();
        let field = form.field("A").unwrap();
        for (at, choice) in field.options().iter().enumerate() {
            let wire = field.wire_value(at).unwrap();
            prop_assert_eq!(field.from_wire(&wire), Some(choice.value.as_str()));
            prop_assert!(!wire.is_empty() && wire.chars().count() <= 75);
        }
    }
}
