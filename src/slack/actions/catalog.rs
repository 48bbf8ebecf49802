//! The catalog: opening it, and choosing a product in it.

use super::refuse;
use crate::portal::form::{self, Typed};
use crate::slack::commands::{self, form_view};
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::incoming::Click;
use crate::slack::messages::Message;
use crate::slack::reply::Ack;
use crate::slack::views;

/// Opens the catalog from a button.
pub(super) async fn open(edge: &Edge, at: &Whereabouts, click: &Click) {
    if let Ack::Ephemeral(message) = commands::catalog(edge, at.clone(), click.trigger_id.clone()).await {
        edge.say_later(at, message);
    }
}

/// Opens the product's form: in the catalog's own modal, or in a new one from a message.
pub(super) async fn choose(edge: &Edge, at: &Whereabouts, click: &Click) {
    let Some(product) = click.value() else { return };
    let session = form::open(&edge.portal, &at.person, product, &Typed::default()).await;
    let Some(view) = &click.view else {
        match session {
            Ok(session) => edge.open_later(at, click.trigger_id.clone(), form_view(&session, None)),
            Err(error) => refuse(edge, at, &error),
        }
        return;
    };
    let next = match session {
        Ok(session) => form_view(&session, None),
        Err(error) => views::note("Not available", &words(&error)),
    };
    let (edge_, at, view) = (edge.clone(), at.clone(), view.clone());
    edge.follow(async move {
        if let Err(error) = edge_.client.update_view(&view.id, view.hash.as_deref(), &next).await {
            tracing::warn!(actor = %at.person, %error, "cannot show a form in the catalog's place");
            let text = "Slack did not open the form. Close the catalog and choose the product once more.";
            edge_.say(&at, &Message::plain(text)).await;
        }
    });
}
