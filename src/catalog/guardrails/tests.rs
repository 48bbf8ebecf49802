use super::*;

/// Returns the findings about a template with these resources, and with parameters and a mapping to refer to.
fn warned(resources: &str) -> String {
    let text = format!(
        "Parameters:\n  Yes: {{Type: String, AllowedValues: ['true', 'false']}}\n  Open: {{Type: String}}\n  From: {{Type: String, Default: 0.0.0.0/0}}\nMappings: {{By: {{dev: {{Enc: 'false'}}, prod: {{Enc: 'true'}}}}}}\nResources:\n{resources}"
    );
    let findings = findings(&Template::parse(&text).unwrap());
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join("\n") }
}

const TAGS: &str = "Tags: [{Key: Team, Value: a}]";

#[test]
fn a_bare_bucket_lacks_all_that_a_bucket_should_have() {
    insta::assert_snapshot!(warned("  Bucket:\n    Type: AWS::S3::Bucket\n"), @"
    line 7: `Bucket` (AWS::S3::Bucket) is not encrypted: add `BucketEncryption` with `SSEAlgorithm: aws:kms`
    line 7: `Bucket` (AWS::S3::Bucket) may be made public: set `BlockPublicAcls`, `BlockPublicPolicy`, `IgnorePublicAcls` and `RestrictPublicBuckets` to `true` in `PublicAccessBlockConfiguration`
    line 7: `Bucket` (AWS::S3::Bucket) does not say what a teardown does to its contents: add `DeletionPolicy: Retain`, `Snapshot`, `RetainExceptOnCreate` or, on purpose, `Delete`
    line 7: `Bucket` (AWS::S3::Bucket) has no tags, so nobody can tell whose it is: add `Tags` with `Team`, `Environment` and `RequestId`
    ");
}

#[test]
fn a_bucket_with_everything_is_fine_whatever_the_deletion_policy_says() {
    for policy in ["Retain", "Delete", "RetainExceptOnCreate", "Snapshot"] {
        let bucket = format!(
            "  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: {policy}
    Properties:
      BucketEncryption: {{ServerSideEncryptionConfiguration: []}}
      PublicAccessBlockConfiguration:
        {{BlockPublicAcls: true, BlockPublicPolicy: 'true', IgnorePublicAcls: true, RestrictPublicBuckets: true}}
      {TAGS}
"
        );
        assert_eq!(warned(&bucket), "nothing", "{policy}");
    }
}

#[test]
fn one_open_switch_of_a_bucket_is_named() {
    let bucket = format!(
        "  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketEncryption: !If [C, {{ServerSideEncryptionConfiguration: []}}, !Ref AWS::NoValue]
      PublicAccessBlockConfiguration:
        {{BlockPublicAcls: true, BlockPublicPolicy: !Ref Yes, IgnorePublicAcls: true, RestrictPublicBuckets: true}}
      {TAGS}
"
    );
    insta::assert_snapshot!(warned(&bucket), @"
    line 11: `Bucket` (AWS::S3::Bucket) is not encrypted with every choice: add `BucketEncryption` with `SSEAlgorithm: aws:kms`
    line 13: `Bucket` (AWS::S3::Bucket) may be made public: set `BlockPublicPolicy` to `true` in `PublicAccessBlockConfiguration`
    ");
}

#[test]
fn storage_is_encrypted_whatever_is_chosen_in_the_form() {
    let volume = |encrypted: &str| {
        warned(&format!(
            "  Disk: {{Type: AWS::EC2::Volume, DeletionPolicy: Delete, Properties: {{Encrypted: {encrypted}, {TAGS}}}}}\n"
        ))
    };
    insta::assert_snapshot!(volume("false"), @"line 7: `Disk` (AWS::EC2::Volume) is not encrypted: set `Encrypted: true`");
    insta::assert_snapshot!(volume("!If [C, true, false]"), @"line 7: `Disk` (AWS::EC2::Volume) is not encrypted with every choice: set `Encrypted: true`");
    assert_eq!(volume("!Ref Yes"), volume("!If [C, true, false]"));
    assert_eq!(volume("!FindInMap [By, dev, Enc]"), volume("!If [C, true, false]"));
    assert_eq!(volume("true"), "nothing");
    assert_eq!(volume("!Ref Open"), "nothing");
    assert_eq!(volume("!ImportValue x"), "nothing");
}

#[test]
fn a_database_is_encrypted_private_and_kept() {
    insta::assert_snapshot!(warned("  Db: {Type: AWS::RDS::DBInstance, Properties: {PubliclyAccessible: true}}\n"), @"
    line 7: `Db` (AWS::RDS::DBInstance) is not encrypted: set `StorageEncrypted: true`
    line 7: `Db` (AWS::RDS::DBInstance) may get a public address: set `PubliclyAccessible: false`
    line 7: `Db` (AWS::RDS::DBInstance) does not say what a teardown does to its contents: add `DeletionPolicy: Retain`, `Snapshot`, `RetainExceptOnCreate` or, on purpose, `Delete`
    line 7: `Db` (AWS::RDS::DBInstance) has no tags, so nobody can tell whose it is: add `Tags` with `Team`, `Environment` and `RequestId`
    ");
    let member =
        format!("  Db: {{Type: AWS::RDS::DBInstance, Properties: {{DBClusterIdentifier: x, {TAGS}}}}}\n");
    assert_eq!(warned(&member), "nothing");
}

#[test]
fn caches_streams_and_messages_are_encrypted() {
    let resources = format!(
        "  Cache: {{Type: AWS::ElastiCache::ReplicationGroup, DeletionPolicy: Delete, Properties: {{AtRestEncryptionEnabled: true, {TAGS}}}}}
  Stream: {{Type: AWS::Kinesis::Stream}}
  Topic: {{Type: AWS::SNS::Topic, Properties: {{{TAGS}}}}}
  Queue: {{Type: AWS::SQS::Queue, Properties: {{{TAGS}}}}}
  Good: {{Type: AWS::SQS::Queue, Properties: {{KmsMasterKeyId: k, {TAGS}}}}}
  Also: {{Type: AWS::SQS::Queue, Properties: {{SqsManagedSseEnabled: true, {TAGS}}}}}
  Search: {{Type: AWS::OpenSearchService::Domain, DeletionPolicy: Delete, Properties: {{EncryptionAtRestOptions: {{Enabled: false}}, {TAGS}}}}}
"
    );
    insta::assert_snapshot!(warned(&resources), @"
    line 7: `Cache` (AWS::ElastiCache::ReplicationGroup) takes connections without TLS: set `TransitEncryptionEnabled: true`
    line 8: `Stream` (AWS::Kinesis::Stream) is not encrypted: add `StreamEncryption` with `EncryptionType: KMS`
    line 9: `Topic` (AWS::SNS::Topic) does not say how its messages are encrypted: set `KmsMasterKeyId`
    line 10: `Queue` (AWS::SQS::Queue) does not say how its messages are encrypted: set `KmsMasterKeyId`, or `SqsManagedSseEnabled: true`
    line 13: `Search` (AWS::OpenSearchService::Domain) is not encrypted: set `EncryptionAtRestOptions.Enabled: true`
    ");
}

#[test]
fn only_web_ports_are_open_to_everybody() {
    let group = |rule: &str| {
        warned(&format!(
            "  Group: {{Type: AWS::EC2::SecurityGroup, Properties: {{SecurityGroupIngress: [{rule}], {TAGS}}}}}\n"
        ))
    };
    insta::assert_snapshot!(group("{CidrIp: 0.0.0.0/0, FromPort: 22, ToPort: 22}"), @"line 7: `Group` (AWS::EC2::SecurityGroup) lets the whole internet in: name a `SourceSecurityGroupId` or a narrower `CidrIp`");
    assert_eq!(
        group("{CidrIpv6: '::/0', FromPort: 80, ToPort: 443}"),
        group("{CidrIp: 0.0.0.0/0, IpProtocol: -1}")
    );
    assert_ne!(group("{CidrIp: 0.0.0.0/0, IpProtocol: -1}"), "nothing");
    assert_ne!(group("{CidrIp: !Ref From, FromPort: 22, ToPort: 22}"), "nothing");
    assert_eq!(group("{CidrIp: !Ref Open, FromPort: 22, ToPort: 22}"), "nothing");
    assert_eq!(group("{CidrIp: 0.0.0.0/0, FromPort: 443, ToPort: 443}"), "nothing");
    assert_eq!(group("{CidrIp: 10.0.0.0/8, FromPort: 22, ToPort: 22}"), "nothing");
    insta::assert_snapshot!(warned("  Rule: {Type: AWS::EC2::SecurityGroupIngress, Properties: {CidrIp: 0.0.0.0/0, FromPort: 5432, ToPort: 5432}}\n"), @"line 7: `Rule` (AWS::EC2::SecurityGroupIngress) lets the whole internet in: name a `SourceSecurityGroupId` or a narrower `CidrIp`");
}

#[test]
fn tasks_get_no_public_address() {
    let service = format!(
        "  Service: {{Type: AWS::ECS::Service, Properties: {{NetworkConfiguration: {{AwsvpcConfiguration: {{AssignPublicIp: ENABLED}}}}, {TAGS}}}}}\n"
    );
    insta::assert_snapshot!(warned(&service), @"line 7: `Service` (AWS::ECS::Service) may get a public address: set `AssignPublicIp: DISABLED` and use private subnets");
    assert_eq!(warned(&service.replace("ENABLED", "DISABLED")), "nothing");
}

#[test]
fn policies_name_the_actions_they_allow() {
    let role = |statement: &str| {
        warned(&format!(
            "  Role: {{Type: AWS::IAM::Role, Properties: {{Policies: [{{PolicyDocument: {{Statement: {statement}}}}}], {TAGS}}}}}\n"
        ))
    };
    insta::assert_snapshot!(role("[{Effect: Allow, Action: [s3:GetObject, s3:*], Resource: '*'}]"), @"line 7: `Role` (AWS::IAM::Role) allows all actions (`s3:*`): name the actions that are needed");
    insta::assert_snapshot!(role("{Effect: Allow, Action: '*', Resource: '*'}"), @"line 7: `Role` (AWS::IAM::Role) allows all actions (`*`): name the actions that are needed");
    assert_eq!(role("{Effect: Deny, Action: '*', Resource: '*'}"), "nothing");
    assert_eq!(role("{Effect: Allow, Action: 'kms:GenerateDataKey*', Resource: '*'}"), "nothing");
    insta::assert_snapshot!(warned("  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 'ec2:*'}]}}}\n"), @"line 7: `P` (AWS::IAM::ManagedPolicy) allows all actions (`ec2:*`): name the actions that are needed");
    let admin = format!(
        "  Role: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: [!Sub 'arn:${{AWS::Partition}}:iam::aws:policy/AdministratorAccess'], {TAGS}}}}}\n"
    );
    insta::assert_snapshot!(warned(&admin), @"line 7: `Role` (AWS::IAM::Role) may do everything: attach a policy with what is needed");
}

#[test]
fn a_strange_template_is_inspected_without_a_panic() {
    let deep = format!("{}true{}", "!If [C, ".repeat(30), ", x]".repeat(30));
    for properties in
        ["[]", "text", "!If [C]", "!Ref [x]", "{Encrypted: [1], Tags: {}, SecurityGroupIngress: x}", &deep]
    {
        for resource_type in
            ["AWS::EC2::Volume", "AWS::EC2::SecurityGroup", "AWS::IAM::Role", "AWS::S3::Bucket"]
        {
            let _ = warned(&format!("  X: {{Type: '{resource_type}', Properties: {properties}}}\n"));
        }
    }
}

/// The name property of each type, for names that must be unique.
const NAMES: [(&str, &str); 22] = [
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::ECS::Cluster", "ClusterName"),
    ("AWS::ECS::Service", "ServiceName"),
    ("AWS::ECR::Repository", "RepositoryName"),
    ("AWS::EC2::SecurityGroup", "GroupName"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"),
    ("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"),
    ("AWS::SecretsManager::Secret", "Name"),
    ("AWS::SSM::Parameter", "Name"),
    ("AWS::KMS::Alias", "AliasName"),
    ("AWS::StepFunctions::StateMachine", "StateMachineName"),
    ("AWS::CloudWatch::Alarm", "AlarmName"),
];

#[test]
fn a_name_that_is_the_same_for_every_stack_is_named_whatever_it_names() {
    let named = |resource_type: &str, property: &str, name: &str| {
        let resource = format!(
            "  Own: {{Type: 'AWS::SNS::Topic', Properties: {{{TAGS}}}}}
  It:
    Type: {resource_type}
    DeletionPolicy: Retain
    Properties:
      {property}: {name}
"
        );
        warned(&resource).lines().find(|line| line.contains("same for every stack")).is_some()
    };
    for (resource_type, property) in NAMES {
        for same in
            ["logs", "!Ref Open", "!Sub '${Open}-${AWS::Region}'", "!If [C, !Sub '${AWS::StackName}', logs]"]
        {
            assert!(named(resource_type, property, same), "{resource_type} {property}: {same}");
        }
        for own in [
            "!Sub 'logs-${AWS::StackName}'",
            "!Join ['-', [logs, !Select [2, !Split ['/', !Ref 'AWS::StackId']]]]",
            "!Sub ['logs-${Id}', {Id: !Select [4, !Split ['-', !Ref AWS::StackId]]}]",
            "!Ref Own",
            "!Sub '${Own.TopicName}-more'",
            "!GetAtt Own.TopicName",
            "!Ref AWS::NoValue",
            "!If [C, !Ref AWS::StackName, !Ref AWS::NoValue]",
            "!Sub '${RequestId}'",
        ] {
            assert!(!named(resource_type, property, own), "{resource_type} {property}: {own}");
        }
    }
    for (resource_type, property) in [
        ("AWS::RDS::DBInstance", "DBSubnetGroupName"),
        ("AWS::RDS::DBInstance", "DBName"),
        ("AWS::Lambda::Permission", "FunctionName"),
        ("AWS::IAM::Policy", "PolicyName"),
        ("AWS::ApiGateway::RestApi", "Name"),
        ("Custom::Thing", "Name"),
    ] {
        assert!(!named(resource_type, property, "logs"), "{resource_type} {property}");
    }
}

#[test]
fn a_name_of_its_own_says_what_to_do() {
    let role =
        format!("  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: deploy\n      {TAGS}\n");
    insta::assert_snapshot!(warned(&role), @"line 10: `Role` (AWS::IAM::Role) has a `RoleName` that is the same for every stack, so a second one fails: leave it out, or put a part of `AWS::StackId` into it");
}

#[test]
fn what_a_loop_over_unknown_names_makes_is_inspected_too() {
    let text = "Transform: AWS::LanguageExtensions\nParameters: {Names: {Type: CommaDelimitedList}}\nResources:\n  'Fn::ForEach::Dbs':\n    - N\n    - !Ref Names\n    - 'Db${N}': {Type: AWS::RDS::DBInstance, Properties: {PubliclyAccessible: true, StorageEncrypted: false}}\n";
    let findings = findings(&Template::parse(text).unwrap());
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    line 7: `Db*` (AWS::RDS::DBInstance) is not encrypted: set `StorageEncrypted: true`
    line 7: `Db*` (AWS::RDS::DBInstance) may get a public address: set `PubliclyAccessible: false`
    line 7: `Db*` (AWS::RDS::DBInstance) does not say what a teardown does to its contents: add `DeletionPolicy: Retain`, `Snapshot`, `RetainExceptOnCreate` or, on purpose, `Delete`
    line 7: `Db*` (AWS::RDS::DBInstance) has no tags, so nobody can tell whose it is: add `Tags` with `Team`, `Environment` and `RequestId`
    ");
}
