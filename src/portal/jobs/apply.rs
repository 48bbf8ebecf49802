//! Applies what a job has found out to its request.

use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::portal::Portal;
use crate::portal::commit::{ChangeOptions, applying, unless_refused};
use crate::portal::jobs::outcome::{JobError, Performed};

/// Applies an event; one that no longer fits the request's status has nothing left to do.
pub(super) async fn apply(portal: &Portal, id: RequestId, event: Event) -> Result<Performed, JobError> {
    unless_refused(portal.change(id, ChangeOptions::default(), applying(&event)).await)?;
    Ok(Performed::Done)
}
