//! Asking approvers about a renewal or a change of what exists.

use super::builder::{Transition, TransitionBuilder};
use super::reminders;
use crate::domain::approval::Approval;
use crate::domain::audit::Actor;
use crate::domain::request::MessageSlot;

/// Asks for the approval. `subject` says for the audit trail what it is about, up to the number of approvals needed.
pub(super) fn begin(
    mut change: TransitionBuilder,
    approval: Approval,
    actor: &Actor,
    subject: &str,
) -> Transition {
    let (kind, answer_by) = (approval.about.kind(), approval.answer_by);
    let as_exception = change.request.as_exception(&approval);
    let detail = format!("{subject} {} needed{as_exception}", approval.needed());
    // Stored before the reminders, whose dates depend on it.
    change.request.asks(approval);
    // The card of the one before stays in its channel with its outcome; this one gets a card of its own.
    change.request.messages.remove(&kind.card());
    change.request.updated_at = change.now;
    change.later(kind.deadline(), answer_by);
    reminders::begin(&mut change);
    change.audit(&kind.event("requested"), actor, detail);
    change.shows(&[kind.card(), MessageSlot::Direct, MessageSlot::Warning])
}
