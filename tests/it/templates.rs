//! Templates as people write them, from the file to what whoever asked is told.

use crate::harness::{Setup, run_in};

const AUTOMATIC: &str = "approval: { mode: auto }\nquota: { per_team: 100 }\n";

#[tokio::test]
async fn what_a_loop_gives_is_shown_for_what_was_chosen() {
    let template = "Transform: AWS::LanguageExtensions\n\
                    Parameters:\n  Names: { Type: CommaDelimitedList, Default: 'Orders,Returns' }\n\
                    Resources:\n  Fn::ForEach::Topics:\n    - Name\n    - !Ref Names\n    - Topic${Name}: { Type: AWS::SNS::Topic }\n\
                    Outputs:\n  Fn::ForEach::Arns:\n    - Name\n    - !Ref Names\n    - Arn${Name}:\n        Value: !GetAtt [!Sub 'Topic${Name}', TopicArn]\n";
    let product = format!("name: Topics\n{AUTOMATIC}outputs: [ArnOrders, ArnBills]\n");
    run_in(Setup::new().with_product("topics", &product, template), async |company| {
        let alice = &company.alice;
        alice.asks_for("topics", &[]).await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Topics v1.0* `topics-id` is ready.
        It expires 2026-12-30 09:00 UTC. You get a warning 7 days before, and can renew it then.
        *ArnOrders*: `arn:aws:sns:us-east-1:123456789012:SC-123456789012-pp-id-TopicOrders-id`
        (Request `id` · no estimate for this product, so it counts as $0 toward the budget · Simulated: nothing real is created)
        ");
        alice.asks_for("topics", &[("Names", "Bills")]).await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Topics v1.0* `topics-id` is ready.
        It expires 2026-12-30 09:00 UTC. You get a warning 7 days before, and can renew it then.
        *ArnBills*: `arn:aws:sns:us-east-1:123456789012:SC-123456789012-pp-id-TopicBills-id`
        (Request `id` · no estimate for this product, so it counts as $0 toward the budget · Simulated: nothing real is created)
        ");
    })
    .await;
}

#[tokio::test]
async fn what_only_aws_decides_is_not_known_in_the_simulation() {
    let template = "Parameters:\n  Engine: { Type: String, AllowedValues: [mysql, postgres], Default: mysql }\n\
                    Resources:\n  Network: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.1.0.0/16 } }\n  \
                    Entry: { Type: AWS::SSM::Parameter, Properties: { Type: String, Value: !Sub 'for ${Engine}' } }\n  \
                    Database: { Type: AWS::RDS::DBInstance, Properties: { Engine: !Ref Engine, DBInstanceIdentifier: Orders } }\n  \
                    Machine: { Type: AWS::EC2::Instance }\n\
                    Outputs:\n  Database: { Value: !Sub '${Database.Endpoint.Address}:${Database.Endpoint.Port}' }\n  \
                    Entry: { Value: !GetAtt Entry.Value }\n  Block: { Value: !GetAtt Network.CidrBlock }\n  \
                    Address: { Value: !Sub 'http://${Machine.PrivateIp}/' }\n  Zone: { Value: !Select [0, !GetAZs ''] }\n  \
                    Shared: { Value: !ImportValue shared-vpc }\n";
    let product =
        format!("name: Things\n{AUTOMATIC}outputs: [Database, Entry, Block, Address, Zone, Shared]\n");
    run_in(Setup::new().with_product("things", &product, template), async |company| {
        let alice = &company.alice;
        alice.asks_for("things", &[]).await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Things v1.0* `things-id` is ready.
        It expires 2026-12-30 09:00 UTC. You get a warning 7 days before, and can renew it then.
        *Database*: `orders.id.us-east-1.rds.amazonaws.com:3306`
        *Entry*: `for mysql`
        *Block*: `10.1.0.0/16`
        *Address*: `not known in the simulation (AWS decides 'PrivateIp' of 'Machine')`
        *Zone*: `not known in the simulation (AWS decides which zones there are)`
        *Shared*: `not known in the simulation (another stack gives it)`
        (Request `id` · no estimate for this product, so it counts as $0 toward the budget · Simulated: nothing real is created)
        ");
        alice.asks_for("things", &[("Engine", "postgres")]).await;
        assert!(alice.newest_dm().contains("amazonaws.com:5432`"), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn what_no_output_may_show_and_what_aws_refuses_is_said_and_names_nothing() {
    let template = "Parameters:\n  Env: { Type: String, Default: dev }\n  \
                    Flag: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /flag }\n\
                    Conditions:\n  Never: !And [!Equals [!Ref Flag, y], !Equals [!Ref Env, prod]]\n  \
                    Perhaps: !Equals [!Ref Flag, y]\n\
                    Resources:\n  Login: { Type: AWS::SecretsManager::Secret, Properties: { Name: login, SecretString: hunter2 } }\n  \
                    Gold: { Type: AWS::RDS::DBInstance, Condition: Perhaps, Properties: { DBInstanceIdentifier: gold } }\n  \
                    Topic: { Type: AWS::SNS::Topic }\n\
                    Outputs:\n  Secret: { Value: !GetAtt Login.SecretString }\n  Only: { Condition: Never, Value: only-in-prod }\n  \
                    Maybe: { Condition: Perhaps, Value: perhaps }\n  \
                    Nothing: { Value: !Ref 'AWS::NoValue' }\n  Found: { Value: !Sub '{{resolve:ssm:/x/${Env}}}' }\n";
    let product = format!("name: Things\n{AUTOMATIC}outputs: [Secret, Only, Maybe, Nothing, Found]\n");
    run_in(Setup::new().with_product("things", &product, template), async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("things", &[]).await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Things v1.0* `things-id` is ready.
        It expires 2026-12-30 09:00 UTC. You get a warning 7 days before, and can renew it then.
        *Secret*: `not known in the simulation (AWS decides 'SecretString' of 'Login')`
        *Maybe*: `not known in the simulation (AWS looks '/flag' up in the Parameter Store)`
        *Nothing*: `not known in the simulation (AWS wants a text here, and there is nothing)`
        *Found*: `not known in the simulation (AWS looks it up when it is made)`
        (Request `id` · no estimate for this product, so it counts as $0 toward the budget · Simulated: nothing real is created)
        ");
        // Of the database nobody knows whether it was made.
        alice.runs(&format!("/provision teardown {}", &id[..8])).await;
        assert!(alice.form().contains("things-"), "{}", alice.form());
        assert!(!alice.form().contains("Gold"), "{}", alice.form());
    })
    .await;
}
