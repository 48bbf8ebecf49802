//! What somebody in no team is told: whom to ask, or why it is of no use.

use std::time::Duration;

use super::Portal;
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;

/// How long Slack has to say who they are; they read the same without it, only less.
const ASK_WITHIN: Duration = Duration::from_millis(400);

/// The refusal of somebody in no team.
pub(super) async fn refusal(portal: &Portal, person: &PersonId) -> Refusal {
    let asked = tokio::time::timeout(ASK_WITHIN, portal.ports.directory.why_not_counted(person)).await;
    match asked {
        Ok(Ok(Some(why))) => Refusal::NotAFullMember { why },
        Ok(Ok(None) | Err(_)) | Err(_) => Refusal::NotInATeam,
    }
}
