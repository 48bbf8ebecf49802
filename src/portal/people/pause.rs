//! Pausing and resuming new requests; everything else continues. The pause is in the store, so that it applies to all
//! bots at once, and is checked in the commit of each new request.

use anyhow::Context as _;
use jiff::Timestamp;

use crate::domain::audit::{Actor, By};
use crate::domain::job::{Job, JobKind, JobOwner};
use crate::domain::pause::Pause;
use crate::domain::refusal::Refusal;
use crate::portal::commit::not_stored;
use crate::portal::{Error, Portal, portal_audit};
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Commit, CommitError, Pausing, Store};

/// Pauses new requests, or replaces the current pause.
///
/// # Errors
/// If the store cannot be used.
pub async fn begin(
    store: &dyn Store,
    message: Option<&str>,
    by: &Actor,
    now: Timestamp,
) -> anyhow::Result<Pause> {
    let result = begin_once(store, message, (by, None), now).await;
    result.map_err(CommitError::into_error).context("cannot pause new requests")
}

async fn begin_once(
    store: &dyn Store,
    message: Option<&str>,
    (by, key): (&Actor, Option<&str>),
    now: Timestamp,
) -> Result<Pause, CommitError> {
    let pause = Pause::new(message, by, now);
    let change = Commit {
        pausing: Some(Pausing::Begin(pause.clone())),
        // Home tabs say that new requests are paused.
        jobs: vec![homes(now)],
        idempotency_key: key.map(|key| IdempotencyKey::for_now(key, now)),
        ..Commit::default()
    };
    portal_audit::commit(store, by, ("paused", &pause.message), now, &change).await?;
    Ok(pause)
}

/// Accepts new requests again; returns the pause that ends, if there was one.
///
/// # Errors
/// If the store cannot be used.
pub async fn end(store: &dyn Store, by: &Actor, now: Timestamp) -> anyhow::Result<Option<Pause>> {
    end_once(store, (by, None), now)
        .await
        .map_err(CommitError::into_error)
        .context("cannot resume new requests")
}

async fn end_once(
    store: &dyn Store,
    (by, key): (&Actor, Option<&str>),
    now: Timestamp,
) -> Result<Option<Pause>, CommitError> {
    let Some(pause) = store.pause().await? else { return Ok(None) };
    let change = Commit {
        pausing: Some(Pausing::End),
        jobs: vec![homes(now)],
        idempotency_key: key.map(|key| IdempotencyKey::for_now(key, now)),
        ..Commit::default()
    };
    let since = format!("paused since {:.0} by {}", pause.since, pause.by);
    portal_audit::commit(store, by, ("resumed", &since), now, &change).await?;
    Ok(Some(pause))
}

/// Returns the job that updates all recently opened home tabs.
fn homes(now: Timestamp) -> Job {
    JobKind::FollowUp.due(JobOwner::Portal, now)
}

/// Like [`begin`], for an admin in Slack, with the idempotency key `key`.
///
/// # Errors
/// A refusal if the user is no admin, recorded on the trail; or a failure.
pub async fn begin_as(portal: &Portal, by: &By, key: &str, message: Option<&str>) -> Result<Pause, Error> {
    portal.only_admins(by, "pause new requests").await?;
    let now = portal.now();
    let actor = Actor::Person(by.clone());
    let result = begin_once(&*portal.ports.store, message, (&actor, Some(key)), now).await;
    let pause = result.map_err(|error| not_stored(error, "cannot pause new requests"))?;
    portal.wake(vec![homes(now).key]);
    Ok(pause)
}

/// Like [`end`], for an admin in Slack, with the idempotency key `key`.
///
/// # Errors
/// See [`begin_as`].
pub async fn end_as(portal: &Portal, by: &By, key: &str) -> Result<Option<Pause>, Error> {
    portal.only_admins(by, "resume new requests").await?;
    let now = portal.now();
    let actor = Actor::Person(by.clone());
    let result = end_once(&*portal.ports.store, (&actor, Some(key)), now).await;
    let ended = result.map_err(|error| not_stored(error, "cannot resume new requests"))?;
    // Uses up the key, so that a redelivery does not end a later pause.
    if ended.is_none() {
        Box::pin(portal.spend(key)).await?;
    }
    portal.wake(vec![homes(now).key]);
    Ok(ended)
}

/// Refuses to open a form that could not be submitted now.
pub(super) async fn refuse_while_paused(portal: &Portal) -> Result<(), Error> {
    match portal.ports.store.pause().await? {
        Some(pause) => Err(Refusal::Paused { message: pause.message }.into()),
        None => Ok(()),
    }
}
