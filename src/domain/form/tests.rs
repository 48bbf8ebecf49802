//! Forms derived from templates.

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
            let optional = if field.optional() { " (optional)" } else { "" };
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
  Count: {Type: Number, AllowedValues: [1, 2, 4]}
  VpcId: {Type: AWS::EC2::VPC::Id}
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>", Default: ""}
  Kinds: {Type: CommaDelimitedList, AllowedValues: [a, b, c], Default: "a,b"}
  Policy: {Type: String, Default: "{\n}"}
  Image: {Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>, Default: /aws/ami}
  Empty: {Type: String, MinLength: 1}
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
    Size: select ["Small one", "m", "(none)"] = Some("m")
    Storage: Number { decimal: false, min: Some(20), max: Some(1000) } = Some("020")
        20 to 1,000.
    Rate: Number { decimal: true, min: None, max: None } = Some("0.5")
    Count: select ["1", "2", "4"] = None
    Kinds (optional): Text { multiline: false, min_length: None, max_length: 3000 } = Some("a,b")
        Any of these, separated by commas: a, b, c. Left empty, it becomes a,b.
    Policy (optional): Text { multiline: true, min_length: None, max_length: 3000 } = Some("{\n}")
    Image (optional): Text { multiline: false, min_length: None, max_length: 3000 } = Some("/aws/ami")
        For example /team/setting. Left empty, it becomes /aws/ami.
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
        "Parameters:\n  Password: {{Type: String, NoEcho: true}}\n  Long: {{Type: String, Default: {}}}\n  Never: {{Type: String, MinLength: 3001}}",
        "x".repeat(3_001)
    );
    let lines: Vec<String> = form(&text).unwrap_err().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    line 2: parameter `Password` is a secret (`NoEcho`) without a default: secrets never go through Slack: use a managed or generated secret
    line 3: parameter `Long` has a default of more than 3,000 characters, which no field in Slack can hold: shorten it or move it into the template
    line 4: parameter `Never` asks for a length that no text in Slack can have: choose a `MinLength` and `MaxLength` from 1 to 3000, the smaller one first
    ");
}

/// The pages of a form: headings, each with its number of fields.
fn pages(form: &Form) -> String {
    let nothing = BTreeSet::new();
    let lines = form.pages(&nothing).into_iter().map(|page| {
        let groups = form.on_page(page, &nothing);
        let groups: Vec<String> =
            groups.map(|(title, fields)| format!("{} {}", title.unwrap_or("-"), fields.count())).collect();
        format!("{page}: {}", groups.join(", "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A form with groups of these sizes, and some fields without a group.
fn grouped_form(sizes: &[usize], others: usize) -> Form {
    let mut groups = Vec::new();
    let mut keys = Vec::new();
    for (n, size) in sizes.iter().enumerate() {
        let own: Vec<String> = (0..*size).map(|field| format!("G{n}F{field}")).collect();
        groups.push(format!("{{Label: {{default: G{n}}}, Parameters: [{}]}}", own.join(", ")));
        keys.extend(own);
    }
    keys.extend((0..others).map(|n| format!("Other{n}")));
    let list: Vec<String> = keys.iter().map(|key| format!("{key}: {{Type: String}}")).collect();
    form(&format!(
        "Metadata: {{'AWS::CloudFormation::Interface': {{ParameterGroups: [{}]}}}}\nParameters: {{{}}}",
        groups.join(", "),
        list.join(", ")
    ))
    .unwrap()
}

#[test]
fn a_form_that_no_modal_holds_has_pages_of_whole_groups() {
    insta::assert_snapshot!(pages(&grouped_form(&[40, 43], 0)), @"0: G0 40, G1 43");
    insta::assert_snapshot!(pages(&grouped_form(&[40, 40, 40, 5], 0)), @"
    0: G0 40, G1 40
    1: G2 40, G3 5
    ");
    insta::assert_snapshot!(pages(&grouped_form(&[3, 190], 7)), @"
    0: G0 3
    1: G1 84
    2: G1 84
    3: G1 22, Other 7
    ");
    insta::assert_snapshot!(pages(&grouped_form(&[], 200)), @"
    0: - 85
    1: - 85
    2: - 30
    ");
    insta::assert_snapshot!(pages(&grouped_form(&[], 0)), @"0: ");
}

#[test]
fn a_page_of_which_nothing_is_asked_for_is_passed_over() {
    let form = grouped_form(&[40, 40, 40], 0);
    let second = form.fields().filter(|field| form.page_of(&field.key) == Some(1));
    let mut unasked: BTreeSet<String> = second.map(|field| field.key.clone()).collect();
    assert_eq!((form.pages(&BTreeSet::new()), form.pages(&unasked)), (vec![0, 1], vec![0]));
    unasked.pop_first();
    assert_eq!(form.pages(&unasked), [0, 1]);
}

#[test]
fn many_long_selects_are_looked_up_so_that_the_view_stays_small() {
    let values: Vec<String> = (0..100).map(|n| format!("{n}{}", "y".repeat(70))).collect();
    let list: Vec<String> =
        (0..30).map(|n| format!("P{n}: {{Type: String, AllowedValues: [{}]}}", values.join(", "))).collect();
    let form = form(&format!("Parameters: {{{}}}", list.join(", "))).unwrap();
    let selects = form.fields().filter(|field| matches!(field.input, Input::Select { .. })).count();
    assert!((1..30).contains(&selects), "{selects}");
    assert_eq!(form.pages(&BTreeSet::new()), [0]);
    assert!(form.fields().map(field_bytes).sum::<usize>() <= pages::MAX_VIEW_BYTES);
}

#[test]
fn long_descriptions_make_pages_too() {
    let list: Vec<String> =
        (0..80).map(|n| format!("P{n}: {{Type: String, Description: '{}'}}", "é".repeat(2_000))).collect();
    let form = form(&format!("Parameters: {{{}}}", list.join(", "))).unwrap();
    assert_eq!(form.pages(&BTreeSet::new()).len(), 2);
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

    #[test]
    fn every_field_stands_on_one_page_and_no_page_is_too_full(
        sizes in proptest::collection::vec(0..130_usize, 0..6), others in 0..100_usize,
    ) {
        // CloudFormation's limit is 200 parameters.
        let mut left = 200;
        let mut taken = |wanted: usize| {
            let some = wanted.min(left);
            left -= some;
            some
        };
        let sizes: Vec<usize> = sizes.into_iter().map(&mut taken).collect();
        let others = taken(others);
        let form = grouped_form(&sizes, others);
        let nothing = BTreeSet::new();
        let mut seen = 0;
        for page in form.pages(&nothing) {
            let groups: Vec<(bool, usize)> =
                form.on_page(page, &nothing).map(|(title, fields)| (title.is_some(), fields.count())).collect();
            let blocks: usize = groups.iter().map(|(has_title, fields)| usize::from(*has_title) + fields).sum();
            prop_assert!(blocks <= pages::PAGE_BLOCKS && groups.iter().all(|(_, fields)| *fields > 0));
            seen += groups.iter().map(|(_, fields)| fields).sum::<usize>();
        }
        prop_assert_eq!(seen, sizes.iter().sum::<usize>() + others);
    }
}
