//! A request form was submitted.

use std::collections::BTreeMap;

use super::{by_form, note, stays_open};
use crate::domain::parameters::FieldProblem;
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::submit::{Filled, SubmitError, submit};
use crate::slack::edge::{Edge, words};
use crate::slack::ids::parameter_block;
use crate::slack::incoming::Submission;
use crate::slack::messages::Message;
use crate::slack::mrkdwn::escape;
use crate::slack::reply::Ack;
use crate::slack::views::{FormMetadata, answer};

pub(super) async fn submitted(edge: &Edge, submission: Submission) -> Ack {
    let metadata = FormMetadata::parse(&submission.view.private_metadata);
    let Some(answer) = metadata.map(|metadata| answer(metadata, &submission.view.values)) else {
        let refusal = edge.portal.refuse_forged(&by_form(&submission), "submit").await;
        return note("Not submitted", &Message::plain(&words(&refusal)));
    };
    let while_paused = |message: &str| {
        let text = format!("Nothing was stored, new requests are paused: {message}");
        stays_open(&submission, &text)
            .unwrap_or_else(|| note("Not submitted", &Message::plain(&escape(&text))))
    };
    let filled = Filled {
        by: submission.origin.person.clone(),
        view: submission.view.id.clone(),
        product: answer.product.to_string(),
        template_hash: answer.template_hash,
        team: Some(answer.team.to_string()),
        given: answer.given,
        reason: answer.reason,
    };
    match submit(&edge.portal, filled).await {
        Ok(_) => Ack::Close,
        Err(SubmitError::Fields(problems)) => Ack::FieldErrors(under_fields(problems)),
        Err(SubmitError::Other(Error::Refused(Refusal::Paused { message }))) => while_paused(&message),
        Err(SubmitError::Other(error)) => note("Not submitted", &Message::plain(&words(&error))),
    }
}

fn under_fields(problems: Vec<FieldProblem>) -> BTreeMap<String, String> {
    problems.into_iter().map(|problem| (parameter_block(&problem.key), problem.message)).collect()
}
