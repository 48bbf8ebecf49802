//! A modal was submitted: one file per modal.

mod approve;
mod approve_less;
mod away;
mod change;
mod deny_reason;
mod hand_over;
mod request_form;
mod retain;
mod teardown;

pub(super) use change::filled as filled_change;
pub(super) use request_form::filled;

use super::blocks::MAX_SECTION;
use super::edge::Edge;
use super::ids::CallbackId;
use super::incoming::{ParseError, ViewRef, ViewSubmission};
use super::messages::Message;
use super::mrkdwn::quote;
use super::reply::Ack;
use super::views;
use super::views::ButtonContext;
use crate::domain::audit::{By, Via};
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::decide::RequestAction;

/// What is said where a form is none that we know: while versions change, one bot opens it and another hears of it.
const OF_ANOTHER_VERSION: &str =
    "Nothing was stored: this form is of another version of this app than the one that answers now.";
/// What is said where Slack left out something that we cannot do without.
const NOT_WHOLE: &str = "Nothing was stored: this did not arrive whole from Slack.";

/// Answers a submission.
pub(super) async fn answer(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let view = &submission.view;
    let callback = CallbackId::parse(&view.callback_id);
    if view.private_metadata.is_empty() && callback.is_some_and(remembers) {
        return unread(view, &ParseError::Missing("private_metadata"));
    }
    match callback {
        Some(CallbackId::RequestForm) => request_form::submitted(edge, submission).await,
        Some(CallbackId::DenyReason) => deny_reason::submitted(edge, submission).await,
        Some(CallbackId::TearDown) => teardown::submitted(edge, submission).await,
        Some(CallbackId::Retain) => retain::submitted(edge, submission).await,
        Some(CallbackId::Transfer) => hand_over::submitted(edge, submission).await,
        Some(CallbackId::Change) => Box::pin(change::submitted(edge, submission)).await,
        Some(CallbackId::Approve) => approve::submitted(edge, submission).await,
        Some(CallbackId::ApproveLess) => approve_less::submitted(edge, submission).await,
        Some(CallbackId::Away) => away::submitted(edge, submission).await,
        // The others have nothing to submit.
        Some(CallbackId::Catalog | CallbackId::Requests | CallbackId::Note) | None => {
            tracing::warn!(callback = view.callback_id, "a modal that we do not know was submitted");
            not_stored(view, OF_ANOTHER_VERSION)
        }
    }
}

/// The answer where it cannot be said who submitted it, or which one: nothing is stored, and what was typed stays.
pub(super) fn unread(view: &ViewRef, why: &ParseError) -> Ack {
    tracing::warn!(%why, "a submitted modal does not say enough to do anything with it");
    not_stored(view, NOT_WHOLE)
}

/// The answer where nobody can say what to do with a form, now or later: it stays, or a note has what was typed.
fn not_stored(view: &ViewRef, why: &str) -> Ack {
    let again =
        "Press the button again in a minute; if it stays so, keep what you typed and open the form anew.";
    stays_open(view, &format!("{why} {again}")).unwrap_or_else(|| {
        let typed: Vec<&str> = view.values.iter().flat_map(|(_, texts)| texts).map(String::as_str).collect();
        let typed = quote(&typed.join("\n"), MAX_SECTION / 2);
        let kept = if typed.is_empty() { typed } else { format!(" This was filled in:\n{typed}") };
        let text = format!("{why} Open it anew in a minute.{kept}");
        note("Not stored", &Message::plain(&text))
    })
}

/// Whether a modal says in what we stored in it what it is about.
fn remembers(callback: CallbackId) -> bool {
    match callback {
        CallbackId::RequestForm
        | CallbackId::DenyReason
        | CallbackId::TearDown
        | CallbackId::Retain
        | CallbackId::Transfer
        | CallbackId::Change
        | CallbackId::Approve
        | CallbackId::ApproveLess => true,
        CallbackId::Away | CallbackId::Catalog | CallbackId::Requests | CallbackId::Note => false,
    }
}

/// The answer where the real one is not there in time. The modal stays, and its view's id with it: whatever is submitted
/// again is stored once.
pub(super) fn late(submission: &ViewSubmission) -> Ack {
    let again = "This takes longer than usual. Please press the button again in a moment: it counts once.";
    let unsure = "This takes longer than usual, and may still be done. What comes of it appears here; if nothing has in a \
                  minute, look whether it was done before you ask for it again.";
    stays_open(&submission.view, again).unwrap_or_else(|| note("Not sure yet", &Message::plain(unsure)))
}

/// The version of the modal that was answered [`late`]: as it was sent where its fields stay as they are, and none that is
/// known where the answer was a view of its own.
pub(super) fn version_after_late(submission: &ViewSubmission) -> Option<&str> {
    submission.view.last_field().and(submission.view.hash.as_deref())
}

/// The answer where it is not done now: the modal stays as it is filled in.
pub(super) fn not_now(view: &ViewRef, text: &str) -> Ack {
    stays_open(view, text).unwrap_or_else(|| note("Not done", &Message::plain(text)))
}

/// Keeps the modal open as it is filled in, with this under its last field, or above all where it has no field; `None` where
/// it cannot be shown again.
fn stays_open(view: &ViewRef, text: &str) -> Option<Ack> {
    match view.last_field() {
        Some(block) => Some(Ack::FieldErrors([(block.to_owned(), text.to_owned())].into())),
        None => Some(Ack::UpdateView(Box::new(views::again(view, text)?))),
    }
}

/// Replaces the modal by a sentence.
fn note(title: &str, message: &Message) -> Ack {
    Ack::UpdateView(Box::new(views::note(title, &message.text)))
}

/// The click that opened the modal, now of whoever submitted it; `Err` with the answer where the modal is none of ours.
async fn clicked(edge: &Edge, submission: &ViewSubmission, tried: &str) -> Result<RequestAction, Error> {
    let by = by_form(submission);
    match ButtonContext::parse(&submission.view.private_metadata) {
        Some(pressed) => Ok(RequestAction {
            by,
            request: pressed.button.request,
            epoch: pressed.button.epoch,
            message: pressed.message,
            once: submission.key(),
        }),
        None => Err(edge.portal.refuse_forged(&by, tried).await),
    }
}

/// Closes the modal where a message changes before the person's eyes; says it in the modal's place where none does.
fn done(click: &RequestAction, title: &str, message: &Message) -> Ack {
    if click.message.is_some() { Ack::Close } else { note(title, message) }
}

/// Says in the modal's place why nothing was done. Where that is nobody's decision, the modal stays as it is filled in: sent
/// once more it counts once, also if it was stored after all.
fn refused(edge: &Edge, submission: &ViewSubmission, title: &str, error: &Error) -> Ack {
    match error {
        Error::Refused(Refusal::DoneBefore) => note("Done", &Message::plain(&edge.words(error))),
        Error::Refused(_) => note(title, &Message::plain(&edge.words(error))),
        Error::Failed(_) => not_now(&submission.view, &edge.words(error)),
    }
}

/// As [`refused`], where the form was to be shown as its product is now, and may not fit it.
fn not_shown_anew(edge: &Edge, submission: &ViewSubmission, title: &str, error: &Error) -> Ack {
    if let Error::Refused(Refusal::ProductChanged { .. }) = error {
        let text = "Nothing was stored: the product was changed by its owner while this form was open. Keep what you typed, and open \
                    the form anew.";
        return not_now(&submission.view, text);
    }
    refused(edge, submission, title, error)
}

/// Who submitted it.
fn by_form(submission: &ViewSubmission) -> By {
    By { person: submission.origin.person.clone(), via: Via::Form }
}
