//! `/provision costs [team]`: shows the costs of the user's own resources and of their teams, or of one team.

use slack_morphism::prelude::SlackModalView;

use crate::domain::ids::PersonId;
use crate::portal::Error;
use crate::portal::people::costs::costs as portal_costs;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::reply::Ack;
use crate::slack::{messages, views};

pub(super) async fn costs(edge: &Edge, at: &ReplyTarget, team: Option<&str>) -> Ack {
    match portal_costs(&edge.portal, &at.person, team).await {
        Ok(costs) => Ack::Ephemeral(messages::costs(&costs, &edge.portal.organization.command)),
        Err(error) => edge.refusal_of(&error),
    }
}

/// Returns the same as a modal, for the home tab.
///
/// # Errors
/// A failure if Slack or the store does not answer.
pub(in crate::slack) async fn modal(edge: &Edge, person: &PersonId) -> Result<SlackModalView, Error> {
    let costs = portal_costs(&edge.portal, person, None).await?;
    Ok(views::costs(&costs, &edge.portal.organization.command))
}
