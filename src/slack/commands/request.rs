//! `/provision status <id>` and `/provision cancel <id>`: one request, by the beginning of its id.

use futures_util::future::join4;

use crate::domain::audit::{By, Via};
use crate::domain::ids::PersonId;
use crate::domain::request::{MessageSlot, Request};
use crate::portal::people::cancel::cancel as cancel_request;
use crate::portal::people::click::RequestAction;
use crate::portal::people::lookup::{self, Detail};
use crate::portal::{Error, Managing, Portal};
use crate::ports::outage::warn_unless;
use crate::ports::slack::RequestNotice;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::messages::{self, Message, Rights};
use crate::slack::reply::Ack;

pub(super) async fn status(edge: &Edge, target: &ReplyTarget, typed: Option<&str>) -> Ack {
    let Some(typed) = typed else { return which(edge, "status") };
    match lookup::find_in_full(&edge.portal, &target.person, typed).await {
        Ok(detail) => Ack::Ephemeral(full(edge, &detail, &target.person).await),
        Err(error) => edge.refusal_of(&error),
    }
}

/// Returns the details of one request, with the buttons that `viewer` may use.
pub(in crate::slack) async fn full(edge: &Edge, detail: &Detail, viewer: &PersonId) -> Message {
    let notice = RequestNotice {
        now: edge.portal.now(),
        slot: MessageSlot::Direct,
        request: &detail.request,
        approvers: &detail.approvers,
        // The details show neither this nor what the team holds: those are for the messages that ask and wait.
        note: None,
        held: &[],
        quota: detail.quota,
        is_in_channel: false,
        simulated: detail.simulated,
    };
    messages::status(&notice, &detail.entries, rights(&edge.portal, &detail.request, viewer).await)
}

/// Returns what the viewer may do. If Slack does not answer, the button is left out, which does no harm.
async fn rights(portal: &Portal, request: &Request, viewer: &PersonId) -> Rights {
    // Concurrent, because each of them may have to ask Slack.
    let (manages, ends, is_admin, decides) = join4(
        portal.may_manage(viewer, request, Managing::Keep),
        portal.may_manage(viewer, request, Managing::TearDown),
        portal.is_one_of(viewer, &portal.organization.admins),
        portal.can_decide_now(viewer, request),
    )
    .await;
    let or_no = |answer: anyhow::Result<bool>| {
        answer.unwrap_or_else(|error| {
            warn_unless!(
                portal.ports.trouble.outages.explains(&error),
                actor = %viewer,
                error = format!("{error:#}"),
                "cannot check a permission, so its button is left out"
            );
            false
        })
    };
    Rights {
        decides,
        cancels: request.may_withdraw(viewer),
        manages: or_no(manages),
        ends: or_no(ends),
        is_admin: or_no(is_admin),
    }
}

pub(super) async fn cancel(edge: &Edge, target: &ReplyTarget, key: &str, typed: Option<&str>) -> Ack {
    let Some(typed) = typed else { return which(edge, "cancel") };
    match cancelled(edge, target, key, typed).await {
        Ok(request) => Ack::Ephemeral(messages::cancelled(&request)),
        Err(error) => edge.refusal_of(&error),
    }
}

async fn cancelled(edge: &Edge, target: &ReplyTarget, key: &str, typed: &str) -> Result<Request, Error> {
    cancel_request(&edge.portal, &named(edge, target, key, typed).await?).await
}

/// Returns the request whose id begins with `typed`, as if the user had clicked a button of its newest message. The
/// command's idempotency key makes it count only once if Slack delivers it again.
pub(super) async fn named(
    edge: &Edge,
    target: &ReplyTarget,
    key: &str,
    typed: &str,
) -> Result<RequestAction, Error> {
    let request = lookup::find(&edge.portal, &target.person, typed).await?;
    let by = By { person: target.person.clone(), via: Via::Command };
    Ok(RequestAction {
        by,
        request: request.id,
        epoch: request.epoch,
        message: None,
        idempotency_key: key.to_owned(),
    })
}

/// Asks for the id that is missing after `word`.
pub(super) fn which(edge: &Edge, word: &str) -> Ack {
    let command = &edge.portal.organization.command;
    Ack::Ephemeral(Message::plain(&format!(
        "Which request? Type `{command} {word} &lt;id&gt;` with the first 8 characters of its id. `{command} list` shows yours."
    )))
}
