//! Decisions of people and the clock: approve, deny, cancel and time out, for requests, renewals and changes alike.
//! The caller has already checked permissions.

use jiff::Timestamp;

use super::Transition;
use super::builder::TransitionBuilder;
use super::lease::{extend, not_renewed, withdrawn};
use super::reminders;
use super::update;
use crate::domain::approve_with_changes::{ApprovedChanges, Reduction};
use crate::domain::audit::{Actor, By, answered};
use crate::domain::event::Event;
use crate::domain::ids::PersonId;
use crate::domain::job::Resume;
use crate::domain::lease::Lease;
use crate::domain::policy::{ApprovalPath, path_without_exception};
use crate::domain::refusal::Refusal;
use crate::domain::request::{
    Approval, MessageSlot, Notification, Question, ReminderKind, Renewal, RenewalAnswer, Status, StatusName,
};

pub(super) fn approve(
    mut change: TransitionBuilder,
    by: &By,
    instead_of: Option<&PersonId>,
    lowered: Option<&ApprovedChanges>,
) -> Result<Transition, Refusal> {
    // Only a request's own parameters can be reduced. A form opened for one may be submitted after something else
    // waits.
    if lowered.is_some() && !matches!(change.request.question(), Question::Request) {
        return Err(Refusal::stale(&change.request));
    }
    match change.request.question() {
        Question::Request => {}
        Question::Renewal(_) => return approve_renewal(change, by, instead_of),
        Question::Change(_) => return update::approve(change, by, instead_of),
    }
    let Status::AwaitingApproval { token } = change.request.status.clone() else {
        return Err(change.already_decided());
    };
    change.is_in_time()?;
    let needed = change.needed();
    let (now, answer) = (change.now, (&by.person, instead_of));
    let have = add(&mut change.request.approvals, needed, answer, now)?;
    let made = lowered.map_or(Ok(Vec::new()), |lowered| change.lowers(lowered, &by.person))?;
    let word = if made.is_empty() { "approved" } else { "approved with changes" };
    let mut detail: Vec<String> = made.iter().map(Reduction::difference).collect();
    let actor = Actor::Person(by.clone());
    if have < needed {
        detail.insert(0, format!("{have} of {needed} approvals"));
        change.audit(word, &actor, answered(&detail.join(", "), instead_of));
        return Ok(goes_on(change, MessageSlot::Card));
    }
    change.becomes(Status::Approved);
    change.audit(word, &actor, answered(&detail.join(", "), instead_of));
    change.resume(token, Resume::Success);
    let told = MessageSlot::Notification(Notification::Status(StatusName::Approved));
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct, told]))
}

/// Adds an approval and returns how many there are. Nobody can answer twice, and nobody can be answered for twice.
pub(super) fn add(
    approvals: &mut Vec<Approval>,
    needed: u32,
    (by, instead_of): (&PersonId, Option<&PersonId>),
    now: Timestamp,
) -> Result<u32, Refusal> {
    let have = u32::try_from(approvals.len()).unwrap_or(u32::MAX);
    let missing = needed.saturating_sub(have);
    if approvals.iter().any(|approval| approval.by == *by) {
        return Err(Refusal::AlreadyApprovedByYou { missing });
    }
    // A delegate's answer uses up the absent approver's: neither may answer again in person, nor through another
    // delegate.
    let in_place =
        |approval: &&Approval| approval.is_of(by) || instead_of.is_some_and(|of| approval.is_of(of));
    if let Some(earlier) = approvals.iter().find(in_place) {
        return Err(Refusal::PlaceIsTaken { by: earlier.by.clone(), missing });
    }
    approvals.push(Approval { by: by.clone(), at: now, instead_of: instead_of.cloned() });
    Ok(have.saturating_add(1))
}

/// Continues after an approval that is not the last: with the same stage, or by asking the next one.
pub(super) fn goes_on(mut change: TransitionBuilder, card: MessageSlot) -> Transition {
    let agreed = change.request.agreed().len();
    let (before, after) = (agreed.saturating_sub(1), agreed);
    if change.request.stage_after(before) == change.request.stage_after(after) {
        return change.shows(&[card, MessageSlot::Direct]);
    }
    reminders::next_stage(&mut change);
    change.shows(&[card, MessageSlot::Direct, MessageSlot::Prompt(ReminderKind::Turn)])
}

fn approve_renewal(
    mut change: TransitionBuilder,
    by: &By,
    instead_of: Option<&PersonId>,
) -> Result<Transition, Refusal> {
    let (lease, renewal) = waiting_renewal(&change)?;
    let needed = change.request.needed_for_answer();
    let mut renewal = renewal;
    let have = add(&mut renewal.approvals, needed, (&by.person, instead_of), change.now)?;
    let actor = Actor::Person(by.clone());
    if have < needed {
        change.request.renewal = Some(renewal);
        change.audit(
            "renewal approved",
            &actor,
            answered(&format!("{have} of {needed} approvals"), instead_of),
        );
        return Ok(goes_on(change, MessageSlot::Renewal));
    }
    let period = renewal.period;
    renewal.answer = Some(RenewalAnswer::Granted);
    change.request.renewal = Some(renewal);
    change.bump_epoch();
    extend(&mut change, &lease, period, &actor);
    Ok(change.shows(&[
        MessageSlot::Renewal,
        MessageSlot::Card,
        MessageSlot::Thread,
        MessageSlot::Direct,
        MessageSlot::Warning,
        MessageSlot::Notification(Notification::Renewal),
    ]))
}

/// Returns the waiting renewal and its lease, unless its deadline has passed.
fn waiting_renewal(change: &TransitionBuilder) -> Result<(Lease, Renewal), Refusal> {
    let waiting = change.request.waiting_renewal().filter(|renewal| change.now < renewal.approve_by);
    match (change.request.lease(), waiting) {
        (Some(lease), Some(renewal)) => Ok((lease.clone(), renewal.clone())),
        _ => Err(Refusal::stale(&change.request)),
    }
}

pub(super) fn deny(
    mut change: TransitionBuilder,
    by: &By,
    reason: &str,
    instead_of: Option<&PersonId>,
) -> Result<Transition, Refusal> {
    if change.request.waiting_change().is_some() {
        return update::deny(change, by, reason, instead_of);
    }
    let (who, of, why) = (by.person.clone(), instead_of.cloned(), reason.to_owned());
    if change.request.waiting_renewal().is_some() {
        let (lease, _) = waiting_renewal(&change)?;
        let answer = RenewalAnswer::Denied { by: who, instead_of: of, reason: why };
        let actor = Actor::Person(by.clone());
        return Ok(not_renewed(
            change,
            &lease,
            answer,
            "renewal denied",
            &actor,
            &answered(reason, instead_of),
        ));
    }
    let Status::AwaitingApproval { token } = change.request.status.clone() else {
        return Err(change.already_decided());
    };
    change.is_in_time()?;
    change.becomes(Status::Denied { by: who, instead_of: of, reason: why });
    change.audit("denied", &Actor::Person(by.clone()), answered(reason, instead_of));
    change.resume(token, Resume::Denied);
    let told = MessageSlot::Notification(Notification::Status(StatusName::Denied));
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Direct, told]))
}

pub(super) fn cancel(mut change: TransitionBuilder, by: &By) -> Result<Transition, Refusal> {
    if change.request.waiting_change().is_some() {
        return update::withdraw(change, by);
    }
    if !change.request.may_withdraw(&by.person) {
        return Err(Refusal::NotTheRequester { requester: change.request.asker().clone() });
    }
    if change.request.waiting_renewal().is_some() {
        let (lease, _) = waiting_renewal(&change)?;
        return Ok(withdrawn(change, &lease, by));
    }
    match change.request.status.clone() {
        // No execution waits yet. It learns of the cancellation when it asks for approval.
        Status::Pending => {}
        Status::AwaitingApproval { token } => change.resume(token, Resume::Cancelled),
        Status::Denied { .. } | Status::Cancelled | Status::TimedOut => return Err(change.already_decided()),
        Status::Approved
        | Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Updating { .. }
        | Status::Terminating { .. }
        | Status::Failed { .. }
        | Status::TeardownFailed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => {
            return Err(Refusal::TooLateToCancel { status: change.request.status.name() });
        }
    }
    change.becomes(Status::Cancelled);
    change.audit("cancelled", &Actor::Person(by.clone()), "");
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Direct]))
}

pub(super) fn time_out(mut change: TransitionBuilder) -> Result<Transition, Refusal> {
    let undecided = change.request.status.name().is_undecided();
    if !undecided || change.now < change.request.approve_by {
        return Err(change.does_not_apply(&Event::ApprovalDeadline));
    }
    if let Status::AwaitingApproval { token } = change.request.status.clone() {
        change.resume(token, Resume::TimedOut);
    }
    change.becomes(Status::TimedOut);
    change.audit("timed out", &Actor::Clock, "");
    Ok(change.shows(&[
        MessageSlot::Card,
        MessageSlot::Thread,
        MessageSlot::Direct,
        MessageSlot::Notification(Notification::Status(StatusName::TimedOut)),
    ]))
}

/// Turns a waiting exception into an ordinary request. The admins need not approve any more; if all other approvers
/// have, the request is approved.
pub(super) fn room_found(mut change: TransitionBuilder, event: &Event) -> Result<Transition, Refusal> {
    if !change.request.status.name().is_undecided() || change.now >= change.request.approve_by {
        return Err(change.does_not_apply(event));
    }
    let Some(exception) = change.request.exception.take() else { return Err(change.does_not_apply(event)) };
    change.request.room_since = Some(change.now);
    change.request.updated_at = change.now;
    change.request.approval = path_without_exception(&change.request.approval);
    // A click made before was checked against the rules of exceptions, which no longer apply.
    change.bump_epoch();
    let beyond = exception.describe(change.request.estimate.as_ref());
    change.audit("exception not needed", &Actor::Clock, format!("room has come free; it was {beyond}"));
    let have = u32::try_from(change.request.approvals.len()).unwrap_or(u32::MAX);
    if matches!(change.request.approval, ApprovalPath::Ask { needed, .. } if have < needed) {
        if change.request.waits_for_approvers() {
            reminders::schedule(&mut change);
        }
        return Ok(change.shows(&[MessageSlot::Card, MessageSlot::Direct]));
    }
    if let Status::AwaitingApproval { token } = change.request.status.clone() {
        change.resume(token, Resume::Success);
    }
    change.becomes(Status::Approved);
    change.audit("approved", &Actor::Clock, "everybody else had agreed");
    let told = MessageSlot::Notification(Notification::Status(StatusName::Approved));
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct, told]))
}
