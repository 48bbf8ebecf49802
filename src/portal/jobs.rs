//! Jobs that were given up: an operator or an admin has them tried again, or drops them. Either goes on the trail in the
//! commit that does it.

use jiff::Timestamp;

use super::{Error, Portal, not_stored, portal_audit};
use crate::domain::audit::{Actor, By};
use crate::domain::job::JobKey;
use crate::domain::refusal::Refusal;
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Commit, CommitError, ParkedJob, Store};

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
    let mut parked = all_parked(store).await?;
    parked.retain(|job| {
        let named = chosen.name.as_ref().is_none_or(|name| *name == job.key.name);
        named && job.key.of.to_string().starts_with(&chosen.of)
    });
    Ok(parked)
}

/// Every job that was given up.
async fn all_parked(store: &dyn Store) -> anyhow::Result<Vec<ParkedJob>> {
    let count = store.count_parked().await?;
    if count == 0 { Ok(Vec::new()) } else { store.parked(count).await }
}

/// Has them tried again at once, as if they had never failed; those that were still parked and can be read.
///
/// # Errors
/// When the store cannot be written; those before the one that failed are due.
pub async fn retry(
    store: &dyn Store,
    jobs: &[ParkedJob],
    by: &Actor,
    now: Timestamp,
) -> anyhow::Result<Vec<ParkedJob>> {
    change_each(store, jobs, (RETRIED, by, now), |job| again(job, now).ok()).await
}

/// Forgets them: what they would have done will not be done. Those that were still parked.
///
/// # Errors
/// When the store cannot be written; those before the one that failed are gone.
pub async fn drop(
    store: &dyn Store,
    jobs: &[ParkedJob],
    by: &Actor,
    now: Timestamp,
) -> anyhow::Result<Vec<ParkedJob>> {
    change_each(store, jobs, (DROPPED, by, now), |job| Some(taken(job))).await
}

/// The words on the trail.
const RETRIED: &str = "job retried";
const DROPPED: &str = "job dropped";

fn again(job: &ParkedJob, now: Timestamp) -> Result<Commit, Refusal> {
    let kind = job.kind.clone().map_err(|_| Refusal::JobUnreadable)?;
    Ok(Commit { jobs: vec![kind.due(job.key.of.clone(), now)], ..taken(job) })
}

fn taken(job: &ParkedJob) -> Commit {
    Commit { given_up: Some(job.key.clone()), ..Commit::default() }
}

async fn change_each(
    store: &dyn Store,
    jobs: &[ParkedJob],
    (event, by, now): (&'static str, &Actor, Timestamp),
    change: impl Fn(&ParkedJob) -> Option<Commit> + Send,
) -> anyhow::Result<Vec<ParkedJob>> {
    let mut done = Vec::new();
    for job in jobs {
        let Some(change) = change(job) else { continue };
        match change_one(store, job, (event, by, now), &change).await {
            Ok(()) => done.push(job.clone()),
            // Somebody else was faster.
            Err(CommitError::NotParked) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

async fn change_one(
    store: &dyn Store,
    job: &ParkedJob,
    (event, by, now): (&'static str, &Actor, Timestamp),
    change: &Commit,
) -> Result<(), CommitError> {
    let detail = format!("`{}` of {}, given up because: {}", job.key.name, job.key.of, job.why);
    portal_audit::commit(store, by, (event, &detail), now, change).await
}

/// A parked job as a list showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedJobRef {
    /// Which.
    pub key: JobKey,
    /// When it was first due, in seconds: one of the same key that was parked later is another one.
    pub due: i64,
}

impl ParkedJobRef {
    /// This job.
    pub fn of(job: &ParkedJob) -> Self {
        Self { key: job.key.clone(), due: job.written_at.as_second() }
    }
}

/// The first parked jobs, at most `limit`, and how many there are, for an admin in Slack.
///
/// # Errors
/// A refusal for whoever is no admin, noted on the trail; or a failure.
pub async fn list_as(portal: &Portal, by: &By, limit: usize) -> Result<(Vec<ParkedJob>, usize), Error> {
    portal.only_admins(by, "see jobs").await?;
    let store = &portal.ports.store;
    let first = store.parked(limit).await?;
    let count = if first.len() < limit { first.len() } else { store.count_parked().await? };
    Ok((first, count))
}

/// As [`retry`], one of them for an admin in Slack; once under `key`.
///
/// # Errors
/// As [`list_as`]; also a refusal when it is not parked any more.
pub async fn retry_as(portal: &Portal, by: &By, key: &str, named: &ParkedJobRef) -> Result<ParkedJob, Error> {
    portal.only_admins(by, "retry a job").await?;
    let job = find(portal, named).await?;
    change_as(portal, by, (RETRIED, key), &job, again(&job, portal.now())?).await?;
    portal.wake(vec![job.key.clone()]);
    Ok(job)
}

/// As [`drop`], one of them for an admin in Slack.
///
/// # Errors
/// As [`retry_as`].
pub async fn drop_as(portal: &Portal, by: &By, key: &str, named: &ParkedJobRef) -> Result<ParkedJob, Error> {
    portal.only_admins(by, "drop a job").await?;
    let job = find(portal, named).await?;
    change_as(portal, by, (DROPPED, key), &job, taken(&job)).await?;
    Ok(job)
}

async fn change_as(
    portal: &Portal,
    by: &By,
    (event, key): (&'static str, &str),
    job: &ParkedJob,
    change: Commit,
) -> Result<(), Error> {
    let (store, actor) = (&*portal.ports.store, Actor::Person(by.clone()));
    let change = Commit { once: Some(IdempotencyKey::for_now(key, portal.now())), ..change };
    match change_one(store, job, (event, &actor, portal.now()), &change).await {
        Err(CommitError::NotParked) => Err(Refusal::NotParked.into()),
        done => done.map_err(|error| not_stored(error, "cannot change a job that was given up")),
    }
}

async fn find(portal: &Portal, named: &ParkedJobRef) -> Result<ParkedJob, Error> {
    let parked = all_parked(&*portal.ports.store).await?;
    parked.into_iter().find(|job| ParkedJobRef::of(job) == *named).ok_or_else(|| Refusal::NotParked.into())
}
