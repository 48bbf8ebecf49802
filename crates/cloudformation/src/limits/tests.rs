//! Problems and doubts reported for templates.

use crate::template::Template;

/// Returns the problems of a template, or else its doubts.
fn told(text: &str) -> String {
    match Template::parse_offered(text) {
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

#[test]
fn what_may_not_become_of_a_resource_and_no_type_or_transform_is_told() {
    let text = "Transform: AWS::LanguageExtension\n\
                Resources:\n  A: {Type: AWS::SNS:Topic, DeletionPolicy: Retian}\n  B: {Type: Bucket, UpdateReplacePolicy: RetainExceptOnCreate}\n  \
                C: {Type: 'Custom::My_Thing@1-2'}\n  D: {Type: AWS::Rain::Thing::MODULE}\n  E: {Type: AWS::S3::Bucket, DeletionPolicy: RetainExceptOnCreate, UpdateReplacePolicy: Snapshot}\n  F: {Type: 'Custom::A::B'}\n";
    insta::assert_snapshot!(told(text), @"
    line 1: there is no transform `AWS::LanguageExtension`: did you mean `AWS::LanguageExtensions`?
    line 3: resource `A`: `AWS::SNS:Topic` is no type: write one such as `AWS::S3::Bucket`
    line 3: resource `A`: `DeletionPolicy` is `Retian`: did you mean `Retain`?
    line 4: resource `B`: `Bucket` is no type: write one such as `AWS::S3::Bucket`
    line 4: resource `B`: `UpdateReplacePolicy` is `RetainExceptOnCreate`: there are Delete, Retain, Snapshot
    line 8: resource `F`: `Custom::A::B` is no type: write one such as `AWS::S3::Bucket`
    ");
}

#[test]
fn what_keeps_a_rule_from_being_one_is_told() {
    let text = format!(
        "Parameters: {{Env: {{Type: String}}}}\nRules:\n  A: {{RuleConditon: !Equals [!Ref Env, x], Assertions: [{{Assert: !Equals [!Ref Env, y]}}]}}\n  \
         B: {{Asertions: [{{Assert: !Equals [!Ref Env, y]}}]}}\n  C: {{Assertions: [{{Asserts: !Equals [!Ref Env, y]}}, text]}}\n  D: {{Assertions: {{Assert: !Equals [!Ref Env, y]}}}}\n  \
         E: text\n  F: {{RuleCondition: yes, Assertions: [{{Assert: !GetAtt Topic.Arn}}, {{Assert: !Equals [!Ref Gone, x], AssertDescription: [x]}}]}}\n  G_H: {{Assertions: []}}\n{TOPIC}"
    );
    insta::assert_snapshot!(told(&text), @"
    line 3: rule `A`: unknown attribute `RuleConditon`: did you mean `RuleCondition`?
    line 4: rule `B`: unknown attribute `Asertions`: did you mean `Assertions`?
    line 4: rule `B` has no `Assertions`: write `Assertions:` and a list of `Assert: …` under it
    line 5: rule `C`: unknown attribute `Asserts`: did you mean `Assert`?
    line 5: rule `C`: an assertion has no `Assert`: write `Assertions:` and a list of `Assert: …` under it
    line 5: rule `C`: an assertion has no `Assert`: write `Assertions:` and a list of `Assert: …` under it
    line 6: rule `D`: `Assertions` is a map: write `Assertions:` and a list of `Assert: …` under it
    line 7: rule `E` is `text`: write `Assertions:` and a list of `Assert: …` under it
    line 8: rule `F`: `AssertDescription` is a list: write one text
    line 8: rule `F` is `yes`: write for example `!Equals [!Ref Environment, prod]`
    line 8: rule `F`: `Fn::GetAtt` comes to neither true nor false: write for example `!Equals [!Ref Environment, prod]`
    line 8: `Topic` is a resource, a rule can ask for parameters only: refer to a parameter: nothing is made yet when it is judged
    line 8: `Gone` is neither a parameter nor a resource: define it, or correct its name
    line 9: rule `G_H`: its key is not made of letters and digits: rename it, for example `ProductionIsLarge`
    ");
    insta::assert_snapshot!(told(&format!("Rules: [x]\n{TOPIC}")), @"line 1: `Rules` is a list: write names with rules under it");
    let beside =
        format!("Rules: {{A: {{Assertions: [{{Assert: !Equals [a, a], AssetDescription: x}}]}}}}\n{TOPIC}");
    insta::assert_snapshot!(told(&beside), @"doubt: line 1: rule `A`: unknown attribute `AssetDescription`: did you mean `AssertDescription`?");
}

#[test]
fn a_misspelt_section_of_the_form_is_doubted() {
    let text = format!(
        "Metadata:\n  AWS::Cloudformation::Interface: {{ParameterGroups: []}}\n  AWS::CloudFormation::Designer: {{a: b}}\n  ParameterAllowedValuesLabels: {{}}\n{TOPIC}"
    );
    insta::assert_snapshot!(told(&text), @"
    doubt: line 2: `AWS::Cloudformation::Interface` in `Metadata` has no effect on the form: did you mean `AWS::CloudFormation::Interface`?
    doubt: line 4: `ParameterAllowedValuesLabels` in `Metadata` has no effect on the form: did you mean `ParameterAllowedValueLabels`?
    ");
}

#[test]
fn a_secret_is_in_no_problem_and_no_doubt() {
    let secrets = "Parameters:\n  A: {Type: String, NoEcho: true, Default: 0x1F2, MinLength: 40}\n  B: {Type: String, NoEcho: yes, AllowedValues: [hunter2, hunter3], Default: hunter4}\n  \
                   C: {Type: String, NoEcho: mayb, Default: hunter5, MinLength: 40}\n";
    insta::assert_snapshot!(told(&format!("{secrets}{TOPIC}")), @"
    line 2: parameter `A`: its own constraints do not allow its default: change one of them
    line 3: parameter `B`: its own constraints do not allow its default: change one of them
    line 4: parameter `C`: `NoEcho` is `mayb`: write `NoEcho: true` for a secret, or remove it
    line 4: parameter `C`: its own constraints do not allow its default: change one of them
    ");
    let doubted = "Parameters:\n  A: {Type: String, NoEcho: true, Default: 0123}\n  B: {Type: String, NoEcho: true, AllowedValues: [hunter2, a], MaxLength: 3, Default: a}\n";
    insta::assert_snapshot!(told(&format!("{doubted}{TOPIC}")), @"
    doubt: line 2: a secret without quotes is another number to CloudFormation: write it in quotes
    doubt: line 3: parameter `B`: its other constraints do not allow one of its `AllowedValues`: change one of them: the form offers what AWS would refuse
    ");
}

#[test]
fn options_that_the_other_constraints_refuse_are_doubted() {
    let text = format!(
        "Parameters:\n  B: {{Type: Number, AllowedValues: [1, 2, x], Default: 1}}\n{}{TOPIC}",
        "  F: {Type: Number, MinValue: 5, AllowedValues: [1, 10], Default: 10}\n  G: {Type: String, AllowedPattern: '[a-z]+', AllowedValues: [A, b], Default: b}\n  \
         L: {Type: String, MaxLength: 2, AllowedValues: [abc, de], Default: de}\n"
    );
    insta::assert_snapshot!(told(&text), @"line 2: parameter `B`: its type does not allow `x` of its `AllowedValues`: write numbers only");
    insta::assert_snapshot!(told(&text.replace(", x]", "]")), @"
    doubt: line 3: parameter `F`: its other constraints do not allow `1` of its `AllowedValues`: change one of them: the form offers what AWS would refuse
    doubt: line 4: parameter `G`: its other constraints do not allow `A` of its `AllowedValues`: change one of them: the form offers what AWS would refuse
    doubt: line 5: parameter `L`: its other constraints do not allow `abc` of its `AllowedValues`: change one of them: the form offers what AWS would refuse
    ");
}

#[test]
fn a_number_without_quotes_is_the_one_that_cloudformation_reads() {
    let text = format!(
        "Parameters:\n  A: {{Type: Number, Default: 0x1F, MaxValue: 40}}\n  B: {{Type: Number, Default: 1_000}}\n{TOPIC}"
    );
    let template = Template::parse(&text).unwrap();
    let defaults: Vec<_> = template.parameters.iter().map(|parameter| parameter.default.as_deref()).collect();
    assert_eq!(defaults, [Some("31"), Some("1000")]);
    insta::assert_snapshot!(told(&text), @"
    doubt: line 2: `0x1F` without quotes is the number 31 to CloudFormation: write `'0x1F'`, or `31` if that is meant
    doubt: line 3: `1_000` without quotes is the number 1000 to CloudFormation: write `'1_000'`, or `1000` if that is meant
    ");
    insta::assert_snapshot!(told(&text.replace("0x1F", "'0x1F'")), @"line 2: parameter `A`: its own constraints do not allow its default `0x1F`: change one of them: Must be a whole number of at most 40");
}

#[test]
fn a_long_path_over_many_values_is_written_out_only_where_something_is_missing() {
    let key = "k".repeat(400_000);
    let values = "x,".repeat(100_000);
    let text = format!("Resources:\n  T: {{Type: AWS::SNS::Topic, Metadata: {{? {key} : [{values} x]}}}}\n");
    assert_eq!(told(&text), "");
    let missing = "Resources:\n  T: {Type: AWS::SNS::Topic, Metadata: {a: [[x, null]]}}\n";
    insta::assert_snapshot!(told(missing), @"line 2: nothing stands at `Resources.T.Metadata.a[0][1]`: write a value, for an empty text `''`, or remove the key");
}
