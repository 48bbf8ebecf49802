//! The audit trail: reading that of one request, and copying all of it to a channel as it grows.

use std::time::Duration;

use super::labels::{CopyOutcome, CopyTarget};
use super::perform::{JobError, Performed};
use super::{Error, Portal, lookup};
use crate::domain::audit::{AuditEntry, AuditHead, By, follows};
use crate::domain::job::{JobKind, JobOwner};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::ports::outage::warn_unless;
use crate::ports::retention::IdempotencyKey;
use crate::ports::slack::{Destination, Notice, SlackError};
use crate::ports::store::{Commit, CommitError};

/// Entries in one message to the audit channel.
const IN_ONE_MESSAGE: usize = 20;
/// How often the channel is brought up to date.
const EVERY: Duration = Duration::from_secs(5);
/// How often it is tried while there is no channel to copy to.
const WITHOUT_CHANNEL: Duration = Duration::from_mins(5);

/// A request with its trail.
#[derive(Clone, Debug)]
pub struct Trail {
    /// The request.
    pub request: Request,
    /// What happened to it, in order.
    pub entries: Vec<AuditEntry>,
    /// Where the chain does not hold, if it does not.
    pub broken: Option<String>,
}

/// The trail of the request whose id begins with `typed`, for those who may read it.
///
/// # Errors
/// A refusal, noted on the trail when it is for lack of right; or a failure.
pub async fn read(portal: &Portal, by: &By, typed: &str) -> Result<Trail, Error> {
    let request = lookup::find(portal, &by.person, typed).await?;
    if !portal.may_audit(&by.person, &request).await? {
        return Err(portal.refuse(&request, by, "read the trail", Refusal::NotAReader).await);
    }
    let entries = portal.ports.store.audit_of(request.id).await?;
    let broken = check(&request.audit, &entries).err();
    Ok(Trail { request, entries, broken })
}

/// Whether the entries are a whole chain with all up to this end, which was stored apart from them.
pub(super) fn check(end: &AuditHead, entries: &[AuditEntry]) -> Result<(), String> {
    let mut head = AuditHead::default();
    for entry in entries {
        follows(&head, entry)?;
        head = AuditHead::at(entry);
    }
    let known = entries.iter().find(|entry| entry.seq == end.seq);
    if known.is_some_and(|entry| entry.digest != end.digest) {
        return Err(format!("entry {} is not the one that was written", end.seq));
    }
    if head.seq >= end.seq {
        return Ok(());
    }
    Err(format!("{} were written, and the entries after entry {} are missing", end.seq, head.seq))
}

/// Begins to copy the trail to the audit channel, from its end as it is now; does nothing where that was begun.
///
/// # Errors
/// When the store cannot be used.
pub async fn begin_copying(portal: &Portal) -> anyhow::Result<()> {
    let Some(channel) = &portal.organization.audit_channel else { return Ok(()) };
    let after = portal.ports.store.audit_end().await?;
    let job = JobKind::CopyTrail { after }.due(JobOwner::Portal, portal.now());
    let once = Some(IdempotencyKey::for_ever(format!("audit-channel:{channel}")));
    match portal.ports.store.commit(Commit { jobs: vec![job], once, ..Commit::default() }).await {
        Ok(()) | Err(CommitError::Again(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Copies what has been added, one message at a time.
pub(super) async fn copy(portal: &Portal, after: u64) -> Result<Performed, JobError> {
    let Some(channel) = &portal.organization.audit_channel else {
        // Nobody reads it now; whoever wants it again begins with what is new then.
        let after = portal.ports.store.audit_end().await?;
        return Ok(Performed::AgainAs(JobKind::CopyTrail { after }, WITHOUT_CHANNEL));
    };
    let (entries, after) = portal.ports.store.audit_page(after, IN_ONE_MESSAGE).await?;
    if entries.is_empty() {
        return Ok(Performed::Again(EVERY));
    }
    let to = Destination::Channel(channel.clone());
    match portal.post(&to, &Notice::Trail(&entries)).await {
        Ok(_) | Err(SlackError::Unplaced) => {
            portal.metrics.copied(CopyTarget::Channel, CopyOutcome::Copied);
            Ok(Performed::AgainAs(JobKind::CopyTrail { after }, EVERY))
        }
        // Somebody has to invite the bot; until then the copy waits, and is never given up.
        Err(SlackError::RateLimited(wait)) => Ok(Performed::Again(wait)),
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
                "the audit trail cannot be copied to its channel"
            );
            Ok(Performed::Again(WITHOUT_CHANNEL))
        }
    }
}
