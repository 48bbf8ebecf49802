//! Decisions of people and the clock: approve, deny, cancel and time out, for requests, renewals and changes alike.
//! The caller has already checked permissions.

use jiff::Timestamp;

use super::builder::{Transition, TransitionBuilder};
use super::{lease, reminders, update};
use crate::domain::approval::{About, AboutKind, Answer, ApprovedChanges, Consent, path_without_exception};
use crate::domain::audit::{Actor, By, answered};
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, TaskToken};
use crate::domain::job::Resume;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageSlot, Notification, ReminderKind, Status, StatusName};

pub(super) fn approve(
    mut change: TransitionBuilder,
    by: &By,
    on_behalf_of: Option<&PersonId>,
    changes: Option<&ApprovedChanges>,
) -> Result<Transition, Refusal> {
    check_open(&change)?;
    let now = change.now;
    let approval = change.request.approval_mut();
    let (kind, needed) = (approval.about.kind(), approval.needed());
    let given = add(&mut approval.consents, needed, (&by.person, on_behalf_of), now)?;
    let reductions = match changes {
        Some(changes) => change.apply_changes(changes, &by.person)?,
        None => Vec::new(),
    };
    let event = kind.event(if reductions.is_empty() { "approved" } else { "approved with changes" });
    let mut detail: Vec<String> = reductions.iter().map(|reduction| reduction.difference(kind)).collect();
    let actor = Actor::Person(by.clone());
    if given < needed {
        detail.insert(0, format!("{given} of {needed} approvals"));
        change.audit(&event, &actor, answered(&detail.join(", "), on_behalf_of));
        return Ok(continue_approval(change, kind.card()));
    }
    let detail = answered(&detail.join(", "), on_behalf_of);
    // Extending has an entry of its own, so the approval has one only if it says more than that.
    let is_said = kind == AboutKind::Renew && reductions.is_empty();
    Ok(agreed(change, &actor, if is_said { None } else { Some((event, detail)) }))
}

/// Carries out what everybody has agreed to. `entry` is the event and detail for the audit trail.
fn agreed(mut change: TransitionBuilder, actor: &Actor, entry: Option<(String, String)>) -> Transition {
    let audit = |change: &mut TransitionBuilder| {
        if let Some((event, detail)) = entry {
            change.audit(&event, actor, detail);
        }
    };
    match change.request.approval().about.clone() {
        About::Create => {
            let status = change.request.status.clone();
            change.becomes(Status::Approved);
            audit(&mut change);
            if let Status::AwaitingApproval { token } = status {
                change.resume(token, Resume::Success);
            }
            let approved = MessageSlot::Notification(Notification::Status(StatusName::Approved));
            change.shows(&[MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct, approved])
        }
        About::Renew(renewal) => {
            change.answers_later(Answer::Approved);
            change.bump_epoch();
            audit(&mut change);
            lease::extend(&mut change, renewal.period, actor);
            change.shows(&[
                MessageSlot::Renewal,
                MessageSlot::Card,
                MessageSlot::Thread,
                MessageSlot::Direct,
                MessageSlot::Warning,
                MessageSlot::Notification(Notification::Renewal),
            ])
        }
        About::Change(_) => {
            change.answers_later(Answer::Approved);
            change.bump_epoch();
            audit(&mut change);
            update::starts(change)
        }
    }
}

/// Returns the token of the execution that waits for the answer, if one does. Refuses an answer to what is decided, was
/// not asked yet, or has timed out.
fn check_open(change: &TransitionBuilder) -> Result<Option<TaskToken>, Refusal> {
    let token = if let Status::AwaitingApproval { token } = &change.request.status {
        Some(token.clone())
    } else {
        None
    };
    if token.is_none() && change.request.waiting().is_none() {
        return Err(change.already_decided());
    }
    // The job that times it out may not have run yet.
    change.is_in_time()?;
    Ok(token)
}

/// Adds an approval and returns how many there are. Nobody can answer twice, and nobody can be answered for twice.
fn add(
    approvals: &mut Vec<Consent>,
    needed: u32,
    (by, on_behalf_of): (&PersonId, Option<&PersonId>),
    now: Timestamp,
) -> Result<u32, Refusal> {
    let given = u32::try_from(approvals.len()).unwrap_or(u32::MAX);
    let missing = needed.saturating_sub(given);
    if approvals.iter().any(|approval| approval.by == *by) {
        return Err(Refusal::AlreadyApprovedByYou { missing });
    }
    // A delegate's answer uses up the absent approver's: neither may answer again in person, nor through another
    // delegate.
    let uses_up =
        |approval: &&Consent| approval.is_of(by) || on_behalf_of.is_some_and(|person| approval.is_of(person));
    if let Some(earlier) = approvals.iter().find(uses_up) {
        return Err(Refusal::PlaceIsTaken { by: earlier.by.clone(), missing });
    }
    approvals.push(Consent { by: by.clone(), at: now, on_behalf_of: on_behalf_of.cloned() });
    Ok(given.saturating_add(1))
}

/// Continues after an approval that is not the last: with the same stage, or by asking the next one.
fn continue_approval(mut change: TransitionBuilder, card: MessageSlot) -> Transition {
    let agreed = change.request.approval().consents.len();
    let (before, after) = (agreed.saturating_sub(1), agreed);
    if change.request.stage_after(before) == change.request.stage_after(after) {
        return change.shows(&[card, MessageSlot::Direct]);
    }
    // The buttons of the previous stage's approvers must not count for the next stage.
    reminders::next_stage(&mut change);
    change.shows(&[card, MessageSlot::Direct, MessageSlot::Reminder(ReminderKind::Turn)])
}

pub(super) fn deny(
    mut change: TransitionBuilder,
    by: &By,
    reason: &str,
    on_behalf_of: Option<&PersonId>,
) -> Result<Transition, Refusal> {
    let token = check_open(&change)?;
    let (person, absent, text) = (by.person.clone(), on_behalf_of.cloned(), reason.to_owned());
    let (actor, detail) = (Actor::Person(by.clone()), answered(reason, on_behalf_of));
    // A renewal or a change: what exists stays as it is.
    if change.request.waiting().is_some() {
        let answer = Answer::Denied { by: person, on_behalf_of: absent, reason: text };
        return Ok(close(change, answer, "denied", (&actor, &detail)));
    }
    change.becomes(Status::Denied { by: person, on_behalf_of: absent, reason: text });
    change.audit("denied", &actor, detail);
    if let Some(token) = token {
        change.resume(token, Resume::Denied);
    }
    let notification = MessageSlot::Notification(Notification::Status(StatusName::Denied));
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Direct, notification]))
}

/// Closes a renewal or change that is not going to be made; what exists stays as it is.
fn close(
    mut change: TransitionBuilder,
    answer: Answer,
    event: &str,
    (actor, detail): (&Actor, &str),
) -> Transition {
    let kind = change.request.approval().about.kind();
    // The person who withdraws it knows, so nobody is notified.
    let notifies = !matches!(answer, Answer::Withdrawn { .. });
    if let About::Renew(renewal) = &change.request.approval().about {
        let held_end = renewal.holds_end;
        lease::resumes(&mut change, held_end);
    }
    change.answers_later(answer);
    change.bump_epoch();
    change.request.updated_at = change.now;
    change.audit(&kind.event(event), actor, detail);
    let mut slots = vec![kind.card(), MessageSlot::Direct, MessageSlot::Warning];
    let notification = if kind == AboutKind::Renew { Notification::Renewal } else { Notification::Change };
    if notifies {
        slots.push(MessageSlot::Notification(notification));
    }
    change.shows(&slots)
}

pub(super) fn cancel(mut change: TransitionBuilder, by: &By) -> Result<Transition, Refusal> {
    if !change.request.may_withdraw(&by.person) {
        return Err(Refusal::NotTheRequester { requester: change.request.approval().asked_by.clone() });
    }
    let (answer, actor) = (Answer::Withdrawn { by: by.person.clone() }, Actor::Person(by.clone()));
    if change.request.waiting().is_some() {
        change.is_in_time()?;
        return Ok(close(change, answer, "withdrawn", (&actor, "")));
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
    // Before the status, which alone would name the requester although the owner may have withdrawn it.
    change.request.creation.answer = Some(answer);
    change.becomes(Status::Cancelled);
    change.audit("cancelled", &actor, "");
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Direct]))
}

pub(super) fn time_out(mut change: TransitionBuilder) -> Result<Transition, Refusal> {
    let is_waiting = change.request.status.name().is_undecided() || change.request.waiting().is_some();
    // The deadline may have been moved since the job was written.
    if !is_waiting || change.now < change.request.approval().answer_by {
        return Err(change.does_not_apply(&Event::ApprovalDeadline));
    }
    if change.request.waiting().is_some() {
        return Ok(close(change, Answer::TimedOut, "timed out", (&Actor::Clock, "")));
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

/// Turns a waiting exception into an ordinary approval. The admins need not approve any more; if all other approvers
/// have, it is approved.
pub(super) fn room_found(mut change: TransitionBuilder, event: &Event) -> Result<Transition, Refusal> {
    let approval = change.request.approval();
    if !change.request.waits_for_room() || change.now >= approval.answer_by {
        return Err(change.does_not_apply(event));
    }
    let (kind, adds, now) = (approval.about.kind(), change.request.adds(approval), change.now);
    let approval = change.request.approval_mut();
    let exception = approval.exception.take().unwrap_or_default();
    approval.room_since = Some(now);
    approval.path = path_without_exception(&approval.path);
    let is_agreed = approval.is_agreed();
    change.request.updated_at = now;
    // A click made before was checked against the rules of exceptions, which no longer apply.
    change.bump_epoch();
    let detail = format!("room is available now; it was {}", exception.describe(adds));
    change.audit(&kind.event("exception not needed"), &Actor::Clock, detail);
    if is_agreed {
        let entry = (kind.event("approved"), "all other approvals had been given".to_owned());
        return Ok(agreed(change, &Actor::Clock, Some(entry)));
    }
    if change.request.waits_for_approvers() {
        reminders::schedule(&mut change);
    }
    Ok(change.shows(&[kind.card(), MessageSlot::Direct]))
}
