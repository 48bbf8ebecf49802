//! A request form was submitted.

use std::collections::BTreeMap;

use super::{by_form, note, stays_open};
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::submit::{Correction, Filled, Place, SubmitError, submit};
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::ids::{PERSON_BLOCK, TICKET_BLOCK, parameter_block};
use crate::slack::incoming::Submission;
use crate::slack::messages::Message;
use crate::slack::mrkdwn::{escape, mention};
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
    let owner = answer.owner.clone();
    let filled = Filled {
        by: submission.origin.person.clone(),
        view: submission.view.id.clone(),
        product: answer.product.to_string(),
        template_hash: answer.template_hash,
        team: Some(answer.team.to_string()),
        given: answer.given,
        reason: answer.reason,
        ticket: answer.ticket,
        owner: answer.owner,
    };
    match submit(&edge.portal, filled).await {
        Ok(_) => {
            for_a_mate(edge, &submission, owner.as_ref());
            Ack::Close
        }
        Err(SubmitError::Fields(corrections)) => Ack::FieldErrors(under_fields(corrections)),
        Err(SubmitError::Other(Error::Refused(Refusal::Paused { message }))) => while_paused(&message),
        Err(SubmitError::Other(error)) => note("Not submitted", &Message::plain(&words(&error))),
    }
}

/// Whoever asked for somebody else hears no more of it by itself.
fn for_a_mate(edge: &Edge, submission: &Submission, owner: Option<&PersonId>) {
    let asker = &submission.origin.person;
    let Some(owner) = owner.filter(|owner| *owner != asker) else { return };
    let text =
        format!("Asked for {}, who is told how it goes. You find it on your home tab, too.", mention(owner));
    edge.say_later(&Whereabouts::only(asker), Message::plain(&text));
}

fn under_fields(corrections: Vec<Correction>) -> BTreeMap<String, String> {
    let block = |place: &Place| match place {
        Place::Parameter(key) => parameter_block(key),
        Place::Ticket => TICKET_BLOCK.to_owned(),
        Place::Owner => PERSON_BLOCK.to_owned(),
    };
    corrections.into_iter().map(|correction| (block(&correction.place), correction.message)).collect()
}
