//! Conversations in which the bot cannot post, such as an archived channel or a person who has left. Their messages are
//! retried, so this is logged once and not for every message.

use crate::portal::Portal;
use crate::ports::slack::{Destination, Notice, Posted, SlackError};

impl Portal {
    /// Logs that the bot cannot post in this channel or to this person, with Slack's reason.
    pub(super) fn note_unreachable(&self, place: &str, why: &str) {
        if self.unreachable_places.is_new(place) {
            tracing::warn!(place, why, "cannot post in this conversation; others are not affected");
        }
    }

    /// Posts a message, and logs once if that is impossible.
    pub(super) async fn post(
        &self,
        destination: &Destination,
        notice: &Notice<'_>,
    ) -> Result<Posted, SlackError> {
        let posted = self.ports.slack.post(destination, notice).await;
        match &posted {
            Ok(_) if self.unreachable_places.is_back(place_of(destination)) => {
                tracing::info!(place = place_of(destination), "can post in this conversation again");
            }
            Err(SlackError::Unreachable(why)) => self.note_unreachable(place_of(destination), why),
            Ok(_) | Err(_) => {}
        }
        posted
    }
}

/// Returns the id of the channel or person.
fn place_of(destination: &Destination) -> &str {
    match destination {
        Destination::Channel(channel) => channel.as_str(),
        Destination::Thread(first) => first.channel.as_str(),
        Destination::Person(person) => person.as_str(),
    }
}
