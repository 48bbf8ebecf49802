//! Whoever automates something hears of every entry of the trail: in order, each at least once, from where the last one
//! was told, whatever happens in between.

use std::time::Duration;

use super::Portal;
use super::labels::{CopyOutcome, CopyTarget};
use super::perform::{JobError, Performed};
use crate::domain::job::{JobKind, JobOwner};
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Commit, CommitError};
use crate::ports::subscriber::TellError;

/// Entries that are told in one run, so that it ends within a minute however slow the other side is.
const IN_ONE_RUN: usize = 10;
/// How often it is looked for something new.
const EVERY: Duration = Duration::from_secs(5);
/// How long it waits after a failure.
const AFTER_FAILURE: Duration = Duration::from_mins(1);
/// How often it is looked whether somebody wants to hear after all.
const WITHOUT_SUBSCRIBER: Duration = Duration::from_mins(5);
/// Under this key it is begun once.
const BEGUN: &str = "events";

/// Begins to tell the subscriber, from the end of the trail as it is now; does nothing where that was begun, whoever it was
/// begun for: another subscriber goes on where the last one stopped.
///
/// # Errors
/// When the store cannot be used.
pub async fn begin(portal: &Portal) -> anyhow::Result<()> {
    if portal.ports.subscriber.is_none() {
        return Ok(());
    }
    let after = portal.ports.store.audit_end().await?;
    let job = JobKind::TellEvents { after }.due(JobOwner::Portal, portal.now());
    let once = Some(IdempotencyKey::for_ever(BEGUN));
    match portal.ports.store.commit(Commit { jobs: vec![job], once, ..Commit::default() }).await {
        Ok(()) | Err(CommitError::Again(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Tells what has been added. It is never given up: a stream that ended after a day would have to be begun by hand.
pub(super) async fn tell(portal: &Portal, after: u64) -> Result<Performed, JobError> {
    let Some(subscriber) = &portal.ports.subscriber else {
        // Nobody hears it now; whoever wants to again begins with what is new then.
        let after = portal.ports.store.audit_end().await?;
        return Ok(Performed::AgainAs(JobKind::TellEvents { after }, WITHOUT_SUBSCRIBER));
    };
    let mut told = after;
    for _ in 0..IN_ONE_RUN {
        let (entries, next) = portal.ports.store.audit_page(told, 1).await?;
        let Some(entry) = entries.first() else {
            return Ok(Performed::AgainAs(JobKind::TellEvents { after: told }, EVERY));
        };
        if let Err(error) = subscriber.tell(entry).await {
            portal.metrics.copied(CopyTarget::Events, CopyOutcome::Failed);
            tracing::warn!(request = %entry.request, error = format!("{error:#}"), "an event cannot be told");
            let wait = match error {
                TellError::Wait(wait) => wait,
                TellError::Other(_) => AFTER_FAILURE,
            };
            return Ok(Performed::AgainAs(JobKind::TellEvents { after: told }, wait));
        }
        portal.metrics.copied(CopyTarget::Events, CopyOutcome::Copied);
        told = next;
    }
    Ok(Performed::AgainAs(JobKind::TellEvents { after: told }, Duration::ZERO))
}
