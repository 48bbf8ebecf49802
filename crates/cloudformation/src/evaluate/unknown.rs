//! What an evaluation leaves unknown: secrets, what only AWS can tell, and what AWS refuses.

use super::tests::evaluated;
use crate::template::Template;
use std::fmt::Write;

const AROUND: &str = r"
Parameters:
  Env: {Type: String, Default: dev}
  Secret: {Type: String, NoEcho: true, Default: hunter2}
  Flag: {Type: AWS::SSM::Parameter::Value<String>, Default: /nowhere}
  List: {Type: CommaDelimitedList, Default: 'a,b'}
Mappings: {M: {a: {octal: 010, time: 12:30}}}
Conditions:
  Maybe: !Equals [!Ref Flag, y]
  Never: !And [!Condition Maybe, !Equals [!Ref Env, prod]]
  Surely: !Or [!Condition Maybe, !Not [!Condition Never]]
  Sly: !Equals [!Ref Secret, hunter2]
  Quoting: !Equals [!FindInMap [M, !Ref Secret, octal], x]
";

/// Returns the outputs for these resources, each as `Name: expression`.
fn outputs(resources: &str, wanted: &[(&str, &str)]) -> String {
    let mut text = format!("{AROUND}Resources:\n{resources}Outputs:\n");
    for (name, value) in wanted {
        writeln!(text, "  {name}: {{{value}}}").unwrap();
    }
    evaluated(&text, &[])
}

#[test]
fn a_property_is_no_attribute_and_a_secret_is_nobodys_to_see() {
    let text = outputs(
        "  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: orders, Tags: [{Key: a, Value: b}]}}\n  Login: {Type: AWS::SecretsManager::Secret, Properties: {Name: login, SecretString: hunter2}}\n  Database: {Type: AWS::RDS::DBInstance, Properties: {MasterUserPassword: hunter2, Engine: postgres, Port: !Ref Secret}}\n  Service: {Type: AWS::ECS::Service, Properties: {Cluster: prod}}\n  Entry: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub 'x${Secret}', Description: d}}\n  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Secret}}\n",
        &[
            ("Bucket", "Value: !GetAtt Bucket.BucketName"),
            ("Login", "Value: !GetAtt Login.SecretString"),
            ("Password", "Value: !GetAtt Database.MasterUserPassword"),
            ("Port", "Value: !GetAtt Database.Endpoint.Port"),
            ("Cluster", "Value: !GetAtt Service.Cluster"),
            ("Entry", "Value: !GetAtt Entry.Value"),
            ("Type", "Value: !GetAtt Entry.Type"),
            ("Description", "Value: !GetAtt Entry.Description"),
            ("Named", "Value: !Ref Named"),
            ("NamedArn", "Value: !GetAtt Named.Arn"),
            ("Plain", "Value: !Ref Secret"),
            ("Encoded", "Value: !Base64 {Ref: Secret}"),
            ("Quoted", "Condition: Quoting, Value: x"),
            ("Verdict", "Condition: Sly, Value: !If [Sly, set, unset]"),
        ],
    );
    assert!(!text.contains("hunter2"), "{text}");
    insta::assert_snapshot!(text, @"
    made: Bucket, Login, Database, Service, Entry, Named
    Bucket = <orders.BucketName>
    Login = <login.SecretString>
    Password = <Database.MasterUserPassword>
    Port: `Secret` is a secret
    Cluster = <Service.Cluster>
    Entry: `Secret` is a secret
    Type = String
    Description = <Entry.Description>
    Named: `Secret` is a secret
    NamedArn: `Secret` is a secret
    Plain: `Secret` is a secret
    Encoded: `Secret` is a secret
    Quoted: a secret decides it
    Verdict = set
    ");
}

#[test]
fn what_only_aws_can_tell_of_a_condition_is_no_fact_and_what_is_decided_without_it_is_one() {
    let resources = "  Topic: {Type: AWS::SNS::Topic}\n  Gold: {Type: AWS::RDS::DBInstance, Condition: Never, Properties: {DeletionProtection: true}}\n  Silver: {Type: AWS::RDS::DBInstance, Condition: Maybe, Properties: {DeletionProtection: true}}\n  Sure: {Type: AWS::SNS::Topic, Condition: Surely}\n";
    let text = outputs(
        resources,
        &[
            ("Never", "Condition: Never, Value: only-in-prod"),
            ("Maybe", "Condition: Maybe, Value: perhaps"),
            ("Surely", "Condition: Surely, Value: always"),
            ("Missing", "Condition: Nowhere, Value: x"),
            ("Gold", "Value: !Ref Gold"),
            ("Silver", "Value: !Ref Silver"),
            ("Either", "Value: !If [Maybe, a, b]"),
            ("Same", "Value: !If [Maybe, a, !Sub a]"),
            ("Neither", "Value: !If [Never, a, b]"),
        ],
    );
    insta::assert_snapshot!(text, @"
    made: Topic, Sure
    Maybe: AWS looks `/nowhere` up in the Parameter Store
    Surely = always
    Missing: there is no condition `Nowhere`
    Gold: `Gold` is not made with these parameters
    Silver: AWS looks `/nowhere` up in the Parameter Store
    Either: AWS looks `/nowhere` up in the Parameter Store
    Same = a
    Neither = b
    ");
    let template = format!(
        "Parameters: {{Flag: {{Type: AWS::SSM::Parameter::Value<String>, Default: /x}}}}\nConditions: {{Maybe: !Equals [!Ref Flag, y], Never: !Equals [a, b], Surely: !Equals [a, a]}}\nResources:\n{resources}"
    );
    assert_eq!(Template::parse(&template).unwrap().resources_made(&[]), 3, "AWS may make that many");
}

#[test]
fn a_dynamic_reference_is_not_known_wherever_it_is_put_together() {
    let text = outputs(
        "  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '{{resolve:ssm:/names/${Env}}}-logs'}}\n  Entry: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Join ['', ['{{', 'resolve:ssm:/x/', !Ref Env, '}}']]}}\n",
        &[
            ("Ref", "Value: !Ref Bucket"),
            ("Arn", "Value: !GetAtt Bucket.Arn"),
            ("Entry", "Value: !GetAtt Entry.Value"),
            ("Sub", "Value: !Sub '{{resolve:ssm:/x/${Env}:3}}'"),
            ("Map", "Value: !Sub ['${x}', {x: '{{resolve:ssm:/x}}'}]"),
            ("Join", "Value: !Join ['', ['{{resolve:', 'ssm:/x}}']]"),
            ("Select", "Value: !Select [0, ['{{resolve:ssm:/x}}']]"),
        ],
    );
    insta::assert_snapshot!(text, @"
    made: Bucket, Entry
    Ref: AWS looks it up when it is made
    Arn: AWS looks it up when it is made
    Entry: AWS looks it up when it is made
    Sub: AWS looks it up when it is made
    Map: AWS looks it up when it is made
    Join: AWS looks it up when it is made
    Select: AWS looks it up when it is made
    ");
}

#[test]
fn an_output_that_aws_refuses_is_said() {
    let text = outputs(
        "  Topic: {Type: AWS::SNS::Topic}\n",
        &[
            ("List", "Value: !Ref List"),
            ("Literal", "Value: [x, y]"),
            ("Split", "Value: !Split [',', 'a,b']"),
            ("Sub", "Value: !Sub 'x${List}y'"),
            ("Nothing", "Value: !Ref AWS::NoValue"),
            ("Join", "Value: !Join ['-', [a, !Ref List]]"),
            ("Cidr", "Value: !Select [0, !Cidr [10.0.3.7/16, 2, 8]]"),
            ("Time", "Value: 12:30"),
            ("Hexadecimal", "Value: 0x1F"),
            ("Quoted", "Value: '0x1F'"),
            ("Octal", "Value: !FindInMap [M, a, octal]"),
            ("Joined", "Value: !Join ['-', !Ref List]"),
        ],
    );
    insta::assert_snapshot!(text, @"
    made: Topic
    List: AWS wants a text here, not a list
    Literal: AWS wants a text here, not a list
    Split: AWS wants a text here, not a list
    Sub: AWS wants a text here, not a list
    Nothing: AWS wants a text here, and there is nothing
    Join: AWS wants a text here, not a list
    Cidr: `10.0.3.7/16` does not begin with its first address
    Time: AWS reads `12:30` as another number
    Hexadecimal: AWS reads `0x1F` as another number
    Quoted = 0x1F
    Octal: AWS reads `010` as another number
    Joined = a-b
    ");
    let macros = "Transform: [AWS::LanguageExtensions, Mine]\nResources: {T: {Type: AWS::SNS::Topic}}\nOutputs: {A: {Value: '|reverse abc|'}}\n";
    insta::assert_snapshot!(evaluated(macros, &[]), @"
    made: T
    A: a macro may rewrite it
    ");
}

#[test]
fn what_looks_otherwise_by_a_property_is_not_invented() {
    let text = outputs(
        "  Role: {Type: AWS::IAM::Role, Properties: {RoleName: app, Path: /team/}}\n  Plain: {Type: AWS::IAM::Role, Properties: {RoleName: app, Path: /}}\n  Rule: {Type: AWS::Events::Rule, Properties: {Name: nightly, EventBusName: orders}}\n  Edge: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Name: edge, Type: network}}\n  Inner: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Name: inner, Scheme: internal}}\n  Shards: {Type: AWS::ElastiCache::ReplicationGroup, Properties: {Engine: redis, NumNodeGroups: 3, Port: 6400}}\n  Safe: {Type: AWS::ElastiCache::ReplicationGroup, Properties: {Engine: redis, TransitEncryptionEnabled: true}}\n  Service: {Type: AWS::ECS::Service, Properties: {Cluster: prod}}\n  Queue: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}\n  Named: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, QueueName: orders.fifo}}\n  Key: {Type: AWS::KMS::Key, Properties: {MultiRegion: true}}\n  Member: {Type: AWS::RDS::DBInstance, Properties: {Engine: aurora-mysql, Port: '1111'}}\n  Restored: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres, SourceDbiResourceId: db-x}}\n  Backup: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres, SourceDBInstanceAutomatedBackupsArn: arn}}\n  Empty: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres, Port: ''}}\n",
        &[
            ("Role", "Value: !GetAtt Role.Arn"),
            ("Plain", "Value: !GetAtt Plain.Arn"),
            ("Rule", "Value: !Sub '${Rule} ${Rule.Arn}'"),
            ("Edge", "Value: !Ref Edge"),
            ("Inner", "Value: !GetAtt Inner.DNSName"),
            ("InnerArn", "Value: !Ref Inner"),
            ("Shards", "Value: !GetAtt Shards.PrimaryEndPoint.Port"),
            ("Safe", "Value: !GetAtt Safe.PrimaryEndPoint.Address"),
            ("SafePort", "Value: !GetAtt Safe.PrimaryEndPoint.Port"),
            ("Service", "Value: !Ref Service"),
            ("Queue", "Value: !Ref Queue"),
            ("Named", "Value: !Ref Named"),
            ("Key", "Value: !GetAtt Key.Arn"),
            ("Member", "Value: !GetAtt Member.Endpoint.Port"),
            ("Restored", "Value: !GetAtt Restored.Endpoint.Port"),
            ("Backup", "Value: !GetAtt Backup.Endpoint.Port"),
            ("Empty", "Value: !GetAtt Empty.Endpoint.Port"),
        ],
    );
    insta::assert_snapshot!(text, @"
    made: Role, Plain, Rule, Edge, Inner, Shards, Safe, Service, Queue, Named, Key, Member, Restored, Backup, Empty
    Role: it depends on `Path` of `Role` as well
    Plain = <app.Arn>
    Rule: it depends on `EventBusName` of `Rule` as well
    Edge: it depends on `Type` of `Edge` as well
    Inner: it depends on `Scheme` of `Inner` as well
    InnerArn = <inner>
    Shards: it depends on `NumNodeGroups` of `Shards` as well
    Safe: it depends on `TransitEncryptionEnabled` of `Safe` as well
    SafePort = 6379
    Service: it depends on `Cluster` of `Service` as well
    Queue: it depends on `FifoQueue` of `Queue` as well
    Named = <orders.fifo>
    Key: it depends on `MultiRegion` of `Key` as well
    Member = <Member.Endpoint.Port>
    Restored = <Restored.Endpoint.Port>
    Backup = <Backup.Endpoint.Port>
    Empty = <Empty.Endpoint.Port>
    ");
}
