//! The modal in which an approver types a name to confirm.

use std::collections::BTreeMap;

use super::modal::{clicked, note, refused};
use crate::domain::stored_click::ClickedDecision;
use crate::portal::Error;
use crate::portal::people::decide::{DecisionOutcome, decide};
use crate::slack::edge::{Edge, STORED};
use crate::slack::ids::NAME_BLOCK;
use crate::slack::incoming::ViewSubmission;
use crate::slack::messages::Message;
use crate::slack::reply::Ack;
use crate::slack::views::typed_name;

pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let click = match clicked(edge, submission, "approve").await {
        Ok(click) => click,
        Err(error) => return answer(edge, submission, Err(error)),
    };
    let typed = typed_name(&submission.view).unwrap_or_default();
    answer(edge, submission, decide(&edge.portal, &click, ClickedDecision::Approve, Some(typed)).await)
}

/// Answers an approver's form.
pub(super) fn answer(
    edge: &Edge,
    submission: &ViewSubmission,
    decided: Result<DecisionOutcome, Error>,
) -> Ack {
    match decided {
        Ok(DecisionOutcome::Now(_)) => Ack::Close,
        Ok(DecisionOutcome::Later) => note("Noted", &Message::plain(STORED)),
        Ok(DecisionOutcome::NameWanted(request)) => {
            let problem =
                format!("That is not its name. Type {} to approve, or go back.", request.resource_name());
            Ack::FieldErrors(BTreeMap::from([(NAME_BLOCK.to_owned(), problem)]))
        }
        Err(error) => refused(edge, submission, "Not approved", &error),
    }
}
