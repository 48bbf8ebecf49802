//! What no emulator answers: AWS's own words for a task that is over, throttling, broken answers. The answers follow AWS's
//! service models of Step Functions and SQS in botocore 1.44.8 (2026-11-29); they are not recorded from AWS.

use quartermaster::aws::queue::EventQueue;
use quartermaster::aws::step_functions::StepFunctions;
use quartermaster::domain::ids::{ExecutionName, RequestId, TaskToken};
use quartermaster::ports::outage::Side;
use quartermaster::ports::queue::{Queue as _, Signal};
use quartermaster::ports::workflow::{ResumeError, Workflow as _};
use serde_json::{Value, json};
use std::time::Duration;

use crate::emulator::machine::shipped;
use crate::script::{Answer, Script, answered, error, not_of_aws};
use crate::workflow::input;

const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:ProvisioningWorkflow";
const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/quartermaster-events";

async fn machine_answered<A: Into<Answer>>(answers: impl IntoIterator<Item = A>) -> (StepFunctions, Script) {
    let (configuration, script) = answered(answers).await;
    (StepFunctions::new(&configuration, MACHINE), script)
}

fn done() -> (u16, Value) {
    (200, json!({}))
}

#[tokio::test]
async fn every_word_for_a_task_that_is_over_means_that_it_no_longer_waits() {
    for kind in ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"] {
        let (workflow, _) = machine_answered([error(kind), error(kind)]).await;
        let token = TaskToken::new("token");
        let approved = workflow.send_task_success(&token).await;
        let denied = workflow.send_task_failure(&token, "Request.Denied").await;
        for answer in [approved, denied] {
            assert!(matches!(answer, Err(ResumeError::NoLongerWaiting)), "{kind}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn an_execution_that_was_started_counts_as_started() {
    let started = (200, json!({"executionArn": format!("{MACHINE}:x"), "startDate": 1.5}));
    let (workflow, script) = machine_answered([started, error("ExecutionAlreadyExists")]).await;
    let request = RequestId::random();
    let mut input = input(request, false);
    input.approval_timeout_seconds = u64::MAX;
    workflow.start_execution(&input).await.unwrap();
    workflow.start_execution(&input).await.unwrap();
    assert_eq!(script.asked("name"), vec![json!(format!("{request}-1")); 2]);
    let sent: Value = serde_json::from_str(script.asked("input")[0].as_str().unwrap()).unwrap();
    let longest = json!({"requestId": request, "autoApprove": false, "approvalTimeoutSeconds": 99_999_999});
    assert_eq!(sent, longest, "no more than ids and times, and no time that the machine would refuse");
}

#[tokio::test]
async fn a_busy_service_is_asked_again_and_what_stays_broken_is_told_without_the_token() {
    let (workflow, script) = machine_answered([error("ThrottlingException"), done()]).await;
    workflow.send_task_success(&TaskToken::new("a token")).await.unwrap();
    assert_eq!(script.asked("output"), [json!("{}"), json!("{}")]);

    let broken = std::iter::repeat_n(not_of_aws(500, "<html>"), 4);
    let (configuration, _) = answered(broken).await;
    let workflow = StepFunctions::new(&configuration, MACHINE);
    let Err(ResumeError::Other(error)) = workflow.send_task_success(&TaskToken::new("a token")).await else {
        panic!("not an error")
    };
    let told = format!("{error:#} {error:?}");
    assert!(told.starts_with("cannot resume an execution: "), "{told}");
    assert!(!told.contains("a token"), "{told}");
}

#[tokio::test]
async fn an_execution_that_cannot_be_looked_at_is_said_to_be_step_functions_fault() {
    let broken = std::iter::repeat_n(not_of_aws(500, "busy"), 4);
    let (workflow, _) = machine_answered(broken).await;
    let error = workflow.is_running(&ExecutionName::new("one-1")).await.unwrap_err();
    assert_eq!(Side::of(&error), Some(Side::Aws("Step Functions")));
}

/// A queue with one message that AWS sent by itself, and what it is told of the product.
async fn resource_made(answers: impl IntoIterator<Item = (u16, Value)>) -> (EventQueue, Script) {
    let message = json!({
        "type": "resource.changed", "version": 1, "state": "CREATE_COMPLETE", "logicalId": "Bucket",
        "entered": "2026-11-24T10:00:00Z",
        "stackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/SC-123456789012-pp-abc/0",
    });
    let received =
        |n| (200, json!({"Messages": [{"MessageId": n, "ReceiptHandle": n, "Body": message.to_string()}]}));
    let answers: Vec<(u16, Value)> = answers.into_iter().collect();
    let rest = [received("second"), done()];
    let (configuration, script) = answered([received("first")].into_iter().chain(answers).chain(rest)).await;
    (EventQueue::new(&configuration, QUEUE), script)
}

fn named(name: &str) -> (u16, Value) {
    (200, json!({"ProvisionedProductDetail": {"Id": "pp-abc", "Name": name}}))
}

#[tokio::test]
async fn whose_a_resource_is_follows_from_the_name_of_its_product_and_is_asked_once() {
    let request = RequestId::random();
    let (queue, script) = resource_made([named(&format!("portal-{request}"))]).await;
    for _ in 0..2 {
        let received = queue.receive(Duration::ZERO).await.unwrap();
        let made = Signal::ResourceCreated { request, logical_id: "Bucket".to_owned() };
        assert_eq!(received[0].signal, made);
    }
    assert_eq!(script.asked("Id"), [json!(null), json!("pp-abc"), json!(null)]);
}

#[tokio::test]
async fn what_another_has_provisioned_is_dropped_and_what_cannot_be_asked_now_comes_again() {
    for foreign in [named("somebody-elses"), error("ResourceNotFoundException")] {
        let (queue, script) = resource_made([foreign, done()]).await;
        assert!(queue.receive(Duration::ZERO).await.unwrap().is_empty());
        assert_eq!(script.asked("ReceiptHandle").last(), Some(&json!("first")), "deleted");
    }
    let (queue, script) = resource_made([error("AccessDeniedException")]).await;
    assert!(queue.receive(Duration::ZERO).await.unwrap().is_empty());
    assert!(script.asked("ReceiptHandle").iter().all(Value::is_null), "left in the queue");
}

#[tokio::test]
async fn a_machine_that_cannot_be_looked_at_says_which_right_is_missing() {
    let denied = || error("AccessDeniedException");
    let (configuration, _) = answered([denied()]).await;
    let mut told = StepFunctions::new(&configuration, MACHINE).problems().await;
    let (configuration, _) = answered([denied()]).await;
    told.extend(EventQueue::new(&configuration, QUEUE).problems().await);
    let told = told.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(told, @r#"
    cannot look at the state machine `arn:aws:states:us-east-1:123456789012:stateMachine:ProvisioningWorkflow`: service error: unhandled error (AccessDeniedException): Error { code: "AccessDeniedException", message: "Requested resource not found" }: allow `states:DescribeStateMachine` to the role of the bot, as `infra/portal.yml` does
    cannot look at the queue `https://sqs.us-east-1.amazonaws.com/123456789012/quartermaster-events`: service error: unhandled error (AccessDeniedException): Error { code: "AccessDeniedException", message: "Requested resource not found" }: allow `sqs:GetQueueAttributes` to the role of the bot, as `infra/portal.yml` does
    "#);
}

#[tokio::test]
async fn what_may_be_looked_at_but_not_used_says_which_rights_are_missing() {
    let denied = || error("AccessDeniedException");
    let machine = json!({
        "stateMachineArn": MACHINE, "name": "ProvisioningWorkflow", "type": "STANDARD", "creationDate": 0,
        "roleArn": "arn:aws:iam::123456789012:role/machine", "definition": shipped().to_string(),
    });
    let (configuration, _) = answered([(200, machine), denied(), denied(), denied(), denied()]).await;
    let mut told = StepFunctions::new(&configuration, MACHINE).problems().await;
    let attributes = json!({"Attributes": {"RedrivePolicy": "{}"}});
    let (configuration, _) = answered([(200, attributes), denied()]).await;
    told.extend(EventQueue::new(&configuration, QUEUE).problems().await);
    let told = told.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(told, @"
    `states:SendTaskSuccess` is not allowed: Requested resource not found: allow `states:SendTaskSuccess` to the role of the bot, as `infra/portal.yml` does
    `states:SendTaskFailure` is not allowed: Requested resource not found: allow `states:SendTaskFailure` to the role of the bot, as `infra/portal.yml` does
    `states:ListExecutions` is not allowed: Requested resource not found: allow `states:ListExecutions` to the role of the bot, as `infra/portal.yml` does
    `states:DescribeExecution` is not allowed: Requested resource not found: allow `states:DescribeExecution` to the role of the bot, as `infra/portal.yml` does
    `sqs:DeleteMessage` is not allowed: Requested resource not found: allow `sqs:DeleteMessage` to the role of the bot, as `infra/portal.yml` does
    ");
}
