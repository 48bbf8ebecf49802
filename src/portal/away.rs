//! Somebody is away for some time, and somebody else answers for them; or they are back.

use jiff::civil::Date;

use super::people::in_time;
use super::{Error, Portal, own_trail};
use crate::domain::audit::{Actor, By};
use crate::domain::away::Away;
use crate::domain::ids::PersonId;
use crate::domain::job::JobKind;
use crate::domain::refusal::Refusal;
use crate::ports::store::Commit;

/// Has `delegate` answer for whoever asks until the end of that day.
///
/// # Errors
/// A refusal where that cannot be; a failure when Slack or the store is silent, with nothing changed.
pub async fn leave(portal: &Portal, by: &By, delegate: &PersonId, until: Date) -> Result<Away, Error> {
    let now = portal.now();
    let others = portal.ports.store.aways(now).await?;
    let away = Away::begin(by.person.clone(), delegate.clone(), until, &others, now)?;
    let (directory, asked) = (portal.ports.directory.clone(), delegate.clone());
    if !in_time(async move { directory.is_full_member(&asked).await }).await? {
        return Err(Refusal::DelegateIsNoMember { person: delegate.clone() }.into());
    }
    note(portal, by, "away", &format!("{delegate} answers until {until}")).await?;
    portal.ports.store.put_away(&away).await?;
    show(portal, &away).await?;
    let text = format!(
        "<@{}> is away until {until} and asks you to answer for them. What they could approve, you can approve; it shows on your home tab.",
        away.person
    );
    if let Err(error) = portal.ports.slack.whisper(None, delegate, &text).await {
        tracing::warn!(actor = %delegate, %error, "cannot tell somebody that they answer for another");
    }
    Ok(away)
}

/// They are back.
///
/// # Errors
/// When the store cannot be used.
pub async fn come_back(portal: &Portal, by: &By) -> Result<(), Error> {
    let aways = portal.ports.store.aways(portal.now()).await?;
    let Some(away) = aways.into_iter().find(|away| away.person == by.person) else { return Ok(()) };
    note(portal, by, "back", &format!("{} no longer answers", away.delegate)).await?;
    portal.ports.store.end_away(&by.person).await?;
    Ok(show(portal, &away).await?)
}

async fn note(portal: &Portal, by: &By, event: &'static str, detail: &str) -> Result<(), Error> {
    let (store, actor) = (portal.ports.store.as_ref(), Actor::Person(by.clone()));
    let noted = own_trail::commit(store, &actor, (event, detail), portal.now(), &Commit::default()).await;
    noted.map_err(|error| Error::Failed(anyhow::Error::new(error).context("cannot note it on the trail")))
}

/// Both of them see it on their home tabs, if they look at them.
async fn show(portal: &Portal, away: &Away) -> anyhow::Result<()> {
    let now = portal.now();
    let people = [&away.person, &away.delegate];
    portal.write_jobs(people.map(|person| JobKind::Home.due(person.clone(), now)).into()).await
}
