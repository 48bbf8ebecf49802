//! Applies what a job has found out to its request.

use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::transition::next;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::portal::{Error, Portal};

/// Applies an event; one that no longer fits the request's status has nothing left to do.
pub(super) async fn apply(portal: &Portal, id: RequestId, event: Event) -> Result<Performed, JobError> {
    match portal.change(id, |request, now| next(request, &event, now)).await {
        Ok(_) | Err(Error::Refused(_)) => Ok(Performed::Done),
        Err(Error::Failed(error)) => Err(JobError::Later(error)),
    }
}
