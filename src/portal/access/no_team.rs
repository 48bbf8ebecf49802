//! Refusals of people without a team: whom to ask, or why their account does not count.

use crate::domain::ids::{PersonId, TeamName};
use crate::domain::refusal::Refusal;
use crate::portal::Portal;
use crate::ports::directory::Freshness;

/// Returns the refusal of a person in no team.
pub(crate) async fn refusal(portal: &Portal, person: &PersonId) -> Refusal {
    let (lookup, account) = (portal.clone(), person.clone());
    // If Slack does not answer in time, the refusal is only less specific.
    match portal
        .wait_for_answer(async move { lookup.why_not_counted(&account, Freshness::Fresh).await })
        .await
    {
        Ok(Some(why)) => Refusal::NotAFullMember { why },
        Ok(None) | Err(_) => Refusal::NotInATeam,
    }
}

/// Returns the refusal of a person who is no longer in the team they named.
pub(crate) async fn not_in(portal: &Portal, person: &PersonId, team: &TeamName) -> Refusal {
    // Without an answer from Slack the refusal is only less specific.
    let teams = portal.teams_of(person).await.unwrap_or_default();
    let names: Vec<&str> =
        teams.iter().map(|team| team.name.as_str()).filter(|name| *name != team.as_str()).collect();
    if names.is_empty() {
        return refusal(portal, person).await;
    }
    Refusal::NotYourTeam { team: team.to_string(), yours: names.join(", ") }
}
