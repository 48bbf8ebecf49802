//! The workflow on Step Functions and the queue on SQS: the shipped state machine with a topic and a queue of its own for
//! each test, in an emulator on this machine. What no emulator answers is in `wire`.

mod queue;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use quartermaster::aws::queue::EventQueue;
use quartermaster::aws::step_functions::StepFunctions;
use quartermaster::domain::ids::RequestId;
use quartermaster::ports::queue::{Queue as _, Signal};
use quartermaster::ports::workflow::Workflow as _;

use crate::emulator::{machine, recorded};
use crate::sample::ManualClock;
use crate::workflow::{WorkflowUnderTest, input};

/// How long the emulator may take to say something, and how long it must have kept silent.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(1));

/// An error that the machine has no end for is one of the way to us: it asks again. With a new token in AWS; the emulator
/// keeps the token.
#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs these"]
async fn the_machine_asks_again_after_an_error_that_nobody_meant() {
    let (configuration, _) = recorded().await;
    let machine = machine::new(&machine::shipped(), 30).await;
    let workflow = StepFunctions::new(&configuration, &machine.arn);
    let queue = EventQueue::new(&configuration, &machine.queue);
    workflow.start_execution(&input(RequestId::random(), true)).await.unwrap();
    let asked = async || queue.receive(PATIENCE.0).await.unwrap().remove(0).signal;
    let Signal::ProvisionRequested { token, .. } = asked().await else { panic!("not asked") };
    workflow.send_task_failure(&token, "Something.Else").await.unwrap();
    let Signal::ProvisionRequested { token, .. } = asked().await else { panic!("not asked again") };
    workflow.send_task_success(&token).await.unwrap();
    assert!(matches!(asked().await, Signal::ExecutionEnded { orderly: true, .. }));
}

pub(crate) fn new_machine() -> WorkflowUnderTest {
    tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(async {
            let (configuration, _) = recorded().await;
            let machine = machine::new(&machine::shipped(), 30).await;
            WorkflowUnderTest {
                workflow: Arc::new(StepFunctions::new(&configuration, &machine.arn)),
                queue: Arc::new(EventQueue::new(&configuration, &machine.queue)),
                clock: ManualClock::new(),
                patience: PATIENCE,
                _keep: Box::new(()),
            }
        })
    })
}
