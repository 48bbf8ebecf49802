//! What somebody in no team is told: whom to ask, or why it is of no use.

use super::Portal;
use super::people::in_time;
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;

/// The refusal of somebody in no team.
pub(super) async fn refusal(portal: &Portal, person: &PersonId) -> Refusal {
    let (directory, asked) = (portal.ports.directory.clone(), person.clone());
    // They read the same where Slack does not say in time, only less.
    match in_time(async move { directory.why_not_counted(&asked).await }).await {
        Ok(Some(why)) => Refusal::NotAFullMember { why },
        Ok(None) | Err(_) => Refusal::NotInATeam,
    }
}
