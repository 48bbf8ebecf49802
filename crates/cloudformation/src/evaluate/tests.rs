//! Evaluations of templates.

use super::*;
use proptest::prelude::*;
use std::fmt::Write;

pub(super) fn evaluated(text: &str, parameters: &[(&str, &str)]) -> String {
    let template = Template::parse(text).unwrap();
    let parameters: Vec<(String, String)> =
        parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let ssm = BTreeMap::from([("/known".to_owned(), "ami-1".to_owned())]);
    let physical = |resource: &LiveResource, attribute: Option<&str>| {
        let name = resource.name.as_deref().unwrap_or(&resource.logical_id);
        let is_known = attribute.is_none_or(|attribute| !attribute.starts_with("Unknown"));
        let invented =
            attribute.map_or_else(|| format!("<{name}>"), |attribute| format!("<{name}.{attribute}>"));
        is_known.then_some(invented)
    };
    let evaluation = template.evaluate(&Inputs {
        parameters: &parameters,
        ssm: &ssm,
        region: "us-east-1",
        account_id: "123456789012",
        stack_name: "portal-1",
        stack_id: "arn:stack",
        physical: &physical,
    });
    let mut text = String::new();
    let ids: Vec<&str> = evaluation.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    writeln!(text, "made: {}", ids.join(", ")).unwrap();
    if !evaluation.protected.is_empty() {
        writeln!(text, "protected: {}", evaluation.protected.join(", ")).unwrap();
    }
    for output in evaluation.outputs {
        match output.value {
            Ok(value) => writeln!(text, "{} = {value}", output.name).unwrap(),
            Err(reason) => writeln!(text, "{}: {reason}", output.name).unwrap(),
        }
    }
    text
}

const WIDE: &str = r#"
Parameters:
  Env: {Type: String, Default: dev}
  Zones: {Type: CommaDelimitedList, Default: "a, b"}
  Image: {Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>, Default: /known}
  Other: {Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>, Default: /other}
Mappings: {Sizes: {dev: {cpu: 1}, prod: {cpu: 4}}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Condition IsDev]
  Either: !Or [!Condition IsProd, !Condition IsDev]
Resources:
  Service: {Type: AWS::ECS::Service, Properties: {Cluster: !Ref Cluster, ServiceName: web}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Sub "${Bucket}"}}
  Cluster: {Type: AWS::ECS::Cluster, DependsOn: [Log], Properties: {ClusterName: !Sub "${Env}-cluster"}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Join ["-", [!Ref Env, !Ref "AWS::AccountId"]]}}
  Log: {Type: AWS::Logs::LogGroup}
  Replica: {Type: AWS::S3::Bucket, Condition: IsProd}
Outputs:
  Bucket: {Value: !Ref Bucket}
  Arn: {Value: !GetAtt Bucket.Arn}
  Service: {Value: !Ref Service}
  Log: {Value: !Ref Log}
  Sub: {Value: !Sub "${Env}/${AWS::Region}/${!Literal}/${Bucket.DomainName}"}
  SubMap: {Value: !Sub ["${x}-${Env}", {x: !Select [1, !Ref Zones]}]}
  Size: {Value: !FindInMap [Sizes, !Ref Env, cpu]}
  Fallback: {Value: !FindInMap [Sizes, nowhere, cpu, {DefaultValue: 2}]}
  Missing: {Value: !FindInMap [Sizes, nowhere, cpu]}
  If: {Value: !If [IsProd, large, small]}
  Either: {Value: !If [Either, "yes", "no"]}
  Both: {Value: !If [Both, "yes", "no"]}
  ProdOnly: {Condition: IsProd, Value: !Ref Replica}
  NotMade: {Value: !Ref Replica}
  Split: {Value: !Join ["+", !Split [",", "a,b,c"]]}
  NoValue: {Value: !Join [",", [a, !Ref AWS::NoValue, b]]}
  Base64: {Value: !Base64 {"Fn::Sub": "${Env}"}}
  Cidr: {Value: !Select [1, !Cidr [10.0.0.0/16, 2, 8]]}
  Zone: {Value: !Select [0, !GetAZs ""]}
  Import: {Value: !ImportValue shared-vpc}
  Image: {Value: !Ref Image}
  Other: {Value: !Ref Other}
  List: {Value: !Ref Zones}
  Unknown: {Value: !Foo x}
  Gone: {Value: !Ref Nothing}
  Attributes: {Value: !Select [0, !GetAtt Bucket.Addresses]}
  Range: {Value: !Select [9, [a]]}
  Open: {Value: !Sub "${Env"}
  Map: {Value: {a: b}}
  Number: {Value: 0755}
  Flag: {Value: True}
"#;

#[test]
fn every_function_gives_its_value_or_says_why_not() {
    insta::assert_snapshot!(evaluated(WIDE, &[]), @"
    made: Bucket, Policy, Log, Cluster, Service
    Bucket = dev-123456789012
    Arn = <dev-123456789012.Arn>
    Service: it depends on `Cluster` of `Service` as well
    Log = <Log>
    Sub = dev/us-east-1/${Literal}/<dev-123456789012.DomainName>
    SubMap = b-dev
    Size = 1
    Fallback = 2
    Missing: the mappings have no `nowhere`
    If = small
    Either = yes
    Both = no
    NotMade: `Replica` is not made with these parameters
    Split = a+b+c
    NoValue = a,b
    Base64 = ZGV2
    Cidr = 10.0.1.0/24
    Zone: AWS decides which zones there are
    Import: another stack gives it
    Image = ami-1
    Other: AWS looks `/other` up in the Parameter Store
    List: AWS wants a text here, not a list
    Unknown: `Fn::Foo` cannot be evaluated here
    Gone: there is no `Nothing`
    Attributes = <dev-123456789012.Addresses>
    Range: the list has no element 9
    Open: a `${` in `Fn::Sub` is not closed
    Map: a text should be there, not a map
    Number: AWS reads `0755` as another number
    Flag = true
    ");
}

#[test]
fn conditions_decide_what_is_made_and_what_comes_out() {
    let text = evaluated(WIDE, &[("Env", "prod")]);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("made") || line.contains("Prod") || line.contains("Made"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    made: Bucket, Policy, Log, Cluster, Service, Replica
    ProdOnly = <Replica>
    NotMade = <Replica>
    ");
}

#[test]
fn circles_end_and_say_so() {
    let text = r#"
Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}
Resources:
  X: {Type: AWS::S3::Bucket, Condition: A, Properties: {BucketName: !Sub "x-${Y}"}}
  Y: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "y-${X}"}}
Outputs: {X: {Value: !Ref X}, If: {Value: !If [A, 1, 2]}}
"#;
    insta::assert_snapshot!(evaluated(text, &[]), @"
    made: Y
    X: the condition `A` refers to itself
    If: the condition `A` refers to itself
    ");
}

#[test]
fn references_that_multiply_are_cut_off() {
    let mut text =
        "Resources:\n  B0: {Type: AWS::S3::Bucket, Properties: {BucketName: abcdefgh}}\n".to_owned();
    for n in 1..60 {
        let one = format!("${{B{}}}", n - 1);
        writeln!(
            text,
            "  B{n}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Sub '{one}{one}{one}'}}}}"
        )
        .unwrap();
    }
    text.push_str("Outputs: {Last: {Value: !Ref B59}}\n");
    assert!(evaluated(&text, &[]).contains("Last: "));
}

proptest! {
    #[test]
    fn no_expression_panics_and_every_one_ends(expression in expressions()) {
        let text = format!(
            "Parameters: {{P: {{Type: String, Default: x}}}}\nConditions: {{C: {expression}}}\nResources:\n  R: {{Type: AWS::S3::Bucket, Condition: C, Properties: {{BucketName: {expression}}}}}\n  S: {{Type: AWS::S3::Bucket}}\nOutputs: {{O: {{Value: {expression}}}}}\n"
        );
        evaluated(&text, &[]);
    }
}

fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        proptest::sample::select(vec![
            "x",
            "1",
            "''",
            "'${R}'",
            "'${R.Arn}${P}'",
            "{Ref: R}",
            "{Ref: P}",
            "{Condition: C}"
        ])
        .prop_map(str::to_owned),
        "'[a-c$.!{} ]{0,6}'",
    ];
    let names = vec![
        "Fn::Sub",
        "Fn::Join",
        "Fn::Select",
        "Fn::Split",
        "Fn::If",
        "Fn::Equals",
        "Fn::And",
        "Fn::Not",
        "Fn::GetAtt",
        "Fn::FindInMap",
        "Fn::Cidr",
        "Fn::GetAZs",
        "Fn::Base64",
        "Fn::Length",
        "Ref",
        "Fn::Foo",
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let list = proptest::collection::vec(inner, 0..4).prop_map(|parts| format!("[{}]", parts.join(", ")));
        (proptest::sample::select(names.clone()), list)
            .prop_map(|(name, list)| format!("{{'{name}': {list}}}"))
    })
}

#[test]
fn what_aws_would_refuse_to_delete_follows_from_the_parameters() {
    let text = r#"
Parameters: {Env: {Type: String}}
Conditions: {IsProd: !Equals [!Ref Env, prod]}
Resources:
  Database: {Type: AWS::RDS::DBInstance, Properties: {DeletionProtection: !If [IsProd, true, false]}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {DeletionProtectionEnabled: "True"}}
  Pool: {Type: AWS::Cognito::UserPool, Condition: IsProd, Properties: {DeletionProtection: ACTIVE}}
  Cluster: {Type: AWS::RDS::DBCluster, Properties: {DeletionProtection: !If [IsProd, true, !Ref "AWS::NoValue"]}}
  Elsewhere: {Type: AWS::S3::Bucket, Properties: {DeletionProtection: true}}
  Untold: {Type: AWS::RDS::DBCluster, Properties: {DeletionProtection: !Foo x}}
"#;
    insta::assert_snapshot!(evaluated(text, &[("Env", "prod")]), @"
    made: Database, Table, Pool, Cluster, Elsewhere, Untold
    protected: Database, Table, Pool, Cluster
    ");
    insta::assert_snapshot!(evaluated(text, &[("Env", "dev")]), @"
    made: Database, Table, Cluster, Elsewhere, Untold
    protected: Table
    ");
}

#[test]
fn what_the_template_decides_is_read_back_and_what_aws_decides_is_not_known() {
    let text = r#"
Parameters:
  Engine: {Type: String, Default: mysql}
  Port: {Type: Number, Default: 3307}
  Image: {Type: AWS::SSM::Parameter::Value<String>, Default: /nowhere}
Resources:
  Network: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.2.3/16}}
  Entry: {Type: AWS::SSM::Parameter, Properties: {Value: !Sub "${Engine}!", Type: String}}
  Answer: {Type: Custom::Entry, Properties: {ServiceToken: x, Value: asked, UnknownValue: asked}}
  ByPort: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres, Port: !Ref Port, DBInstanceIdentifier: Orders-DB}}
  ByEngine: {Type: AWS::RDS::DBInstance, Properties: {Engine: !Ref Engine, Port: !Ref "AWS::NoValue"}}
  Aurora: {Type: AWS::RDS::DBCluster, Properties: {Engine: aurora-postgresql}}
  Member: {Type: AWS::RDS::DBInstance, Properties: {Engine: aurora-mysql, DBClusterIdentifier: !Ref Aurora}}
  Copy: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, SourceDBInstanceIdentifier: !Ref ByPort}}
  Cache: {Type: AWS::ElastiCache::ReplicationGroup, Properties: {Engine: valkey}}
  Tool: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "tool-${Image}"}}
  Secret: {Type: AWS::SSM::Parameter, Properties: {Value: "{{resolve:ssm:/x}}"}}
Outputs:
  Block: {Value: !GetAtt Network.CidrBlock}
  Entry: {Value: !GetAtt Entry.Value}
  Answer: {Value: !GetAtt Answer.UnknownValue}
  ByPort: {Value: !Sub "${ByPort.Endpoint.Address}:${ByPort.Endpoint.Port}"}
  ByEngine: {Value: !GetAtt ByEngine.Endpoint.Port}
  Aurora: {Value: !GetAtt Aurora.Endpoint.Port}
  Member: {Value: !GetAtt Member.Unknown}
  Cache: {Value: !GetAtt Cache.PrimaryEndPoint.Port}
  Tool: {Value: !Ref Tool}
  ToolArn: {Value: !GetAtt Tool.Arn}
  Secret: {Value: !GetAtt Secret.Value}
  Plain: {Value: "x{{resolve:ssm:/x}}"}
  Told: {Value: !Ref "AWS::NotificationARNs"}
"#;
    insta::assert_snapshot!(evaluated(text, &[]), @"
    made: Network, Entry, Answer, ByPort, ByEngine, Aurora, Member, Copy, Cache, Tool, Secret
    Block = 10.1.0.0/16
    Entry = mysql!
    Answer: AWS decides `UnknownValue` of `Answer`
    ByPort = <orders-db.Endpoint.Address>:3307
    ByEngine = 3306
    Aurora = 5432
    Member: AWS decides `Unknown` of `Member`
    Cache = 6379
    Tool: AWS looks `/nowhere` up in the Parameter Store
    ToolArn: AWS looks `/nowhere` up in the Parameter Store
    Secret: AWS looks it up when it is made
    Plain: AWS looks it up when it is made
    Told: AWS decides whom it notifies
    ");
    // The engine does not determine an inherited port.
    let text = text.replace("GetAtt Member.Unknown", "GetAtt Member.Endpoint.Port");
    assert!(
        evaluated(&text, &[]).contains("Member: it depends on `DBClusterIdentifier` of `Member` as well")
    );
    let text = text.replace("GetAtt Member.Endpoint.Port", "GetAtt Copy.Endpoint.Port");
    assert!(evaluated(&text, &[]).contains("Member = <Copy.Endpoint.Port>"));
}
