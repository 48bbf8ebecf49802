//! `/provision status <id>` and `/provision cancel <id>`: one request, by the first characters of its id.

use crate::domain::audit::{By, Via};
use crate::domain::request::{Request, Surface};
use crate::portal::cancel::cancel as cancel_request;
use crate::portal::decide::Click;
use crate::portal::lookup::{self, Detail};
use crate::portal::{Error, Portal};
use crate::ports::slack::RequestNotice;
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::incoming::Origin;
use crate::slack::messages::{self, Message};
use crate::slack::mrkdwn::escape;
use crate::slack::reply::Ack;

pub(super) async fn status(edge: &Edge, at: Whereabouts, origin: Origin, typed: Option<&str>) -> Ack {
    let Some(typed) = typed.map(str::to_owned) else { return which(edge, "status") };
    let edge_ = edge.clone();
    edge.within_budget(at, async move {
        let found = found(&edge_.portal, &origin, &typed).await;
        match found {
            Ok(detail) => full(&detail, &origin),
            Err(error) => Message::plain(&words(&error)),
        }
    })
    .await
}

async fn found(portal: &Portal, origin: &Origin, typed: &str) -> Result<Detail, Error> {
    let request = lookup::find(portal, &origin.person, typed).await?;
    lookup::detail(portal, request).await
}

/// Everything about one request.
pub(in crate::slack) fn full(detail: &Detail, viewer: &Origin) -> Message {
    let notice = RequestNotice {
        surface: Surface::Direct,
        request: &detail.request,
        approvers: &detail.approvers,
        quota: detail.quota,
        simulated: detail.simulated,
    };
    messages::status(&notice, &detail.entries, viewer)
}

pub(super) async fn cancel(edge: &Edge, at: Whereabouts, typed: Option<&str>) -> Ack {
    let Some(typed) = typed else { return which(edge, "cancel") };
    match cancelled(edge, &at, typed).await {
        Ok(request) => Ack::Ephemeral(Message::plain(&format!(
            "Cancelled your request for *{}* (`{}`).",
            escape(&request.product.name),
            request.id.short()
        ))),
        Err(error) => Ack::Ephemeral(Message::plain(&words(&error))),
    }
}

async fn cancelled(edge: &Edge, at: &Whereabouts, typed: &str) -> Result<Request, Error> {
    let request = lookup::find(&edge.portal, &at.person, typed).await?;
    let by = By { person: at.person.clone(), via: Via::Command };
    let click = Click { by, request: request.id, epoch: request.epoch, message: None };
    cancel_request(&edge.portal, &click).await
}

fn which(edge: &Edge, word: &str) -> Ack {
    let command = &edge.portal.organization.command;
    Ack::Ephemeral(Message::plain(&format!(
        "Which request? Type `{command} {word} <id>` with the first 8 characters of its id. `{command} list` shows yours."
    )))
}
