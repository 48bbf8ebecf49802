//! Buttons of the home tab and of the modals it opens: whole lists, costs, stats, details. There is no message to answer in,
//! so the answers are modals.

use super::{by, refuse};
use crate::portal::away;
use crate::portal::lookup;
use crate::slack::commands::{self, Rows, cost_modal, list_modal, stats_modal};
use crate::slack::edge::{Edge, Whereabouts};
use crate::slack::ids::{ButtonValue, CallbackId};
use crate::slack::incoming::Click;
use crate::slack::messages::Message;
use crate::slack::views;

/// The whole of a list: in a new modal, or in the place of the page that the button stands on.
pub(super) async fn show_all(edge: &Edge, at: &Whereabouts, click: &Click) {
    let Some(rows) = click.value().and_then(Rows::parse) else { return };
    let next = match list_modal(edge, &at.person, &rows).await {
        Ok(next) => next,
        Err(error) => return refuse(edge, at, &error),
    };
    let page = click.view.clone().filter(|view| view.callback_id == CallbackId::Requests.as_str());
    let Some(page) = page else {
        return edge.open_later(at, click.trigger_id.clone(), next);
    };
    let (edge_, at) = (edge.clone(), at.clone());
    edge.follow(async move {
        if let Err(error) = edge_.client.update_view(&page.id, page.hash.as_deref(), &next).await {
            tracing::warn!(actor = %at.person, %error, "cannot turn a page");
            let text = "Slack did not turn the page. Close the list and open it once more.";
            edge_.say(&at, &Message::plain(text)).await;
        }
    });
}

/// Asks who answers while one is away.
pub(super) fn leave(edge: &Edge, at: &Whereabouts, click: &Click) {
    edge.open_later(at, click.trigger_id.clone(), views::away());
}

/// One is back; the tab changes by itself once that is stored.
pub(super) async fn come_back(edge: &Edge, at: &Whereabouts, click: &Click) {
    if let Err(error) = away::come_back(&edge.portal, &by(click), &click.key).await {
        refuse(edge, at, &error);
    }
}

/// What things cost.
pub(super) async fn show_costs(edge: &Edge, at: &Whereabouts, click: &Click) {
    match cost_modal(edge, &at.person).await {
        Ok(view) => edge.open_later(at, click.trigger_id.clone(), view),
        Err(error) => refuse(edge, at, &error),
    }
}

/// How requests went.
pub(super) async fn show_stats(edge: &Edge, at: &Whereabouts, click: &Click) {
    match stats_modal(edge, &at.person).await {
        Ok(view) => edge.open_later(at, click.trigger_id.clone(), view),
        Err(error) => refuse(edge, at, &error),
    }
}

/// Everything about one request, over whatever is open.
pub(super) async fn show_details(edge: &Edge, at: &Whereabouts, click: &Click) {
    let Some(value) = click.value().and_then(ButtonValue::parse) else { return };
    let typed = value.request.to_string();
    match lookup::find_in_full(&edge.portal, &at.person, &typed).await {
        Ok(detail) => {
            let view = views::details(&commands::full(edge, &detail, &at.person).await);
            edge.open_later(at, click.trigger_id.clone(), view);
        }
        Err(error) => refuse(edge, at, &error),
    }
}
