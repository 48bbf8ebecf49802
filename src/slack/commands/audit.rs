//! `/provision audit <id>`: everything that happened to one request, for those who may read all of it.

use super::request::which;
use crate::domain::audit::{By, Via};
use crate::portal::trail;
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::messages::{self, Message};
use crate::slack::reply::Ack;

pub(super) async fn audit(edge: &Edge, at: Whereabouts, typed: Option<&str>) -> Ack {
    let Some(typed) = typed.map(str::to_owned) else { return which(edge, "audit") };
    let (edge_, by) = (edge.clone(), By { person: at.person.clone(), via: Via::Command });
    edge.within_budget(at, async move {
        match trail::read(&edge_.portal, &by, &typed).await {
            Ok(trail) => messages::trail(&trail),
            Err(error) => Message::plain(&words(&error)),
        }
    })
    .await
}
