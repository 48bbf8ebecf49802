//! `/provision transfer <id> [@person]`: transfers a resource to a team-mate; without a user, asks for one in a dialog.

use slack_morphism::prelude::SlackModalView;

use super::escaped::person;
use super::request::{named, which};
use crate::domain::ids::PersonId;
use crate::portal::Error;
use crate::portal::people::transfer::{may_transfer, transfer as transfer_request};
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::messages::{self, Message};
use crate::slack::reply::Ack;
use crate::slack::views;

pub(super) async fn transfer(
    edge: &Edge,
    target: &ReplyTarget,
    (trigger, key): (Option<&str>, &str),
    typed: Option<&str>,
    mentioned: Option<&str>,
) -> Ack {
    let Some(typed) = typed else { return which(edge, "transfer") };
    // With `should_escape` in the manifest, a mention arrives as an id. Anything else opens the dialog.
    let Some(new_owner) = mentioned.and_then(person) else {
        return edge.opens(target, trigger, Box::pin(dialog(edge, target, key, typed))).await;
    };
    match handed_over(edge, target, key, typed, &new_owner).await {
        Ok(message) => Ack::Ephemeral(message),
        Err(error) => edge.refusal_of(&error),
    }
}

async fn handed_over(
    edge: &Edge,
    target: &ReplyTarget,
    key: &str,
    typed: &str,
    new_owner: &PersonId,
) -> Result<Message, Error> {
    let click = named(edge, target, key, typed).await?;
    Ok(messages::handed_over(&transfer_request(&edge.portal, &click, new_owner).await?))
}

async fn dialog(edge: &Edge, target: &ReplyTarget, key: &str, typed: &str) -> Result<SlackModalView, Error> {
    let click = named(edge, target, key, typed).await?;
    let request = may_transfer(&edge.portal, &click).await?;
    Ok(views::hand_over(&request, &click.button()))
}
