//! Buttons for active resources: renew, tear down, retain, transfer, change. All but renewing open a modal, and only
//! for users who may continue.

use super::button::{ask, named, said};
use crate::domain::request::Request;
use crate::portal::people::change::open as open_change;
use crate::portal::people::renew::{RenewalChoice, renew as renew_request};
use crate::portal::people::teardown::{
    end as end_request, look_again as look_again_at, may_retain, may_tear_down,
};
use crate::portal::people::transfer::may_transfer;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::incoming::Click;
use crate::slack::reply::Ack;
use crate::slack::{messages, views};

/// Renews the lease. Messages in a slot are updated by a job once that is stored; an ephemeral message is not, so its
/// reader gets an answer.
pub(super) async fn renew(edge: &Edge, click: &Click, period: u8) -> Ack {
    let renewed = match named(edge, click, "renew").await {
        Ok(named) => renew_request(&edge.portal, &named, RenewalChoice::At(period)).await,
        Err(error) => Err(error),
    };
    said(edge, renewed, |request| {
        // An answer beside a message that shows the new end would only repeat it.
        if changes_by_itself(click, &request) { None } else { Some(messages::renewed(&request)) }
    })
}

/// Returns whether the user sees the result without an answer: in one of the request's messages, or on the home tab.
fn changes_by_itself(click: &Click, request: &Request) -> bool {
    let is_known = |place| request.messages.values().any(|message| message == place);
    match &click.message {
        // Jobs update only the messages in a slot, not an older copy of one.
        Some(message) => !message.is_ephemeral && is_known(&message.at),
        // Of our views only the home tab has no callback id, and a job publishes it again.
        None => click.view.as_ref().is_some_and(|view| view.callback_id.is_empty()),
    }
}

/// Opens the dialog that lists what a teardown would delete.
pub(super) async fn ask_to_tear_down(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    ask(edge, (target, click), "tear down", may_tear_down, views::tear_down).await
}

/// Checks a stuck request again.
pub(super) async fn look_again(edge: &Edge, click: &Click) -> Ack {
    let looked = match named(edge, click, "look again").await {
        Ok(named) => look_again_at(&edge.portal, &named).await,
        Err(error) => Err(error),
    };
    said(edge, looked, |request| Some(messages::looked_at_again(&request)))
}

/// Ends a stuck request.
pub(super) async fn end(edge: &Edge, click: &Click) -> Ack {
    let ended = match named(edge, click, "end").await {
        Ok(named) => end_request(&edge.portal, &named).await,
        Err(error) => Err(error),
    };
    said(edge, ended, |request| Some(messages::ended(&request)))
}

/// Opens the dialog for the reason to retain what a failed teardown left.
pub(super) async fn ask_why_retain(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    ask(edge, (target, click), "retain", may_retain, views::retain).await
}

/// Opens the dialog that asks for the new owner.
pub(super) async fn ask_to_whom(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    ask(edge, (target, click), "hand over", may_transfer, views::hand_over).await
}

/// Opens the form for changing a resource.
pub(super) async fn ask_what_to_change(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    let built = async {
        let named = named(edge, click, "change").await?;
        Ok(views::form(&open_change(&edge.portal, &named, &[]).await?, None))
    };
    edge.opens(target, click.trigger_id.as_deref(), Box::pin(built)).await
}
