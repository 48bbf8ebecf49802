//! Deadlines of approvals: what nobody has answered in time ends.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::request::Request;
use crate::portal::Portal;
use crate::portal::jobs::apply::apply;
use crate::portal::jobs::outcome::{JobError, Performed};

/// When to check again a deadline that passed while no bot could receive events from Slack.
pub(super) const UNTIL_HEARD: Duration = Duration::from_mins(5);

/// Applies an event if its deadline has passed. The clock may have been set back since the job became due.
pub(super) async fn at_deadline(
    portal: &Portal,
    id: RequestId,
    event: Event,
    deadline: impl Fn(&Request) -> Option<Timestamp>,
) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let left = deadline(&request).map(|deadline| deadline.duration_since(portal.now()));
    match left.map(Duration::try_from) {
        Some(Ok(left)) if !left.is_zero() => Ok(Performed::Again(left)),
        // Nobody could answer while Slack's events did not arrive, so wait.
        _ if !portal.hears_people().await? => Ok(Performed::Again(UNTIL_HEARD)),
        _ => apply(portal, id, event).await,
    }
}
