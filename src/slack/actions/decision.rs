//! Approve and Deny on a card.

use super::{ask, named, refuse};
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
    ask(edge, at, click, "deny", may_deny, deny_reason).await;
}
