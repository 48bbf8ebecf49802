//! Buttons about one request: cancel, nudge, request again, details; and the next page of a list.

use super::button::{named, said};
use crate::portal::people::cancel::cancel as cancel_request;
use crate::portal::people::nudge::nudge as nudge_approvers;
use crate::portal::people::{form, lookup};
use crate::slack::commands::{self, Rows, list_page};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::ids::ButtonValue;
use crate::slack::incoming::Click;
use crate::slack::messages::cancelled as cancelled_message;
use crate::slack::reply::Ack;
use crate::slack::views;

/// Cancels the request. Its messages are updated by a job once that is stored.
pub(super) async fn cancel(edge: &Edge, click: &Click) -> Ack {
    let cancelled = match named(edge, click, "cancel").await {
        Ok(named) => cancel_request(&edge.portal, &named).await,
        Err(error) => Err(error),
    };
    said(edge, cancelled, |request| Some(cancelled_message(&request)))
}

/// Nudges the approvers. The owner's message is updated by a job once that is stored.
pub(super) async fn nudge(edge: &Edge, click: &Click) -> Ack {
    let nudged = match named(edge, click, "nudge").await {
        Ok(named) => nudge_approvers(&edge.portal, &named).await,
        Err(error) => Err(error),
    };
    said(edge, nudged, |_| None)
}

/// Opens the request form, prefilled from this request.
pub(super) async fn again(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    // Not recorded as forged: opening a form changes nothing, and submitting it is checked.
    let Some(value) = click.value().and_then(ButtonValue::parse) else { return Ack::Empty };
    let built = async {
        let form = form::again(&edge.portal, &target.person, value.request).await?;
        Ok(views::form(&form, None))
    };
    edge.opens(target, click.trigger_id.as_deref(), Box::pin(built)).await
}

/// Shows the details of the request to the clicking user only.
pub(super) async fn show(edge: &Edge, click: &Click) -> Ack {
    let Some(value) = click.value().and_then(ButtonValue::parse) else { return Ack::Empty };
    let (viewer, typed) = (&click.origin.person, value.request.to_string());
    match lookup::find_in_full(&edge.portal, viewer, &typed).await {
        Ok(detail) => Ack::Ephemeral(commands::full(edge, &detail, viewer).await),
        Err(error) => edge.refusal_of(&error),
    }
}

/// Shows the next page of a list to the clicking user only.
pub(super) async fn more(edge: &Edge, click: &Click) -> Ack {
    let Some(rows) = click.value().and_then(Rows::parse) else { return Ack::Empty };
    Ack::Ephemeral(list_page(edge, &click.origin.person, &rows).await)
}
