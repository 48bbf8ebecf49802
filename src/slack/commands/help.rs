//! `/provision help`: lists the commands and products.

use bytes::Bytes;

use crate::domain::catalog::Catalog;
use crate::domain::ids::ProductKey;
use crate::slack::messages;
use crate::slack::reply::Ack;

/// Returns the answer to `help`. It is the same for everyone and the most frequent answer, so it is rendered once.
pub(in crate::slack) fn written(command: &str, catalog: &Catalog) -> Bytes {
    let keys: Vec<&str> = catalog.products.keys().map(ProductKey::as_str).collect();
    let answer = Ack::Ephemeral(messages::help(command, &keys));
    answer.body().map(|body| Bytes::from(body.to_string())).unwrap_or_default()
}
