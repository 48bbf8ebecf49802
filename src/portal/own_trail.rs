//! What belongs to no request is on the trail like what is done to a request: in one chain of its own, under
//! [`RequestId::PORTAL`], whose end is stored and moved in the same commit, so that a missing entry shows.

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;

use super::STALE_RETRIES;
use super::verify::numbered;
use crate::domain::audit::{Actor, AuditEntry, AuditHead, AuditSubject};
use crate::domain::ids::RequestId;
use crate::domain::old_trail::{OldTrail, TrailDigest, UPGRADED};
use crate::domain::repeats::Line;
use crate::ports::store::{Commit, CommitError, Store};

/// Entries read at a time.
const PAGE: usize = 500;

/// Commits a change with the entry about it, again and again while others append.
pub(super) async fn commit(
    store: &dyn Store,
    by: &Actor,
    (event, detail): (&'static str, &str),
    now: Timestamp,
    change: &Commit,
) -> Result<(), CommitError> {
    for _ in 0..STALE_RETRIES {
        let lines = [(event, detail.to_owned())];
        match try_commit(store, AuditSubject::Portal(None), by, &lines, now, change.clone()).await {
            Err(CommitError::Stale) => {}
            done => return done.map(drop),
        }
    }
    Err(anyhow!("the trail grew {STALE_RETRIES} times while something was noted on it").into())
}

/// Commits a change with these entries; stale where others have appended meanwhile.
pub(super) async fn try_commit(
    store: &dyn Store,
    subject: AuditSubject<'_>,
    by: &Actor,
    lines: &[Line],
    now: Timestamp,
    change: Commit,
) -> Result<Vec<AuditEntry>, CommitError> {
    if store.portal_head().await?.is_none() {
        begin(store, now).await?;
    }
    let mut head = end(store).await?;
    let entries: Vec<_> =
        lines.iter().map(|(event, detail)| head.append(now, subject, event, by, detail.as_str())).collect();
    store.commit(Commit { audit: entries.clone(), ..change }).await?;
    Ok(entries)
}

/// Where the next entry goes. An older bot beside us appends and moves no stored end: its entries are followed. Where entries
/// before the stored end are gone they stay missing.
async fn end(store: &dyn Store) -> anyhow::Result<AuditHead> {
    let stored = store.portal_head().await?.unwrap_or_default();
    let last = store.audit_last(RequestId::PORTAL).await?;
    let last = last.as_ref().map(AuditHead::at).unwrap_or_default();
    Ok(if last.seq > stored.seq { last } else { stored })
}

/// Notes on the trail of a program that kept no end of the portal's chain what its digest is; does nothing where that was
/// done, or where nothing is on the trail. Several bots may begin at once: one of them does it.
///
/// # Errors
/// When the store cannot be used.
pub async fn begin(store: &dyn Store, now: Timestamp) -> anyhow::Result<()> {
    for _ in 0..STALE_RETRIES {
        // Read before all else: another bot that has done it by then is seen, and one that does it later takes the place
        // behind this entry.
        let last = store.audit_last(RequestId::PORTAL).await?;
        if store.portal_head().await?.is_some() {
            return Ok(());
        }
        let Some(old) = read_old(store).await? else { return Ok(()) };
        let mut head = last.as_ref().map(AuditHead::at).unwrap_or_default();
        let by = Actor::Operator;
        let entry = head.append(now, AuditSubject::Portal(None), UPGRADED, &by, old.detail());
        match store.commit(Commit { audit: vec![entry], ..Commit::default() }).await {
            Err(CommitError::Stale) => {}
            done => {
                tracing::info!(entries = old.end, "the trail of an earlier program is sealed");
                return done.context("cannot seal the trail of an earlier program");
            }
        }
    }
    Err(anyhow!("the trail grew {STALE_RETRIES} times while it was read"))
}

/// What there is on the trail by now, if anything.
async fn read_old(store: &dyn Store) -> anyhow::Result<Option<OldTrail>> {
    let (mut digest, mut end) = (TrailDigest::default(), 0);
    loop {
        let entries = numbered(store, end, PAGE).await?;
        let Some((last, _)) = entries.last() else { break };
        end = *last;
        for (number, entry) in &entries {
            digest.add(*number, entry);
        }
    }
    Ok((end > 0).then(|| OldTrail { end, digest: digest.finish() }))
}
