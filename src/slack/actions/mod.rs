//! Handlers for buttons and selects, one file per kind of action.

mod catalog;
mod decision;
mod form;
mod home;
mod jobs;
mod living;
mod request;

use slack_morphism::prelude::SlackModalView;

use super::commands;
use super::edge::{Edge, Whereabouts};
use super::ids::{ActionId, ButtonValue};
use super::incoming::Click;
use super::messages::Message;
use super::reply::Ack;
use super::views::ButtonContext;
use crate::domain::audit::{By, Via};
use crate::domain::request::Request;
use crate::portal::people::click::RequestAction as Named;
use crate::portal::{Error, Portal};

/// Returns whether a click changes something without asking further, so that it must be stored before it is
/// acknowledged.
pub(super) fn changes(click: &Click) -> bool {
    ActionId::parse(&click.action_id).is_some_and(ActionId::changes)
}

/// Answers a click. Slack shows nothing from the HTTP response to a click, so messages are sent separately.
pub(super) async fn answer(edge: &Edge, click: &Click) -> Ack {
    let at = &Whereabouts::of_click(click);
    // Happens during a rollout, when a bot of another version has rendered the button.
    let Some(action) = ActionId::parse(&click.action_id) else {
        tracing::debug!(action = click.action_id, "an action that we do not know");
        return Ack::Empty;
    };
    match action {
        ActionId::Approve => decision::approve(edge, at, click).await,
        ActionId::ApproveLess => decision::ask_what(edge, at, click).await,
        ActionId::Deny => decision::ask_why(edge, at, click).await,
        ActionId::Cancel => request::cancel(edge, click).await,
        ActionId::Nudge => request::nudge(edge, click).await,
        ActionId::Renew(period) => living::renew(edge, click, period).await,
        ActionId::TearDown => living::ask_to_tear_down(edge, at, click).await,
        ActionId::LookAgain => living::look_again(edge, click).await,
        ActionId::End => living::end(edge, click).await,
        ActionId::Retain => living::ask_why_retain(edge, at, click).await,
        ActionId::Transfer => living::ask_to_whom(edge, at, click).await,
        ActionId::Change => living::ask_what_to_change(edge, at, click).await,
        ActionId::Again => request::again(edge, at, click).await,
        // A click on the home tab or in a modal has no message to reply to, so details open in a modal.
        ActionId::ShowStatus if click.view.is_some() => home::show_details(edge, at, click).await,
        ActionId::ShowStatus => request::show(edge, click).await,
        ActionId::MoreRows => request::more(edge, click).await,
        ActionId::ShowAll => home::show_all(edge, at, click).await,
        ActionId::ShowCosts => home::show_costs(edge, at, click).await,
        ActionId::ShowStats => home::show_stats(edge, at, click).await,
        ActionId::RetryJob => jobs::retry(edge, click).await,
        ActionId::DropJob => jobs::forget(edge, click).await,
        ActionId::Leave => home::leave(edge, at, click).await,
        ActionId::ComeBack => home::come_back(edge, click).await,
        ActionId::OpenCatalog => commands::catalog(edge, at, click.trigger_id.as_deref()).await,
        ActionId::ChooseProduct => catalog::choose(edge, at, click).await,
        ActionId::ChooseTeam | ActionId::PageBack | ActionId::FieldValue => form::changed(edge, click).await,
    }
}

/// Returns the request that a button names, or refuses the click as forged if it names none.
async fn named(edge: &Edge, click: &Click, tried: &str) -> Result<Named, Error> {
    let by = by(click);
    let Some(value) = click.value().and_then(ButtonValue::parse) else {
        return Err(edge.portal.refuse_forged(&by, tried).await);
    };
    // Slack cannot edit an ephemeral message by its timestamp, so it is never recorded as a message slot.
    let message = click.message.as_ref().filter(|message| !message.is_ephemeral);
    Ok(Named {
        by,
        request: value.request,
        epoch: value.epoch,
        message: message.map(|message| message.at.clone()),
        once: click.key.clone(),
    })
}

/// Opens a follow-up modal if the user is allowed to continue. The submission checks permissions again.
async fn ask(
    edge: &Edge,
    (at, click): (&Whereabouts, &Click),
    tried: &str,
    may: impl AsyncFnOnce(&Portal, &Named) -> Result<Request, Error>,
    view: fn(&Request, &ButtonContext) -> SlackModalView,
) -> Ack {
    let built = async {
        let named = named(edge, click, tried).await?;
        let request = may(&edge.portal, &named).await?;
        Ok(view(&request, &pressed(named)))
    };
    edge.opens(at, click.trigger_id.as_deref(), Box::pin(built)).await
}

/// Answers with the message that `good` makes of a success, or with the reason why nothing was done.
fn said<T>(edge: &Edge, done: Result<T, Error>, good: impl FnOnce(T) -> Option<Message>) -> Ack {
    match done.map(good) {
        Ok(Some(message)) => Ack::Ephemeral(message),
        Ok(None) => Ack::Empty,
        Err(error) => edge.refusal_of(&error),
    }
}

/// Returns what a modal stores about the click that opened it.
fn pressed(named: Named) -> ButtonContext {
    ButtonContext {
        button: ButtonValue { request: named.request, epoch: named.epoch },
        message: named.message,
    }
}

/// Returns who clicked, and where.
fn by(click: &Click) -> By {
    let via = match (&click.message, &click.channel) {
        (Some(message), _) => Via::Message(message.at.channel.clone()),
        (None, Some(channel)) => Via::Message(channel.clone()),
        (None, None) => Via::Home,
    };
    By { person: click.origin.person.clone(), via }
}
