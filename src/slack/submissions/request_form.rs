//! The request form, or one page of it.

use std::collections::BTreeMap;

use super::modal::{by_form, not_shown_anew, note, refused, stays_open};
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::people::filled::{Correction, FieldPlace, Filled};
use crate::portal::people::form::{PageTurn, refresh};
use crate::portal::people::form_navigation::{Pressed, submit_page};
use crate::portal::people::session::FormSession;
use crate::portal::people::submit::SubmitError;
use crate::slack::blocks::MAX_SECTION;
use crate::slack::commands::{form_view, too_much};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::ids::{PERSON_BLOCK, REASON_BLOCK, TEAM_BLOCK, TICKET_BLOCK, parameter_block};
use crate::slack::incoming::ViewSubmission;
use crate::slack::messages::Message;
use crate::slack::mrkdwn::{mention, quote};
use crate::slack::reply::Ack;
use crate::slack::views::{FormAnswer, FormMetadata, answer};

pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let metadata = FormMetadata::parse(&submission.view.private_metadata);
    let Some(answer) = metadata.map(|metadata| answer(metadata, &submission.view.values)) else {
        let refusal = edge.portal.refuse_forged(&by_form(submission), "submit").await;
        return note("Not submitted", &Message::plain(&edge.words(&refusal)));
    };
    let while_paused = |message: &str| {
        let said = |message: &str| format!("Nothing was saved. New requests are paused: {message}");
        stays_open(&submission.view, &said(message)).unwrap_or_else(|| {
            let quoted = format!("\n{}", quote(message, MAX_SECTION));
            note("Not submitted", &Message::plain(&said(&quoted)))
        })
    };
    let owner = answer.owner.clone();
    let filled = filled(answer, &submission.origin.person, &submission.view.id);
    match submit_page(&edge.portal, filled.clone()).await {
        Ok(Pressed::Stored(_)) => {
            for_a_mate(edge, submission, owner.as_ref());
            Ack::Close
        }
        Ok(Pressed::Shows(session)) => shows(&session, submission),
        Ok(Pressed::BeyondLimits { why, session }) => as_exception(&session, &why),
        Err(SubmitError::Fields(corrections)) => Ack::FieldErrors(under_fields(corrections)),
        Err(SubmitError::Other(Error::Refused(Refusal::Paused { message }))) => while_paused(&message),
        Err(SubmitError::Other(Error::Refused(Refusal::ProductChanged { .. }))) => {
            match refresh(&edge.portal, &filled, PageTurn::Stay).await {
                Ok(session) => shows(&session, submission),
                Err(error) => not_shown_anew(edge, submission, "Not submitted", &error),
            }
        }
        Err(SubmitError::Other(error)) => refused(edge, submission, "Not submitted", &error),
    }
}

/// Confirms a request for a team-mate. The requester gets no other message about it, as notifications go to the owner.
fn for_a_mate(edge: &Edge, submission: &ViewSubmission, owner: Option<&PersonId>) {
    let asker = &submission.origin.person;
    let Some(owner) = owner.filter(|owner| *owner != asker) else { return };
    let text =
        format!("Requested for {}, who gets all updates. You find it on your home tab, too.", mention(owner));
    edge.reply_later(&ReplyTarget::only(asker), Message::plain(&text));
}

/// Shows the form again with its input, after a request no longer fit the limits or newly fits them.
fn as_exception(session: &FormSession, why: &str) -> Ack {
    let problem = if session.preview.exception.is_some() {
        format!("Nothing was saved: there is no room for it any more ({why}).")
    } else {
        format!("Nothing was saved: there was no room for it ({why}), but now there is. Submit it again.")
    };
    Ack::UpdateView(Box::new(form_view(session, Some(&problem))))
}

pub(super) fn under_fields(corrections: Vec<Correction>) -> BTreeMap<String, String> {
    let block = |place: &FieldPlace| match place {
        FieldPlace::Parameter(key) => parameter_block(key),
        FieldPlace::Team => TEAM_BLOCK.to_owned(),
        FieldPlace::Reason => REASON_BLOCK.to_owned(),
        FieldPlace::Ticket => TICKET_BLOCK.to_owned(),
        FieldPlace::Owner => PERSON_BLOCK.to_owned(),
    };
    corrections.into_iter().map(|correction| (block(&correction.place), correction.message)).collect()
}

/// Converts the form's input for the portal.
pub(in crate::slack) fn filled(answer: FormAnswer, by: &PersonId, view: &str) -> Filled {
    Filled {
        by: by.clone(),
        view: view.to_owned(),
        product: answer.product.to_string(),
        template_hash: answer.template_hash,
        team: Some(answer.team.to_string()),
        lacks_team: answer.lacks_team,
        given: answer.given,
        reason: answer.reason,
        ticket: answer.ticket,
        owner: answer.owner,
        page: answer.page,
        sent: answer.sent,
        is_last: answer.is_last,
        as_exception: answer.as_exception,
    }
}

/// Shows another page, or, if that page cannot store all the input, an error under the longest field of this one.
fn shows(session: &FormSession, submission: &ViewSubmission) -> Ack {
    let longest = submission.view.values.iter().max_by_key(|(_, texts)| texts.concat().chars().count());
    match (too_much(session), longest) {
        (Some(too_much), Some((block, _))) => Ack::FieldErrors([(block.to_owned(), too_much)].into()),
        _ => Ack::UpdateView(Box::new(form_view(session, None))),
    }
}
