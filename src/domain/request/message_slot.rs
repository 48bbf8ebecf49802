//! The messages about a request: which ones there are, and where each was posted.

use serde::{Deserialize, Serialize};

use super::{ReminderKind, StatusName};
use crate::domain::ids::ChannelId;

/// A message about a request. Serialized as a single string because it is a map key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MessageSlot {
    /// The approval card, in the team's channel or the approvals channel.
    Card,
    /// Progress and result, in the card's thread.
    Thread,
    /// The owner's status message: one per request, edited as the request proceeds.
    Direct,
    /// The card that asks approvers for a renewal.
    Renewal,
    /// The card that asks approvers for a change.
    Change,
    /// The lease warning. One Slack message may be about several requests.
    Warning,
    /// A message in the card's thread that reminds the approvers.
    Reminder(ReminderKind),
    /// A separate message to the owner. Slack notifies of new messages only, not of edits.
    Notification(Notification),
}

impl MessageSlot {
    /// Returns every slot once.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Card, Self::Thread, Self::Direct, Self::Renewal, Self::Change, Self::Warning]
            .into_iter()
            .chain(ReminderKind::ALL.map(Self::Reminder))
            .chain(Notification::all().map(Self::Notification))
    }
}

/// An occasion on which the owner gets a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notification {
    /// The request reached this status.
    Status(StatusName),
    /// A renewal that needed an approval was decided.
    Renewal,
    /// A change was decided, completed or failed.
    Change,
    /// The request was transferred to a new owner.
    Handed,
}

impl Notification {
    /// Returns every notification once.
    pub fn all() -> impl Iterator<Item = Self> {
        StatusName::ALL.into_iter().map(Self::Status).chain([Self::Renewal, Self::Change, Self::Handed])
    }

    /// Returns its name within the names of message slots and jobs.
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
    fn from(slot: MessageSlot) -> Self {
        match slot {
            MessageSlot::Card => "card".to_owned(),
            MessageSlot::Thread => "thread".to_owned(),
            MessageSlot::Direct => "direct".to_owned(),
            MessageSlot::Renewal => "renewal".to_owned(),
            MessageSlot::Change => "change".to_owned(),
            MessageSlot::Warning => "warning".to_owned(),
            MessageSlot::Reminder(reminder) => format!("prompt:{}", reminder.as_str()),
            // The prefix in stored rows, which a new name would not find.
            MessageSlot::Notification(news) => format!("told:{}", news.as_str()),
        }
    }
}

impl TryFrom<String> for MessageSlot {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Self::all().find(|slot| String::from(*slot) == word).ok_or_else(|| format!("`{word}` is no slot"))
    }
}

/// A posted message, with everything that is needed to edit it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageRef {
    /// The channel or direct conversation.
    pub channel: ChannelId,
    /// Slack's timestamp, which identifies the message within the channel.
    pub ts: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PLACES: usize = 14;

    /// The slot's index. A new variant does not compile until it gets the next number here.
    fn place(slot: MessageSlot) -> usize {
        match slot {
            MessageSlot::Card => 0,
            MessageSlot::Thread => 1,
            MessageSlot::Direct => 2,
            MessageSlot::Renewal => 3,
            MessageSlot::Change => 4,
            MessageSlot::Warning => 5,
            MessageSlot::Reminder(reminder) => match reminder {
                ReminderKind::Reminder => 6,
                ReminderKind::Escalation => 7,
                ReminderKind::Nudge => 8,
                ReminderKind::Turn => 9,
            },
            MessageSlot::Notification(news) => match news {
                Notification::Renewal => 10,
                Notification::Change => 11,
                Notification::Handed => 12,
                // `StatusName::ALL` has a completeness test of its own.
                Notification::Status(_) => 13,
            },
        }
    }

    #[test]
    fn all_surfaces_are_listed_once_and_read_back_from_their_words() {
        let places: BTreeSet<usize> = MessageSlot::all().map(place).collect();
        assert_eq!(places, (0..PLACES).collect());
        assert_eq!(MessageSlot::all().count(), PLACES - 1 + StatusName::ALL.len());
        for slot in MessageSlot::all() {
            assert_eq!(MessageSlot::try_from(String::from(slot)), Ok(slot));
        }
        assert!(MessageSlot::try_from("prompt:card".to_owned()).is_err());
    }
}
