//! What [`Workflow`] and the [`Queue`] it speaks through promise.

use std::sync::Arc;
use std::time::Duration;

use quartermaster::domain::ids::{ExecutionName, RequestId, TaskToken};
use quartermaster::domain::period::Period;
use quartermaster::ports::queue::{Delivery, Queue, Signal};
use quartermaster::ports::workflow::{ExecutionInput, ResumeError, Workflow};

use crate::sample::{Keep, ManualClock};

macro_rules! workflow_suite {
    ($name:ident, $make:path $(, #[$attribute:meta])?) => {
        crate::suite!(
            workflow,
            $name,
            $make,
            [
                an_execution_asks_for_approval_then_for_the_product_and_ends,
                an_auto_approved_execution_asks_for_the_product_at_once,
                a_name_is_started_once_even_after_its_end,
                every_caught_error_ends_an_execution_orderly,
                a_token_is_used_once,
                an_execution_runs_until_it_has_ended,
                a_waiting_receiver_gets_a_message_at_once,
                a_receipt_of_another_queue_is_refused,
            ]
            $(, #[$attribute])?
        );
    };
}
pub(crate) use workflow_suite as suite;

/// What only the embedded machine does: its clock is the test's, it tries nothing again by itself, and
/// it is exact where an emulator lets two answers in at once.
macro_rules! embedded_workflow_suite {
    ($name:ident, $make:path) => {
        crate::suite!(
            workflow,
            $name,
            $make,
            [
                of_many_answers_one_is_taken,
                an_error_that_nothing_catches_ends_it_otherwise,
                an_execution_that_waited_too_long_ends_by_itself,
                a_token_that_comes_after_the_timeout_is_refused,
                a_message_that_is_not_deleted_comes_again,
                messages_come_oldest_first_and_at_most_32_at_a_time,
            ]
        );
    };
}
pub(crate) use embedded_workflow_suite as embedded_suite;

/// A fresh state machine, its queue, and the clock of both.
pub(crate) struct WorkflowUnderTest {
    pub(crate) workflow: Arc<dyn Workflow>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) clock: Arc<ManualClock>,
    /// How long a message may take, and how long nothing may come where nothing is expected.
    pub(crate) patience: (Duration, Duration),
    pub(crate) _keep: Keep,
}

/// At once or never.
pub(crate) const AT_ONCE: (Duration, Duration) = (Duration::ZERO, Duration::ZERO);

/// The first execution of a request; it waits an hour for approvers.
pub(crate) fn input(request: RequestId, auto_approve: bool) -> ExecutionInput {
    let name = ExecutionName::new(format!("{request}-1"));
    ExecutionInput { name, request, auto_approve, approval_timeout_seconds: 3_600 }
}

impl WorkflowUnderTest {
    async fn start(&self, auto_approve: bool) -> RequestId {
        let request = RequestId::random();
        self.workflow.start_execution(&input(request, auto_approve)).await.unwrap();
        request
    }

    /// Receives and deletes.
    async fn receive(&self, wait: Duration) -> Vec<Signal> {
        let mut signals = Vec::new();
        for Delivery { receipt, signal } in self.queue.receive(wait).await.unwrap() {
            self.queue.delete(&receipt).await.unwrap();
            signals.push(signal);
        }
        signals
    }

    /// What has come although nothing need have.
    async fn signals(&self) -> Vec<Signal> {
        self.receive(self.patience.1).await
    }

    async fn signal(&self) -> Signal {
        let mut signals = self.receive(self.patience.0).await;
        assert_eq!(signals.len(), 1, "{signals:?}");
        signals.remove(0)
    }

    async fn succeed(&self, token: &TaskToken) -> bool {
        taken(self.workflow.send_task_success(token).await)
    }

    async fn fail(&self, token: &TaskToken, error: &str) -> bool {
        taken(self.workflow.send_task_failure(token, error).await)
    }
}

fn taken(answer: Result<(), ResumeError>) -> bool {
    match answer {
        Ok(()) => true,
        Err(ResumeError::NoLongerWaiting) => false,
        Err(ResumeError::Other(error)) => panic!("{error:#}"),
    }
}

fn token(signal: Signal) -> TaskToken {
    match signal {
        Signal::ApprovalRequested { token, .. } | Signal::ProvisionRequested { token, .. } => token,
        Signal::ExecutionEnded { .. } | Signal::ResourceCreated { .. } => panic!("no token in {signal:?}"),
    }
}

fn ended(request: RequestId, orderly: bool) -> Signal {
    Signal::ExecutionEnded { request, execution: input(request, false).name, orderly }
}

pub(crate) async fn an_execution_asks_for_approval_then_for_the_product_and_ends(test: WorkflowUnderTest) {
    let request = test.start(false).await;
    let asked = test.signal().await;
    assert!(matches!(&asked, Signal::ApprovalRequested { .. }));
    assert_eq!(asked.request(), request);
    assert!(test.signals().await.is_empty());

    assert!(test.succeed(&token(asked)).await);
    let asked = test.signal().await;
    let Signal::ProvisionRequested { execution, .. } = &asked else { panic!("{asked:?}") };
    assert_eq!(*execution, input(request, false).name);

    assert!(test.succeed(&token(asked)).await);
    assert_eq!(test.signal().await, ended(request, true));
    test.clock.advance(Period::days(30));
    assert!(test.signals().await.is_empty());
}

pub(crate) async fn an_auto_approved_execution_asks_for_the_product_at_once(test: WorkflowUnderTest) {
    test.start(true).await;
    assert!(matches!(test.signal().await, Signal::ProvisionRequested { .. }));
    // Nobody is asked, so nobody can be too late.
    test.clock.advance(Period::days(30));
    assert!(test.signals().await.is_empty());
}

pub(crate) async fn a_name_is_started_once_even_after_its_end(test: WorkflowUnderTest) {
    let request = test.start(true).await;
    test.workflow.start_execution(&input(request, true)).await.unwrap();
    let asked = test.signal().await;
    assert!(test.succeed(&token(asked)).await);
    assert_eq!(test.signal().await, ended(request, true));
    test.workflow.start_execution(&input(request, true)).await.unwrap();
    assert!(test.signals().await.is_empty());
}

pub(crate) async fn every_caught_error_ends_an_execution_orderly(test: WorkflowUnderTest) {
    for error in ["Request.Denied", "Request.Cancelled", "Request.TimedOut", "Request.ProvisioningFailed"] {
        for auto_approve in [false, true] {
            let request = test.start(auto_approve).await;
            let asked = test.signal().await;
            assert!(test.fail(&token(asked), error).await);
            assert_eq!(test.signal().await, ended(request, true), "{error}");
        }
    }
}

pub(crate) async fn an_error_that_nothing_catches_ends_it_otherwise(test: WorkflowUnderTest) {
    let request = test.start(true).await;
    let asked = test.signal().await;
    assert!(test.fail(&token(asked), "Something.Else").await);
    assert_eq!(test.signal().await, ended(request, false));
}

pub(crate) async fn an_execution_runs_until_it_has_ended(test: WorkflowUnderTest) {
    let runs = async |request| test.workflow.is_running(&input(request, false).name).await.unwrap();
    assert!(!runs(RequestId::random()).await);
    let request = test.start(false).await;
    let asked = test.signal().await;
    assert!(runs(request).await);
    assert_eq!(test.workflow.running().await.unwrap(), [input(request, false).name]);
    assert!(test.succeed(&token(asked)).await);
    let asked = test.signal().await;
    assert!(runs(request).await, "it waits for the product");
    assert!(test.succeed(&token(asked)).await);
    assert_eq!(test.signal().await, ended(request, true));
    assert!(test.signals().await.is_empty());
    assert!(!runs(request).await);
    assert!(test.workflow.running().await.unwrap().is_empty());
}

pub(crate) async fn a_token_is_used_once(test: WorkflowUnderTest) {
    assert!(!test.succeed(&TaskToken::new("never given out")).await);
    let request = test.start(false).await;
    let first = token(test.signal().await);
    assert!(test.succeed(&first).await);
    let second = token(test.signal().await);
    assert_ne!(first, second);
    assert!(!test.succeed(&first).await);
    assert!(!test.fail(&first, "Request.Denied").await);
    assert!(test.fail(&second, "Request.ProvisioningFailed").await);
    // An emulator takes an answer in a moment after it has said that it did.
    assert_eq!(test.signal().await, ended(request, true));
    assert!(!test.succeed(&second).await);
}

pub(crate) async fn of_many_answers_one_is_taken(test: WorkflowUnderTest) {
    test.start(false).await;
    let token = token(test.signal().await);
    let answers = (0..16).map(|n| {
        let (workflow, token) = (Arc::clone(&test.workflow), token.clone());
        tokio::spawn(async move {
            taken(if n % 2 == 0 {
                workflow.send_task_success(&token).await
            } else {
                workflow.send_task_failure(&token, "Request.Denied").await
            })
        })
    });
    let answers = futures_util::future::join_all(answers).await;
    assert_eq!(answers.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);
    test.signal().await;
    assert!(test.signals().await.is_empty());
}

pub(crate) async fn an_execution_that_waited_too_long_ends_by_itself(test: WorkflowUnderTest) {
    let request = test.start(false).await;
    let token = token(test.signal().await);
    test.clock.advance(Period::seconds(3_599));
    assert!(test.signals().await.is_empty());
    test.clock.advance(Period::seconds(1));
    assert_eq!(test.signal().await, ended(request, true));
    assert!(!test.succeed(&token).await);
}

pub(crate) async fn a_token_that_comes_after_the_timeout_is_refused(test: WorkflowUnderTest) {
    let request = test.start(false).await;
    let token = token(test.signal().await);
    test.clock.advance(Period::hours(1));
    assert!(!test.succeed(&token).await);
    assert_eq!(test.signal().await, ended(request, true));
    assert!(test.signals().await.is_empty());
}

pub(crate) async fn a_message_that_is_not_deleted_comes_again(test: WorkflowUnderTest) {
    test.start(true).await;
    let first = test.queue.receive(Duration::ZERO).await.unwrap();
    assert!(test.queue.receive(Duration::ZERO).await.unwrap().is_empty());
    test.clock.advance(Period::minutes(1));
    let again = test.queue.receive(Duration::ZERO).await.unwrap();
    assert_eq!(first[0].signal, again[0].signal);
    test.queue.delete(&again[0].receipt).await.unwrap();
    test.queue.delete(&again[0].receipt).await.unwrap();
    test.clock.advance(Period::hours(1));
    assert!(test.queue.receive(Duration::ZERO).await.unwrap().is_empty());
}

pub(crate) async fn messages_come_oldest_first_and_at_most_32_at_a_time(test: WorkflowUnderTest) {
    let mut started = Vec::new();
    for _ in 0..40 {
        started.push(test.start(true).await);
        test.clock.advance(Period::millis(1));
    }
    let mut received = Vec::new();
    for expected in [32, 8, 0] {
        let signals = test.signals().await;
        assert_eq!(signals.len(), expected);
        received.extend(signals.iter().map(Signal::request));
    }
    assert_eq!(received, started);
}

pub(crate) async fn a_waiting_receiver_gets_a_message_at_once(test: WorkflowUnderTest) {
    let queue = Arc::clone(&test.queue);
    let waiting = tokio::spawn(async move { queue.receive(Duration::from_mins(1)).await });
    tokio::task::yield_now().await;
    test.start(true).await;
    let received = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert_eq!(received.unwrap().unwrap().unwrap().len(), 1);
    // And one that waits for nothing returns when its time is up.
    assert!(test.queue.receive(Duration::from_millis(20)).await.unwrap().is_empty());
}

pub(crate) async fn a_receipt_of_another_queue_is_refused(test: WorkflowUnderTest) {
    assert!(test.queue.delete("AQEB-not-ours").await.is_err());
}
