//! Jobs that were given up: an operator or an admin has them tried again, or drops them. Either goes on the trail in the
//! commit that does it.

use jiff::Timestamp;

use super::{Error, Portal, own_trail};
use crate::domain::audit::{Actor, By};
use crate::domain::job::JobKey;
use crate::domain::refusal::Refusal;
use crate::ports::store::{Commit, CommitError, ParkedJob, Store};

/// Parked jobs that are looked at; more than these are no list that anybody reads.
const MOST: usize = 1_000;

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

/// Has them tried again at once, as if they had never failed; those that were still parked.
///
/// # Errors
/// When the store cannot be written; those before the one that failed are due.
pub async fn retry(
    store: &dyn Store,
    jobs: &[ParkedJob],
    by: &Actor,
    now: Timestamp,
) -> anyhow::Result<Vec<ParkedJob>> {
    let again = |job: &ParkedJob| vec![job.kind.clone().due(job.key.of.clone(), now)];
    let change = |job: &ParkedJob| Commit { jobs: again(job), ..taken(job) };
    change_each(store, jobs, ("job retried", by, now), change).await
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
    change_each(store, jobs, ("job dropped", by, now), taken).await
}

fn taken(job: &ParkedJob) -> Commit {
    Commit { given_up: Some(job.key.clone()), ..Commit::default() }
}

async fn change_each(
    store: &dyn Store,
    jobs: &[ParkedJob],
    (event, by, now): (&'static str, &Actor, Timestamp),
    change: impl Fn(&ParkedJob) -> Commit + Send,
) -> anyhow::Result<Vec<ParkedJob>> {
    let mut done = Vec::new();
    for job in jobs {
        let detail = format!("`{}` of {}, given up because: {}", job.key.name, job.key.of, job.why);
        match own_trail::commit(store, by, (event, &detail), now, &change(job)).await {
            Ok(()) => done.push(job.clone()),
            // Somebody else was faster.
            Err(CommitError::NotParked) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

/// A parked job as a list showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Which.
    pub key: JobKey,
    /// When it was first due, in seconds: one of the same key that was parked later is another one.
    pub due: i64,
}

impl Named {
    /// This job.
    pub fn of(job: &ParkedJob) -> Self {
        Self { key: job.key.clone(), due: job.written_at.as_second() }
    }
}

/// Every parked job, for an admin in Slack.
///
/// # Errors
/// A refusal for whoever is no admin, noted on the trail; or a failure.
pub async fn list_as(portal: &Portal, by: &By) -> Result<Vec<ParkedJob>, Error> {
    portal.only_admins(by, "see jobs").await?;
    Ok(parked(&*portal.ports.store, &Chosen::default()).await?)
}

/// As [`retry`], one of them for an admin in Slack.
///
/// # Errors
/// As [`list_as`]; also a refusal when it is not parked any more.
pub async fn retry_as(portal: &Portal, by: &By, named: &Named) -> Result<ParkedJob, Error> {
    portal.only_admins(by, "retry a job").await?;
    let job = find(portal, named).await?;
    let done = retry(&*portal.ports.store, &[job], &Actor::Person(by.clone()), portal.now()).await?;
    portal.wake(done.iter().map(|job| job.key.clone()).collect());
    done.into_iter().next().ok_or_else(|| Refusal::NotParked.into())
}

/// As [`drop`], one of them for an admin in Slack.
///
/// # Errors
/// As [`retry_as`].
pub async fn drop_as(portal: &Portal, by: &By, named: &Named) -> Result<ParkedJob, Error> {
    portal.only_admins(by, "drop a job").await?;
    let job = find(portal, named).await?;
    let done = drop(&*portal.ports.store, &[job], &Actor::Person(by.clone()), portal.now()).await?;
    done.into_iter().next().ok_or_else(|| Refusal::NotParked.into())
}

async fn find(portal: &Portal, named: &Named) -> Result<ParkedJob, Error> {
    let parked = portal.ports.store.parked(MOST).await?;
    parked.into_iter().find(|job| Named::of(job) == *named).ok_or_else(|| Refusal::NotParked.into())
}
