//! `/provision help`, and words that are known but not there yet.

use crate::domain::ids::PersonId;
use crate::portal::form::offered;
use crate::slack::edge::Edge;
use crate::slack::messages::{self, Message};
use crate::slack::reply::Ack;

pub(super) async fn help(edge: &Edge, person: &PersonId) -> Ack {
    // Help is for everybody, also for people who cannot ask for anything.
    let offered = offered(&edge.portal, person).await.unwrap_or_default();
    let keys: Vec<&str> = offered.iter().map(|product| product.key.as_str()).collect();
    Ack::Ephemeral(messages::help(&edge.portal.organization.command, &keys))
}

pub(super) fn not_yet(edge: &Edge, word: &str) -> Ack {
    let command = &edge.portal.organization.command;
    Ack::Ephemeral(Message::plain(&format!(
        "`{command} {word}` is not available in this version. `{command} help` shows what is."
    )))
}
