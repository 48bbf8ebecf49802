//! `/provision stats [team]`: how the requests of one's teams went lately, and what waits.

use slack_morphism::prelude::SlackModalView;

use crate::domain::ids::PersonId;
use crate::portal::Error;
use crate::portal::stats::stats as portal_stats;
use crate::slack::edge::{Edge, Whereabouts, words};
use crate::slack::messages::{self, Message};
use crate::slack::reply::Ack;
use crate::slack::views;

pub(super) async fn stats(edge: &Edge, at: Whereabouts, team: Option<&str>) -> Ack {
    let (edge_, person, team) = (edge.clone(), at.person.clone(), team.map(str::to_owned));
    edge.within_budget(at, async move {
        match portal_stats(&edge_.portal, &person, team.as_deref()).await {
            Ok(stats) => messages::stats(&stats),
            Err(error) => Message::plain(&words(&error)),
        }
    })
    .await
}

/// The same as a modal, for the home tab.
///
/// # Errors
/// A refusal for whoever is in no team; a failure when Slack or the store is silent.
pub(in crate::slack) async fn modal(edge: &Edge, person: &PersonId) -> Result<SlackModalView, Error> {
    Ok(views::stats(&portal_stats(&edge.portal, person, None).await?))
}
