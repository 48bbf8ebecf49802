//! An approver typed the name of what they agree to.

use std::collections::BTreeMap;

use super::{clicked, note, refused};
use crate::domain::job::ClickedDecision;
use crate::portal::Error;
use crate::portal::decide::{Decided, decide};
use crate::slack::edge::{Edge, STORED};
use crate::slack::ids::NAME_BLOCK;
use crate::slack::incoming::Submission;
use crate::slack::messages::Message;
use crate::slack::reply::Ack;
use crate::slack::views::typed_name;

pub(super) async fn submitted(edge: &Edge, submission: &Submission) -> Ack {
    let click = match clicked(edge, submission, "approve").await {
        Ok(click) => click,
        Err(error) => return answer(edge, submission, Err(error)),
    };
    let typed = typed_name(&submission.view).unwrap_or_default();
    answer(edge, submission, decide(&edge.portal, &click, ClickedDecision::Approve, Some(typed)).await)
}

/// What an approver reads in place of their form.
pub(super) fn answer(edge: &Edge, submission: &Submission, decided: Result<Decided, Error>) -> Ack {
    match decided {
        Ok(Decided::Now(_)) => Ack::Close,
        Ok(Decided::Later) => note("Noted", &Message::plain(STORED)),
        Ok(Decided::NameWanted(request)) => {
            let problem =
                format!("That is not its name. Type {} to approve, or go back.", request.resource_name());
            Ack::FieldErrors(BTreeMap::from([(NAME_BLOCK.to_owned(), problem)]))
        }
        Err(error) => refused(edge, submission, "Not approved", &error),
    }
}
