//! Options of a type-ahead field, while somebody types.

use super::edge::Edge;
use super::incoming::Suggestion;
use super::reply::Ack;
use super::views::{FormMetadata, suggestions};

/// The options that fit; none when nothing does, or the form is not one of ours.
pub(super) fn answer(edge: &Edge, suggestion: &Suggestion) -> Ack {
    let metadata = suggestion.view.as_ref().and_then(|view| FormMetadata::parse(&view.private_metadata));
    let product = metadata.and_then(|metadata| edge.portal.catalog.product(&metadata.product));
    let form = product.and_then(|product| product.form().ok());
    let found = form.map(|form| suggestions(&form, &suggestion.block_id, &suggestion.typed));
    Ack::Options(found.unwrap_or_default())
}
