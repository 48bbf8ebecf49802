//! Approve, Approve with changes, and Deny on a card.

use super::button::{ask, named};
use crate::domain::stored_click::ClickedDecision;
use crate::portal::people::decide::{DecisionOutcome, decide, may_approve_with_changes, may_deny};
use crate::slack::edge::{Edge, ReplyTarget, STORED};
use crate::slack::incoming::Click;
use crate::slack::messages::Message;
use crate::slack::reply::Ack;
use crate::slack::views::{self, approve_with_changes, deny_reason};

/// Approves the request. The card is updated by a job once the approval is stored.
pub(super) async fn approve(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    let named = match named(edge, click, "approve").await {
        Ok(named) => named,
        Err(error) => return edge.refusal_of(&error),
    };
    match decide(&edge.portal, &named, ClickedDecision::Approve, None).await {
        Ok(DecisionOutcome::Now(_)) => Ack::Empty,
        Ok(DecisionOutcome::NameWanted(request)) => {
            let view = views::approve(&request, &named.button());
            edge.open_later(target, click.trigger_id.as_deref(), view);
            Ack::Empty
        }
        Ok(DecisionOutcome::Later) => Ack::Ephemeral(Message::plain(STORED)),
        Err(error) => edge.refusal_of(&error),
    }
}

/// Opens the form for approving with changes, if the user may approve.
pub(super) async fn ask_what(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    let built = async {
        let named = named(edge, click, "approve").await?;
        let (request, fields) = may_approve_with_changes(&edge.portal, &named).await?;
        Ok(approve_with_changes(&request, &fields, &named.button()))
    };
    edge.opens(target, click.trigger_id.as_deref(), Box::pin(built)).await
}

/// Opens the form for the reason of a denial, if the user may deny.
pub(super) async fn ask_why(edge: &Edge, target: &ReplyTarget, click: &Click) -> Ack {
    ask(edge, (target, click), "deny", may_deny, deny_reason).await
}
