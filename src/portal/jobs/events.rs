//! Delivery of audit entries to a subscriber: in order, at least once, and from where the last delivery stopped.

use std::time::Duration;

use crate::domain::job::{JobKind, JobOwner};
use crate::portal::Portal;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::portal::labels::{CopyOutcome, CopyTarget};
use crate::ports::subscriber::TellError;

/// Entries per run, so that a run ends within a minute however slow the subscriber is.
const IN_ONE_RUN: usize = 10;
/// How often to look for new entries.
const EVERY: Duration = Duration::from_secs(5);
/// How long to wait after a failure.
const AFTER_FAILURE: Duration = Duration::from_mins(1);
/// How often to check whether there is a subscriber.
const WITHOUT_SUBSCRIBER: Duration = Duration::from_mins(5);
/// Key under which the job is scheduled once.
const BEGUN: &str = "events";

/// Schedules the delivery of new entries, unless that was done before. A different subscriber continues where the
/// previous one stopped.
///
/// # Errors
/// If the store cannot be used.
pub async fn begin(portal: &Portal) -> anyhow::Result<()> {
    if portal.ports.subscriber.is_none() {
        return Ok(());
    }
    // From now on: a new subscriber does not get the whole history.
    let after = portal.ports.store.audit_end().await?;
    let job = JobKind::TellEvents { after }.due(JobOwner::Portal, portal.now());
    portal.write_job_once(job, BEGUN).await
}

/// Delivers new entries. Never parked, since a stream that stopped would have to be restarted by hand.
pub(super) async fn tell(portal: &Portal, after: u64) -> Result<Performed, JobError> {
    let Some(subscriber) = &portal.ports.subscriber else {
        // No subscriber is configured: skip these entries, so that a later subscriber starts with new ones.
        let after = portal.ports.store.audit_end().await?;
        return Ok(Performed::AgainAs(JobKind::TellEvents { after }, WITHOUT_SUBSCRIBER));
    };
    let mut sent = after;
    for _ in 0..IN_ONE_RUN {
        // One at a time, so that a failure repeats only the entry that failed.
        let (entries, next) = portal.ports.store.audit_page(sent, 1).await?;
        let Some(entry) = entries.first() else {
            return Ok(Performed::AgainAs(JobKind::TellEvents { after: sent }, EVERY));
        };
        if let Err(error) = subscriber.tell(entry).await {
            portal.metrics.copied(CopyTarget::Events, CopyOutcome::Failed);
            tracing::warn!(request = %entry.request, error = format!("{error:#}"), "cannot send a webhook");
            let wait = match error {
                TellError::Wait(wait) => wait,
                TellError::Other(_) => AFTER_FAILURE,
            };
            // Retries the same entry, which keeps the order.
            return Ok(Performed::AgainAs(JobKind::TellEvents { after: sent }, wait));
        }
        portal.metrics.copied(CopyTarget::Events, CopyOutcome::Copied);
        sent = next;
    }
    // More entries may be waiting.
    Ok(Performed::AgainAs(JobKind::TellEvents { after: sent }, Duration::ZERO))
}
