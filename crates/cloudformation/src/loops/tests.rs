//! Loops and their expansions.

use crate::evaluate::{Evaluation, Inputs, LiveResource};
use crate::template::Template;
use std::collections::BTreeMap;

fn evaluated(template: &Template, parameters: &[(&str, &str)]) -> Evaluation {
    let parameters: Vec<(String, String)> =
        parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    template.evaluate(&Inputs {
        parameters: &parameters,
        ssm: &BTreeMap::new(),
        region: "us-east-1",
        account_id: "123456789012",
        stack_name: "stack",
        stack_id: "arn:stack",
        physical: &|resource: &LiveResource, attribute| {
            let name = resource.name.as_deref().unwrap_or(&resource.logical_id);
            Some(format!("<{name}.{}>", attribute.unwrap_or("ref")))
        },
    })
}

/// Returns the resources and outputs.
fn shown(text: &str, parameters: &[(&str, &str)]) -> String {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(problems) => return problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    let evaluation = evaluated(&template, parameters);
    let made: Vec<String> = evaluation.resources.into_iter().map(|resource| resource.logical_id).collect();
    let outputs = evaluation.outputs.into_iter();
    let outputs = outputs
        .map(|output| format!("{} = {}", output.name, output.value.unwrap_or_else(|why| why.to_string())));
    [made.join(" ")].into_iter().chain(outputs).collect::<Vec<_>>().join("\n")
}

const TOPICS: &str = "Transform: AWS::LanguageExtensions\n\
                      Parameters:\n  Names: {Type: CommaDelimitedList, Default: 'Orders, Returns'}\n  Env: {Type: String, Default: dev}\n\
                      Mappings: {Teams: {dev: {all: [One, Two]}}}\n\
                      Conditions:\n  'Fn::ForEach::Is':\n    - Env\n    - [dev, prod]\n    - 'Is${Env}': !Equals [!Ref Env, !Sub '${Env}']\n\
                      Resources:\n  'Fn::ForEach::Topics':\n    - Name\n    - !Ref Names\n    - 'Topic${Name}':\n        Type: AWS::SNS::Topic\n        Properties: {TopicName: !Sub '${Name}-${AWS::Region}'}\n  \
                      'Fn::ForEach::Hosts':\n    - Host\n    - [a.b-1, 'c.d']\n    - 'Host&{Host}': {Type: AWS::SSM::Parameter, Properties: {Name: !Ref Host}}\n  \
                      Plain: {Type: AWS::SNS::Topic}\n\
                      Outputs:\n  'Fn::ForEach::Arns':\n    - Name\n    - !Ref Names\n    - 'Arn${Name}': {Value: !GetAtt [!Sub 'Topic${Name}', TopicArn]}\n      'Name${Name}': {Value: !Ref Name}\n  \
                      'Fn::ForEach::Outer':\n    - A\n    - [X, Y]\n    - 'Fn::ForEach::Inner':\n      - B\n      - !FindInMap [Teams, !Ref Env, all]\n      - '${A}${B}': {Value: !Join ['-', [!Ref A, '${B}', !Sub '${A}/${!B}']]}\n  \
                      Host: {Value: !Ref Hostab1}\n";

#[test]
fn loops_are_written_out_as_cloudformation_writes_them_out() {
    insta::assert_snapshot!(shown(TOPICS, &[]), @"
    TopicOrders TopicReturns Hostab1 Hostcd Plain
    ArnOrders = <Orders-us-east-1.TopicArn>
    NameOrders = Orders
    ArnReturns = <Returns-us-east-1.TopicArn>
    NameReturns = Returns
    XOne = X-One-X/${B}
    XTwo = X-Two-X/${B}
    YOne = Y-One-Y/${B}
    YTwo = Y-Two-Y/${B}
    Host = a.b-1
    ");
}

#[test]
fn a_loop_over_a_parameter_goes_by_what_was_chosen() {
    insta::assert_snapshot!(shown(TOPICS, &[("Names", "Bills")]), @"
    TopicBills Hostab1 Hostcd Plain
    ArnBills = <Bills-us-east-1.TopicArn>
    NameBills = Bills
    XOne = X-One-X/${B}
    XTwo = X-Two-X/${B}
    YOne = Y-One-Y/${B}
    YTwo = Y-Two-Y/${B}
    Host = a.b-1
    ");
}

#[test]
fn an_output_of_a_loop_can_be_named_whether_or_not_the_default_makes_it() {
    let template = Template::parse(TOPICS).unwrap();
    let may_give = |names: &[&str]| {
        names.iter().filter(|name| template.may_give(name)).copied().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        may_give(&["ArnOrders", "ArnBills", "NameBills", "XOne", "Host"]),
        "ArnOrders ArnBills NameBills XOne Host"
    );
    assert_eq!(may_give(&["Arn-Orders", "arnOrders", "Topic", "ZOne"]), "");
    let only_aws = TOPICS.replace("Default: 'Orders, Returns'", "Description: no default");
    assert!(Template::parse(&only_aws).unwrap().may_give("ArnBills"));
    let of_a_macro = "Transform: Mine\nResources: {A: {Type: AWS::SNS::Topic}}\n";
    assert!(Template::parse(of_a_macro).unwrap().may_give("Anything"));
}

#[test]
fn what_is_no_loop_to_aws_is_told_with_its_line() {
    let text = "Resources:\n  A: {Type: AWS::SNS::Topic}\n  'Fn::ForEach::B': [Name, [x]]\n";
    insta::assert_snapshot!(shown(text, &[]), @"
    line 3: `Fn::ForEach` needs a transform: write `Transform: AWS::LanguageExtensions`
    line 3: `Fn::ForEach::B` is no loop: write a list of three: a name, the values, and a map of what is made for each
    ");
}

#[test]
fn loops_in_loops_are_cut_off() {
    let items: Vec<String> = (0..100).map(|n| format!("I{n}")).collect();
    let items = items.join(", ");
    let mut body = "'${A}${B}${C}': {Value: x}".to_owned();
    for name in ["C", "B", "A"] {
        body = format!("'Fn::ForEach::L{name}': [{name}, [{items}], {{{body}}}]");
    }
    let text = format!(
        "Transform: AWS::LanguageExtensions\nResources: {{T: {{Type: AWS::SNS::Topic}}}}\nOutputs: {{{body}}}"
    );
    insta::assert_snapshot!(shown(&text, &[]), @"line 3: the loops make more than CloudFormation takes: let them go round less often");
}

#[test]
fn only_what_loops_make_is_counted_so_that_nothing_beside_them_is_lost() {
    let filler = (0..12_000).fold(String::new(), |all, n| all + &format!("k{n}: x, "));
    let text = format!(
        "Transform: AWS::LanguageExtensions\nResources:\n  Big: {{Type: AWS::SNS::Topic, Metadata: {{{filler}}}}}\n  \
         'Fn::ForEach::T': [N, [A, B], {{'T${{N}}': {{Type: AWS::SNS::Topic}}}}]\n  Last: {{Type: AWS::SNS::Topic}}\n\
         Outputs: {{Late: {{Value: x}}}}\n"
    );
    assert_eq!(shown(&text, &[]), "Big TA TB Last\nLate = x");
}

#[test]
fn loops_that_make_nothing_end_too_and_it_is_told() {
    let items = vec!["x"; 2_000].join(", ");
    let mut body = "{}".to_owned();
    for name in ["C", "B", "A"] {
        body = format!("{{'Fn::ForEach::L{name}': [{name}, [{items}], {body}]}}");
    }
    let text = format!("Transform: AWS::LanguageExtensions\nResources: {body}\n");
    insta::assert_snapshot!(shown(&text, &[]), @"line 2: the loops make more than CloudFormation takes: let them go round less often");
    let missing = "x: !FindInMap [M, a, b]".to_owned();
    let map = (0..5_000).fold(String::new(), |all, n| all + &format!("k{n}: x, "));
    let text = format!(
        "Transform: AWS::LanguageExtensions\nMappings: {{M: {{a: {{{map}{missing}}}}}}}\nResources: {{'Fn::ForEach::L': [N, [{items}], {{'Fn::ForEach::K': [O, !FindInMap [M, a, !Ref N], {{}}]}}]}}\n"
    );
    insta::assert_snapshot!(shown(&text, &[]), @"line 3: the loops make more than CloudFormation takes: let them go round less often");
}

const UNKNOWN: &str = "Transform: AWS::LanguageExtensions\n\
                       Parameters:\n  Names: {Type: CommaDelimitedList}\n  Zones: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /zones}\n\
                       Resources:\n  'Fn::ForEach::D':\n    - N\n    - !Ref Names\n    - 'Db${N}': {Type: AWS::RDS::DBInstance, Propertiez: {}}\n  \
                       'Fn::ForEach::Z':\n    - N\n    - !Ref Zones\n    - 'Zone${N}': {Type: AWS::SQS::Queue, DeletionPolicy: Retain}\n  \
                       Plain: {Type: AWS::SNS::Topic, DependsOn: DbOrders}\n\
                       Outputs:\n  'Fn::ForEach::A':\n    - N\n    - !Ref Zones\n    - 'Arn${N}': {Value: !GetAtt [!Sub 'Zone${N}', Arn]}\n";

#[test]
fn what_a_loop_over_unknown_items_makes_is_checked_once_and_never_shown_as_known() {
    insta::assert_snapshot!(shown(UNKNOWN, &[]), @"line 9: resource `Db*`: unknown attribute `Propertiez`: did you mean `Properties`?");
    let right = UNKNOWN.replace("Propertiez", "Properties");
    insta::assert_snapshot!(shown(&right, &[]), @"
    Db* Zone* Plain
    Arn* = AWS looks it up when it is made
    ");
    insta::assert_snapshot!(shown(&right, &[("Names", "Orders,Bills")]), @"
    DbOrders DbBills Zone* Plain
    Arn* = AWS looks it up when it is made
    ");
    let template = Template::parse(&right).unwrap();
    let doubts: Vec<String> = template.doubts.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(doubts.join("\n"), @"
    line 10: only AWS can tell how often `Fn::ForEach::Z` goes round: write a list, a parameter or a map, or people are not told beforehand what is made
    line 16: only AWS can tell how often `Fn::ForEach::A` goes round: write a list, a parameter or a map, or people are not told beforehand what is made
    ");
}

#[test]
fn a_map_is_looked_into_by_region_and_by_its_default() {
    let text = "Transform: AWS::LanguageExtensions\nMappings: {M: {us-east-1: {Zones: [a, b]}, eu-west-1: {Zones: [c]}}}\n\
                Resources:\n  'Fn::ForEach::D':\n    - N\n    - !FindInMap [M, !Ref AWS::Region, Zones]\n    - 'Db${N}': {Type: AWS::RDS::DBInstance}\n  \
                'Fn::ForEach::E':\n    - N\n    - !FindInMap [M, x, y, DefaultValue: [p, q]]\n    - 'Eb${N}': {Type: AWS::RDS::DBInstance}\n\
                Outputs:\n  'Fn::ForEach::A':\n    - N\n    - !FindInMap [M, !Ref AWS::Region, Zones]\n    - 'O${N}': {Value: !Ref N}\n";
    insta::assert_snapshot!(shown(text, &[]), @"
    Dba Dbb Ebp Ebq
    Oa = a
    Ob = b
    ");
    let template = Template::parse(text).unwrap();
    let ids: Vec<&str> = template.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    assert_eq!(ids, ["Db*", "Ebp", "Ebq"]);
    assert!(template.doubts.is_empty(), "{:?}", template.doubts);
    assert!(template.may_give("Oc"));
}

#[test]
fn what_loops_make_twice_is_told() {
    let text = "Transform: AWS::LanguageExtensions\nResources:\n  'Fn::ForEach::U':\n    - S\n    - [a, a]\n    - 'U${S}': {Type: AWS::SQS::Queue}\n  \
                'Fn::ForEach::X':\n    - N\n    - [p, q]\n    - Fixed: {Type: AWS::SQS::Queue}\n";
    insta::assert_snapshot!(shown(text, &[]), @"
    line 6: loops make `Ua` more than once: put `${…}` with the name of the loop into the key, and use each item once
    line 10: loops make `Fixed` more than once: put `${…}` with the name of the loop into the key, and use each item once
    ");
}
