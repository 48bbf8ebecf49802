//! Selecting a product in the catalog.

use crate::portal::people::form::{self, Typed};
use crate::slack::commands::form_view;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::incoming::Click;
use crate::slack::reply::Ack;
use crate::slack::views;

/// Opens the product's form: in place of the catalog if that is a modal, in a new modal if it is a message.
pub(super) async fn choose(edge: &Edge, at: &ReplyTarget, click: &Click) -> Ack {
    let Some(product) = click.value() else { return Ack::Empty };
    let built = async {
        let session = form::open(&edge.portal, &at.person, product, &Typed::default()).await?;
        Ok(form_view(&session, None))
    };
    let Some(view) = &click.view else {
        return edge.opens(at, click.trigger_id.as_deref(), Box::pin(built)).await;
    };
    let next = built.await.unwrap_or_else(|error| views::note("Not available", &edge.words(&error)));
    edge.turns(at, view, &next).await
}
