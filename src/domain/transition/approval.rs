//! Decisions of people and the clock: approve, deny, cancel and time out, for requests, renewals and changes alike.
//! The caller has already checked permissions.

use jiff::Timestamp;

use super::builder::{Transition, TransitionBuilder};
use super::{lease, reminders, update};
use crate::domain::approval::{
    About, AboutKind, Answer, ApprovedChanges, Consent, Reduction, path_without_exception,
};
use crate::domain::audit::{Actor, By, answered};
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, TaskToken};
use crate::domain::job::Resume;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageSlot, Notification, ReminderKind, Status, StatusName};

pub(super) fn approve(
    mut change: TransitionBuilder,
    by: &By,
    instead_of: Option<&PersonId>,
    lowered: Option<&ApprovedChanges>,
) -> Result<Transition, Refusal> {
    open(&change)?;
    let now = change.now;
    let approval = change.request.approval_mut();
    let (kind, needed) = (approval.about.kind(), approval.needed());
    let have = add(&mut approval.consents, needed, (&by.person, instead_of), now)?;
    let made = lowered.map_or(Ok(Vec::new()), |lowered| change.lowers(lowered, &by.person))?;
    let event = kind.event(if made.is_empty() { "approved" } else { "approved with changes" });
    let mut detail: Vec<String> = made.iter().map(Reduction::difference).collect();
    let actor = Actor::Person(by.clone());
    if have < needed {
        detail.insert(0, format!("{have} of {needed} approvals"));
        change.audit(&event, &actor, answered(&detail.join(", "), instead_of));
        return Ok(goes_on(change, kind.card()));
    }
    Ok(agreed(change, &event, &actor, &answered(&detail.join(", "), instead_of)))
}

/// Carries out what everybody has agreed to.
fn agreed(mut change: TransitionBuilder, event: &str, actor: &Actor, detail: &str) -> Transition {
    match change.request.approval().about.clone() {
        About::Create => {
            let status = change.request.status.clone();
            change.becomes(Status::Approved);
            change.audit(event, actor, detail);
            if let Status::AwaitingApproval { token } = status {
                change.resume(token, Resume::Success);
            }
            let approved = MessageSlot::Notification(Notification::Status(StatusName::Approved));
            change.shows(&[MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct, approved])
        }
        About::Renew(renewal) => {
            let is_reduced = !change.request.approval().reductions.is_empty();
            change.answers_later(Answer::Approved);
            change.bump_epoch();
            // Extending has an entry of its own, so the approval has one only if it says more than that.
            if is_reduced {
                change.audit(event, actor, detail);
            }
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
            change.audit(event, actor, detail);
            update::starts(change)
        }
    }
}

/// Returns the token of the execution that waits for the answer, if one does. Refuses an answer to what is decided, was
/// not asked yet, or has timed out.
fn open(change: &TransitionBuilder) -> Result<Option<TaskToken>, Refusal> {
    let token = if let Status::AwaitingApproval { token } = &change.request.status {
        Some(token.clone())
    } else {
        None
    };
    if token.is_none() && change.request.waiting().is_none() {
        return Err(change.already_decided());
    }
    change.is_in_time()?;
    Ok(token)
}

/// Adds an approval and returns how many there are. Nobody can answer twice, and nobody can be answered for twice.
pub(super) fn add(
    approvals: &mut Vec<Consent>,
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
        |approval: &&Consent| approval.is_of(by) || instead_of.is_some_and(|of| approval.is_of(of));
    if let Some(earlier) = approvals.iter().find(in_place) {
        return Err(Refusal::PlaceIsTaken { by: earlier.by.clone(), missing });
    }
    approvals.push(Consent { by: by.clone(), at: now, instead_of: instead_of.cloned() });
    Ok(have.saturating_add(1))
}

/// Continues after an approval that is not the last: with the same stage, or by asking the next one.
pub(super) fn goes_on(mut change: TransitionBuilder, card: MessageSlot) -> Transition {
    let agreed = change.request.approval().consents.len();
    let (before, after) = (agreed.saturating_sub(1), agreed);
    if change.request.stage_after(before) == change.request.stage_after(after) {
        return change.shows(&[card, MessageSlot::Direct]);
    }
    reminders::next_stage(&mut change);
    change.shows(&[card, MessageSlot::Direct, MessageSlot::Prompt(ReminderKind::Turn)])
}

pub(super) fn deny(
    mut change: TransitionBuilder,
    by: &By,
    reason: &str,
    instead_of: Option<&PersonId>,
) -> Result<Transition, Refusal> {
    let token = open(&change)?;
    let (who, of, why) = (by.person.clone(), instead_of.cloned(), reason.to_owned());
    let (actor, detail) = (Actor::Person(by.clone()), answered(reason, instead_of));
    if change.request.waiting().is_some() {
        let answer = Answer::Denied { by: who, instead_of: of, reason: why };
        return Ok(closes(change, answer, "denied", (&actor, &detail)));
    }
    change.becomes(Status::Denied { by: who, instead_of: of, reason: why });
    change.audit("denied", &actor, detail);
    if let Some(token) = token {
        change.resume(token, Resume::Denied);
    }
    let told = MessageSlot::Notification(Notification::Status(StatusName::Denied));
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Direct, told]))
}

/// Closes a renewal or change that is not going to be made; what exists stays as it is.
fn closes(
    mut change: TransitionBuilder,
    answer: Answer,
    event: &str,
    (actor, detail): (&Actor, &str),
) -> Transition {
    let kind = change.request.approval().about.kind();
    // Whoever withdraws it knows, so nobody is notified.
    let is_news = !matches!(answer, Answer::Withdrawn { .. });
    if let About::Renew(renewal) = &change.request.approval().about {
        let held = renewal.holds_end;
        lease::resumes(&mut change, held);
    }
    change.answers_later(answer);
    change.bump_epoch();
    change.request.updated_at = change.now;
    change.audit(&kind.event(event), actor, detail);
    let mut surfaces = vec![kind.card(), MessageSlot::Direct, MessageSlot::Warning];
    let notification = if kind == AboutKind::Renew { Notification::Renewal } else { Notification::Change };
    surfaces.extend(is_news.then_some(MessageSlot::Notification(notification)));
    change.shows(&surfaces)
}

pub(super) fn cancel(mut change: TransitionBuilder, by: &By) -> Result<Transition, Refusal> {
    if !change.request.may_withdraw(&by.person) {
        return Err(Refusal::NotTheRequester { requester: change.request.approval().asked_by.clone() });
    }
    let (answer, actor) = (Answer::Withdrawn { by: by.person.clone() }, Actor::Person(by.clone()));
    if change.request.waiting().is_some() {
        change.is_in_time()?;
        return Ok(closes(change, answer, "withdrawn", (&actor, "")));
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
    change.request.creation.answer = Some(answer);
    change.becomes(Status::Cancelled);
    change.audit("cancelled", &actor, "");
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Direct]))
}

pub(super) fn time_out(mut change: TransitionBuilder) -> Result<Transition, Refusal> {
    let waits = change.request.status.name().is_undecided() || change.request.waiting().is_some();
    if !waits || change.now < change.request.approval().answer_by {
        return Err(change.does_not_apply(&Event::ApprovalDeadline));
    }
    if change.request.waiting().is_some() {
        return Ok(closes(change, Answer::TimedOut, "timed out", (&Actor::Clock, "")));
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
    let detail = format!("room has come free; it was {}", exception.describe(adds));
    change.audit(&kind.event("exception not needed"), &Actor::Clock, detail);
    if is_agreed {
        return Ok(agreed(change, &kind.event("approved"), &Actor::Clock, "everybody else had agreed"));
    }
    if change.request.waits_for_approvers() {
        reminders::schedule(&mut change);
    }
    Ok(change.shows(&[kind.card(), MessageSlot::Direct]))
}
