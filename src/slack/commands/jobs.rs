//! `/provision jobs`: shows admins the parked jobs, with buttons to retry or drop them.

use crate::domain::audit::{By, Via};
use crate::portal::people::parked_jobs;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::messages::{self, Message};
use crate::slack::reply::Ack;

pub(super) async fn jobs(edge: &Edge, at: &ReplyTarget) -> Ack {
    let by = By { person: at.person.clone(), via: Via::Command };
    Ack::Ephemeral(listed(edge, &by, None).await)
}

/// Returns the list of parked jobs, below the result of the last action.
pub(in crate::slack) async fn listed(edge: &Edge, by: &By, done: Option<&str>) -> Message {
    match parked_jobs::list_as(&edge.portal, by, messages::JOBS_SHOWN).await {
        Ok((first, count)) => messages::jobs(&first, count, done),
        Err(error) => Message::plain(&edge.words(&error)),
    }
}
