//! Buttons about one request: cancel, nudge, ask again, details; and the next page of a list.

use super::{named, refuse};
use crate::portal::asking::nudge as nudge_approvers;
use crate::portal::cancel::cancel as cancel_request;
use crate::portal::lookup;
use crate::slack::commands::{self, Rows, list_page};
use crate::slack::edge::{Edge, Whereabouts};
use crate::slack::ids::ButtonValue;
use crate::slack::incoming::Click;
use crate::slack::messages::cancelled as cancelled_message;
use crate::slack::reply::Ack;

/// Withdraws the request; its messages change by themselves once that is stored.
pub(super) async fn cancel(edge: &Edge, at: &Whereabouts, click: &Click) {
    let cancelled = match named(edge, click, "cancel").await {
        Ok(named) => cancel_request(&edge.portal, &named).await,
        Err(error) => Err(error),
    };
    match cancelled {
        Ok(request) => edge.say_later(at, cancelled_message(&request)),
        Err(error) => refuse(edge, at, &error),
    }
}

/// Presses the approvers; the requester's message changes by itself once that is stored.
pub(super) async fn nudge(edge: &Edge, at: &Whereabouts, click: &Click) {
    let nudged = match named(edge, click, "nudge").await {
        Ok(named) => nudge_approvers(&edge.portal, &named).await,
        Err(error) => Err(error),
    };
    if let Err(error) = nudged {
        refuse(edge, at, &error);
    }
}

/// Opens the same form filled in again.
pub(super) async fn again(edge: &Edge, at: &Whereabouts, click: &Click) {
    let Some(value) = click.value().and_then(ButtonValue::parse) else { return };
    if let Ack::Ephemeral(message) = commands::again(edge, at, click.trigger_id.clone(), value.request).await
    {
        edge.say_later(at, message);
    }
}

/// Everything about the request, for the clicker alone.
pub(super) async fn show(edge: &Edge, at: &Whereabouts, click: &Click) {
    let Some(value) = click.value().and_then(ButtonValue::parse) else { return };
    let typed = value.request.to_string();
    match lookup::find_in_full(&edge.portal, &at.person, &typed).await {
        Ok(detail) => edge.say_later(at, commands::full(edge, &detail, &click.origin.person).await),
        Err(error) => refuse(edge, at, &error),
    }
}

/// The next page of a list, for the clicker alone.
pub(super) async fn more(edge: &Edge, at: &Whereabouts, click: &Click) {
    let Some(rows) = click.value().and_then(Rows::parse) else { return };
    let message = list_page(edge, &at.person, &rows).await;
    edge.say_later(at, message);
}
