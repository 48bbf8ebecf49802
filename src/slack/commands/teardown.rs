//! `/provision teardown <id>`: opens the dialog that lists what would be deleted. The command itself tears nothing
//! down.

use slack_morphism::prelude::SlackModalView;

use super::request::{named, which};
use crate::portal::Error;
use crate::portal::people::teardown::may_tear_down;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::ids::ButtonValue;
use crate::slack::reply::Ack;
use crate::slack::views::{self, ButtonContext};

pub(super) async fn ask(
    edge: &Edge,
    at: &ReplyTarget,
    (trigger, key): (Option<&str>, &str),
    typed: Option<&str>,
) -> Ack {
    let Some(typed) = typed else { return which(edge, "teardown") };
    edge.opens(at, trigger, Box::pin(dialog(edge, at, key, typed))).await
}

async fn dialog(edge: &Edge, at: &ReplyTarget, key: &str, typed: &str) -> Result<SlackModalView, Error> {
    let click = named(edge, at, key, typed).await?;
    let request = may_tear_down(&edge.portal, &click).await?;
    let button = ButtonValue { request: click.request, epoch: click.epoch };
    Ok(views::tear_down(&request, &ButtonContext { button, message: None }))
}
