//! The modal for approving with changes.

use super::approve::answer;
use super::modal::{clicked, not_now};
use crate::domain::approval::Irreducible;
use crate::domain::form::Field;
use crate::domain::refusal::Refusal;
use crate::domain::stored_click::ClickedDecision;
use crate::portal::Error;
use crate::portal::people::click::RequestAction;
use crate::portal::people::decide::{DecisionOutcome, decide, reducible};
use crate::slack::edge::Edge;
use crate::slack::incoming::ViewSubmission;
use crate::slack::reply::Ack;
use crate::slack::views::{lacking, typed_name, wanted};

pub(super) async fn submitted(edge: &Edge, submission: &ViewSubmission) -> Ack {
    let click = match clicked(edge, submission, "approve").await {
        Ok(click) => click,
        Err(error) => return answer(edge, submission, Err(error)),
    };
    // Looked up again, because what can be reduced may have changed while the form was open.
    let (has_period, fields) = match reducible(&edge.portal, &click).await {
        Ok(reducible) => reducible,
        Err(error) => return answer(edge, submission, Err(error)),
    };
    let lacking = lacking(&submission.view, has_period, &fields);
    if !lacking.is_empty() {
        return Ack::FieldErrors(lacking);
    }
    match decided(edge, submission, &click, &fields).await {
        // No other value helps once the product has changed, so the modal does not stay.
        changed @ Err(Error::Refused(Refusal::CannotReduce { why: Irreducible::ProductChanged })) => {
            answer(edge, submission, changed)
        }
        // Keep the modal, so that the approver can choose other values.
        Err(error @ Error::Refused(Refusal::CannotReduce { .. })) => {
            not_now(&submission.view, &edge.words(&error))
        }
        other => answer(edge, submission, other),
    }
}

async fn decided(
    edge: &Edge,
    submission: &ViewSubmission,
    click: &RequestAction,
    fields: &[Field],
) -> Result<DecisionOutcome, Error> {
    let Some(wanted) = wanted(&submission.view, fields) else {
        return Err(edge.portal.refuse_forged(&click.by, "approve").await);
    };
    let typed = typed_name(&submission.view).unwrap_or_default();
    decide(&edge.portal, click, ClickedDecision::ApproveWithChanges(wanted), Some(typed)).await
}
