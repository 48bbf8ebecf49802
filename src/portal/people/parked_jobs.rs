//! Parked jobs: operators and admins retry or drop them. Both are recorded on the trail in the same commit.

use jiff::Timestamp;

use crate::domain::audit::{Actor, By};
use crate::domain::job::JobKey;
use crate::domain::refusal::Refusal;
use crate::portal::commit::not_stored;
use crate::portal::{Error, Portal, portal_audit};
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Commit, CommitError, ParkedJob, Store};

/// Selects parked jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobSelection {
    /// Prefix of the owner: a request's id, a person's id, or `-` for the portal. Empty for all.
    pub owner: String,
    /// The job's name; all if `None`.
    pub name: Option<String>,
}

/// Returns the selected parked jobs.
///
/// # Errors
/// If the store cannot be read.
pub async fn parked(store: &dyn Store, selection: &JobSelection) -> anyhow::Result<Vec<ParkedJob>> {
    let mut parked = all_parked(store).await?;
    parked.retain(|job| {
        let is_named = selection.name.as_ref().is_none_or(|name| *name == job.key.name);
        is_named && job.key.owner.to_string().starts_with(&selection.owner)
    });
    Ok(parked)
}

/// Returns all parked jobs.
async fn all_parked(store: &dyn Store) -> anyhow::Result<Vec<ParkedJob>> {
    let count = store.count_parked().await?;
    if count == 0 { Ok(Vec::new()) } else { store.parked(count).await }
}

/// Makes these jobs due now, with no attempts counted. Returns those that were still parked and can be read.
///
/// # Errors
/// If the store cannot be written; jobs before the failed one are due.
pub async fn retry(
    store: &dyn Store,
    jobs: &[ParkedJob],
    by: &Actor,
    now: Timestamp,
) -> anyhow::Result<Vec<ParkedJob>> {
    change_each(store, jobs, (RETRIED, by, now), |job| retry_commit(job, now).ok()).await
}

/// Deletes these jobs; what they would have done will not happen. Returns those that were still parked.
///
/// # Errors
/// If the store cannot be written; jobs before the failed one are deleted.
pub async fn drop(
    store: &dyn Store,
    jobs: &[ParkedJob],
    by: &Actor,
    now: Timestamp,
) -> anyhow::Result<Vec<ParkedJob>> {
    change_each(store, jobs, (DROPPED, by, now), |job| Some(drop_commit(job))).await
}

/// Names of the audit events.
const RETRIED: &str = "job retried";
const DROPPED: &str = "job dropped";

fn retry_commit(job: &ParkedJob, now: Timestamp) -> Result<Commit, Refusal> {
    let kind = job.kind.clone().map_err(|_| Refusal::JobUnreadable)?;
    Ok(Commit { jobs: vec![kind.due(job.key.owner.clone(), now)], ..drop_commit(job) })
}

fn drop_commit(job: &ParkedJob) -> Commit {
    Commit { unparked: Some(job.key.clone()), ..Commit::default() }
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
    let detail = format!("`{}` of {}, which had failed: {}", job.key.name, job.key.owner, job.why);
    portal_audit::commit(store, by, (event, &detail), now, change).await
}

/// Refers to a parked job as a list showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedJobRef {
    /// Its key.
    pub key: JobKey,
    /// When it was first due, in seconds. Tells it from a job with the same key that was parked later.
    pub due: i64,
}

impl ParkedJobRef {
    /// Returns the reference to a job.
    pub fn of(job: &ParkedJob) -> Self {
        Self { key: job.key.clone(), due: job.written_at.as_second() }
    }
}

/// Returns the first parked jobs, at most `limit`, and the number of all, for an admin in Slack.
///
/// # Errors
/// A refusal if the user is no admin, recorded on the trail; or a failure.
pub async fn list_as(portal: &Portal, by: &By, limit: usize) -> Result<(Vec<ParkedJob>, usize), Error> {
    portal.only_admins(by, "see jobs").await?;
    let store = &portal.ports.store;
    let first = store.parked(limit).await?;
    // A short page is complete, so it needs no count.
    let count = if first.len() < limit { first.len() } else { store.count_parked().await? };
    Ok((first, count))
}

/// Like [`retry`], but one job for an admin in Slack, with the idempotency key `key`.
///
/// # Errors
/// See [`list_as`]; also a refusal if the job is no longer parked.
pub async fn retry_as(
    portal: &Portal,
    by: &By,
    key: &str,
    job_ref: &ParkedJobRef,
) -> Result<ParkedJob, Error> {
    // Checked for each click: a list may stay open in Slack long after its reader was an admin.
    portal.only_admins(by, "retry a job").await?;
    let job = find(portal, job_ref).await?;
    change_as(portal, by, (RETRIED, key), &job, retry_commit(&job, portal.now())?).await?;
    portal.wake(vec![job.key.clone()]);
    Ok(job)
}

/// Like [`drop`], but one job for an admin in Slack.
///
/// # Errors
/// See [`retry_as`].
pub async fn drop_as(
    portal: &Portal,
    by: &By,
    key: &str,
    job_ref: &ParkedJobRef,
) -> Result<ParkedJob, Error> {
    portal.only_admins(by, "drop a job").await?;
    let job = find(portal, job_ref).await?;
    change_as(portal, by, (DROPPED, key), &job, drop_commit(&job)).await?;
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
    let change = Commit { idempotency_key: Some(IdempotencyKey::for_now(key, portal.now())), ..change };
    match change_one(store, job, (event, &actor, portal.now()), &change).await {
        Err(CommitError::NotParked) => Err(Refusal::NotParked.into()),
        result => result.map_err(|error| not_stored(error, "cannot change a failed job")),
    }
}

async fn find(portal: &Portal, job_ref: &ParkedJobRef) -> Result<ParkedJob, Error> {
    let parked = all_parked(&*portal.ports.store).await?;
    parked.into_iter().find(|job| ParkedJobRef::of(job) == *job_ref).ok_or_else(|| Refusal::NotParked.into())
}
