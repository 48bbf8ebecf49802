//! Buttons on the home tab and in the modals it opens: lists, costs, statistics, details. There is no message to reply
//! to, so the answers are modals.

use super::button::{by, said};
use crate::portal::people::{away, lookup};
use crate::slack::commands::{self, Rows, cost_modal, list_modal, stats_modal};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::ids::{ButtonValue, CallbackId};
use crate::slack::incoming::Click;
use crate::slack::reply::Ack;
use crate::slack::views;

/// Shows a whole list: in a new modal, or in place of the page that contains the button.
pub(super) async fn show_all(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    let Some(rows) = click.value().and_then(Rows::parse) else { return Ack::Empty };
    let built = list_modal(edge, &target.person, &rows);
    // Paging replaces the list's own modal. From the home tab there is none yet.
    let page = click.view.as_ref().filter(|view| view.callback_id == CallbackId::Requests.as_str());
    let Some(page) = page else {
        return edge.opens(target, click.trigger_id.as_deref(), Box::pin(built)).await;
    };
    let next = match built.await {
        Ok(next) => next,
        Err(error) => return edge.refusal_of(&error),
    };
    edge.turns(target, page, &next).await
}

/// Opens the form for an absence.
pub(super) async fn begin_absence(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    edge.opens(target, click.trigger_id.as_deref(), Box::pin(async { Ok(views::away()) })).await
}

/// Ends the user's absence. The home tab is updated by a job once that is stored.
pub(super) async fn come_back(edge: &Edge, click: &Click) -> Ack {
    said(edge, away::come_back(&edge.portal, &by(click), &click.key).await, |()| None)
}

/// Shows costs in a modal.
pub(super) async fn show_costs(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    edge.opens(target, click.trigger_id.as_deref(), Box::pin(cost_modal(edge, &target.person))).await
}

/// Shows statistics in a modal.
pub(super) async fn show_stats(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    edge.opens(target, click.trigger_id.as_deref(), Box::pin(stats_modal(edge, &target.person))).await
}

/// Shows the details of a request, on top of an open modal if there is one.
pub(super) async fn show_details(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    let Some(value) = click.value().and_then(ButtonValue::parse) else { return Ack::Empty };
    let typed = value.request.to_string();
    let built = async {
        let detail = lookup::find_in_full(&edge.portal, &target.person, &typed).await?;
        Ok(views::details(&commands::full(edge, &detail, &target.person).await))
    };
    edge.opens(target, click.trigger_id.as_deref(), Box::pin(built)).await
}
