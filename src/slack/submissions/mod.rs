//! A modal was submitted: one file per modal.

mod deny_reason;
mod request_form;

use super::edge::Edge;
use super::ids::CallbackId;
use super::incoming::Submission;
use super::messages::Message;
use super::reply::Ack;
use super::views;
use crate::domain::audit::{By, Via};

/// Answers a submission.
pub(super) async fn answer(edge: &Edge, submission: Submission) -> Ack {
    match CallbackId::parse(&submission.view.callback_id) {
        Some(CallbackId::RequestForm) => request_form::submitted(edge, submission).await,
        Some(CallbackId::DenyReason) => deny_reason::submitted(edge, submission).await,
        Some(CallbackId::Catalog | CallbackId::Requests | CallbackId::Note) => Ack::Close,
        None => {
            tracing::warn!(
                callback = submission.view.callback_id,
                "a modal that we do not know was submitted"
            );
            Ack::Close
        }
    }
}

/// Replaces the modal by a sentence.
fn note(title: &str, message: &Message) -> Ack {
    Ack::UpdateView(Box::new(views::note(title, &message.text)))
}

/// Who submitted it.
fn by_form(submission: &Submission) -> By {
    By { person: submission.origin.person.clone(), via: Via::Form }
}
