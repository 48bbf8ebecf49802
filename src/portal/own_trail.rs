//! What is done to the portal itself, in Slack or on the command line, is on the trail like what is done to a request: in
//! one chain of its own, under [`RequestId::PORTAL`], so that a missing entry shows.

use anyhow::anyhow;
use jiff::Timestamp;

use super::STALE_RETRIES;
use crate::domain::audit::{Actor, AuditHead, AuditSubject};
use crate::domain::ids::{ProductKey, RequestId, TeamName};
use crate::ports::store::{Commit, CommitError, Store};

/// Commits a change with the entry about it, again and again while others append.
pub(super) async fn commit(
    store: &dyn Store,
    by: &Actor,
    (event, detail): (&str, &str),
    now: Timestamp,
    change: &Commit,
) -> Result<(), CommitError> {
    let (team, product) = (TeamName::new("-"), ProductKey::none());
    let subject = AuditSubject { request: RequestId::PORTAL, team: &team, product: &product, status: "-" };
    for _ in 0..STALE_RETRIES {
        let last = store.audit_last(RequestId::PORTAL).await?;
        let mut head = last.as_ref().map(AuditHead::at).unwrap_or_default();
        let entry = head.append(now, subject, event, by, detail);
        match store.commit(Commit { audit: vec![entry], ..change.clone() }).await {
            Err(CommitError::Stale) => {}
            done => return done,
        }
    }
    Err(anyhow!("the trail grew {STALE_RETRIES} times while something was noted on it").into())
}
