//! Copies of all audit entries, in a channel.

use std::time::Duration;

use crate::domain::job::{JobKind, JobOwner};
use crate::portal::Portal;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::portal::labels::{CopyOutcome, CopyTarget};
use crate::ports::outage::warn_unless;
use crate::ports::slack::{Destination, Notice, SlackError};

/// Entries per message in the audit channel.
const IN_ONE_MESSAGE: usize = 20;

/// How often to copy new entries.
const EVERY: Duration = Duration::from_secs(5);

/// How often to try again while there is no channel to copy to.
const WITHOUT_CHANNEL: Duration = Duration::from_mins(5);

/// Schedules the copying of new entries to the audit channel, unless that was done before for this channel.
///
/// # Errors
/// If the store cannot be used.
pub async fn begin_copying(portal: &Portal) -> anyhow::Result<()> {
    let Some(channel) = &portal.organization.audit_channel else { return Ok(()) };
    let after = portal.ports.store.audit_end().await?;
    let job = JobKind::CopyTrail { after }.due(JobOwner::Portal, portal.now());
    // Contains the channel: another channel starts from the current end.
    portal.write_job_once(job, format!("audit-channel:{channel}")).await
}

/// Copies new entries, one message at a time.
pub(super) async fn copy(portal: &Portal, after: u64) -> Result<Performed, JobError> {
    let Some(channel) = &portal.organization.audit_channel else {
        // No channel is configured: skip these entries, so that a later channel starts with new ones.
        let after = portal.ports.store.audit_end().await?;
        return Ok(Performed::AgainAs(JobKind::CopyTrail { after }, WITHOUT_CHANNEL));
    };
    let (entries, after) = portal.ports.store.audit_page(after, IN_ONE_MESSAGE).await?;
    if entries.is_empty() {
        return Ok(Performed::Again(EVERY));
    }
    let to = Destination::Channel(channel.clone());
    match portal.post(&to, &Notice::Trail(&entries)).await {
        // It was posted, and nothing updates a copy, so nobody needs to know where.
        Ok(_) | Err(SlackError::Unplaced) => {
            portal.metrics.copied(CopyTarget::Channel, CopyOutcome::Copied);
            Ok(Performed::AgainAs(JobKind::CopyTrail { after }, EVERY))
        }
        Err(SlackError::RateLimited(wait)) => Ok(Performed::Again(wait)),
        // Somebody has to invite the bot; until then copying waits and is never parked.
        Err(SlackError::Unreachable(_)) => {
            portal.metrics.copied(CopyTarget::Channel, CopyOutcome::Failed);
            Ok(Performed::Again(WITHOUT_CHANNEL))
        }
        Err(error) => {
            portal.metrics.copied(CopyTarget::Channel, CopyOutcome::Failed);
            warn_unless!(
                portal.ports.trouble.outages.explains(&error),
                %channel,
                %error,
                "cannot copy the audit trail to its channel"
            );
            Ok(Performed::Again(WITHOUT_CHANNEL))
        }
    }
}
