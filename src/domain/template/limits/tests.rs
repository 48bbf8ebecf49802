//! What is told of templates that CloudFormation would refuse, and what is doubted.

use crate::domain::template::Template;

/// What is wrong with a template, then what is doubted.
fn told(text: &str) -> String {
    match Template::parse(text) {
        Ok(template) => {
            let doubts = template.doubts.iter().map(|doubt| format!("doubt: {doubt}"));
            doubts.collect::<Vec<_>>().join("\n")
        }
        Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

fn many(count: usize, one: &str) -> String {
    (0..count).fold(String::new(), |all, n| all + &format!("  N{n}: {one}\n"))
}

const TOPIC: &str = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n";

#[test]
fn a_template_at_its_limits_is_taken_and_one_beyond_them_is_told_all_at_once() {
    let long = |n: usize| "d".repeat(n);
    let template = |beyond: usize| {
        let inside = (0..200 + beyond).fold(String::new(), |all, n| all + &format!("k{n}: {{v: x}}, "));
        format!(
            "AWSTemplateFormatVersion: 2010-09-09\nDescription: {}\nParameters:\n{}Mappings:\n  Big: {{{inside}}}\n{}Resources:\n{}Outputs:\n{}  Long: {{Value: x, Description: {}}}\n",
            long(1024 + beyond),
            many(200 + beyond, "{Type: String}"),
            many(199 + beyond, "{k: {v: x}}"),
            many(500 + beyond, "{Type: AWS::SNS::Topic}").replace("  N", "  R"),
            many(199 + beyond, "{Value: x}"),
            long(1024 + beyond)
        )
    };
    assert_eq!(told(&template(0)), "");
    insta::assert_snapshot!(told(&template(1)), @"
    line 2: `Description` has 1,025 bytes: CloudFormation takes 1,024 at most
    line 3: the template has 201 parameters: CloudFormation takes 200 at most
    line 205: the template has 201 mappings: CloudFormation takes 200 at most
    line 206: mapping `Big` has 201 attributes: CloudFormation takes 200 at most
    line 407: the template has 501 resources: CloudFormation takes 500 at most
    line 909: the template has 201 outputs: CloudFormation takes 200 at most
    line 1110: the description of output `Long` has 1,025 bytes: CloudFormation takes 1,024 at most
    ");
    let name = |n: usize| {
        format!(
            "Parameters: {{{0}: {{Type: String}}}}\nResources: {{{0}R: {{Type: AWS::SNS::Topic}}}}\n",
            long(n)
        )
    };
    assert_eq!(told(&name(254)), "");
    insta::assert_snapshot!(told(&name(256)), @"
    line 1: parameter `dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd`: its name has 256 characters: CloudFormation takes 255 at most
    line 2: the name of a resource has 257 characters: CloudFormation takes 255 at most
    ");
}

#[test]
fn what_no_section_resource_or_output_may_say_is_told_with_what_was_meant() {
    let text = "AWSTemplateFormatVersion: '2012-01-01'\nDescription: [x]\nGlobal: {}\nGlobals: {}\nMetadata: {a: }\n\
                Mappings:\n  Empty: {}\n  Flat: x\n  Deep: {k: {v: {w: x}}, l: {}, a/b: {c_d: x}, us-east-1: {m4: x}}\n\
                Resources:\n  Topic: {Type: AWS::SNS::Topic, DependOn: Queue, Properties: {TopicName: , Tags: [null]}}\n  \
                My_Queue: {Type: AWS::SQS::Queue}\n  Plain: AWS::SNS::Topic\n\
                Outputs:\n  A: {Valu: x}\n  B-C: {Value: x, Export: x}\n  D: {Value: x, Description: {a: b}}\n  E: {Value: null}\n";
    insta::assert_snapshot!(told(text), @"
    line 1: `AWSTemplateFormatVersion` is `2012-01-01`: write `AWSTemplateFormatVersion: '2010-09-09'`, no other exists
    line 2: `Description` is a list: write one text
    line 3: there is no section `Global`: did you mean `Globals`?
    line 4: `Globals` is a section of AWS SAM only: remove it, or write `Transform: AWS::Serverless-2016-10-31`
    line 7: mapping `Empty` is empty: add a key with its value, or remove it
    line 8: mapping `Flat` is `x`: write keys with their values
    line 9: `v` in mapping `Deep` is a map: write a text or a list of texts
    line 9: `l` of mapping `Deep` is empty: add a key with its value, or remove it
    line 9: `a/b` of mapping `Deep`: its key is not made of letters, digits, `-` and `.`: rename it, for example `us-east-1`
    line 9: mapping `c_d`: its key is not made of letters and digits: rename it, for example `BucketName`
    line 11: resource `Topic`: unknown attribute `DependOn`: did you mean `DependsOn`?
    line 11: nothing stands at `Resources.Topic.Properties.TopicName`: write a value, for an empty text `''`, or remove the key
    line 11: nothing stands at `Resources.Topic.Properties.Tags[0]`: write a value, for an empty text `''`, or remove the key
    line 12: resource `My_Queue`: its key is not made of letters and digits: rename it, for example `BucketName`
    line 13: resource `Plain` is `AWS::SNS::Topic`: write at least `Type:` under it
    line 13: resource `Plain` has no `Type`: add one, for example `Type: AWS::S3::Bucket`
    line 15: output `A`: unknown attribute `Valu`: did you mean `Value`?
    line 15: output `A` has no `Value`: write what comes out, for example `Value: !Ref Bucket`
    line 16: output `B-C`: its key is not made of letters and digits: rename it, for example `BucketName`
    line 16: output `B-C`: `Export` has no `Name`: write `Export: {Name: …}`
    line 17: the description of output `D` is a map: write one text
    line 18: nothing stands at `Outputs.E.Value`: write a value, for an empty text `''`, or remove the key
    ");
    insta::assert_snapshot!(told("Resources: {}"), @"line 1: `Resources` is empty: add the resources that the product consists of");
    insta::assert_snapshot!(told("Parameters: []\nResources:\nOutputs: x\n"), @"
    line 1: `Parameters` is a list: write names with what they stand for under it
    line 2: nothing stands at `Resources`: write a value, for an empty text `''`, or remove the key
    line 3: `Outputs` is `x`: write names with what they stand for under it
    ");
    insta::assert_snapshot!(told("Parameters: {Topic: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic}}"), @"line 2: resource `Topic` has the name of the parameter in line 1: rename one of both");
}

#[test]
fn a_macro_may_make_something_right_of_whatever_stands_there() {
    let text = format!("Transform: [Explode]\n{TOPIC}    ExplodeMap: x\nOutputs: {{A: {{Valu: x}}}}\n");
    assert_eq!(told(&text.replace(" {Type: AWS::SNS::Topic}", "\n    Type: AWS::SNS::Topic")), "");
    let sam =
        format!("Transform: AWS::Serverless-2016-10-31\nGlobals: {{Function: {{Timeout: 3}}}}\n{TOPIC}");
    assert_eq!(told(&sam), "");
}

#[test]
fn what_a_parameter_may_not_say_is_told_with_what_was_meant() {
    let text = format!(
        "Parameters:\n  \
         Size: {{Type: String, Default: small, AllowedValue: [small, large], Descripton: How large it is}}\n  \
         Label: {{Type: String, Label: x}}\n  Secret: {{Type: String, NoEcho: maybe, Default: x}}\n  \
         Nothing: {{Type: String, Default: , AllowedPattern: null}}\n  Less: {{Type: String, MinLength: 5, MaxLength: 3}}\n  \
         Fewer: {{Type: Number, MinValue: 2, MaxValue: 1}}\n  Wordy: {{Type: String, Description: {0}}}\n  \
         Big: {{Type: String, Default: {0}, AllowedValues: [{0}]}}\n  Empty:\n  Under_score: {{Type: String}}\n{TOPIC}",
        "é".repeat(4_001)
    );
    insta::assert_snapshot!(told(&text), @"
    line 2: parameter `Size`: unknown attribute `AllowedValue`: did you mean `AllowedValues`?
    line 2: parameter `Size`: unknown attribute `Descripton`: did you mean `Description`?
    line 3: parameter `Label`: unknown attribute `Label`: remove it, there are Type, Default, AllowedValues, AllowedPattern, MinLength, MaxLength, MinValue, MaxValue, ConstraintDescription, Description, NoEcho
    line 4: parameter `Secret`: `NoEcho` is `maybe`: write `NoEcho: true` for a secret, or remove it
    line 5: nothing stands at `Parameters.Nothing.Default`: write a value, for an empty text `''`, or remove the key
    line 5: nothing stands at `Parameters.Nothing.AllowedPattern`: write a value, for an empty text `''`, or remove the key
    line 6: parameter `Less`: `MinLength` is above `MaxLength`: exchange them
    line 7: parameter `Fewer`: `MinValue` is above `MaxValue`: exchange them
    line 8: parameter `Wordy`: `Description` has 4,001 characters: CloudFormation takes 4,000 at most
    line 9: parameter `Big`: `Default` has 8,002 bytes: CloudFormation takes 4,096 at most
    line 9: parameter `Big`: one of its `AllowedValues` has 8,002 bytes: CloudFormation takes 4,096 at most
    line 10: nothing stands at `Parameters.Empty`: write a value, for an empty text `''`, or remove the key
    line 11: parameter `Under_score`: its key is not made of letters and digits: rename it, for example `BucketName`
    ");
}

#[test]
fn what_has_no_effect_on_a_parameter_is_doubted() {
    let text = format!(
        "Parameters:\n  Count: {{Type: Number, MinLength: 1, AllowedPattern: '[0-9]+', Default: 1}}\n  \
         Ports: {{Type: List<Number>, MaxValue: 9, Default: 1}}\n  Long: {{Type: String, MaxLength: 5000}}\n  \
         None: {{Type: String, AllowedValues: []}}\n  Path: {{Type: 'AWS::SSM::Parameter::Value<Foo>'}}\n  \
         List: {{Type: 'List<AWS::EC2::Subnet>'}}\n  Known: {{Type: 'AWS::SSM::Parameter::Value<List<Number>>'}}\n{TOPIC}"
    );
    insta::assert_snapshot!(told(&text), @"
    doubt: line 2: parameter `Count`: `MinLength` is no constraint of its type: remove it: `MinValue` and `MaxValue` are for numbers
    doubt: line 2: parameter `Count`: `AllowedPattern` is no constraint of its type: remove it: `MinValue` and `MaxValue` are for numbers
    doubt: line 3: parameter `Ports`: `MaxValue` is no constraint of its type: remove it: they are for `Type: Number` only
    doubt: line 4: parameter `Long`: `MaxLength` is above 4,096: lower it: CloudFormation takes values of 4,096 bytes at most
    doubt: line 5: parameter `None`: `AllowedValues` is empty: add a value, or remove it
    doubt: line 6: parameter `Path`: `Foo` is no documented type: check its spelling: CloudFormation checks no value of it
    doubt: line 7: parameter `List`: `AWS::EC2::Subnet` is no documented type: check its spelling: CloudFormation checks no value of it
    ");
}

#[test]
fn what_has_no_effect_in_the_metadata_of_the_form_and_what_is_no_json_is_doubted() {
    let text = format!(
        "Metadata:\n  AWS::CloudFormation::Interface:\n    ParameterGroup: []\n    ParameterGroups:\n    - {{Label: {{default: x}}, Parameters: [Nmae, Gone], Lable: x}}\n    \
         ParameterLabels: {{Names: {{default: x}}}}\n  ParameterAllowedValueLabels: {{Name: {{a: A}}, Size: {{s: S}}}}\n  Other: {{Thing: x}}\n\
         Parameters:\n  Name: {{Type: String}}\n{TOPIC}"
    );
    insta::assert_snapshot!(told(&text), @"
    doubt: line 3: `ParameterGroup` in `AWS::CloudFormation::Interface` has no effect: did you mean `ParameterGroups`?
    doubt: line 5: `Lable` in `ParameterGroups` has no effect: did you mean `Label`?
    doubt: line 5: `Nmae` in `ParameterGroups` has no effect: did you mean `Name`?
    doubt: line 5: `Gone` in `ParameterGroups` has no effect: remove it
    doubt: line 6: `Names` in `ParameterLabels` has no effect: did you mean `Name`?
    doubt: line 7: `Size` in `ParameterAllowedValueLabels` has no effect: remove it
    ");
    let json = "{\n  \"Resources\": {\n    \"Topic\": {\"Type\": \"AWS::SNS::Topic\"},\n  }\n}\n";
    insta::assert_snapshot!(told(json), @"doubt: line 4: this begins as JSON and is none (JSON has no `,` before `}`: remove it): mend it: CloudFormation reads it as YAML, other tools may refuse it");
}

#[test]
fn what_stands_without_quotes_is_what_yaml_1_1_has_it_to_be() {
    let text = format!(
        "Parameters:\n  Flag: {{Type: String, AllowedValues: [yes, No, y, 'yes'], Default: on}}\n  Flag2: {{Type: String, AllowedValues: [yes, off], Default: 'false'}}\n  Account: {{Type: String, Default: 012345670123}}\n{TOPIC}    Metadata: {{mode: 0644, at: 22:30}}\n"
    )
    .replace(" {Type: AWS::SNS::Topic}", "\n    Type: AWS::SNS::Topic");
    let template = Template::parse(&text).unwrap();
    assert_eq!(template.parameters[0].allowed_values, ["true", "false", "y", "yes"]);
    insta::assert_snapshot!(told(&text), @"
    doubt: line 4: `012345670123` without quotes is the number 1402433619 to CloudFormation: write `'012345670123'`, or `1402433619` if that is meant
    doubt: line 8: `0644` without quotes is the number 420 to CloudFormation: write `'0644'`, or `420` if that is meant
    doubt: line 8: `22:30` without quotes is the number 1350 to CloudFormation: write `'22:30'`, or `1350` if that is meant
    ");
}

#[test]
fn a_default_that_its_own_constraints_do_not_allow_is_told() {
    let text = format!(
        "Parameters:\n  Size: {{Type: String, AllowedValues: [small, large], Default: medium}}\n  \
         Flag: {{Type: String, AllowedValues: [true, false], Default: True}}\n  \
         Name: {{Type: String, AllowedPattern: '[a-z]+', Default: A, ConstraintDescription: lower case}}\n  \
         Short: {{Type: String, MinLength: 2, Default: ''}}\n  Long: {{Type: String, MaxLength: 2, Default: abc}}\n  \
         Low: {{Type: Number, MinValue: 0, Default: -1}}\n  High: {{Type: Number, MaxValue: 9, Default: 10}}\n  \
         Number: {{Type: Number, Default: ten}}\n  Numbers: {{Type: List<Number>, Default: '1,x'}}\n  \
         Zones: {{Type: CommaDelimitedList, AllowedValues: [a, b], Default: 'a, c'}}\n  \
         Ids: {{Type: 'List<AWS::EC2::Subnet::Id>', Default: ''}}\n  Path: {{Type: 'AWS::SSM::Parameter::Value<String>', AllowedPattern: x, Default: /y}}\n  \
         Later:\n    Type: String\n    MinLength: 2\n    Default: y\n{TOPIC}"
    );
    insta::assert_snapshot!(told(&text), @"
    line 2: parameter `Size`: its own constraints do not allow its default `medium`: change one of them: Choose one of: small, large
    line 4: parameter `Name`: its own constraints do not allow its default `A`: change one of them: Must match the pattern [a-z]+
    line 5: parameter `Short`: its own constraints do not allow its default ``: change one of them: Use at least 2 characters
    line 6: parameter `Long`: its own constraints do not allow its default `abc`: change one of them: Use at most 2 characters
    line 7: parameter `Low`: its own constraints do not allow its default `-1`: change one of them: Must be a whole number of at least 0
    line 8: parameter `High`: its own constraints do not allow its default `10`: change one of them: Must be a whole number of at most 9
    line 9: parameter `Number`: its own constraints do not allow its default `ten`: change one of them: Must be a whole number
    line 10: parameter `Numbers`: its own constraints do not allow its default `1,x`: change one of them: Must be numbers, separated by commas
    line 11: parameter `Zones`: its own constraints do not allow its default `a, c`: change one of them: Use only these, separated by commas: a, b
    line 17: parameter `Later`: its own constraints do not allow its default `y`: change one of them: Use at least 2 characters
    ");
}
