//! What the handlers of modals share: who submitted what, and what the modal shows then.

use crate::domain::audit::{By, Via};
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::people::click::{ButtonContext, RequestAction};
use crate::slack::edge::Edge;
use crate::slack::incoming::{ViewRef, ViewSubmission};
use crate::slack::messages::Message;
use crate::slack::reply::Ack;
use crate::slack::views;

/// Answers a submission that cannot be handled now: keeps the modal and its input.
pub(in crate::slack) fn not_now(view: &ViewRef, text: &str) -> Ack {
    stays_open(view, text).unwrap_or_else(|| note("Not done", &Message::plain(text)))
}

/// Keeps the modal and its input, with `text` under its last field, or at the top if it has no fields. Returns `None`
/// if the modal cannot be shown again.
pub(super) fn stays_open(view: &ViewRef, text: &str) -> Option<Ack> {
    match view.last_field() {
        Some(block) => Some(Ack::FieldErrors([(block.to_owned(), text.to_owned())].into())),
        None => Some(Ack::UpdateView(Box::new(views::again(view, text)?))),
    }
}

/// Replaces the modal with a sentence.
pub(super) fn note(title: &str, message: &Message) -> Ack {
    Ack::UpdateView(Box::new(views::note(title, &message.text)))
}

/// Returns the click that opened the modal, attributed to the user who submitted it; `Err` if the modal is not one of
/// ours.
pub(super) async fn clicked(
    edge: &Edge,
    submission: &ViewSubmission,
    tried: &str,
) -> Result<RequestAction, Error> {
    let by = by_form(submission);
    match ButtonContext::parse(&submission.view.private_metadata) {
        Some(button) => Ok(RequestAction::of_form(by, button, submission.key())),
        None => Err(edge.portal.refuse_forged(&by, tried).await),
    }
}

/// Closes the modal if a message that the user sees will change; otherwise shows the result in the modal's place.
pub(super) fn done(click: &RequestAction, title: &str, message: &Message) -> Ack {
    if click.message.is_some() { Ack::Close } else { note(title, message) }
}

/// Shows in the modal's place why nothing was done. After a failure the modal and its input are kept instead:
/// submitting it again is safe, because it counts once even if the first attempt was stored.
pub(super) fn refused(edge: &Edge, submission: &ViewSubmission, title: &str, error: &Error) -> Ack {
    match error {
        // Not under the title of a refusal: what the person wanted has happened.
        Error::Refused(Refusal::DoneBefore) => note("Done", &Message::plain(&edge.words(error))),
        Error::Refused(_) => note(title, &Message::plain(&edge.words(error))),
        Error::Failed(_) => not_now(&submission.view, &edge.words(error)),
    }
}

/// Returns the user who submitted the modal.
pub(super) fn by_form(submission: &ViewSubmission) -> By {
    By { person: submission.origin.person.clone(), via: Via::Form }
}
