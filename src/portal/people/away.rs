//! Absences: starting one with a delegate, and ending it.

use jiff::civil::Date;

use crate::domain::audit::{Actor, By};
use crate::domain::away::Away;
use crate::domain::ids::PersonId;
use crate::domain::job::JobKind;
use crate::portal::commit::not_stored;
use crate::portal::{Error, Portal, portal_audit};
use crate::ports::outage::warn_unless;
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Absence, Commit};

/// Starts an absence: `delegate` answers for the user until the end of that day. `key` is the idempotency key.
///
/// # Errors
/// A refusal if that is not possible; a failure if Slack or the store does not answer, with nothing changed.
pub async fn leave(
    portal: &Portal,
    by: &By,
    key: &str,
    delegate: &PersonId,
    until: Date,
) -> Result<Away, Error> {
    let now = portal.now();
    let others = portal.ports.store.aways(now).await?;
    // Before Slack is asked: what the store alone can refuse costs no call.
    let away = Away::begin(by.person.clone(), delegate.clone(), until, &others, now)?;
    portal.check_absence(&by.person, delegate).await?;
    let audit = ("away", format!("{delegate} answers until {until}"));
    store(portal, by, key, audit, &away, Absence::Begin(away.clone())).await?;
    // The absence is committed; a failed message must not undo it.
    let text = format!(
        "<@{}> is away until {until} and has named you as their delegate. You can approve what they could; it is listed on your home tab.",
        away.person
    );
    if let Err(error) = portal.ports.slack.post_ephemeral(None, delegate, &text).await {
        warn_unless!(
            portal.ports.trouble.outages.explains(&error),
            actor = %delegate,
            %error,
            "cannot notify a delegate"
        );
    }
    Ok(away)
}

/// Ends an absence. `key` is the idempotency key.
///
/// # Errors
/// If the store cannot be used.
pub async fn come_back(portal: &Portal, by: &By, key: &str) -> Result<(), Error> {
    let aways = portal.ports.store.aways(portal.now()).await?;
    let Some(away) = aways.into_iter().find(|away| away.person == by.person) else {
        // Uses up the key, so that a redelivery does not end a later absence.
        return Box::pin(portal.spend(key)).await;
    };
    let audit = ("back", format!("{} no longer answers", away.delegate));
    store(portal, by, key, audit, &away, Absence::End(by.person.clone())).await
}

/// Commits the change together with its audit entry, and updates the home tabs of both people.
async fn store(
    portal: &Portal,
    by: &By,
    key: &str,
    (event, detail): (&'static str, String),
    away: &Away,
    absence: Absence,
) -> Result<(), Error> {
    let (store, actor, now) = (portal.ports.store.as_ref(), Actor::Person(by.clone()), portal.now());
    let jobs = [&away.person, &away.delegate].map(|person| JobKind::Home.due(person.clone(), now));
    let due = jobs.iter().map(|job| job.key.clone()).collect();
    let change = Commit {
        absence: Some(absence),
        jobs: jobs.into(),
        idempotency_key: Some(IdempotencyKey::for_now(key, now)),
        ..Commit::default()
    };
    let result = portal_audit::commit(store, &actor, (event, &detail), now, &change).await;
    result.map_err(|error| not_stored(error, "cannot store an absence"))?;
    portal.wake(due);
    Ok(())
}
