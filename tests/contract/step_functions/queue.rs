//! Messages that do not say what they should, on the queue of the emulator.

use std::time::Duration;

use quartermaster::aws::queue::EventQueue;
use quartermaster::domain::ids::RequestId;
use quartermaster::ports::queue::{Queue as _, Signal};
use serde_json::json;

use super::PATIENCE;
use crate::emulator::machine::Machine;
use crate::emulator::{emulator, machine, recorded};

async fn sends(queue: &str, body: &str) {
    let sqs = aws_sdk_sqs::Client::new(&emulator().await);
    sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
}

fn asks(request: RequestId, token: &str) -> String {
    let message = json!({
        "type": "approval.requested", "version": 1, "requestId": request, "execution": format!("{request}-1"),
        "state": "RequestApproval", "entered": "2026-11-24T10:00:00Z", "taskToken": token,
    });
    message.to_string()
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn what_is_not_understood_goes_to_the_dead_letters_and_keeps_nothing_else_up() {
    let (configuration, _) = recorded().await;
    let Machine { queue: url, dead_letters, .. } = machine::new(&machine::shipped(), 0).await;
    let queue = EventQueue::new(&configuration, &url);
    let request = RequestId::random();
    for poison in ["no JSON", "{}", &asks(request, "a").replace("\"version\":1", "\"version\":2")] {
        sends(&url, poison).await;
    }
    sends(&url, &asks(request, "token")).await;

    let mut understood = Vec::new();
    // Handed out three times each, then they are gone.
    for _ in 0..8 {
        for delivery in queue.receive(Duration::ZERO).await.unwrap() {
            queue.delete(&delivery.receipt).await.unwrap();
            understood.push(delivery.signal);
        }
    }
    assert_eq!(understood.len(), 1, "{understood:?}");
    assert!(matches!(&understood[0], Signal::ApprovalRequested { request: asked, .. } if *asked == request));
    let sqs = aws_sdk_sqs::Client::new(&emulator().await);
    let dead =
        sqs.receive_message().queue_url(&dead_letters).max_number_of_messages(10).send().await.unwrap();
    assert_eq!(dead.messages().len(), 3);
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn a_message_that_is_not_deleted_comes_again_and_one_that_is_does_not() {
    let (configuration, _) = recorded().await;
    let url = machine::new(&machine::shipped(), 0).await.queue;
    let queue = EventQueue::new(&configuration, &url);
    sends(&url, &asks(RequestId::random(), "token")).await;
    let first = queue.receive(PATIENCE.0).await.unwrap().remove(0);
    let again = queue.receive(PATIENCE.0).await.unwrap().remove(0);
    assert_eq!(first.signal, again.signal);
    queue.delete(&again.receipt).await.unwrap();
    assert!(queue.receive(PATIENCE.1).await.unwrap().is_empty());
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn a_deployed_machine_and_its_queue_have_no_problem_and_missing_ones_are_named() {
    let configuration = emulator().await;
    let deployed = machine::new(&machine::shipped(), 0).await;
    let told = async |arn: &str, queue: &str| {
        let mut problems =
            quartermaster::aws::step_functions::StepFunctions::new(&configuration, arn).problems().await;
        problems.extend(EventQueue::new(&configuration, queue).problems().await);
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told(&deployed.arn, &deployed.queue).await, "");
    let nowhere = "arn:aws:states:us-east-1:123456789012:stateMachine:nowhere";
    let missing = told(nowhere, "http://127.0.0.1/123456789012/nowhere").await;
    insta::assert_snapshot!(missing, @"
    there is no state machine `arn:aws:states:us-east-1:123456789012:stateMachine:nowhere`: correct `backend.workflow` and the region, or deploy the stack of `infra/portal.yml` with `infra/deploy.sh`
    there is no queue `http://127.0.0.1/123456789012/nowhere`: correct `backend.queue`, or deploy the stack of `infra/portal.yml` with `infra/deploy.sh`
    ");
    // Of another machine every state is missing; dead letters have no dead letters.
    let mut other = machine::shipped();
    other["States"]["RequestApproval"] = json!({"Type": "Succeed"});
    other["States"].as_object_mut().unwrap().remove("UpdateStatus");
    other["States"]["ProvisionResource"]["Next"] = json!("RequestDenied");
    let other = machine::new(&other, 0).await;
    let told = told(&other.arn, &other.dead_letters).await;
    let told = told.replace(&other.arn, "MACHINE").replace(&other.dead_letters, "QUEUE");
    insta::assert_snapshot!(told, @"
    the state machine `MACHINE` has no state UpdateStatus: deploy `infra/provisioning.asl.json` with `infra/deploy.sh`
    the queue `QUEUE` has no dead letters: what cannot be understood would come for ever: deploy the stack of `infra/portal.yml` with `infra/deploy.sh`
    ");
}
