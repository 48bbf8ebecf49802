//! The CloudFormation templates in infra/ against the catalog, the state machine and the design: what linters cannot
//! know. The state machine itself is `machine.rs`.

use std::collections::BTreeSet;

use cloudformation::document::{Entry, Node, Value, parse_yaml};
use quartermaster::catalog::{built_in, portfolio_template};

use crate::source::{none, read};

pub(crate) const PORTAL: &str = "infra/portal.yml";
pub(crate) const ROLES: &str = "infra/launch-roles.yml";

pub(crate) fn template(path: &str) -> Node {
    parse_yaml(&read(path)).unwrap_or_else(|problem| panic!("{path}: {problem:?}"))
}

pub(crate) fn at<'a>(node: &'a Node, path: &str) -> &'a Node {
    path.split('/').fold(node, |node, key| node.get(key).unwrap_or_else(|| panic!("no {key} of {path}")))
}

pub(crate) fn entries(node: &Node) -> &[Entry] {
    node.as_map().unwrap_or_default()
}

/// The text of a node, of an intrinsic function's argument, or of each element of a list.
pub(crate) fn texts(node: &Node) -> Vec<&str> {
    match &node.value {
        Value::Scalar { text, .. } => vec![text],
        Value::List(elements) => elements.iter().flat_map(texts).collect(),
        Value::Map(entries) => entries.iter().flat_map(|entry| texts(&entry.value)).collect(),
    }
}

/// The properties of a resource of the portal.
pub(crate) fn portal(resource: &str) -> Node {
    at(&template(PORTAL), &format!("Resources/{resource}/Properties")).clone()
}

/// The statements of a role's own policies.
fn statements(role: &Node) -> Vec<Node> {
    let policies = role.get("Policies").and_then(Node::as_list).unwrap_or_default();
    let documents = policies.iter().map(|policy| at(policy, "PolicyDocument/Statement"));
    documents.flat_map(|document| document.as_list().unwrap_or_default().to_vec()).collect()
}

/// All that the bot may do, where everything that can be chosen is.
pub(crate) fn rights_of_the_bot() -> Vec<Node> {
    let events = portal("BotEvents");
    let events = at(&events, "PolicyDocument/Statement").as_list().unwrap_or_default().to_vec();
    [statements(&portal("BotRole")), events].concat()
}

#[test]
fn the_committed_portfolio_is_what_the_program_prints() {
    let printed = portfolio_template(&built_in().unwrap(), None).unwrap();
    let hint = "infra/portfolio.yml is out of date: quartermaster catalog template > infra/portfolio.yml";
    assert!(printed == read("infra/portfolio.yml"), "{hint}");
}

/// What each may is compared with AWS's resource schemas by `tests/roles/compare.py`, which `.ci/lint-infra` runs.
#[test]
fn every_product_has_a_launch_role() {
    let (template, portfolio) = (template(ROLES), template("infra/portfolio.yml"));
    let prefix = at(&portfolio, "Parameters/LaunchRolePrefix/Default").as_text().unwrap().to_owned();
    let roles = entries(at(&template, "Resources")).iter().filter_map(|entry| entry.value.get("Properties"));
    let named: BTreeSet<String> =
        roles.filter_map(|role| Some(role.get("RoleName")?.as_text()?.to_owned())).collect();
    let products = built_in().unwrap().products;
    let wanted: BTreeSet<String> = products.keys().map(|key| format!("{prefix}{key}")).collect();
    assert_eq!(named, wanted, "{ROLES}");
}

/// Without it Service Catalog refuses the tags that a change sends.
#[test]
fn every_product_of_the_portfolio_takes_tags_with_a_change() {
    let portfolio = template("infra/portfolio.yml");
    let of_type = |wanted: &str, what: &str| -> BTreeSet<String> {
        let resources = entries(at(&portfolio, "Resources")).iter();
        let ours = resources.filter(|resource| at(&resource.value, "Type").as_text() == Some(wanted));
        ours.flat_map(|resource| texts(at(&resource.value, what))).map(str::to_owned).collect()
    };
    let associated = of_type("AWS::ServiceCatalog::PortfolioProductAssociation", "Properties/ProductId");
    let constraint = "AWS::ServiceCatalog::ResourceUpdateConstraint";
    assert_eq!(of_type(constraint, "Properties/ProductId"), associated);
    let allowed = of_type(constraint, "Properties/TagUpdateOnProvisionedProduct");
    assert_eq!(allowed, BTreeSet::from(["ALLOWED".to_owned()]));
}

#[test]
fn the_definition_gets_every_value_that_it_asks_for() {
    let machine = read("infra/provisioning.asl.json");
    let asked: BTreeSet<&str> =
        machine.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
    let state_machine = portal("StateMachine");
    let given = entries(at(&state_machine, "DefinitionSubstitutions"));
    assert_eq!(asked, given.iter().map(|entry| entry.key.as_str()).collect());
    assert_eq!(at(&state_machine, "StateMachineType").as_text(), Some("STANDARD"));
}

#[test]
fn what_the_rules_say_has_the_envelope_of_the_machine() {
    let mut said = Vec::new();
    for rule in ["ResourceCreatedRule", "ExecutionLostRule"] {
        let rule = portal(rule);
        let target = &at(&rule, "Targets").as_list().unwrap()[0];
        let paths = entries(at(target, "InputTransformer/InputPathsMap")).to_vec();
        // EventBridge puts a JSON text, with its quotes, in the place of each `<name>`.
        let mut message = at(target, "InputTransformer/InputTemplate").as_text().unwrap().to_owned();
        for path in &paths {
            message = message.replace(&format!("<{}>", path.key), &format!("\"{}\"", texts(&path.value)[0]));
        }
        let message: serde_json::Value = serde_json::from_str(&message).unwrap();
        for field in ["type", "version", "state", "entered"] {
            assert!(message.get(field).is_some(), "{PORTAL}: {message} has no {field}");
        }
        said.push(message.to_string());
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    {"entered":"$.time","logicalId":"$.detail.logical-resource-id","stackId":"$.detail.stack-id","state":"$.detail.status-details.status","type":"resource.changed","version":1}
    {"entered":"$.time","execution":"$.detail.name","outcome":"$.detail.status","state":"$.detail.status","type":"execution.ended","version":1}
    "#);
}

#[test]
fn the_tables_have_the_keys_and_indexes_that_the_store_uses() {
    let mut lines = Vec::new();
    for table in ["RequestsTable", "EventsTable"] {
        let table = portal(table);
        let keys = |of: &Node| texts(at(of, "KeySchema")).join(" ");
        lines.push(format!("{}: {}", texts(at(&table, "TableName"))[0], keys(&table)));
        for index in at(&table, "GlobalSecondaryIndexes").as_list().unwrap() {
            lines.push(format!("  {}: {}", texts(at(index, "IndexName"))[0], keys(index)));
        }
        let recovery = "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled";
        assert_eq!(at(&table, recovery).as_text(), Some("true"), "{PORTAL}: {recovery}");
        assert_eq!(texts(at(&table, "DeletionProtectionEnabled")), ["Protects", "true", "false"], "{PORTAL}");
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    ProvisioningRequests: requestId HASH
      TeamProductIndex: teamName HASH productType RANGE
      UserIndex: userId HASH createdAt RANGE
      AwaitingIndex: awaitingTeam HASH createdAt RANGE
    ProvisioningEvents: pk HASH sk RANGE
      DueIndex: dueShard HASH dueAt RANGE
    ");
}

/// A name that a failed creation leaves behind is taken for the next attempt, and what is protected cannot be taken back.
#[test]
fn a_first_creation_that_fails_leaves_no_name_behind() {
    let mut problems = Vec::new();
    for path in [PORTAL, ROLES, "infra/assets.yml", "infra/portfolio.yml"] {
        let template = template(path);
        for resource in entries(at(&template, "Resources")) {
            let policy = resource.value.get("DeletionPolicy").and_then(Node::as_text);
            if !matches!(policy, None | Some("Delete" | "RetainExceptOnCreate")) {
                problems
                    .push(format!("{path}: {}: {policy:?} outlives a creation that failed", resource.key));
            }
        }
    }
    none(&problems);
    let protection = at(&template(PORTAL), "Parameters/DeletionProtection").clone();
    assert_eq!(texts(at(&protection, "Default")), ["yes"]);
    let text = read(PORTAL);
    let balancer = "Key: deletion_protection.enabled, Value: !If [ProtectsBalancer, 'true', 'false']";
    assert_eq!(text.matches("deletion_protection").count(), 1);
    assert!(text.contains(balancer), "{PORTAL}: the load balancer");
}

#[test]
fn these_are_the_rights_of_the_bot() {
    let mut lines: Vec<String> = Vec::new();
    for statement in rights_of_the_bot() {
        let bound = if statement.get("Condition").is_some() { " if" } else { "" };
        let on: Vec<&str> = texts(at(&statement, "Resource"));
        for action in texts(at(&statement, "Action")) {
            let effect = texts(at(&statement, "Effect"))[0];
            lines.push(format!("{effect}{bound} {action} on {}", on.join(" ")));
        }
    }
    lines.sort();
    let short = lines
        .join("\n")
        .replace("arn:${AWS::Partition}:", "")
        .replace("${AWS::Region}:${AWS::AccountId}", "*");
    insta::assert_snapshot!(short, @"
    Allow ce:GetCostAndUsage on *
    Allow cloudformation:GetResource on *
    Allow cloudformation:ListResources on *
    Allow dynamodb:BatchGetItem on RequestsTable Arn ${RequestsTable.Arn}/index/* EventsTable Arn ${EventsTable.Arn}/index/*
    Allow dynamodb:ConditionCheckItem on RequestsTable Arn ${RequestsTable.Arn}/index/* EventsTable Arn ${EventsTable.Arn}/index/*
    Allow dynamodb:DeleteItem on RequestsTable Arn ${RequestsTable.Arn}/index/* EventsTable Arn ${EventsTable.Arn}/index/*
    Allow dynamodb:DescribeTable on RequestsTable Arn ${RequestsTable.Arn}/index/* EventsTable Arn ${EventsTable.Arn}/index/*
    Allow dynamodb:GetItem on RequestsTable Arn ${RequestsTable.Arn}/index/* EventsTable Arn ${EventsTable.Arn}/index/*
    Allow dynamodb:PutItem on RequestsTable Arn ${RequestsTable.Arn}/index/* EventsTable Arn ${EventsTable.Arn}/index/*
    Allow dynamodb:Query on RequestsTable Arn ${RequestsTable.Arn}/index/* EventsTable Arn ${EventsTable.Arn}/index/*
    Allow dynamodb:UpdateItem on RequestsTable Arn ${RequestsTable.Arn}/index/* EventsTable Arn ${EventsTable.Arn}/index/*
    Allow ec2:DescribeInstanceAttribute on *
    Allow ec2:DescribeInstanceCreditSpecifications on *
    Allow ec2:DescribeInstances on *
    Allow ec2:DescribeKeyPairs on *
    Allow ec2:DescribeLaunchTemplates on *
    Allow ec2:DescribeNetworkAcls on *
    Allow ec2:DescribeNetworkInterfaces on *
    Allow ec2:DescribeSecurityGroups on *
    Allow ec2:DescribeSubnets on *
    Allow ec2:DescribeTags on *
    Allow ec2:DescribeVolumeAttribute on *
    Allow ec2:DescribeVolumes on *
    Allow ec2:DescribeVpcAttribute on *
    Allow ec2:DescribeVpcEncryptionControls on *
    Allow ec2:DescribeVpcs on *
    Allow if kms:Decrypt on PortalKey Arn
    Allow if kms:Decrypt on PortalKey Arn
    Allow if kms:DescribeKey on PortalKey Arn
    Allow if kms:Encrypt on PortalKey Arn
    Allow if kms:GenerateDataKey* on PortalKey Arn
    Allow if kms:ReEncrypt* on PortalKey Arn
    Allow if servicecatalog:DescribeProvisionedProduct on *
    Allow if servicecatalog:DescribeRecord on *
    Allow if servicecatalog:SearchProvisionedProducts on *
    Allow if servicecatalog:SearchProvisionedProducts on *
    Allow if servicecatalog:TerminateProvisionedProduct on *
    Allow if servicecatalog:UpdateProvisionedProduct on *
    Allow route53:GetHostedZone on *
    Allow route53:ListHostedZones on *
    Allow route53:ListQueryLoggingConfigs on *
    Allow route53:ListTagsForResource on *
    Allow servicecatalog:DescribeProduct on catalog:*:product/*
    Allow servicecatalog:DescribeProvisioningParameters on catalog:*:product/*
    Allow servicecatalog:ListLaunchPaths on catalog:*:product/*
    Allow servicecatalog:ProvisionProduct on catalog:*:product/*
    Allow servicecatalog:SearchProductsAsAdmin on *
    Allow sns:Publish on EventsTopicArn
    Allow sqs:DeleteMessage on EventQueue Arn
    Allow sqs:GetQueueAttributes on EventQueue Arn
    Allow sqs:ReceiveMessage on EventQueue Arn
    Allow ssm:DescribeAssociation on *
    Allow ssm:ListAssociations on *
    Allow states:DescribeExecution on states:*:execution:ProvisioningWorkflow:*
    Allow states:DescribeStateMachine on StateMachine
    Allow states:ListExecutions on StateMachine
    Allow states:SendTaskFailure on *
    Allow states:SendTaskSuccess on *
    Allow states:StartExecution on StateMachine
    Deny if dynamodb:DeleteItem on EventsTable Arn
    Deny if dynamodb:PutItem on EventsTable Arn
    Deny if dynamodb:UpdateItem on EventsTable Arn
    ");
}

/// The end of the portal's chain is an item that is written again and again, so its key is none of those.
#[test]
fn entries_of_the_trail_are_written_once_and_in_transactions_by_the_keys_that_the_program_uses() {
    let keys = read("src/aws/dynamodb/keys.rs");
    for key in ["format!(\"REQ#{request}\")", "TRAIL: &str = \"TRAIL\"", "key(\"PORTAL\", \"HEAD\")"] {
        assert!(keys.contains(key), "{key}");
    }
    let denied: Vec<Node> =
        rights_of_the_bot().into_iter().filter(|rights| texts(at(rights, "Effect")) == ["Deny"]).collect();
    assert_eq!(denied.len(), 2);
    for rights in &denied {
        let leading = "Condition/ForAnyValue:StringLike/dynamodb:LeadingKeys";
        assert_eq!(texts(at(rights, leading)), ["REQ#*", "TRAIL", "PORTAL"]);
        let is_of_puts = texts(at(rights, "Action")) == ["dynamodb:PutItem"];
        let outside = at(rights, "Condition").get("ForAllValues:StringNotEquals");
        let outside = outside.map(|outside| texts(at(outside, "dynamodb:EnclosingOperation")));
        assert_eq!(outside, is_of_puts.then(|| vec!["TransactWriteItems"]));
    }
}

/// Rights that no call of ours names: AWS asks for them in the bot's name.
pub(crate) const NOT_SENT: [(&str, &str); 4] = [
    ("kms:", "DynamoDB and SQS use the key in the bot's name"),
    ("ec2:", "Cloud Control asks EC2 in the bot's name"),
    ("route53:", "Cloud Control asks Route 53 in the bot's name"),
    ("ssm:", "Cloud Control asks Systems Manager in the bot's name"),
];

/// What the suites on AWS have sent, by `.ci/aws`, is what the bot may do.
#[test]
#[ignore = "wants the actions that the suites on AWS have sent: .ci/aws keeps them and runs this"]
#[expect(clippy::disallowed_methods, reason = "the suites' script says where the actions are kept")]
fn the_bot_may_do_what_the_suites_have_sent_and_no_more() {
    let path = std::env::var("QM_ACTIONS").unwrap();
    let sent: BTreeSet<String> = std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    assert!(sent.len() > 10, "{sent:?}");
    let mut granted = BTreeSet::new();
    for statement in rights_of_the_bot() {
        if texts(at(&statement, "Effect")) == ["Allow"] {
            granted.extend(texts(at(&statement, "Action")).into_iter().map(str::to_owned));
        }
    }
    let forbidden: Vec<&String> = sent.difference(&granted).collect();
    assert!(forbidden.is_empty(), "sent, but not allowed: {forbidden:?}");
    let known = |action: &String| NOT_SENT.iter().any(|(begin, _)| action.starts_with(begin));
    let unused: Vec<&String> = granted.difference(&sent).filter(|action| !known(action)).collect();
    assert!(unused.is_empty(), "allowed, but never sent: {unused:?}");
}

/// Whether a text is an action such as `sqs:DeleteMessage`.
fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, name)| {
        service.bytes().all(|byte| byte.is_ascii_lowercase())
            && name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[test]
fn every_right_of_the_bot_and_of_the_machine_says_why() {
    let mut problems = Vec::new();
    let text = read(PORTAL);
    for role in ["MachineRole", "BotRole", "ExecutionRole"] {
        let section = text.split_once(&format!("\n  {role}:\n")).unwrap().1;
        let policies = section.split_once("      Policies:\n").unwrap().1;
        let (mut before, mut explained) = ("", false);
        for line in policies.split("\n\n").next().unwrap_or_default().lines().map(str::trim) {
            if line.starts_with("- Sid:") || line.starts_with("- Effect:") {
                explained = before.starts_with('#');
            }
            let named = line.trim_start_matches("Action: ").trim_start_matches("- ").split(' ').next();
            let silent = named.filter(|action| is_action(action) && !explained && !line.contains(" # "));
            problems.extend(silent.map(|action| format!("{PORTAL}: {role}: say why it may {action}")));
            before = line;
        }
    }
    none(&problems);
}

#[test]
fn nothing_but_our_queue_hears_the_topic_and_nothing_but_the_machine_speaks_there() {
    let policy = portal("ApprovalTopicPolicy");
    let denied: Vec<String> = at(&policy, "PolicyDocument/Statement")
        .as_list()
        .unwrap()
        .iter()
        .filter(|statement| at(statement, "Effect").as_text() == Some("Deny"))
        .map(|statement| {
            let condition = at(statement, "Condition");
            let by = &entries(condition)[0];
            let what = &entries(&by.value)[0];
            format!(
                "{} unless {} {}",
                texts(at(statement, "Action")).join(" "),
                what.key,
                texts(&what.value).join(".")
            )
        })
        .collect();
    insta::assert_snapshot!(denied.join("\n"), @"
    sns:Publish unless aws:PrincipalArn MachineRole.Arn
    sns:Subscribe unless sns:Endpoint EventQueue.Arn
    ");
}

#[test]
fn nothing_reaches_the_bot_unless_slack_calls_it_through_the_load_balancer() {
    assert!(portal("BotSecurityGroup").get("SecurityGroupIngress").is_none());
    let template = template(PORTAL);
    let mut entrances = Vec::new();
    for resource in entries(at(&template, "Resources")) {
        let kind = at(&resource.value, "Type").as_text().unwrap_or_default();
        let lets_in = kind == "AWS::EC2::SecurityGroupIngress"
            || resource.value.get("Properties").is_some_and(|own| own.get("SecurityGroupIngress").is_some());
        if lets_in {
            let condition = resource.value.get("Condition").and_then(Node::as_text);
            entrances.push(format!("{} {}", resource.key, condition.unwrap_or("always")));
        }
    }
    insta::assert_snapshot!(entrances.join("\n"), @"
    BalancerSecurityGroup RunsBehindBalancer
    BotIngress RunsBehindBalancer
    ");
}

/// What the load balancer cannot be made without. An empty list is one empty text, or none.
#[test]
fn http_is_refused_without_what_the_load_balancer_needs() {
    let template = template(PORTAL);
    let assertions = at(&template, "Rules/HttpNeedsALoadBalancer/Assertions").as_list().unwrap();
    let asked: Vec<&str> = assertions
        .iter()
        .flat_map(|assertion| texts(at(assertion, "Assert")))
        .filter(|text| !text.is_empty())
        .collect();
    assert_eq!(asked, ["CertificateArn", "PublicSubnetIds", "AccessLogBucket"]);
}
