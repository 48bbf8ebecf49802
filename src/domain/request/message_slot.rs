//! Where a request's messages stand, and what each of them is.

use serde::{Deserialize, Serialize};

use super::{ReminderKind, StatusName};
use crate::domain::ids::ChannelId;

/// A place where messages about a request are shown; stored as one word, since it is the key of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MessageSlot {
    /// The approval card in the team's or the approvals channel.
    Card,
    /// Progress and result in the card's thread.
    Thread,
    /// The requester's running message: one, edited as things move.
    Direct,
    /// The card that asks approvers to agree to a renewal.
    Renewal,
    /// The card that asks approvers to agree to a change.
    Change,
    /// The warning that the lease runs out; one message may be about several requests.
    Warning,
    /// A message in the card's thread that presses whoever is asked.
    Prompt(ReminderKind),
    /// A separate message to the owner about this news, so that Slack notifies them.
    Notification(Notification),
}

impl MessageSlot {
    /// One of each.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Card, Self::Thread, Self::Direct, Self::Renewal, Self::Change, Self::Warning]
            .into_iter()
            .chain(ReminderKind::ALL.map(Self::Prompt))
            .chain(Notification::all().map(Self::Notification))
    }
}

/// News that the owner is told in a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notification {
    /// It reached this status.
    Status(StatusName),
    /// A renewal that needed an approval was answered.
    Renewal,
    /// A change was answered, or made, or could not be.
    Change,
    /// It was handed to a new owner.
    Handed,
}

impl Notification {
    /// One of each.
    pub fn all() -> impl Iterator<Item = Self> {
        StatusName::ALL.into_iter().map(Self::Status).chain([Self::Renewal, Self::Change, Self::Handed])
    }

    /// The news' word in the names of surfaces and jobs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status(status) => status.as_str(),
            Self::Renewal => "renewal",
            Self::Change => "change",
            Self::Handed => "handed",
        }
    }
}

impl From<MessageSlot> for String {
    fn from(surface: MessageSlot) -> Self {
        match surface {
            MessageSlot::Card => "card".to_owned(),
            MessageSlot::Thread => "thread".to_owned(),
            MessageSlot::Direct => "direct".to_owned(),
            MessageSlot::Renewal => "renewal".to_owned(),
            MessageSlot::Change => "change".to_owned(),
            MessageSlot::Warning => "warning".to_owned(),
            MessageSlot::Prompt(prompt) => format!("prompt:{}", prompt.as_str()),
            MessageSlot::Notification(news) => format!("told:{}", news.as_str()),
        }
    }
}

impl TryFrom<String> for MessageSlot {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Self::all()
            .find(|surface| String::from(*surface) == word)
            .ok_or_else(|| format!("`{word}` is no surface"))
    }
}

/// Where a posted message stands, enough to edit it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// Channel or direct conversation.
    pub channel: ChannelId,
    /// Slack's message timestamp, which is its id in the channel.
    pub ts: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PLACES: usize = 14;

    /// Its place among its kind. What is new does not compile until it is named here, with the number after the last.
    fn place(surface: MessageSlot) -> usize {
        match surface {
            MessageSlot::Card => 0,
            MessageSlot::Thread => 1,
            MessageSlot::Direct => 2,
            MessageSlot::Renewal => 3,
            MessageSlot::Change => 4,
            MessageSlot::Warning => 5,
            MessageSlot::Prompt(prompt) => match prompt {
                ReminderKind::Reminder => 6,
                ReminderKind::Escalation => 7,
                ReminderKind::Nudge => 8,
                ReminderKind::Turn => 9,
            },
            MessageSlot::Notification(news) => match news {
                Notification::Renewal => 10,
                Notification::Change => 11,
                Notification::Handed => 12,
                // Statuses have a test of their own.
                Notification::Status(_) => 13,
            },
        }
    }

    #[test]
    fn all_surfaces_are_listed_once_and_read_back_from_their_words() {
        let places: BTreeSet<usize> = MessageSlot::all().map(place).collect();
        assert_eq!(places, (0..PLACES).collect());
        assert_eq!(MessageSlot::all().count(), PLACES - 1 + StatusName::ALL.len());
        for surface in MessageSlot::all() {
            assert_eq!(MessageSlot::try_from(String::from(surface)), Ok(surface));
        }
        assert!(MessageSlot::try_from("prompt:card".to_owned()).is_err());
    }
}
