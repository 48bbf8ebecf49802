//! Conversations in which the bot cannot post, such as an archived channel or a person who has left. Their messages are
//! retried, so this is logged once and not for every message.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::portal::Portal;
use crate::ports::slack::{Destination, Notice, Posted, SlackError};

/// How many conversations to remember. Beyond that all are forgotten, and logged once more.
const REMEMBERED: usize = 1000;

/// The conversations logged so far. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct LostPlaces(Arc<Mutex<HashSet<String>>>);

impl LostPlaces {
    /// Records a conversation that cannot be posted in; returns whether that is new.
    fn is_news(&self, place: &str) -> bool {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.len() >= REMEMBERED {
            lost.clear();
        }
        lost.insert(place.to_owned())
    }

    /// Records a conversation that can be posted in; returns whether it could not be before.
    fn is_back(&self, place: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(place)
    }
}

impl Portal {
    /// Logs that the bot cannot post in this channel or to this person, with Slack's reason.
    pub(super) fn lose_place(&self, place: &str, why: &str) {
        if self.lost_places.is_news(place) {
            tracing::warn!(place, why, "nothing can be posted there; everything else goes on");
        }
    }

    /// Posts a message, and logs once if that is impossible.
    pub(super) async fn post(&self, to: &Destination, notice: &Notice<'_>) -> Result<Posted, SlackError> {
        let posted = self.ports.slack.post(to, notice).await;
        match &posted {
            Ok(_) if self.lost_places.is_back(place_of(to)) => {
                tracing::info!(place = place_of(to), "messages can be posted there again");
            }
            Err(SlackError::Unreachable(why)) => self.lose_place(place_of(to), why),
            Ok(_) | Err(_) => {}
        }
        posted
    }
}

/// Returns the id of the channel or person.
fn place_of(to: &Destination) -> &str {
    match to {
        Destination::Channel(channel) => channel.as_str(),
        Destination::Thread(first) => first.channel.as_str(),
        Destination::Person(person) => person.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_news_once_and_again_after_it_was_back() {
        let lost = LostPlaces::default();
        assert!(!lost.is_back("C1"));
        assert!(lost.is_news("C1"));
        assert!(!lost.is_news("C1"));
        assert!(lost.is_news("C2"));
        assert!(lost.is_back("C1"));
        assert!(lost.is_news("C1"));
    }
}
