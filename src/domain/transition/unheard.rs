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
    let undecided = change.request.status.name().is_undecided();
    let surfaces: Vec<MessageSlot> =
        DATED.into_iter().filter(|surface| !(undecided && *surface == MessageSlot::Thread)).collect();
    Ok(change.shows(&surfaces))
}

/// Postpones the approval deadline; returns whether it has moved.
fn moves_answer(change: &mut TransitionBuilder, silence: &Silence) -> bool {
    let moved = change.request.asking.moved.unwrap_or_default();
    let whole = change.request.product.approval.timeout;
    let waits = change.request.status.name().is_undecided() || change.request.waiting().is_some();
    if !waits {
        return false;
    }
    let approval = change.request.approval_mut();
    let Some(at) = silence.moves(approval.answer_by, whole, moved) else { return false };
    approval.answer_by = at;
    let deadline = approval.about.kind().deadline();
    change.request.asking.moved = Some(moved.saturating_add(1));
    change.later(deadline, at);
    change.audit("answer-by moved", &Actor::Clock, why(silence, "answer by", at));
    true
}

/// Postpones the end of the lease; returns whether it has moved.
fn moves_end(change: &mut TransitionBuilder, silence: &Silence) -> bool {
    let terms = &change.request.product.lease;
    let (Status::Active { lease } | Status::Updating { lease }) = &change.request.status else {
        return false;
    };
    let Some(moved) = lease.after_silence(terms, silence) else { return false };
    let at = moved.expires_at;
    // Nothing checks the lease during an update, so there is no job to postpone.
    if let Status::Updating { lease } = &mut change.request.status {
        *lease = moved;
    } else {
        change.leases(moved);
    }
    change.audit("end moved", &Actor::Clock, why(silence, "ends", at));
    true
}

fn why(silence: &Silence, what: &str, at: jiff::Timestamp) -> String {
    format!("people may not have been heard from {:.0} to {:.0}, {what} {at:.0}", silence.from, silence.until)
}
