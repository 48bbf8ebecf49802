//! Jobs that were given up: an operator has them tried again, or drops them. Either goes on the trail in the commit that
//! does it.

use jiff::{SignedDuration, Timestamp};

use crate::domain::audit::{Actor, AuditEntry, AuditHead, AuditSubject};
use crate::domain::ids::{ProductKey, RequestId, TeamName};
use crate::domain::job::Job;
use crate::ports::store::{Commit, ParkedJob, Store};

/// Parked jobs that are looked at; more than these are no list that anybody reads.
const MOST: usize = 1_000;

/// A date that never comes for anybody who works: nobody does a dropped job before it is gone.
const NEVER: SignedDuration = SignedDuration::from_hours(24 * 365 * 100);
/// A store may keep a date a little later than it is given.
const SURELY_DUE: SignedDuration = SignedDuration::from_secs(1);

/// Which of the parked jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// How the id begins that they are about: of a request, of a person, or `-` for the portal. Empty for all.
    pub of: String,
    /// Their name there; all of them where none is given.
    pub name: Option<String>,
}

/// The jobs that were given up and are meant.
///
/// # Errors
/// When the store cannot be read.
pub async fn parked(store: &dyn Store, chosen: &Chosen) -> anyhow::Result<Vec<ParkedJob>> {
    let mut parked = store.parked(MOST).await?;
    parked.retain(|job| {
        let named = chosen.name.as_ref().is_none_or(|name| *name == job.key.name);
        named && job.key.of.to_string().starts_with(&chosen.of)
    });
    Ok(parked)
}

/// Has them tried again at once, as if they had never failed.
///
/// # Errors
/// When the store cannot be written; those before the one that failed are due.
pub async fn retry(store: &dyn Store, jobs: &[ParkedJob], now: Timestamp) -> anyhow::Result<()> {
    for job in jobs {
        let due = job.kind.clone().due(job.key.of.clone(), now);
        commit(store, due, noted(job, "job retried", now)).await?;
    }
    Ok(())
}

/// Forgets them: what they would have done will not be done.
///
/// # Errors
/// When the store cannot be written; those before the one that failed are gone.
pub async fn drop(store: &dyn Store, jobs: &[ParkedJob], now: Timestamp) -> anyhow::Result<()> {
    for job in jobs {
        let never = now.saturating_add(NEVER)?;
        let due = job.kind.clone().due(job.key.of.clone(), never);
        commit(store, due, noted(job, "job dropped", now)).await?;
        let then = never.saturating_add(SURELY_DUE)?;
        for claimed in store.claim(std::slice::from_ref(&job.key), then, then).await? {
            store.complete(&claimed.claim).await?;
        }
    }
    Ok(())
}

async fn commit(store: &dyn Store, job: Job, entry: AuditEntry) -> anyhow::Result<()> {
    Ok(store.commit(Commit { jobs: vec![job], audit: vec![entry], ..Commit::default() }).await?)
}

/// An entry in a chain of its own: no request changes by it.
fn noted(job: &ParkedJob, event: &str, now: Timestamp) -> AuditEntry {
    let (team, product) = (TeamName::new("-"), ProductKey::none());
    let subject = AuditSubject { request: RequestId::random(), team: &team, product: &product, status: "-" };
    let detail = format!("`{}` of {}, given up because: {}", job.key.name, job.key.of, job.why);
    AuditHead::default().append(now, subject, event, &Actor::Operator, detail)
}
