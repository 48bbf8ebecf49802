//! `/provision again <id>`: the form of an earlier request, filled in as it was.

use super::form;
use super::request::which;
use crate::portal::lookup;
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::messages::Message;
use crate::slack::reply::Ack;

pub(super) async fn again(edge: &Edge, at: Whereabouts, trigger: Option<String>, typed: Option<&str>) -> Ack {
    let Some(typed) = typed else { return which(edge, "again") };
    match lookup::find(&edge.portal, &at.person, typed).await {
        Ok(request) => form::again(edge, &at, trigger, request.id).await,
        Err(error) => Ack::Ephemeral(Message::plain(&words(&error))),
    }
}
