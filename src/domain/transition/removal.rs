//! Removal of provisioned resources: on request, at expiry or after failed provisioning; what the provisioner reports
//! about it; and leaving resources in place.

use super::builder::{Transition, TransitionBuilder};
use crate::domain::audit::{Actor, By};
use crate::domain::event::Event;
use crate::domain::ids::RecordId;
use crate::domain::job::{JobKind, Resume};
use crate::domain::lease::LeaseStep;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Cause, Ending, MessageSlot, Notification, Provisioned, Status, StatusName};

/// Messages that show whether the product exists.
const ALL: [MessageSlot; 6] = [
    MessageSlot::Card,
    MessageSlot::Thread,
    MessageSlot::Direct,
    MessageSlot::Warning,
    MessageSlot::Renewal,
    MessageSlot::Change,
];

pub(super) fn tear_down(mut change: TransitionBuilder, by: &By) -> Result<Transition, Refusal> {
    let actor = Actor::Person(by.clone());
    match change.request.status.clone() {
        Status::Active { .. } => {
            change.removes(Ending::Terminated { cause: Cause::Asked { by: by.person.clone() } }, 1);
            change.audit("teardown", &actor, "");
        }
        Status::TeardownFailed { ending, attempt, .. } => {
            // A retry does not change why the product is removed.
            change.removes(ending, attempt.saturating_add(1));
            change.audit("teardown", &actor, format!("try {}", attempt.saturating_add(1)));
        }
        // A product cannot be removed while it is being created, so the teardown waits.
        Status::Provisioning { token, unwanted: None } => {
            change.becomes(Status::Provisioning { token, unwanted: Some(by.person.clone()) });
            change.audit("teardown", &actor, "as soon as it is provisioned");
        }
        Status::Provisioning { unwanted: Some(_), .. } | Status::Terminating { .. } => {
            return Err(Refusal::AlreadyTearingDown);
        }
        Status::Updating { .. } => return Err(Refusal::BeingChanged),
        Status::Pending | Status::AwaitingApproval { .. } | Status::Approved => {
            return Err(Refusal::NothingToTearDown { status: change.request.status.name() });
        }
        Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => {
            return Err(Refusal::NothingToTearDown { status: change.request.status.name() });
        }
    }
    Ok(change.shows(&ALL))
}

pub(super) fn lease_ended(mut change: TransitionBuilder, event: &Event) -> Result<Transition, Refusal> {
    let Some(lease) = change.request.lease() else { return Err(change.does_not_apply(event)) };
    // The lease may have been renewed since the job was written.
    let is_over = lease.step(&change.request.product.lease, change.now) == LeaseStep::End;
    // A renewal asked for in time has to be answered before the lease can end.
    if !is_over || change.request.waiting_renewal().is_some_and(|(_, renewal)| renewal.holds_end) {
        return Err(change.does_not_apply(event));
    }
    change.removes(Ending::Terminated { cause: Cause::Expired }, 1);
    change.audit("expired", &Actor::Clock, "");
    Ok(change.shows(&ALL))
}

pub(super) fn termination_started(
    mut change: TransitionBuilder,
    event: &Event,
    record: &RecordId,
) -> Result<Transition, Refusal> {
    change.being_removed(event)?;
    // If the message that provisioning started was lost, the product is unknown, but its removal can be polled by the
    // record.
    let product = change.request.provisioned.take().and_then(|provisioned| provisioned.product);
    change.request.provisioned = Some(Provisioned { product, record: record.clone() });
    change.job(JobKind::WatchTermination);
    Ok(change.done())
}

pub(super) fn termination_succeeded(
    mut change: TransitionBuilder,
    event: &Event,
) -> Result<Transition, Refusal> {
    let (ending, _) = change.being_removed(event)?;
    match ending {
        Ending::Failed { why } => {
            change.becomes(Status::Failed { why });
            change.audit("failed", &Actor::Provisioner, "cleaned up");
        }
        Ending::Terminated { cause } => {
            change.becomes(Status::Terminated { cause });
            change.audit("terminated", &Actor::Provisioner, "");
        }
    }
    Ok(show_and_notify(change))
}

pub(super) fn termination_failed(
    mut change: TransitionBuilder,
    event: &Event,
    why: &str,
) -> Result<Transition, Refusal> {
    let (ending, attempt) = change.being_removed(event)?;
    // The buttons offer another try, or leaving it, from now on.
    change.bump_epoch();
    change.becomes(Status::TeardownFailed { why: why.to_owned(), ending, attempt });
    change.audit("teardown failed", &Actor::Provisioner, why);
    Ok(show_and_notify(change))
}

/// Ends a request whose resources were removed outside of the portal.
pub(super) fn vanished(mut change: TransitionBuilder, event: &Event) -> Result<Transition, Refusal> {
    // Only these two are compared with AWS: in any other status an operation is running, or nothing has to exist.
    let ending = match &change.request.status {
        Status::Active { .. } => Ending::Terminated { cause: Cause::Vanished },
        Status::TeardownFailed { ending, .. } => ending.clone(),
        Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::Approved
        | Status::Provisioning { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => return Err(change.does_not_apply(event)),
    };
    change.bump_epoch();
    change.close_waiting();
    change.becomes(match ending {
        Ending::Failed { why } => Status::Failed { why },
        Ending::Terminated { cause } => Status::Terminated { cause },
    });
    change.audit("vanished", &Actor::Provisioner, "removed outside of the portal");
    Ok(show_and_notify(change))
}

pub(super) fn retain(mut change: TransitionBuilder, by: &By, reason: &str) -> Result<Transition, Refusal> {
    match change.request.status.clone() {
        Status::TeardownFailed { .. } | Status::Terminating { .. } => {}
        // The workflow must not keep waiting for provisioning; whatever exists in AWS stays.
        Status::Provisioning { token, .. } => change.resume(token, Resume::Success),
        // Frees the budget reserved for the change.
        Status::Updating { .. } => change.drops_running_change(),
        Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::Approved
        | Status::Active { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => {
            return Err(Refusal::NothingToRetain { status: change.request.status.name() });
        }
    }
    change.bump_epoch();
    change.becomes(Status::Retained { by: by.person.clone(), reason: reason.to_owned() });
    change.audit("retained", &Actor::Person(by.clone()), reason);
    Ok(show_and_notify(change))
}

/// Updates all messages and notifies the owner of the final status.
fn show_and_notify(change: TransitionBuilder) -> Transition {
    let status: StatusName = change.request.status.name();
    let mut slots = ALL.to_vec();
    slots.push(MessageSlot::Notification(Notification::Status(status)));
    change.shows(&slots)
}
