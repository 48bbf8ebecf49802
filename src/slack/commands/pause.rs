//! `/provision pause [message]` and `/provision resume`: for admins, stop taking new requests and take them again.

use crate::domain::audit::{By, Via};
use crate::portal::pause;
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::messages::{self, Message};
use crate::slack::reply::Ack;

/// `typed` is the whole command as it was typed.
pub(super) async fn pause(edge: &Edge, at: Whereabouts, key: String, typed: &str) -> Ack {
    let message = typed.trim_start().split_once(char::is_whitespace).map(|(_, message)| message.to_owned());
    let (edge_, by) = (edge.clone(), By { person: at.person.clone(), via: Via::Command });
    edge.within_budget(at, async move {
        match pause::begin_as(&edge_.portal, &by, &key, message.as_deref()).await {
            Ok(pause) => messages::pause_begun(&pause, &edge_.portal.organization.command),
            Err(error) => Message::plain(&words(&error)),
        }
    })
    .await
}

pub(super) async fn resume(edge: &Edge, at: Whereabouts, key: String) -> Ack {
    let (edge_, by) = (edge.clone(), By { person: at.person.clone(), via: Via::Command });
    edge.within_budget(at, async move {
        match pause::end_as(&edge_.portal, &by, &key).await {
            Ok(ended) => messages::pause_ended(ended.as_ref()),
            Err(error) => Message::plain(&words(&error)),
        }
    })
    .await
}
