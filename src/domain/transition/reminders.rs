//! Approvers who do not answer: they are reminded, the request is escalated to the admins, and the requester can
//! nudge once. None of it happens after a decision.

use jiff::Timestamp;

use super::builder::{Transition, TransitionBuilder};
use crate::domain::approval::Approvers;
use crate::domain::audit::{Actor, By};
use crate::domain::event::Event;
use crate::domain::job::JobKind;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Asking, MessageSlot, ReminderKind, Request};

/// Starts the clock of a new approval.
pub(super) fn begin(change: &mut TransitionBuilder) {
    change.request.asking = Asking::begun(change.now);
    schedule(change);
    // Admins need not be members of the card's channel, so they are messaged directly as well.
    if asks_admins(&change.request) {
        let epoch = change.request.epoch;
        change.job(JobKind::FindApprovers { reminder: ReminderKind::Turn, epoch });
    }
}

/// Asks the next stage, after the previous one has approved. Buttons shown to the previous stage are invalidated.
pub(super) fn next_stage(change: &mut TransitionBuilder) {
    change.bump_epoch();
    change.request.updated_at = change.now;
    // The next stage has its full time until it is reminded, whatever the previous one took.
    begin(change);
}

/// Whether the admins are the current approvers, so that there is nobody to escalate to.
fn asks_admins(request: &Request) -> bool {
    request.stage().approvers == Approvers::Admins
}

/// Schedules the reminder and the escalation, unless they have been sent.
pub(super) fn schedule(change: &mut TransitionBuilder) {
    let epoch = change.request.epoch;
    for reminder in [ReminderKind::Reminder, ReminderKind::Escalation] {
        if let Some(at) = reminder_due(&change.request, reminder) {
            change.later(JobKind::Reminder { reminder, epoch }, at);
        }
    }
}

/// Returns when a reminder or escalation is due; `None` if it is not scheduled or has been sent.
pub(crate) fn reminder_due(request: &Request, reminder: ReminderKind) -> Option<Timestamp> {
    let (asking, rule) = (&request.asking, request.rule());
    let (due, sent_at) = match reminder {
        ReminderKind::Reminder => (rule.remind_after.after(asking.since?), asking.reminded_at),
        ReminderKind::Escalation => (escalates_at(request)?, asking.escalated_at),
        // These are caused by events, not by the clock.
        ReminderKind::Nudge | ReminderKind::Turn => return None,
    };
    // One at or after the deadline would be of no use.
    let is_useful = request.waits_for_approvers() && sent_at.is_none() && due < request.approval().answer_by;
    if is_useful { Some(due) } else { None }
}

/// Returns when the admins are asked as well; `None` if they are the current approvers.
fn escalates_at(request: &Request) -> Option<Timestamp> {
    let since = request.asking.since.filter(|_| !asks_admins(request))?;
    Some(request.rule().escalate_after.after(since))
}

/// Sends a reminder or escalation, if it is due.
pub(super) fn reminded(
    mut change: TransitionBuilder,
    event: &Event,
    reminder: ReminderKind,
    epoch: u32,
) -> Result<Transition, Refusal> {
    let now = change.now;
    let is_due = reminder_due(&change.request, reminder).is_some_and(|at| at <= now);
    if !is_due
        || is_outdone(&change.request, reminder, now)
        // The job was written for an approval that has ended or moved to the next stage.
        || epoch != change.request.epoch
        || now >= change.request.approval().answer_by
    {
        return Err(change.does_not_apply(event));
    }
    let since =
        change.request.asking.since.map(|since| format!("asked since {since:.0}")).unwrap_or_default();
    let asking = &mut change.request.asking;
    let (entry, sent_at) = match reminder {
        ReminderKind::Escalation => ("escalated", &mut asking.escalated_at),
        ReminderKind::Reminder | ReminderKind::Nudge | ReminderKind::Turn => {
            ("approvers reminded", &mut asking.reminded_at)
        }
    };
    *sent_at = Some(now);
    change.audit(entry, &Actor::Clock, since);
    Ok(remind_approvers(change, reminder))
}

/// Whether the escalation is due as well, for example after an outage; then only the escalation is sent.
fn is_outdone(request: &Request, reminder: ReminderKind, now: Timestamp) -> bool {
    let rule = request.rule();
    reminder == ReminderKind::Reminder
        && rule.remind_after <= rule.escalate_after
        && escalates_at(request).is_some_and(|at| at <= now && at < request.approval().answer_by)
}

pub(super) fn nudge(mut change: TransitionBuilder, by: &By) -> Result<Transition, Refusal> {
    if !change.request.waits_for_approvers() {
        return Err(change.already_decided());
    }
    let asked_by = &change.request.approval().asked_by;
    if by.person != *asked_by {
        return Err(Refusal::NotTheirsToNudge { asker: asked_by.clone() });
    }
    if change.now >= change.request.approval().answer_by {
        return Err(Refusal::stale(&change.request));
    }
    if let Some(at) = change.request.asking.nudged_at {
        return Err(Refusal::AlreadyNudged { at });
    }
    change.request.asking.nudged_at = Some(change.now);
    change.audit("approvers nudged", &Actor::Person(by.clone()), "");
    Ok(remind_approvers(change, ReminderKind::Nudge))
}

/// Messages the approvers, in the card's thread and directly, and shows on all messages that they were reminded.
fn remind_approvers(mut change: TransitionBuilder, reminder: ReminderKind) -> Transition {
    let epoch = change.request.epoch;
    change.job(JobKind::FindApprovers { reminder, epoch });
    let card = change.request.card();
    change.shows(&[card, MessageSlot::Direct, MessageSlot::Reminder(reminder)])
}
