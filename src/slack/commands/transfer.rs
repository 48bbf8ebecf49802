//! `/provision transfer <id> [@person]`: transfers a resource to a team-mate; without a user, asks for one in a dialog.

use slack_morphism::prelude::SlackModalView;

use super::escaped::person;
use super::request::{named, which};
use crate::domain::ids::PersonId;
use crate::portal::Error;
use crate::portal::people::transfer::{may_transfer, transfer as transfer_request};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::ids::ButtonValue;
use crate::slack::messages::{self, Message};
use crate::slack::reply::Ack;
use crate::slack::views::{self, ButtonContext};

pub(super) async fn transfer(
    edge: &Edge,
    at: &ReplyTarget,
    (trigger, key): (Option<&str>, &str),
    typed: Option<&str>,
    to: Option<&str>,
) -> Ack {
    let Some(typed) = typed else { return which(edge, "transfer") };
    // With `should_escape` in the manifest, a mention arrives as an id. Anything else opens the dialog.
    let Some(to) = to.and_then(person) else {
        return edge.opens(at, trigger, Box::pin(dialog(edge, at, key, typed))).await;
    };
    match handed_over(edge, at, key, typed, &to).await {
        Ok(message) => Ack::Ephemeral(message),
        Err(error) => edge.refusal_of(&error),
    }
}

async fn handed_over(
    edge: &Edge,
    at: &ReplyTarget,
    key: &str,
    typed: &str,
    to: &PersonId,
) -> Result<Message, Error> {
    let click = named(edge, at, key, typed).await?;
    Ok(messages::handed_over(&transfer_request(&edge.portal, &click, to).await?))
}

async fn dialog(edge: &Edge, at: &ReplyTarget, key: &str, typed: &str) -> Result<SlackModalView, Error> {
    let click = named(edge, at, key, typed).await?;
    let request = may_transfer(&edge.portal, &click).await?;
    let button = ButtonValue { request: click.request, epoch: click.epoch };
    Ok(views::hand_over(&request, &ButtonContext { button, message: None }))
}
