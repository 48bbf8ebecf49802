//! The modal for an absence: who approves meanwhile, and until when.

use std::collections::BTreeMap;

use super::modal::{by_form, note, refused};
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::people::away::leave;
use crate::slack::edge::Edge;
use crate::slack::ids::{PERSON_BLOCK, UNTIL_BLOCK};
use crate::slack::incoming::ViewSubmission;
use crate::slack::messages::Message;
use crate::slack::mrkdwn::mention;
use crate::slack::refusal::sentence;
use crate::slack::reply::Ack;
use crate::slack::views::{last_day, person_of};

pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let under = |field: &str, problem: &str| {
        Ack::FieldErrors(BTreeMap::from([(field.to_owned(), problem.to_owned())]))
    };
    let Some(delegate) = person_of(&submission.view) else { return under(PERSON_BLOCK, "Choose a person.") };
    let Some(until) = last_day(&submission.view) else { return under(UNTIL_BLOCK, "Choose a day.") };
    match leave(&edge.portal, &by_form(submission), &submission.key(), &delegate, until).await {
        Ok(away) => {
            let text = format!("{} answers for you until {}.", mention(&away.delegate), away.until);
            note("Out of office", &Message::plain(&text))
        }
        // Errors under a field are plain text, in which a mention would show as an id.
        Err(Error::Refused(Refusal::OwnDelegate)) => {
            under(PERSON_BLOCK, "Choose somebody other than yourself.")
        }
        Err(Error::Refused(Refusal::DelegateIsAway { until, .. })) => {
            under(PERSON_BLOCK, &format!("They are away until {until}. Choose somebody else."))
        }
        Err(Error::Refused(Refusal::DelegateIsNoMember { .. })) => {
            under(PERSON_BLOCK, "They are not a full member of this workspace. Choose somebody who is.")
        }
        Err(Error::Refused(refusal @ Refusal::NotAnAbsence { .. })) => {
            under(UNTIL_BLOCK, &sentence(&refusal))
        }
        Err(error) => refused(edge, submission, "Not saved", &error),
    }
}
