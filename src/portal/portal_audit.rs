//! Audit entries that belong to no request. They form a chain of their own under [`RequestId::PORTAL`]. Its head is
//! stored and moved in the same commit, so that a missing entry is noticed.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::audit::{Actor, AuditEntry, AuditHead, AuditSubject};
use crate::domain::ids::RequestId;
use crate::domain::old_trail::{OldTrail, TrailDigest, UPGRADED};
use crate::domain::repeats::AuditLine;
use crate::ports::store::{Commit, CommitError, PortalHead, Store};

/// How often a use case reloads a request because somebody else changed it first.
pub(super) const STALE_RETRIES: usize = 20;

/// How many entries to read at a time.
const PAGE: usize = 500;

/// Pauses between attempts to append to the chain that all bots share. They grow, and have random lengths so that bots
/// that collided do not collide again.
#[derive(Debug, Default)]
pub(super) struct ChainPauses {
    taken: u32,
}

impl ChainPauses {
    #[expect(
        clippy::disallowed_methods,
        reason = "a pause within one call, of a few tenths of a second at most"
    )]
    pub(super) async fn next(&mut self) {
        tokio::time::sleep(self.length(Uuid::new_v4().as_bytes()[0])).await;
        self.taken = self.taken.saturating_add(1);
    }

    /// Returns a length between zero and the maximum of this pause.
    fn length(&self, random: u8) -> Duration {
        // 2, 4, 8 ms and so on up to 256 ms.
        let longest = Duration::from_millis(2_u64.saturating_mul(1 << self.taken.min(7)));
        longest * u32::from(random) / 255
    }
}

/// Commits a change together with its audit entry; retries while others append.
pub(super) async fn commit(
    store: &dyn Store,
    by: &Actor,
    (event, detail): (&'static str, &str),
    now: Timestamp,
    change: &Commit,
) -> Result<(), CommitError> {
    let mut pauses = ChainPauses::default();
    for _ in 0..STALE_RETRIES {
        let lines = [(event, detail.to_owned())];
        match try_commit(store, AuditSubject::Portal(None), by, &lines, now, change.clone()).await {
            Err(CommitError::Stale) => pauses.next().await,
            result => return result.map(drop),
        }
    }
    Err(anyhow!("others appended to the audit trail {STALE_RETRIES} times meanwhile").into())
}

/// Commits a change together with these entries; [`CommitError::Stale`] if somebody else has appended.
pub(super) async fn try_commit(
    store: &dyn Store,
    subject: AuditSubject<'_>,
    by: &Actor,
    lines: &[AuditLine],
    now: Timestamp,
    change: Commit,
) -> Result<Vec<AuditEntry>, CommitError> {
    let mut stored = store.portal_head().await?;
    // A command may append before any bot of this version has started.
    if stored == PortalHead::NotBegun {
        begin(store, now).await?;
        stored = store.portal_head().await?;
    }
    let mut head = end(store, stored).await?;
    let entries: Vec<_> =
        lines.iter().map(|(event, detail)| head.append(now, subject, event, by, detail.as_str())).collect();
    store.commit(Commit { audit: entries.clone(), ..change }).await?;
    log(&entries);
    Ok(entries)
}

/// Logs new audit entries, without text that users typed.
pub(super) fn log(entries: &[AuditEntry]) {
    for AuditEntry { request, event, actor, team, product, status, .. } in entries {
        let request = (*request != RequestId::PORTAL).then(|| request.to_string());
        tracing::info!(request, actor, team, product, status, "{event}");
    }
}

/// Returns the head to append to. If the stored head was deleted, which verification reports, that is the last entry.
/// An older bot appends without moving the stored head, so its entries count too. Entries missing before the stored
/// head stay missing.
async fn end(store: &dyn Store, stored: PortalHead) -> anyhow::Result<AuditHead> {
    let stored = match stored {
        PortalHead::At(head) => head,
        PortalHead::NotBegun | PortalHead::Gone => AuditHead::default(),
    };
    let last = store.audit_last(RequestId::PORTAL).await?;
    let last = last.as_ref().map(AuditHead::at).unwrap_or_default();
    Ok(if last.seq > stored.seq { last } else { stored })
}

/// Seals a trail whose portal chain has no stored head, by recording its digest. Does nothing if that was done, or if
/// the trail is empty. Several bots may try at once; one of them succeeds.
///
/// # Errors
/// If the store cannot be used.
pub async fn begin(store: &dyn Store, now: Timestamp) -> anyhow::Result<()> {
    for _ in 0..STALE_RETRIES {
        // Read before everything else: if another bot seals the trail before this, it is seen below; if later, both
        // entries have the same number and our commit fails.
        let last = store.audit_last(RequestId::PORTAL).await?;
        match store.portal_head().await? {
            PortalHead::NotBegun => {}
            PortalHead::At(_) => return Ok(()),
            PortalHead::Gone => {
                tracing::error!("the stored end of the portal's audit chain is missing; run `audit verify`");
                return Ok(());
            }
        }
        let Some(old) = read_old(store).await? else { return Ok(()) };
        let mut head = last.as_ref().map(AuditHead::at).unwrap_or_default();
        let by = Actor::Operator;
        let entry = head.append(now, AuditSubject::Portal(None), UPGRADED, &by, old.detail());
        match store.commit(Commit { audit: vec![entry], ..Commit::default() }).await {
            Err(CommitError::Stale) => {}
            result => {
                tracing::info!(entries = old.end, "sealed the audit trail of an earlier version");
                return result
                    .map_err(CommitError::into_error)
                    .context("cannot seal the audit trail of an earlier version");
            }
        }
    }
    Err(anyhow!("others appended to the audit trail {STALE_RETRIES} times while it was read"))
}

/// Digests the current trail, if there is one.
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

/// Reads entries after a number, each with its own. A page only reports its last number: if some are missing in
/// between, it is read again one by one.
pub(super) async fn numbered(
    store: &dyn Store,
    after: u64,
    limit: usize,
) -> anyhow::Result<Vec<(u64, AuditEntry)>> {
    let (entries, last) = store.audit_page(after, limit).await?;
    // Without a gap, which is the usual case, the numbers can be counted off.
    if last - after == entries.len() as u64 {
        return Ok((after + 1..).zip(entries).collect());
    }
    let (mut numbered, mut cursor) = (Vec::new(), after);
    while cursor < last {
        let (mut page, number) = store.audit_page(cursor, 1).await?;
        let Some(entry) = page.pop() else { break };
        numbered.push((number, entry));
        cursor = number;
    }
    Ok(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_on_the_shared_chain_grow_to_a_quarter_of_a_second() {
        let lengths = [0, 1, 7, u32::MAX].map(|taken| {
            let pauses = ChainPauses { taken };
            (pauses.length(0).as_millis(), pauses.length(255).as_millis())
        });
        assert_eq!(lengths, [(0, 2), (0, 4), (0, 256), (0, 256)]);
    }
}
