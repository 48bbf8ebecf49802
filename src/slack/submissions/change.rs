//! The form of a change was submitted.

use super::{by_form, not_now, note, refused};
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::change::{FilledChange, submit};
use crate::portal::decide::Click;
use crate::portal::submit::SubmitError;
use crate::slack::edge::Edge;
use crate::slack::incoming::Submission;
use crate::slack::messages;
use crate::slack::reply::Ack;
use crate::slack::submissions::request_form::under_fields;
use crate::slack::views::{answer, changing};

const NOT_CHANGED: &str = "Not changed";

pub(super) async fn submitted(edge: &Edge, submission: &Submission) -> Ack {
    let by = by_form(submission);
    let Some((pressed, metadata)) = changing(&submission.view.private_metadata) else {
        return refused(submission, NOT_CHANGED, &edge.portal.refuse_forged(&by, "change").await);
    };
    let answer = answer(metadata, &submission.view.values);
    let click = Click {
        by,
        request: pressed.button.request,
        epoch: pressed.button.epoch,
        message: pressed.message,
        once: submission.key(),
    };
    let filled =
        FilledChange { template_hash: answer.template_hash, given: answer.given, reason: answer.reason };
    match Box::pin(submit(&edge.portal, &click, filled)).await {
        Ok(_) if click.message.is_some() => Ack::Close,
        Ok(request) => note("Change", &messages::change_asked(&request)),
        Err(SubmitError::Fields(problems)) => Ack::FieldErrors(under_fields(problems)),
        Err(SubmitError::Other(Error::Refused(refusal @ Refusal::NothingDifferent))) => {
            not_now(&submission.view, &refusal.to_string())
        }
        Err(SubmitError::Other(error)) => refused(submission, NOT_CHANGED, &error),
    }
}
