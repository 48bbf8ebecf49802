//! What somebody in no team is told: whom to ask, or why it is of no use.

use super::Portal;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::refusal::Refusal;
use crate::ports::directory::Freshness;

/// The refusal of somebody in no team.
pub(super) async fn refusal(portal: &Portal, person: &PersonId) -> Refusal {
    let (asking, asked) = (portal.clone(), person.clone());
    // They read the same where Slack does not say in time, only less.
    match portal.wait_for_answer(async move { asking.why_not_counted(&asked, Freshness::Fresh).await }).await
    {
        Ok(Some(why)) => Refusal::NotAFullMember { why },
        Ok(None) | Err(_) => Refusal::NotInATeam,
    }
}

/// The refusal of somebody who asks for a team that they are not in any more.
pub(super) async fn not_in(portal: &Portal, person: &PersonId, team: &TeamName) -> Refusal {
    let mine = portal.teams_of(person).await.unwrap_or_default();
    let yours: Vec<&str> =
        mine.iter().map(|mine| mine.name.as_str()).filter(|mine| *mine != team.as_str()).collect();
    if yours.is_empty() {
        return refusal(portal, person).await;
    }
    Refusal::NotYourTeam { team: team.to_string(), yours: yours.join(", ") }
}
