//! A button was pressed or a field changed: one file per kind of action.

mod catalog;
mod decision;
mod form;
mod home;
mod jobs;
mod living;
mod request;

use slack_morphism::prelude::SlackModalView;

use super::edge::{Edge, Whereabouts, words};
use super::ids::{ActionId, ButtonValue};
use super::incoming::Click;
use super::messages::Message;
use super::reply::Ack;
use super::views::Pressed;
use crate::domain::audit::{By, Via};
use crate::domain::request::Request;
use crate::portal::decide::Click as Named;
use crate::portal::{Error, Portal};

/// Answers a click. The answer itself is always empty; what people see comes after it. Whatever changes something is
/// stored before the answer, and nobody waits for what is only shown.
pub(super) async fn answer(edge: &Edge, click: Click) -> Ack {
    if ActionId::parse(&click.action_id).is_some_and(ActionId::changes) {
        act(edge, click).await;
    } else {
        let showing = edge.clone();
        edge.follow(async move { act(&showing, click).await });
    }
    Ack::Empty
}

async fn act(edge: &Edge, click: Click) {
    let at = Whereabouts::of_click(&click);
    match ActionId::parse(&click.action_id) {
        Some(ActionId::Approve) => decision::approve(edge, &at, &click).await,
        Some(ActionId::ApproveLess) => decision::ask_what(edge, &at, &click).await,
        Some(ActionId::Deny) => decision::ask_why(edge, &at, &click).await,
        Some(ActionId::Cancel) => request::cancel(edge, &at, &click).await,
        Some(ActionId::Nudge) => request::nudge(edge, &at, &click).await,
        Some(ActionId::Renew(period)) => living::renew(edge, &at, &click, period).await,
        Some(ActionId::TearDown) => living::ask_to_tear_down(edge, &at, &click).await,
        Some(ActionId::LookAgain) => living::look_again(edge, &at, &click).await,
        Some(ActionId::End) => living::end(edge, &at, &click).await,
        Some(ActionId::Retain) => living::ask_why_retain(edge, &at, &click).await,
        Some(ActionId::Transfer) => living::ask_to_whom(edge, &at, &click).await,
        Some(ActionId::Change) => living::ask_what_to_change(edge, &at, &click).await,
        Some(ActionId::Again) => request::again(edge, &at, &click).await,
        // On the home tab and in a modal there is no message to answer under.
        Some(ActionId::ShowStatus) if click.view.is_some() => home::show_details(edge, &at, &click).await,
        Some(ActionId::ShowStatus) => request::show(edge, &at, &click).await,
        Some(ActionId::MoreRows) => request::more(edge, &at, &click).await,
        Some(ActionId::ShowAll) => home::show_all(edge, &at, &click).await,
        Some(ActionId::ShowCosts) => home::show_costs(edge, &at, &click).await,
        Some(ActionId::ShowStats) => home::show_stats(edge, &at, &click).await,
        Some(ActionId::RetryJob) => jobs::retry(edge, &at, &click).await,
        Some(ActionId::DropJob) => jobs::forget(edge, &at, &click).await,
        Some(ActionId::Leave) => home::leave(edge, &at, &click),
        Some(ActionId::ComeBack) => home::come_back(edge, &at, &click).await,
        Some(ActionId::OpenCatalog) => catalog::open(edge, &at, &click).await,
        Some(ActionId::ChooseProduct) => catalog::choose(edge, &at, &click).await,
        Some(ActionId::ChooseTeam | ActionId::PageBack | ActionId::FieldValue) => form::changed(edge, &click),
        None => tracing::debug!(action = click.action_id, "an action that we do not know"),
    }
}

/// The request that a button names, or a refusal when it names none.
async fn named(edge: &Edge, click: &Click, tried: &str) -> Result<Named, Error> {
    let by = by(click);
    let Some(value) = click.value().and_then(ButtonValue::parse) else {
        return Err(edge.portal.refuse_forged(&by, tried).await);
    };
    // A message that only the clicker sees is recorded nowhere.
    let message = click.message.as_ref().filter(|message| !message.is_ephemeral);
    Ok(Named {
        by,
        request: value.request,
        epoch: value.epoch,
        message: message.map(|message| message.at.clone()),
        once: click.key.clone(),
    })
}

/// Opens the modal that asks on, for those only who may go on; what is submitted is judged again.
async fn ask(
    edge: &Edge,
    at: &Whereabouts,
    click: &Click,
    tried: &str,
    may: impl AsyncFnOnce(&Portal, &Named) -> Result<Request, Error>,
    view: fn(&Request, &Pressed) -> SlackModalView,
) {
    let allowed = match named(edge, click, tried).await {
        Ok(named) => may(&edge.portal, &named).await.map(|request| (named, request)),
        Err(error) => Err(error),
    };
    match allowed {
        Ok((named, request)) => {
            edge.open_later(at, click.trigger_id.clone(), view(&request, &pressed(named)));
        }
        Err(error) => refuse(edge, at, &error),
    }
}

/// What a modal remembers of this click.
fn pressed(named: Named) -> Pressed {
    Pressed { button: ButtonValue { request: named.request, epoch: named.epoch }, message: named.message }
}

/// Who clicked, and where.
fn by(click: &Click) -> By {
    let via = match (&click.message, &click.channel) {
        (Some(message), _) => Via::Message(message.at.channel.clone()),
        (None, Some(channel)) => Via::Message(channel.clone()),
        (None, None) => Via::Home,
    };
    By { person: click.origin.person.clone(), via }
}

/// Tells the clicker why it was not done.
fn refuse(edge: &Edge, at: &Whereabouts, error: &Error) {
    edge.say_later(at, Message::plain(&words(error)));
}
