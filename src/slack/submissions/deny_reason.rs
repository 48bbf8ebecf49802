//! An approver said why they deny.

use std::collections::BTreeMap;

use super::{by_form, note};
use crate::domain::job::ClickedDecision;
use crate::portal::decide::{Click, Decided, decide};
use crate::slack::edge::{Edge, words};
use crate::slack::ids::REASON_BLOCK;
use crate::slack::incoming::Submission;
use crate::slack::messages::Message;
use crate::slack::reply::Ack;
use crate::slack::views::{Pressed, reason_of};

pub(super) async fn submitted(edge: &Edge, submission: Submission) -> Ack {
    let Some(pressed) = Pressed::parse(&submission.view.private_metadata) else {
        let refusal = edge.portal.refuse_forged(&by_form(&submission), "deny").await;
        return note("Not denied", &Message::plain(&words(&refusal)));
    };
    let reason = match reason_of(&submission.view) {
        Ok(reason) => reason,
        Err(problem) => return Ack::FieldErrors(BTreeMap::from([(REASON_BLOCK.to_owned(), problem)])),
    };
    let click = Click {
        by: by_form(&submission),
        request: pressed.button.request,
        epoch: pressed.button.epoch,
        message: pressed.message,
    };
    match decide(&edge.portal, &click, ClickedDecision::Deny { reason }).await {
        Ok(Decided::Now(_)) => Ack::Close,
        Ok(Decided::Later) => note(
            "Noted",
            &Message::plain(
                "Slack is slow to say who the approvers are. Your answer is stored and will count in a moment.",
            ),
        ),
        Err(error) => note("Not denied", &Message::plain(&words(&error))),
    }
}
