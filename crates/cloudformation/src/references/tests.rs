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

const GONE: &str = "Parameters:\n  Size: {Type: String}\n\
                    Conditions:\n  IsLarge: !Equals [!Ref Topic, large]\n  IsOther: !Equals [!GetAtt Topic.Arn, !Sub '${Topic}']\n\
                    Resources:\n  Topic: {Type: AWS::SNS::Topic, Condition: IsLagre, Properties: {TopicName: !Ref Sizes}}\n  \
                    Queue: {Type: AWS::SQS::Queue, DependsOn: [Topic, Topics, {a: b}], Metadata: {of: !Ref AWS::Regoin}}\n\
                    Outputs:\n  A: {Value: !Ref Zip, Condition: Gone}\n  B: {Value: !GetAtt Nope.Arn}\n  C: {Value: !Sub '${Own}-${Gone2.Arn}-${Size}-${!Literal}-${AWS::Region}'}\n  \
                    D: {Value: !Sub ['${Own2}', {Own2: !If [Never, a, b]}]}\n  E: {Value: !If [IsLarge, x]}\n  F: {Value: !Foo x}\n";

#[test]
fn a_name_that_stands_for_nothing_is_told_with_its_line() {
    insta::assert_snapshot!(told(GONE), @"
    line 4: `Topic` is a resource, a condition can ask for parameters only: refer to a parameter: nothing is made yet when it is judged
    line 5: `Topic` is a resource, a condition can ask for parameters only: refer to a parameter: nothing is made yet when it is judged
    line 5: `Topic` is a resource, a condition can ask for parameters only: refer to a parameter: nothing is made yet when it is judged
    line 7: there is no condition `IsLagre`: did you mean `IsLarge`?
    line 7: `Sizes` is neither a parameter nor a resource: did you mean `Size`?
    line 8: resource `Queue` depends on `Topics`, which is no resource: did you mean `Topic`?
    line 8: resource `Queue`: `DependsOn` holds a map: write the names of resources
    line 8: `AWS::Regoin` is neither a parameter nor a resource: define it, or correct its name
    line 10: `Zip` is neither a parameter nor a resource: define it, or correct its name
    line 10: there is no condition `Gone`: define it under `Conditions`
    line 11: `Nope` is no resource: define it, or correct its name
    line 12: `Own` is neither a parameter nor a resource: define it, or correct its name
    line 12: `Gone2` is no resource: define it, or correct its name
    line 13: there is no condition `Never`: define it under `Conditions`
    line 14: `Fn::If` has not 3 parts: write a condition and two values
    line 15: there is no function `Fn::Foo`: use a function of CloudFormation
    ");
}

#[test]
fn with_a_macro_that_may_make_what_is_missing_it_is_only_doubted() {
    let text = "Transform: Mine\nResources: {Topic: {Type: AWS::SNS::Topic, DependsOn: Other}}\n";
    insta::assert_snapshot!(told(text), @"doubt: line 2: resource `Topic` depends on `Other`, which is no resource: define it, or correct its name");
    let sam = "Transform: AWS::Serverless-2016-10-31\n\
               Resources: {Fn: {Type: AWS::Serverless::Function}}\n\
               Outputs: {Role: {Value: !GetAtt FnRole.Arn}, Api: {Value: !Ref ServerlessRestApi}, Other: {Value: !Ref Other}}\n";
    insta::assert_snapshot!(told(sam), @"doubt: line 3: `Other` is neither a parameter nor a resource: define it, or correct its name");
    let included = "Resources:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: x}}\n  Topic: {Type: AWS::SNS::Topic, DependsOn: Other}\n";
    insta::assert_snapshot!(told(included), @"doubt: line 3: resource `Topic` depends on `Other`, which is no resource: define it, or correct its name");
}

#[test]
fn what_goes_round_in_a_circle_is_told() {
    let text = "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\n\
                Resources:\n  Topic: {Type: AWS::SNS::Topic, DependsOn: Queue}\n  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt Third.Arn}}\n  \
                Third: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${Topic}-x'}}\n  Own: {Type: AWS::SQS::Queue, DependsOn: Topic}\n";
    insta::assert_snapshot!(told(text), @"
    line 2: condition `A` depends on itself: take one of the conditions out of the circle
    line 5: the resources `Topic`, `Queue`, `Third` refer to each other in a circle: take one of the references out: nothing of it could be made first
    ");
    insta::assert_snapshot!(told("Resources: {A: {Type: AWS::SQS::Queue, DependsOn: A}}\n"), @"line 1: resource `A` refers to itself: take one of the references out: nothing of it could be made first");
    let chosen = "Parameters: {Size: {Type: String}}\nConditions: {C: !Equals [!Ref Size, x]}\n\
                  Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !If [C, !Ref B, x]}}\n  B: {Type: AWS::SNS::Topic, Properties: {TopicName: !If [C, x, !Ref A]}}\n";
    assert_eq!(told(chosen), "");
}

#[test]
fn a_function_with_too_few_or_too_many_parts_or_without_its_transform_is_told() {
    let eleven = ["!Equals [a, b]"; 11].join(", ");
    let text = format!(
        "Conditions:\n  A: text\n  B: !And [!Equals [a, b]]\n  C: !Or [{eleven}]\n  D: !Equals [a]\n  E: !Not [!Equals [a, b], !Equals [a, b]]\n  F: !Join ['', [a]]\n\
         Resources:\n  T: {{Type: AWS::SNS::Topic, Properties: {{Tags: {{'Fn::ForEach::X': [N, [a], {{b: c}}]}}}}}}\n\
         Mappings: {{M: {{a: {{b: c}}}}}}\n\
         Outputs:\n  A: {{Value: !Length [a, b]}}\n  B: {{Value: {{'Fn::FindInMap': [M, a, b, {{DefaultValue: x}}]}}}}\n"
    );
    insta::assert_snapshot!(told(&text), @"
    line 2: condition `A` is `text`: write for example `!Equals [!Ref Environment, prod]`
    line 3: condition `B`: `Fn::And` has 1: it takes 2 to 10 parts
    line 4: condition `C`: `Fn::Or` has 11: it takes 2 to 10 parts
    line 5: condition `D`: `Fn::Equals` has 1: it takes 2 parts
    line 6: condition `E`: `Fn::Not` has 2: it takes a list of 1 part
    line 7: condition `F`: `Fn::Join` comes to neither true nor false: write for example `!Equals [!Ref Environment, prod]`
    line 9: `Fn::ForEach` needs a transform: write `Transform: AWS::LanguageExtensions`
    line 12: `Fn::Length` needs a transform: write `Transform: AWS::LanguageExtensions`
    line 13: `DefaultValue` of `Fn::FindInMap` needs a transform: write `Transform: AWS::LanguageExtensions`
    ");
    let extended = told(&format!("Transform: AWS::LanguageExtensions\n{text}"));
    assert!(!extended.contains("needs a transform"), "{extended}");
}

#[test]
fn an_output_that_is_no_text_is_told() {
    let text = "Parameters:\n  Names: {Type: CommaDelimitedList, Default: 'a,b'}\n  Zones: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /x}\n\
                Conditions: {C: !Equals [a, b]}\nResources: {T: {Type: AWS::SNS::Topic}}\n\
                Outputs:\n  A: {Value: !Ref Names}\n  B: {Value: [x, y]}\n  C: {Value: !Split [',', 'a,b']}\n  D: {Value: !Sub 'x${Names}y'}\n  E: {Value: {a: b}}\n  \
                F: {Value: !Cidr [10.0.0.0/16, 2, 8]}\n  G: {Value: !If [C, x, !Ref Zones]}\n  H: {Value: !Join ['-', !Ref Names]}\n  I: {Value: !Select [0, !Ref Names]}\n";
    insta::assert_snapshot!(told(text), @"
    line 7: output `A` is a list: make one text of it, for example with `!Join [',', …]`
    line 8: output `B` is a list: make one text of it, for example with `!Join [',', …]`
    line 9: output `C` is a list: make one text of it, for example with `!Join [',', …]`
    line 10: `Fn::Sub` makes a text of `Names`, which is a list: use `!Join [',', …]`
    line 11: output `E` is a map: make one text of it, for example with `!Join [',', …]`
    line 12: output `F` is a list: make one text of it, for example with `!Join [',', …]`
    line 13: output `G` is a list: make one text of it, for example with `!Join [',', …]`
    ");
}
