//! An approver chose what to approve in place of what was asked for.

use std::collections::BTreeMap;

use super::{clicked, not_now, note, refused};
use crate::domain::job::ClickedDecision;
use crate::domain::refusal::Refusal;
use crate::portal::Error;
use crate::portal::decide::{Click, Decided, decide, reducible};
use crate::slack::edge::{Edge, words};
use crate::slack::ids::NAME_BLOCK;
use crate::slack::incoming::Submission;
use crate::slack::messages::Message;
use crate::slack::reply::Ack;
use crate::slack::views::{typed_name, wanted};

pub(super) async fn submitted(edge: &Edge, submission: Submission) -> Ack {
    let decided = match clicked(edge, &submission, "approve").await {
        Ok(click) => decided(edge, &submission, &click).await,
        Err(error) => Err(error),
    };
    match decided {
        Ok(Decided::Now(_)) => Ack::Close,
        Ok(Decided::Later) => note(
            "Noted",
            &Message::plain(
                "Slack is slow to say who the approvers are. Your answer is stored and will count in a moment.",
            ),
        ),
        Ok(Decided::NameWanted(request)) => {
            let problem =
                format!("That is not its name. Type {} to approve, or go back.", request.resource_name());
            Ack::FieldErrors(BTreeMap::from([(NAME_BLOCK.to_owned(), problem)]))
        }
        // What was chosen stays, so that something else can be.
        Err(error @ Error::Refused(Refusal::CannotReduce { .. })) => not_now(&submission, &words(&error)),
        Err(error) => refused("Not approved", &error),
    }
}

async fn decided(edge: &Edge, submission: &Submission, click: &Click) -> Result<Decided, Error> {
    let fields = reducible(&edge.portal, click.request).await?;
    let Some(wanted) = wanted(&submission.view, &fields) else {
        return Err(edge.portal.refuse_forged(&click.by, "approve").await);
    };
    let typed = typed_name(&submission.view).unwrap_or_default();
    decide(&edge.portal, click, ClickedDecision::ApproveLess(wanted), Some(typed)).await
}
