//! Approve and Deny on a card.

use super::{named, pressed, refuse};
use crate::domain::job::ClickedDecision;
use crate::portal::decide::{Decided, decide, may_deny};
use crate::slack::edge::{Edge, Whereabouts};
use crate::slack::incoming::Click;
use crate::slack::messages::Message;
use crate::slack::views::deny_reason;

/// Approves; the card changes by itself once that is stored.
pub(super) async fn approve(edge: &Edge, at: &Whereabouts, click: &Click) {
    let decided = match named(edge, click, "approve").await {
        Ok(named) => decide(&edge.portal, &named, ClickedDecision::Approve).await,
        Err(error) => Err(error),
    };
    match decided {
        Ok(Decided::Now(_)) => {}
        Ok(Decided::Later) => edge.say_later(
            at,
            Message::plain("Slack is slow to say who the approvers are. Your click is stored and will count in a moment."),
        ),
        Err(error) => refuse(edge, at, &error),
    }
}

/// Opens the form that asks why, if the person may deny.
pub(super) async fn ask_why(edge: &Edge, at: &Whereabouts, click: &Click) {
    let allowed = match named(edge, click, "deny").await {
        Ok(named) => may_deny(&edge.portal, &named).await.map(|request| (named, request)),
        Err(error) => Err(error),
    };
    match allowed {
        Ok((named, request)) => {
            edge.open_later(at, click.trigger_id.clone(), deny_reason(&request, &pressed(named)));
        }
        Err(error) => refuse(edge, at, &error),
    }
}
