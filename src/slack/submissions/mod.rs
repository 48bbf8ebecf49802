//! Handlers for submitted modals, one file per modal.

mod approve;
mod approve_with_changes;
mod away;
mod deny_reason;
mod form;
mod hand_over;
mod modal;
mod retain;
mod teardown;

pub(super) use modal::not_now;

use self::modal::{note, stays_open};
use super::blocks::MAX_SECTION;
use super::edge::Edge;
use super::ids::CallbackId;
use super::incoming::{ParseError, ViewRef, ViewSubmission};
use super::messages::Message;
use super::mrkdwn::quote;
use super::reply::Ack;

/// Shown for a form with an unknown callback id. It happens during a rollout: one version of the bot opens the form,
/// and another receives the submission.
const OF_ANOTHER_VERSION: &str = "Nothing was saved: this form was opened by another version of this app.";
/// Shown when Slack left out something that a submission needs.
const NOT_WHOLE: &str = "Nothing was saved: Slack did not deliver the whole form.";

/// Answers a submitted modal.
pub(super) async fn answer(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let view = &submission.view;
    let callback = CallbackId::parse(&view.callback_id);
    // These forms are never opened without metadata, so Slack has left it out: that is no forgery.
    if view.private_metadata.is_empty() && callback.is_some_and(remembers) {
        return unread(view, &ParseError::Missing("private_metadata"));
    }
    match callback {
        Some(CallbackId::RequestForm) => {
            Box::pin(form::submitted(edge, submission, ("submit", "Not submitted"))).await
        }
        Some(CallbackId::DenyReason) => deny_reason::submitted(edge, submission).await,
        Some(CallbackId::TearDown) => teardown::submitted(edge, submission).await,
        Some(CallbackId::Retain) => retain::submitted(edge, submission).await,
        Some(CallbackId::Transfer) => hand_over::submitted(edge, submission).await,
        Some(CallbackId::Change) => {
            Box::pin(form::submitted(edge, submission, ("change", "Not changed"))).await
        }
        Some(CallbackId::Approve) => approve::submitted(edge, submission).await,
        Some(CallbackId::ApproveWithChanges) => approve_with_changes::submitted(edge, submission).await,
        Some(CallbackId::Away) => away::submitted(edge, submission).await,
        // These modals have no submit button.
        Some(CallbackId::Catalog | CallbackId::Requests | CallbackId::Note) | None => {
            tracing::warn!(callback = view.callback_id, "a modal that we do not know was submitted");
            not_stored(view, OF_ANOTHER_VERSION)
        }
    }
}

/// Answers a submission that does not say who submitted it, or which form it is. Nothing is stored, and the input is
/// kept.
pub(super) fn unread(view: &ViewRef, why: &ParseError) -> Ack {
    tracing::warn!(%why, "a submitted modal does not say enough to do anything with it");
    not_stored(view, NOT_WHOLE)
}

/// Answers a form that no version of this bot can handle: it stays open with an error, or a note repeats what was
/// typed.
fn not_stored(view: &ViewRef, why: &str) -> Ack {
    let again = "Press the button again in a minute. If that does not help, copy what you typed and open the form again.";
    stays_open(view, &format!("{why} {again}")).unwrap_or_else(|| {
        let typed: Vec<&str> = view.values.iter().flat_map(|(_, texts)| texts).map(String::as_str).collect();
        // Half of a section, so that the sentences before it always fit.
        let typed = quote(&typed.join("\n"), MAX_SECTION / 2);
        let kept = if typed.is_empty() { typed } else { format!(" This was filled in:\n{typed}") };
        let text = format!("{why} Open it again in a minute.{kept}");
        note("Not saved", &Message::plain(&text))
    })
}

/// Returns whether this modal needs `private_metadata` to know what it is about.
fn remembers(callback: CallbackId) -> bool {
    match callback {
        CallbackId::RequestForm
        | CallbackId::DenyReason
        | CallbackId::TearDown
        | CallbackId::Retain
        | CallbackId::Transfer
        | CallbackId::Change
        | CallbackId::Approve
        | CallbackId::ApproveWithChanges => true,
        CallbackId::Away | CallbackId::Catalog | CallbackId::Requests | CallbackId::Note => false,
    }
}

/// Answers a submission whose real answer was not ready in time. The modal stays open under the same view id, which is
/// the idempotency key, so that submitting it again is stored only once.
pub(super) fn late(submission: &ViewSubmission) -> Ack {
    let again =
        "This is taking longer than usual. Please press the button again in a moment: it counts only once.";
    let unsure = "This is taking longer than usual, and may still be done. The result appears here; if it has not in a \
                  minute, check whether it was done before you try again.";
    stays_open(&submission.view, again).unwrap_or_else(|| note("Not sure yet", &Message::plain(unsure)))
}

/// Returns the version (`hash`) of the modal that [`late`] answered: the submitted one if the modal was kept with field
/// errors, `None` if it was replaced by another view, whose hash is unknown.
pub(super) fn version_after_late(submission: &ViewSubmission) -> Option<&str> {
    submission.view.last_field().and(submission.view.hash.as_deref())
}
