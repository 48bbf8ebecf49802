//! Deadlines of approvals: what nobody has answered in time ends.

use std::time::Duration;

use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::portal::Portal;
use crate::portal::jobs::apply::apply;
use crate::portal::jobs::outcome::{JobError, Performed};

/// When to check again a deadline that passed while no bot could receive events from Slack.
pub(super) const UNTIL_REACHABLE: Duration = Duration::from_mins(5);

/// Times out what waits for approvers, if its deadline has passed. The clock may have been set back since the job became
/// due, or something else may have been asked since.
pub(super) async fn at_deadline(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let is_waiting = request.status.name().is_undecided() || request.waiting().is_some();
    if !is_waiting {
        return Ok(Performed::Done);
    }
    match Duration::try_from(request.approval().answer_by.duration_since(portal.now())) {
        Ok(left) if !left.is_zero() => Ok(Performed::Again(left)),
        // Nobody could answer while Slack's events did not arrive, so wait.
        _ if !portal.any_bot_is_reachable().await? => Ok(Performed::Again(UNTIL_REACHABLE)),
        // The core checks the deadline again, against the row as it is by then.
        _ => apply(portal, id, Event::ApprovalDeadline).await,
    }
}
