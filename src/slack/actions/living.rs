//! Buttons about what lives: renew, tear down, give up a teardown, hand over, change. All but the first ask in a modal, which
//! is opened for those only who may go on.

use super::{ask, named, pressed, refuse};
use crate::domain::request::Request;
use crate::portal::change::open as open_change;
use crate::portal::renew::{Which, renew as renew_request};
use crate::portal::teardown::{end as end_request, look_again as look_again_at, may_retain, may_tear_down};
use crate::portal::transfer::may_transfer;
use crate::slack::commands::change_view;
use crate::slack::edge::{Edge, Whereabouts};
use crate::slack::incoming::Click;
use crate::slack::messages;
use crate::slack::views;

/// Renews. A message changes by itself once that is stored; what only the clicker sees does not.
pub(super) async fn renew(edge: &Edge, at: &Whereabouts, click: &Click, period: u8) {
    let renewed = match named(edge, click, "renew").await {
        Ok(named) => renew_request(&edge.portal, &named, Which::At(period)).await,
        Err(error) => Err(error),
    };
    match renewed {
        Ok(request) if changes_by_itself(click, &request) => {}
        Ok(request) => edge.say_later(at, messages::renewed(&request)),
        Err(error) => refuse(edge, at, &error),
    }
}

/// Whether the clicker sees what came of it without being told: in a message of the request's, or on the home tab.
fn changes_by_itself(click: &Click, request: &Request) -> bool {
    let is_known = |at| request.messages.values().any(|known| known == at);
    match &click.message {
        Some(message) => !message.is_ephemeral && is_known(&message.at),
        None => click.view.as_ref().is_some_and(|view| view.callback_id.is_empty()),
    }
}

/// Opens the dialog that names what is lost.
pub(super) async fn ask_to_tear_down(edge: &Edge, at: &Whereabouts, click: &Click) {
    ask(edge, at, click, "tear down", may_tear_down, views::tear_down).await;
}

/// Has it looked at again.
pub(super) async fn look_again(edge: &Edge, at: &Whereabouts, click: &Click) {
    let looked = match named(edge, click, "look again").await {
        Ok(named) => look_again_at(&edge.portal, &named).await,
        Err(error) => Err(error),
    };
    match looked {
        Ok(request) => edge.say_later(at, messages::looked_at_again(&request)),
        Err(error) => refuse(edge, at, &error),
    }
}

/// Ends what it waits for.
pub(super) async fn end(edge: &Edge, at: &Whereabouts, click: &Click) {
    let ended = match named(edge, click, "end").await {
        Ok(named) => end_request(&edge.portal, &named).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(request) => edge.say_later(at, messages::ended(&request)),
        Err(error) => refuse(edge, at, &error),
    }
}

/// Opens the dialog that asks why a teardown is given up.
pub(super) async fn ask_why_retain(edge: &Edge, at: &Whereabouts, click: &Click) {
    ask(edge, at, click, "retain", may_retain, views::retain).await;
}

/// Opens the dialog that asks for the new owner.
pub(super) async fn ask_to_whom(edge: &Edge, at: &Whereabouts, click: &Click) {
    ask(edge, at, click, "hand over", may_transfer, views::hand_over).await;
}

/// Opens the form of a change.
pub(super) async fn ask_what_to_change(edge: &Edge, at: &Whereabouts, click: &Click) {
    let opened = match named(edge, click, "change").await {
        Ok(named) => open_change(&edge.portal, &named, &[]).await.map(|session| (named, session)),
        Err(error) => Err(error),
    };
    match opened {
        Ok((named, session)) => {
            edge.open_later(at, click.trigger_id.clone(), change_view(&session, &pressed(named)));
        }
        Err(error) => refuse(edge, at, &error),
    }
}
