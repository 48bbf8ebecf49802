//! Stuck requests. If a job was parked or dropped, an admin retries or ends the request (leaving its resources in
//! place is in `removal`). If the job is missing altogether, it is written again.

use jiff::{SignedDuration, Timestamp};

use super::builder::{Transition, TransitionBuilder};
use super::lease::lease_step;
use super::provisioning::provisioning_failed;
use super::removal::termination_failed;
use super::workflow::execution_lost;
use super::{reminders, update};
use crate::domain::audit::{Actor, By};
use crate::domain::event::Event;
use crate::domain::job::{JobKind, Resume};
use crate::domain::lease::LeaseStep;
use crate::domain::refusal::Refusal;
use crate::domain::request::{HeldUp, MessageSlot, Notification, Request, Status, StatusName};

/// A request that changed, or became due, more recently than this may still get its job.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(15);

/// Returns the jobs of which at least one has to exist, because nothing else would move the request on. Empty while
/// it waits for people, for the workflow, or for a date in the future.
pub(crate) fn expected_jobs(request: &Request, now: Timestamp) -> Vec<JobKind> {
    let before = now.saturating_sub(UNDER_WAY).unwrap_or(Timestamp::MIN);
    if request.updated_at > before {
        return Vec::new();
    }
    // Two jobs for each operation: the one that starts it, and the one that polls it.
    match &request.status {
        Status::Provisioning { .. } => vec![JobKind::Provision, JobKind::WatchProvisioning],
        Status::Updating { .. } => vec![JobKind::Update, JobKind::WatchUpdate],
        Status::Terminating { .. } => vec![JobKind::Terminate, JobKind::WatchTermination],
        Status::Pending | Status::AwaitingApproval { .. } if request.creation.answer_by <= before => {
            vec![JobKind::ApprovalDeadline]
        }
        Status::Active { .. } => match request.waiting() {
            Some(waiting) if waiting.answer_by <= before => vec![waiting.about.kind().deadline()],
            Some(_) | None => match lease_step(request, before) {
                Some(LeaseStep::Warn | LeaseStep::End) => vec![JobKind::Lease],
                Some(LeaseStep::Wait(_)) | None => Vec::new(),
            },
        },
        // Stuck executions are detected by reconciling with the workflow. Final statuses need no job.
        Status::Approved
        | Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::TeardownFailed { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => Vec::new(),
    }
}

/// Replaces a missing job.
pub(super) fn job_lost(mut change: TransitionBuilder, event: &Event) -> Result<Transition, Refusal> {
    if expected_jobs(&change.request, change.now).is_empty() {
        return Err(change.does_not_apply(event));
    }
    change.audit("looked at again", &Actor::Clock, "its next job was missing");
    restart_job(change)
}

/// Records that a permission is missing, which only admins can grant, and shows that in the requester's messages. If
/// several jobs lack permissions, the first one is shown.
pub(super) fn held_up(
    mut change: TransitionBuilder,
    event: &Event,
    (right, job): (&str, &str),
) -> Result<Transition, Refusal> {
    let status = change.request.status.name();
    let current = change.request.held_up.as_ref();
    if current.is_some_and(|current| current.job != job || current.right == right)
        || status.is_ended()
        || status == StatusName::TeardownFailed
    {
        return Err(change.does_not_apply(event));
    }
    change.request.held_up = Some(HeldUp { since: change.now, right: right.to_owned(), job: job.to_owned() });
    change.audit("held up", &Actor::Clock, format!("the permission `{right}` is missing"));
    Ok(shows_progress(change))
}

/// Records that the missing permission has been granted. Only a success of the same job proves that: other jobs of
/// the request need other permissions.
pub(super) fn permission_granted(
    mut change: TransitionBuilder,
    event: &Event,
    job: &str,
) -> Result<Transition, Refusal> {
    let Some(held_up) = change.request.held_up.take_if(|held_up| held_up.job == job) else {
        return Err(change.does_not_apply(event));
    };
    change.audit("goes on", &Actor::Clock, format!("the permission `{}` has been granted", held_up.right));
    Ok(shows_progress(change))
}

/// Updates the progress messages. An undecided request has no thread yet.
fn shows_progress(change: TransitionBuilder) -> Transition {
    if change.request.status.name().is_undecided() {
        change.shows(&[MessageSlot::Direct])
    } else {
        change.shows(&[MessageSlot::Thread, MessageSlot::Direct])
    }
}

/// Writes the current job again, whatever happened to the previous one.
pub(super) fn look_again(
    mut change: TransitionBuilder,
    event: &Event,
    by: &By,
    lost: bool,
) -> Result<Transition, Refusal> {
    let status = change.request.status.name();
    if status.is_ended() || status == StatusName::TeardownFailed {
        return Err(Refusal::NotStuck { status });
    }
    change.audit("looked at again", &Actor::Person(by.clone()), "");
    // Only these statuses depend on a running execution; later ones depend on the provisioner.
    if lost && (status.is_undecided() || status == StatusName::Approved) {
        let execution = change.request.execution();
        return execution_lost(change, event, &execution);
    }
    restart_job(change)
}

/// Writes the job for the current status. A second run is harmless, because every job may run twice.
fn restart_job(mut change: TransitionBuilder) -> Result<Transition, Refusal> {
    // The job that lacked the permission may be gone. If the new one lacks it as well, it reports that again.
    change.request.held_up = None;
    let has_record = change.request.provisioned.is_some();
    let next = match &change.request.status {
        Status::Pending | Status::Approved => {
            Some(JobKind::StartExecution { attempt: change.request.attempt })
        }
        // Approvers have to act, not a job; their card is shown again below.
        Status::AwaitingApproval { .. } => None,
        Status::Provisioning { .. } if has_record => Some(JobKind::WatchProvisioning),
        Status::Provisioning { .. } => Some(JobKind::Provision),
        Status::Active { .. } => Some(JobKind::Lease),
        Status::Updating { .. } => Some(JobKind::Update),
        Status::Terminating { .. } => Some(JobKind::Terminate),
        Status::TeardownFailed { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => {
            return Err(Refusal::NotStuck { status: change.request.status.name() });
        }
    };
    if let Some(next) = next {
        change.job(next);
    }
    if change.request.status.name().is_undecided() || change.request.waiting().is_some() {
        let approval = change.request.approval();
        let (deadline, at) = (approval.about.kind().deadline(), approval.answer_by);
        change.later(deadline, at);
    }
    if change.request.waits_for_approvers() {
        reminders::schedule(&mut change);
    }
    let card = change.request.card();
    let slots = if change.request.waits_for_approvers() {
        vec![card, MessageSlot::Direct]
    } else {
        vec![MessageSlot::Direct]
    };
    Ok(change.shows(&slots))
}

/// Ends the current operation as if it had failed: what exists is removed, or stays as it was before a change.
pub(super) fn end(mut change: TransitionBuilder, event: &Event, by: &By) -> Result<Transition, Refusal> {
    let actor = Actor::Person(by.clone());
    let why = "the platform team ended it because it was stuck".to_owned();
    match change.request.status.clone() {
        Status::Pending | Status::Approved => {}
        Status::AwaitingApproval { token } => change.resume(token, Resume::Cancelled),
        Status::Provisioning { .. } => {
            change.audit("ended", &actor, "");
            return provisioning_failed(change, event, &why);
        }
        Status::Updating { .. } => {
            change.audit("ended", &actor, "");
            let status = change.request.status.name();
            return update::update_failed(change, event, &why).map_err(|_| Refusal::NotStuck { status });
        }
        Status::Terminating { .. } => {
            change.audit("ended", &actor, "");
            return termination_failed(change, event, &why);
        }
        // An active product is not stuck. Its removal is a teardown, which may require typing the name.
        Status::Active { .. }
        | Status::TeardownFailed { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => {
            return Err(Refusal::NotStuck { status: change.request.status.name() });
        }
    }
    change.bump_epoch();
    change.becomes(Status::Failed { why });
    change.audit("ended", &actor, "");
    let notification = MessageSlot::Notification(Notification::Status(StatusName::Failed));
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct, notification]))
}
