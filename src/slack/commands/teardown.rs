//! `/provision teardown <id>`: asks in a dialog that names what is lost; nothing is torn down by the command alone.

use slack_morphism::prelude::SlackModalView;

use super::request::{named, which};
use crate::portal::Error;
use crate::portal::teardown::may_tear_down;
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::ids::ButtonValue;
use crate::slack::messages::Message;
use crate::slack::reply::Ack;
use crate::slack::views::{self, Pressed};

pub(super) async fn ask(
    edge: &Edge,
    at: Whereabouts,
    (trigger, key): (Option<String>, &str),
    typed: Option<&str>,
) -> Ack {
    let Some(typed) = typed else { return which(edge, "teardown") };
    match dialog(edge, &at, key, typed).await {
        Ok(view) => {
            edge.open_later(&at, trigger, view);
            Ack::Empty
        }
        Err(error) => Ack::Ephemeral(Message::plain(&words(&error))),
    }
}

async fn dialog(edge: &Edge, at: &Whereabouts, key: &str, typed: &str) -> Result<SlackModalView, Error> {
    let click = named(edge, at, key, typed).await?;
    let request = may_tear_down(&edge.portal, &click).await?;
    let button = ButtonValue { request: click.request, epoch: click.epoch };
    Ok(views::tear_down(&request, &Pressed { button, message: None }))
}
