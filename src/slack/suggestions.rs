//! Options of a type-ahead field, while somebody types.

use super::edge::Edge;
use super::ids::parameter_of;
use super::incoming::Suggestion;
use super::reply::Ack;
use super::views::FormMetadata;
use crate::portal::form::suggest;

/// The options that fit; none when nothing does, or the form is not one of ours.
pub(super) fn answer(edge: &Edge, suggestion: &Suggestion) -> Ack {
    let metadata = suggestion.view.as_ref().and_then(|view| FormMetadata::parse(&view.private_metadata));
    let (Some(metadata), Some(field)) = (metadata, parameter_of(&suggestion.block_id)) else {
        return Ack::Options(Vec::new());
    };
    let found = suggest(&edge.portal, metadata.product.as_str(), field, &suggestion.typed);
    Ack::Options(found.unwrap_or_default().into_iter().map(|(value, label)| (label, value)).collect())
}
