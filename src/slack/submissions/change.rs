//! The form of a change.

use super::modal::{by_form, not_now, not_shown_anew, note, refused};
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::people::change::{FilledChange, refresh, submit};
use crate::portal::people::click::RequestAction;
use crate::portal::people::submit::SubmitError;
use crate::slack::commands::change_view;
use crate::slack::edge::Edge;
use crate::slack::incoming::ViewSubmission;
use crate::slack::messages;
use crate::slack::refusal::sentence;
use crate::slack::reply::Ack;
use crate::slack::submissions::request_form::under_fields;
use crate::slack::views::{FormAnswer, answer, changing};

const NOT_CHANGED: &str = "Not changed";

pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let by = by_form(submission);
    let Some((pressed, metadata)) = changing(&submission.view.private_metadata) else {
        return refused(edge, submission, NOT_CHANGED, &edge.portal.refuse_forged(&by, "change").await);
    };
    let answer = answer(metadata, &submission.view.values);
    let click = RequestAction {
        by,
        request: pressed.button.request,
        epoch: pressed.button.epoch,
        message: pressed.message.clone(),
        idempotency_key: submission.key(),
    };
    let filled = filled(answer);
    match Box::pin(submit(&edge.portal, &click, filled.clone())).await {
        Ok(_) if click.message.is_some() => Ack::Close,
        Ok(request) => note("Change", &messages::change_asked(&request)),
        Err(SubmitError::Fields(problems)) => Ack::FieldErrors(under_fields(problems)),
        Err(SubmitError::Other(Error::Refused(refusal @ Refusal::NothingDifferent))) => {
            not_now(&submission.view, &sentence(&refusal))
        }
        Err(SubmitError::Other(Error::Refused(Refusal::ProductChanged { .. }))) => {
            let person = &submission.origin.person;
            match refresh(&edge.portal, person, click.request, &filled).await {
                Ok(session) => Ack::UpdateView(Box::new(change_view(&session, &pressed))),
                Err(error) => not_shown_anew(edge, submission, NOT_CHANGED, &error),
            }
        }
        Err(SubmitError::Other(error)) => refused(edge, submission, NOT_CHANGED, &error),
    }
}

/// Converts the form's input for the portal.
pub(in crate::slack) fn filled(answer: FormAnswer) -> FilledChange {
    FilledChange { template_hash: answer.template_hash, given: answer.given, reason: answer.reason }
}
