//! `/provision help`, and words that are known but not there yet.

use bytes::Bytes;

use crate::domain::catalog::Catalog;
use crate::domain::ids::ProductKey;
use crate::slack::edge::Edge;
use crate::slack::messages::{self, Message};
use crate::slack::reply::Ack;

/// The answer to `help`. It is the same for everybody, and what people ask for most, so it is written once.
pub(in crate::slack) fn written(command: &str, catalog: &Catalog) -> Bytes {
    let keys: Vec<&str> = catalog.products.keys().map(ProductKey::as_str).collect();
    let answer = Ack::Ephemeral(messages::help(command, &keys));
    answer.body().map(|body| Bytes::from(body.to_string())).unwrap_or_default()
}

pub(super) fn not_yet(edge: &Edge, word: &str) -> Ack {
    let command = &edge.portal.organization.command;
    Ack::Ephemeral(Message::plain(&format!(
        "`{command} {word}` is not available in this version. `{command} help` shows what is."
    )))
}
