//! After a time in which the bot could not receive people's answers, the deadlines and lease ends of that time are
//! postponed.

use super::builder::{Transition, TransitionBuilder};
use super::reminders;
use crate::domain::audit::Actor;
use crate::domain::event::Event;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageSlot, Status};
use crate::domain::silence::Silence;

/// Messages that show one of these dates.
const DATED: [MessageSlot; 6] = [
    MessageSlot::Card,
    MessageSlot::Thread,
    MessageSlot::Direct,
    MessageSlot::Warning,
    MessageSlot::Renewal,
    MessageSlot::Change,
];

pub(super) fn unheard(
    mut change: TransitionBuilder,
    event: &Event,
    silence: &Silence,
) -> Result<Transition, Refusal> {
    let answer_moved = moves_answer(&mut change, silence);
    let end_moved = moves_end(&mut change, silence);
    if !answer_moved && !end_moved {
        return Err(change.does_not_apply(event));
    }
    if change.request.waits_for_approvers() {
        reminders::schedule(&mut change);
    }
    // An undecided request has no thread yet.
    let is_undecided = change.request.status.name().is_undecided();
    let slots: Vec<MessageSlot> =
        DATED.into_iter().filter(|slot| !(is_undecided && *slot == MessageSlot::Thread)).collect();
    Ok(change.shows(&slots))
}

/// Postpones the approval deadline; returns whether it has moved.
fn moves_answer(change: &mut TransitionBuilder, silence: &Silence) -> bool {
    let times_moved = change.request.asking.moved.unwrap_or_default();
    let timeout = change.request.product.approval.timeout;
    let is_waiting = change.request.status.name().is_undecided() || change.request.waiting().is_some();
    if !is_waiting {
        return false;
    }
    let approval = change.request.approval_mut();
    let Some(at) = silence.moves(approval.answer_by, timeout, times_moved) else { return false };
    approval.answer_by = at;
    let deadline = approval.about.kind().deadline();
    change.request.asking.moved = Some(times_moved.saturating_add(1));
    // Replaces the job of the old date, which has the same key.
    change.later(deadline, at);
    change.audit("answer-by moved", &Actor::Clock, reason(silence, "answer by", at));
    true
}

/// Postpones the end of the lease; returns whether it has moved.
fn moves_end(change: &mut TransitionBuilder, silence: &Silence) -> bool {
    let terms = &change.request.product.lease;
    let (Status::Active { lease } | Status::Updating { lease }) = &change.request.status else {
        return false;
    };
    let Some(postponed) = lease.after_silence(terms, silence) else { return false };
    let at = postponed.expires_at;
    // Nothing checks the lease during an update, so there is no job to postpone.
    if let Status::Updating { lease } = &mut change.request.status {
        *lease = postponed;
    } else {
        change.leases(postponed);
    }
    change.audit("end moved", &Actor::Clock, reason(silence, "ends", at));
    true
}

fn reason(silence: &Silence, label: &str, at: jiff::Timestamp) -> String {
    format!(
        "the bot may have been unreachable from {:.0} to {:.0}, {label} {at:.0}",
        silence.from, silence.until
    )
}
