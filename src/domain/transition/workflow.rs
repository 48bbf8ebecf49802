//! Messages of the workflow: it waits for approvers, it waits for provisioning, or it is gone.

use super::builder::{Transition, TransitionBuilder};
use super::reminders;
use crate::domain::audit::Actor;
use crate::domain::event::Event;
use crate::domain::ids::{ExecutionName, TaskToken};
use crate::domain::job::{JobKind, Resume};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Ending, MessageSlot, Notification, Status, StatusName};

/// How many executions are started for one request before it fails.
pub const MAX_ATTEMPTS: u32 = 5;

pub(super) fn approval_requested(
    mut change: TransitionBuilder,
    event: &Event,
    execution: &ExecutionName,
    token: &TaskToken,
) -> Result<Transition, Refusal> {
    // An execution of an older attempt must not take over from the current one.
    change.is_current(event, execution)?;
    if let Some(answer) = known_answer(&change.request.status) {
        return Ok(change.answered(token, answer));
    }
    // The queue delivers at least once; this message has been handled.
    if change.holds(token) {
        return Err(change.does_not_apply(event));
    }
    // A retried task, or a new attempt that replaces a lost execution.
    let is_repeated = change.request.status != Status::Pending;
    change.becomes(Status::AwaitingApproval { token: token.clone() });
    change.audit(
        "approval requested",
        &Actor::Workflow,
        if is_repeated { "asked again by the workflow" } else { "" },
    );
    // A new execution asks again, but the approvers have been asked before: reminders count from the first time.
    match change.request.asking.since {
        Some(_) => reminders::schedule(&mut change),
        None => reminders::begin(&mut change),
    }
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Direct]))
}

pub(super) fn provision_requested(
    mut change: TransitionBuilder,
    event: &Event,
    execution: &ExecutionName,
    token: &TaskToken,
) -> Result<Transition, Refusal> {
    change.is_current(event, execution)?;
    let status = &change.request.status;
    // The row authorizes, never the message: an undecided request is not provisioned, whatever the workflow asks for.
    if status.name().is_undecided() || change.holds(token) {
        return Err(change.does_not_apply(event));
    }
    if matches!(status, Status::Approved) {
        change.becomes(Status::Provisioning { token: token.clone(), unwanted: None });
        change.audit("provisioning", &Actor::Workflow, "");
        change.job(JobKind::Provision);
        return Ok(change.shows(&[MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct]));
    }
    // A retried task waits with a new token; the provisioner is already working, so only the token is replaced.
    if let Status::Provisioning { unwanted, .. } = status.clone() {
        change.becomes(Status::Provisioning { token: token.clone(), unwanted });
        change.audit("provisioning", &Actor::Workflow, "asked again by the workflow");
        return Ok(change.done());
    }
    match known_answer(status) {
        Some(answer) => Ok(change.answered(token, answer)),
        None => Err(change.does_not_apply(event)),
    }
}

/// Returns the result for an execution that still waits although its request has moved on; `None` while it is
/// undecided.
fn known_answer(status: &Status) -> Option<Resume> {
    match status {
        Status::Pending | Status::AwaitingApproval { .. } => None,
        Status::Approved | Status::Provisioning { .. } | Status::Active { .. } | Status::Updating { .. } => {
            Some(Resume::Success)
        }
        Status::Denied { .. } => Some(Resume::Denied),
        Status::Cancelled => Some(Resume::Cancelled),
        Status::TimedOut => Some(Resume::TimedOut),
        Status::Terminating { ending, .. } | Status::TeardownFailed { ending, .. } => Some(match ending {
            Ending::Failed { .. } => Resume::ProvisioningFailed,
            Ending::Terminated { .. } => Resume::Success,
        }),
        Status::Failed { .. } => Some(Resume::ProvisioningFailed),
        // The execution has no part in a removal.
        Status::Terminated { .. } | Status::Retained { .. } => Some(Resume::Success),
    }
}

pub(super) fn execution_lost(
    mut change: TransitionBuilder,
    event: &Event,
    execution: &ExecutionName,
) -> Result<Transition, Refusal> {
    change.is_current(event, execution)?;
    let restarted = match change.request.status {
        Status::Pending | Status::AwaitingApproval { .. } => Status::Pending,
        Status::Approved => Status::Approved,
        // From here on the provisioner and the row finish without an execution.
        Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::TeardownFailed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => return Err(change.does_not_apply(event)),
    };
    if change.request.attempt >= MAX_ATTEMPTS {
        change.becomes(Status::Failed {
            why: format!("the workflow ended {MAX_ATTEMPTS} times before it was done"),
        });
        change.audit("failed", &Actor::Workflow, "execution lost");
        return Ok(change.shows(&[
            MessageSlot::Card,
            MessageSlot::Thread,
            MessageSlot::Direct,
            MessageSlot::Notification(Notification::Status(StatusName::Failed)),
        ]));
    }
    // Part of the execution's name, which Step Functions does not allow to be reused.
    change.request.attempt += 1;
    change.becomes(restarted);
    let attempt = change.request.attempt;
    change.audit("execution lost", &Actor::Workflow, format!("attempt {attempt} starts"));
    change.job(JobKind::StartExecution { attempt });
    Ok(change.done())
}
