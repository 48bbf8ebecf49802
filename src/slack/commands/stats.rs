//! `/provision stats [team]`: shows statistics about the requests of the user's teams, and what is waiting.

use slack_morphism::prelude::SlackModalView;

use crate::domain::ids::PersonId;
use crate::portal::Error;
use crate::portal::people::stats::stats as portal_stats;
use crate::slack::edge::{Edge, ReplyTarget};
use crate::slack::reply::Ack;
use crate::slack::{messages, views};

pub(super) async fn stats(edge: &Edge, at: &ReplyTarget, team: Option<&str>) -> Ack {
    match portal_stats(&edge.portal, &at.person, team).await {
        Ok(stats) => Ack::Ephemeral(messages::stats(&stats)),
        Err(error) => edge.refusal_of(&error),
    }
}

/// Returns the same as a modal, for the home tab.
///
/// # Errors
/// A refusal for users without a team; a failure if Slack or the store does not answer.
pub(in crate::slack) async fn modal(edge: &Edge, person: &PersonId) -> Result<SlackModalView, Error> {
    Ok(views::stats(&portal_stats(&edge.portal, person, None).await?))
}
