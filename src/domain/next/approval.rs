//! What people and the clock decide: approve, deny, cancel, time out. Their right to was checked before.

use super::Transition;
use super::change::Change;
use crate::domain::audit::Actor;
use crate::domain::event::Event;
use crate::domain::ids::PersonId;
use crate::domain::job::Resume;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Approval, Status, StatusName, Surface};

pub(super) fn approve(mut change: Change, by: &PersonId) -> Result<Transition, Refusal> {
    let Status::AwaitingApproval { token } = change.request.status.clone() else {
        return Err(change.already_decided());
    };
    change.is_in_time()?;
    let needed = change.needed();
    let have = u32::try_from(change.request.approvals.len()).unwrap_or(u32::MAX);
    if change.request.approvals.iter().any(|approval| approval.by == *by) {
        return Err(Refusal::AlreadyApprovedByYou { missing: needed.saturating_sub(have) });
    }
    change.request.approvals.push(Approval { by: by.clone(), at: change.now });
    let actor = Actor::Person(by.clone());
    if have + 1 < needed {
        change.audit("approved", &actor, format!("{} of {needed} approvals", have + 1));
        return Ok(change.shows(&[Surface::Card, Surface::Direct]));
    }
    change.becomes(Status::Approved);
    change.audit("approved", &actor, "");
    change.resume(token, Resume::Success);
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::Approved)]))
}

pub(super) fn deny(mut change: Change, by: &PersonId, reason: &str) -> Result<Transition, Refusal> {
    let Status::AwaitingApproval { token } = change.request.status.clone() else {
        return Err(change.already_decided());
    };
    change.is_in_time()?;
    change.becomes(Status::Denied { by: by.clone(), reason: reason.to_owned() });
    change.audit("denied", &Actor::Person(by.clone()), reason);
    change.resume(token, Resume::Denied);
    Ok(change.shows(&[Surface::Card, Surface::Direct, Surface::Told(StatusName::Denied)]))
}

pub(super) fn cancel(mut change: Change, by: &PersonId) -> Result<Transition, Refusal> {
    if *by != change.request.requester {
        return Err(Refusal::NotTheRequester { requester: change.request.requester });
    }
    match change.request.status.clone() {
        Status::Pending => {}
        Status::AwaitingApproval { token } => change.resume(token, Resume::Cancelled),
        Status::Denied { .. } | Status::Cancelled | Status::TimedOut => return Err(change.already_decided()),
        Status::Approved
        | Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Terminating { .. }
        | Status::Failed { .. }
        | Status::TeardownFailed { .. } => {
            return Err(Refusal::TooLateToCancel { status: change.request.status.name() });
        }
    }
    change.becomes(Status::Cancelled);
    change.audit("cancelled", &Actor::Person(by.clone()), "");
    Ok(change.shows(&[Surface::Card, Surface::Direct]))
}

pub(super) fn time_out(mut change: Change) -> Result<Transition, Refusal> {
    let undecided = change.request.status.name().is_undecided();
    if !undecided || change.now < change.request.approve_by {
        return Err(change.does_not_apply(&Event::ApprovalDeadline));
    }
    if let Status::AwaitingApproval { token } = change.request.status.clone() {
        change.resume(token, Resume::TimedOut);
    }
    change.becomes(Status::TimedOut);
    change.audit("timed out", &Actor::Clock, "");
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::TimedOut)]))
}
