//! What the handlers of buttons share: who pressed which button, the modal that follows, and the answer.

use slack_morphism::prelude::SlackModalView;

use crate::domain::audit::{By, Via};
use crate::domain::request::Request;
use crate::portal::people::click::{ButtonContext, RequestAction as Named};
use crate::portal::{Error, Portal};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::ids::ButtonValue;
use crate::slack::incoming::Click;
use crate::slack::messages::Message;
use crate::slack::reply::Ack;

/// Returns the request that a button names, or refuses the click as forged if it names none.
pub(super) async fn named(edge: &Edge, click: &Click, tried: &str) -> Result<Named, Error> {
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
        idempotency_key: click.key.clone(),
    })
}

/// Opens a follow-up modal if the user is allowed to continue. The submission checks permissions again.
pub(super) async fn ask(
    edge: &Edge,
    (target, click): (&ReplyTarget, &Click),
    tried: &str,
    may: impl AsyncFnOnce(&Portal, &Named) -> Result<Request, Error>,
    view: fn(&Request, &ButtonContext) -> SlackModalView,
) -> Ack {
    let built = async {
        let named = named(edge, click, tried).await?;
        let request = may(&edge.portal, &named).await?;
        Ok(view(&request, &named.button()))
    };
    edge.opens(target, click.trigger_id.as_deref(), Box::pin(built)).await
}

/// Answers with the message that `good` makes of a success, or with the reason why nothing was done.
pub(super) fn said<T>(edge: &Edge, done: Result<T, Error>, good: impl FnOnce(T) -> Option<Message>) -> Ack {
    match done.map(good) {
        Ok(Some(message)) => Ack::Ephemeral(message),
        Ok(None) => Ack::Empty,
        Err(error) => edge.refusal_of(&error),
    }
}

/// Returns who clicked, and where.
pub(super) fn by(click: &Click) -> By {
    let via = match (&click.message, &click.channel) {
        (Some(message), _) => Via::Message(message.at.channel.clone()),
        (None, Some(channel)) => Via::Message(channel.clone()),
        (None, None) => Via::Home,
    };
    By { person: click.origin.person.clone(), via }
}
