//! Selecting a product in the catalog.

use crate::portal::people::form::{self, Typed};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::incoming::Click;
use crate::slack::reply::Ack;
use crate::slack::views;

/// Opens the product's form: in place of the catalog if that is a modal, in a new modal if it is a message.
pub(super) async fn choose(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    let Some(product) = click.value() else { return Ack::Empty };
    let built = async {
        let form = form::open(&edge.portal, &target.person, product, &Typed::default()).await?;
        Ok(views::form(&form, None))
    };
    let Some(view) = &click.view else {
        return edge.opens(target, click.trigger_id.as_deref(), Box::pin(built)).await;
    };
    let next = built.await.unwrap_or_else(|error| views::note("Not available", &edge.words(&error)));
    edge.turns(target, view, &next).await
}
