//! Key policies and trust policies in infra/ and catalog/ against what AWS documents: a condition on something that a
//! service does not say keeps the service out, and nothing but silence tells of it. Each rule has its source and the day.

use std::collections::BTreeSet;

use cloudformation::document::Node;

use crate::infra::{PORTAL, ROLES, at, entries, portal, template, texts};
use crate::source::{files_under, none, read};

/// What a service says about itself when it uses a key or takes a role: the condition keys that it fulfils.
struct Rule {
    /// The resource whose policy it is.
    of: &'static str,
    /// How the service's principal begins.
    service: &'static str,
    fulfils: &'static [&'static str],
}

const KEY: &str = "AWS::KMS::Key";
const ROLE: &str = "AWS::IAM::Role";

/// The rules. What is not in here nobody has looked up.
const RULES: [Rule; 7] = [
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html (2026-11-29): the statement for encrypted
    // targets has no condition. https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html (2026-11-29):
    // aws:SourceAccount, aws:SourceArn and aws:SourceOrgID are "not supported for EventBridge-to-encrypted topics", and
    // https://github.com/awslabs/landing-zone-accelerator-on-aws/issues/407 is what comes of it (2026-11-29). The encryption
    // context is SQS's; https://github.com/NHSDigital/nhs-notify-web-template-management lets EventBridge in by it, in
    // infrastructure/terraform/components/app/module_kms.tf at 1889c41, beside an aws:SourceArn (2026-11-29). No page of AWS's
    // does either.
    Rule { of: KEY, service: "events.", fulfils: &["kms:EncryptionContext:aws:sqs:arn"] },
    // https://github.com/aws/aws-cdk/issues/20339 (2026-11-29): restrictSqsDescryption.
    Rule { of: KEY, service: "sns.", fulfils: &["aws:SourceArn"] },
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html, "AWS KMS keys and encryption
    // context", and the managed policy https://docs.aws.amazon.com/aws-managed-policy/latest/reference/CloudWatchLogsAPIKeyAccess.html
    // (both 2026-11-29)
    Rule { of: KEY, service: "logs.", fulfils: &["kms:EncryptionContext:aws:logs:arn"] },
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html as
    // https://github.com/awsdocs/amazon-ecs-developer-guide/issues/208 quotes it: either key, but no ARN of a cluster. AWS's
    // https://github.com/aws/agent-toolkit-for-aws trusts ECS so, in the skill processing-s3-uploads-with-step-functions,
    // scripts/ecs-trust-policy.json (all 2026-11-29).
    Rule { of: ROLE, service: "ecs-tasks.", fulfils: &["aws:SourceAccount", "aws:SourceArn"] },
    // https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html, "Prevent cross-service confused
    // deputy issue" (2026-11-29)
    Rule { of: ROLE, service: "states.", fulfils: &["aws:SourceAccount", "aws:SourceArn"] },
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html, "Protecting against the
    // confused deputy problem" (2026-11-29)
    Rule { of: ROLE, service: "monitoring.rds.", fulfils: &["aws:SourceAccount", "aws:SourceArn"] },
    // https://docs.aws.amazon.com/servicecatalog/latest/adminguide/constraints-launch.html (2026-11-29): no condition.
    Rule { of: ROLE, service: "servicecatalog.", fulfils: &[] },
];

/// Every template that is shipped.
fn templates() -> Vec<String> {
    let of_products = files_under("catalog").into_iter().filter(|path| path.ends_with("/template.yml"));
    [PORTAL, ROLES, "infra/assets.yml"].into_iter().map(str::to_owned).chain(of_products).collect()
}

/// The statements that let a service in: where, of which kind of resource, and which services.
fn statements_for_services() -> Vec<(String, String, Node, Vec<String>)> {
    let mut found = Vec::new();
    for path in templates() {
        for resource in entries(at(&template(&path), "Resources")) {
            let kind = at(&resource.value, "Type").as_text().unwrap_or_default();
            let policy = match kind {
                KEY => "Properties/KeyPolicy/Statement",
                ROLE => "Properties/AssumeRolePolicyDocument/Statement",
                _ => continue,
            };
            for statement in at(&resource.value, policy).as_list().unwrap_or_default() {
                let services = at(statement, "Principal").get("Service").map(texts).unwrap_or_default();
                if !services.is_empty() {
                    let place = format!("{path}:{}: {}", statement.line, resource.key);
                    let services = services.into_iter().map(str::to_owned).collect();
                    found.push((place, kind.to_owned(), statement.clone(), services));
                }
            }
        }
    }
    found
}

fn condition_keys(statement: &Node) -> BTreeSet<String> {
    let condition = statement.get("Condition").map(entries).unwrap_or_default();
    condition.iter().flat_map(|operator| entries(&operator.value)).map(|entry| entry.key.clone()).collect()
}

#[test]
fn no_service_is_asked_for_what_it_does_not_say() {
    let statements = statements_for_services();
    assert!(statements.len() > 10, "{statements:?}");
    let mut problems = Vec::new();
    for (place, kind, statement, services) in statements {
        if services.len() > 1 {
            problems.push(format!("{place}: a statement of its own for each of {}", services.join(", ")));
        }
        for service in services {
            let rule = RULES.iter().find(|rule| rule.of == kind && service.starts_with(rule.service));
            let Some(rule) = rule else {
                problems.push(format!("{place}: look up what {service} says to a {kind}, and add a rule"));
                continue;
            };
            let unknown = condition_keys(&statement);
            let unknown = unknown.iter().filter(|key| !rule.fulfils.contains(&key.as_str()));
            problems.extend(unknown.map(|key| format!("{place}: {service} does not say {key}")));
        }
    }
    none(&problems);
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html>, "Configure KMS
/// permissions for AWS services" (2026-11-29): both actions, for whoever sends.
#[test]
fn whoever_may_send_to_the_encrypted_queue_may_use_its_key() {
    let (key, policy) = (portal("PortalKey"), portal("QueuePolicy"));
    let mut senders = BTreeSet::new();
    for statement in at(&policy, "PolicyDocument/Statement").as_list().unwrap() {
        senders.extend(at(statement, "Principal").get("Service").map(texts).unwrap_or_default());
    }
    assert_eq!(senders, BTreeSet::from(["events.amazonaws.com", "sns.amazonaws.com"]));
    for sender in senders {
        let statements = at(&key, "KeyPolicy/Statement").as_list().unwrap();
        let of_sender = statements.iter().find(|statement| {
            at(statement, "Principal").get("Service").is_some_and(|service| texts(service) == [sender])
        });
        let statement = of_sender.unwrap_or_else(|| panic!("{PORTAL}: {sender} may not use the key"));
        let actions = texts(at(statement, "Action"));
        assert!(actions.contains(&"kms:Decrypt"), "{sender}: {actions:?}");
        assert!(
            actions.iter().any(|action| action.starts_with("kms:GenerateDataKey")),
            "{sender}: {actions:?}"
        );
        // Any rule or topic of anybody could be made to use the key otherwise.
        assert!(!condition_keys(statement).is_empty(), "{PORTAL}: {sender} may use the key for anything");
    }
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html> (2026-11-29): invocations that failed
/// for good, by rule, and no value at all while there are none.
#[test]
fn a_rule_whose_events_do_not_arrive_raises_an_alarm() {
    let template = template(PORTAL);
    let resources = entries(at(&template, "Resources"));
    let of_type = |wanted: &'static str| {
        resources.iter().filter(move |resource| at(&resource.value, "Type").as_text() == Some(wanted))
    };
    let watched: BTreeSet<&str> = of_type("AWS::CloudWatch::Alarm")
        .map(|alarm| at(&alarm.value, "Properties"))
        .filter(|alarm| {
            texts(at(alarm, "Namespace")) == ["AWS/Events"]
                && texts(at(alarm, "MetricName")) == ["FailedInvocations"]
                && texts(at(alarm, "TreatMissingData")) == ["notBreaching"]
        })
        .filter_map(|alarm| texts(at(alarm, "Dimensions")).get(1).copied())
        .collect();
    let rules: BTreeSet<&str> = of_type("AWS::Events::Rule").map(|rule| rule.key.as_str()).collect();
    assert!(rules.len() > 1);
    assert_eq!(watched, rules);
}

/// The statements of each policy of the launch roles.
fn statements_of_launch_roles() -> Vec<Node> {
    let roles = template(ROLES);
    let mut found = Vec::new();
    for resource in entries(at(&roles, "Resources")) {
        let properties = at(&resource.value, "Properties");
        let own = properties.get("Policies").and_then(Node::as_list).unwrap_or_default();
        let documents = own.iter().chain([properties]).filter_map(|policy| policy.get("PolicyDocument"));
        for document in documents {
            found.extend(at(document, "Statement").as_list().unwrap_or_default().to_vec());
        }
    }
    found
}

/// A role can tag what is there as if a request had made it, so the tag of a request keeps it from nothing. That of the
/// portal does, whatever else there is.
#[test]
fn launch_roles_change_nothing_that_is_the_portals() {
    // What only looks, and what has no effect on what is there.
    let harmless = ["kms:CreateKey", "kms:EnableKeyRotation", "ec2:CreateSecurityGroup"];
    let looks =
        |action: &str| ["Describe", "Get", "List"].iter().any(|verb| action.contains(&format!(":{verb}")));
    let (mut allowed, mut denied) = (BTreeSet::new(), BTreeSet::new());
    for statement in statements_of_launch_roles() {
        let on = texts(at(&statement, "Resource"));
        if !on.iter().any(|arn| arn.ends_with(":key/*") || arn.ends_with(":security-group/*")) {
            continue;
        }
        let actions = texts(at(&statement, "Action")).into_iter().map(str::to_owned);
        if texts(at(&statement, "Effect")) == ["Allow"] {
            allowed.extend(actions.filter(|action| !looks(action) && !harmless.contains(&action.as_str())));
        } else if at(&statement, "Condition/Null").get("aws:ResourceTag/QuartermasterPortal").is_some() {
            denied.extend(actions);
        }
    }
    assert!(allowed.len() > 10, "{allowed:?}");
    assert_eq!(allowed, denied);

    let portal = template(PORTAL);
    for resource in entries(at(&portal, "Resources")) {
        let kind = at(&resource.value, "Type").as_text().unwrap();
        if ["AWS::KMS::Key", "AWS::EC2::SecurityGroup"].contains(&kind) {
            let tags = texts(at(&resource.value, "Properties/Tags"));
            assert!(tags.contains(&"QuartermasterPortal"), "{PORTAL}: {}", resource.key);
        }
    }
}

/// What a stack is tagged with, all in it is: the portal's key as if a request had made it.
#[test]
fn deploy_takes_no_tag_that_the_bot_sets() {
    let script = read("infra/deploy.sh");
    let reserved = script.split_once("\nreserved='").unwrap().1.split_once('\'').unwrap().0;
    let reserved: BTreeSet<&str> = reserved.split(' ').collect();
    let request = read("src/domain/request/mod.rs");
    let tags = request.split_once("pub fn tags(").unwrap().1.split_once("\n    }\n").unwrap().0;
    let set: BTreeSet<&str> =
        tags.split("(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect();
    assert!(set.contains("RequestId") && set.len() > 4, "{set:?}");
    assert!(set.is_subset(&reserved), "{set:?}");
    assert!(reserved.contains("QuartermasterPortal"));
}

/// Its messages hold the task tokens that executions wait for.
#[test]
fn a_message_of_the_topic_that_does_not_arrive_raises_an_alarm_and_is_kept() {
    let alarm = portal("MessagesUndeliveredAlarm");
    assert_eq!(texts(at(&alarm, "Namespace")), ["AWS/SNS"]);
    assert_eq!(texts(at(&alarm, "MetricName")), ["NumberOfNotificationsFailed"]);
    assert_eq!(texts(at(&alarm, "Dimensions")), ["TopicName", "ApprovalTopic", "TopicName"]);
    let subscription = portal("ApprovalSubscription");
    assert_eq!(texts(at(&subscription, "RedrivePolicy/deadLetterTargetArn")), ["DeadLetterQueue", "Arn"]);
    let policy = portal("QueuePolicy");
    let statements = at(&policy, "PolicyDocument/Statement").as_list().unwrap();
    let of_topic =
        statements.iter().find(|statement| texts(at(statement, "Principal")) == ["sns.amazonaws.com"]);
    assert!(
        texts(at(of_topic.unwrap(), "Resource")).contains(&"DeadLetterQueue"),
        "{PORTAL}: the topic may not send there"
    );
}
