//! The modal for a new owner.

use std::collections::BTreeMap;

use super::modal::{clicked, note, refused};
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::people::transfer::transfer;
use crate::slack::edge::Edge;
use crate::slack::ids::PERSON_BLOCK;
use crate::slack::incoming::ViewSubmission;
use crate::slack::messages;
use crate::slack::reply::Ack;
use crate::slack::views::person_of;

pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let under_field =
        |problem: String| Ack::FieldErrors(BTreeMap::from([(PERSON_BLOCK.to_owned(), problem)]));
    let click = match clicked(edge, submission, "hand over").await {
        Ok(click) => click,
        Err(error) => return refused(edge, submission, "Not handed over", &error),
    };
    let Some(to) = person_of(&submission.view) else { return under_field("Choose a person.".to_owned()) };
    match transfer(&edge.portal, &click, &to).await {
        Ok(request) => note("Handed over", &messages::handed_over(&request)),
        // Errors under a field are plain text, in which a mention would show as an id.
        Err(Error::Refused(Refusal::NotATeamMate { team, .. })) => {
            under_field(format!("They are not a member of {team}. Choose somebody who is."))
        }
        Err(Error::Refused(Refusal::AlreadyTheirs { .. })) => {
            under_field("They already own it. Choose somebody else.".to_owned())
        }
        Err(error) => refused(edge, submission, "Not handed over", &error),
    }
}
