//! Which teams somebody may read about.

use futures_util::future::join_all;

use crate::domain::ids::{PersonId, TeamName};
use crate::domain::organization::Team;
use crate::domain::principal::Principal;
use crate::portal::Portal;
use crate::ports::directory::Freshness;

/// Returns whether the person may read the requests of all teams: admins and auditors.
pub(crate) async fn reads_all(
    portal: &Portal,
    person: &PersonId,
    freshness: Freshness,
) -> anyhow::Result<bool> {
    let organization = &portal.organization;
    portal.is_in_any_as_of(person, &[&organization.admins, &organization.auditors], freshness).await
}

/// Returns the teams that the person belongs to or approves for, in the order of the settings, to read about them.
/// Teams are found in the cache, and only those found are checked with Slack. If there are none, all teams are checked.
///
/// # Errors
/// If Slack had to be asked and could not be, and none of the other teams match.
pub(crate) async fn teams_to_see(portal: &Portal, person: &PersonId) -> anyhow::Result<Vec<TeamName>> {
    // Errors do not matter here: without a result all teams are checked below.
    let cached = portal.teams_as_of(person, Freshness::Known, everybody_of).await.unwrap_or_default();
    let teams = confirmed(portal, person, cached).await.unwrap_or_default();
    if !teams.is_empty() {
        return Ok(teams);
    }
    // Somebody who has joined a team since must not be turned away by an old answer.
    confirmed(portal, person, portal.organization.teams.iter().collect()).await
}

/// Like [`teams_to_see`] but from the cache only, for content that the person did not ask for.
///
/// # Errors
/// See [`teams_to_see`].
pub(crate) async fn teams_to_show(portal: &Portal, person: &PersonId) -> anyhow::Result<Vec<TeamName>> {
    let teams = portal.teams_as_of(person, Freshness::Known, everybody_of).await?;
    Ok(teams.into_iter().map(|team| team.name.clone()).collect())
}

/// Returns a team's members and approvers.
fn everybody_of(team: &Team) -> Vec<Principal> {
    [&team.members[..], &team.approvers].concat()
}

/// Returns those of these teams that the person belongs to or approves for now.
async fn confirmed(portal: &Portal, person: &PersonId, teams: Vec<&Team>) -> anyhow::Result<Vec<TeamName>> {
    let lookups = teams.iter().map(|team| async {
        let is_theirs = portal.is_one_of_in_time(person, &everybody_of(team)).await;
        is_theirs.map(|is_theirs| is_theirs.then(|| team.name.clone()))
    });
    let (answers, errors): (Vec<_>, Vec<_>) = join_all(lookups).await.into_iter().partition(Result::is_ok);
    let confirmed: Vec<TeamName> = answers.into_iter().flatten().flatten().collect();
    // A team that cannot be looked up must not hide the others.
    match errors.into_iter().find_map(Result::err) {
        Some(error) if confirmed.is_empty() => Err(error),
        _ => Ok(confirmed),
    }
}
