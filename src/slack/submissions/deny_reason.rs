//! The modal for the reason of a denial.

use std::collections::BTreeMap;

use super::modal::{clicked, note, refused};
use crate::domain::stored_click::ClickedDecision;
use crate::portal::people::decide::{DecisionOutcome, decide};
use crate::slack::edge::{Edge, STORED};
use crate::slack::ids::REASON_BLOCK;
use crate::slack::incoming::ViewSubmission;
use crate::slack::messages::Message;
use crate::slack::reply::Ack;
use crate::slack::views::reason_of;

pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let click = match clicked(edge, submission, "deny").await {
        Ok(click) => click,
        Err(error) => return refused(edge, submission, "Not denied", &error),
    };
    let reason = match reason_of(&submission.view) {
        Ok(reason) => reason,
        Err(problem) => return Ack::FieldErrors(BTreeMap::from([(REASON_BLOCK.to_owned(), problem)])),
    };
    match decide(&edge.portal, &click, ClickedDecision::Deny { reason }, None).await {
        // `NameWanted` is only for approvals and does not occur for a denial.
        Ok(DecisionOutcome::Now(_) | DecisionOutcome::NameWanted(_)) => Ack::Close,
        Ok(DecisionOutcome::Later) => note("Noted", &Message::plain(STORED)),
        Err(error) => refused(edge, submission, "Not denied", &error),
    }
}
