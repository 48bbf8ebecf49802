//! `/provision help`, and words that are known but not there yet.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::domain::ids::{PersonId, ProductKey};
use crate::portal::form::offered;
use crate::slack::edge::Edge;
use crate::slack::messages::{self, Message};
use crate::slack::reply::Ack;

/// Help as it was written before, by the product of its examples: nothing else in it differs, and people ask for it
/// more than for anything else. Never more entries than products.
#[derive(Debug, Default)]
pub(in crate::slack) struct WrittenHelp(Mutex<HashMap<Option<ProductKey>, Bytes>>);

impl WrittenHelp {
    fn get_or_write(&self, example: Option<&ProductKey>, write: impl FnOnce() -> Ack) -> Ack {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(body) = written.get(&example.cloned()) {
            return Ack::Written(body.clone());
        }
        let ack = write();
        if let Some(body) = ack.body() {
            written.insert(example.cloned(), Bytes::from(body.to_string()));
        }
        ack
    }
}

pub(super) async fn help(edge: &Edge, person: &PersonId) -> Ack {
    // Help is for everybody, also for people who cannot ask for anything.
    let offered = offered(&edge.portal, person).await.unwrap_or_default();
    let example = offered.first().map(|product| &product.key);
    edge.help.get_or_write(example, || {
        let keys: Vec<&str> = example.iter().map(|key| key.as_str()).collect();
        Ack::Ephemeral(messages::help(&edge.portal.organization.command, &keys))
    })
}

pub(super) fn not_yet(edge: &Edge, word: &str) -> Ack {
    let command = &edge.portal.organization.command;
    Ack::Ephemeral(Message::plain(&format!(
        "`{command} {word}` is not available in this version. `{command} help` shows what is."
    )))
}
