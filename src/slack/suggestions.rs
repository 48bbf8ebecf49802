//! Options of type-ahead fields, while a user types.

use super::edge::Edge;
use super::incoming::Suggestion;
use super::reply::Ack;
use super::views::{draft, existing_suggestions, existing_type, suggestions};
use crate::portal::inventory::existing;
use crate::portal::people::form::may_open;

/// Answers with the matching options: none if nothing matches, or if the user may not open the form.
pub(super) async fn answer(edge: &Edge, suggestion: &Suggestion) -> Ack {
    let draft = suggestion.view.as_ref().and_then(draft);
    let product = draft.and_then(|draft| edge.portal.catalog.product(&draft.product));
    let Some((product, form)) = product.and_then(|product| Some((product, product.form().ok()?))) else {
        return Ack::Options(Vec::new());
    };
    // Options can name existing resources, so only those who may open the form see them.
    if !may_open(&edge.portal, &suggestion.origin.person, product).await {
        return Ack::Options(Vec::new());
    }
    let Suggestion { block_id, typed, .. } = suggestion;
    Ack::Options(match existing_type(&form, block_id) {
        Some(parameter_type) => {
            let items = existing(&edge.portal, parameter_type).await;
            existing_suggestions(parameter_type, &items, typed)
        }
        None => suggestions(&form, block_id, typed),
    })
}
