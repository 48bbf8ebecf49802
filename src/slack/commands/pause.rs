//! `/provision pause [message]` and `/provision resume`: admins stop and resume taking new requests.

use crate::domain::audit::{By, Via};
use crate::portal::people::pause;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::messages;
use crate::slack::reply::Ack;

/// Pauses new requests; `typed` is the text of the whole command.
pub(super) async fn pause(edge: &Edge, at: &ReplyTarget, key: &str, typed: &str) -> Ack {
    // Taken from the typed text instead of the parsed words, to keep its quotes and spaces.
    let message = typed.trim_start().split_once(char::is_whitespace).map(|(_, message)| message);
    let by = By { person: at.person.clone(), via: Via::Command };
    match pause::begin_as(&edge.portal, &by, key, message).await {
        Ok(pause) => Ack::Ephemeral(messages::pause_begun(&pause, &edge.portal.organization.command)),
        Err(error) => edge.refusal_of(&error),
    }
}

pub(super) async fn resume(edge: &Edge, at: &ReplyTarget, key: &str) -> Ack {
    let by = By { person: at.person.clone(), via: Via::Command };
    match pause::end_as(&edge.portal, &by, key).await {
        Ok(ended) => Ack::Ephemeral(messages::pause_ended(ended.as_ref())),
        Err(error) => edge.refusal_of(&error),
    }
}
