//! Where a request's messages stand, and what each of them is.

use serde::{Deserialize, Serialize};

use super::{Prompt, StatusName};
use crate::domain::ids::ChannelId;

/// A place where messages about a request are shown; stored as one word, since it is the key of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Surface {
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
    Prompt(Prompt),
    /// A separate message to the owner about this news, so that Slack notifies them.
    Told(News),
}

impl Surface {
    /// One of each.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Card, Self::Thread, Self::Direct, Self::Renewal, Self::Change, Self::Warning]
            .into_iter()
            .chain(Prompt::ALL.map(Self::Prompt))
            .chain(News::all().map(Self::Told))
    }
}

/// News that the owner is told in a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum News {
    /// It reached this status.
    Status(StatusName),
    /// A renewal that needed an approval was answered.
    Renewal,
    /// A change was answered, or made, or could not be.
    Change,
    /// It was handed to a new owner.
    Handed,
}

impl News {
    /// One of each.
    pub fn all() -> impl Iterator<Item = Self> {
        StatusName::ALL.into_iter().map(Self::Status).chain([Self::Renewal, Self::Change, Self::Handed])
    }

    /// The news' word in the names of surfaces and jobs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Status(status) => status.word(),
            Self::Renewal => "renewal",
            Self::Change => "change",
            Self::Handed => "handed",
        }
    }
}

impl From<Surface> for String {
    fn from(surface: Surface) -> Self {
        match surface {
            Surface::Card => "card".to_owned(),
            Surface::Thread => "thread".to_owned(),
            Surface::Direct => "direct".to_owned(),
            Surface::Renewal => "renewal".to_owned(),
            Surface::Change => "change".to_owned(),
            Surface::Warning => "warning".to_owned(),
            Surface::Prompt(prompt) => format!("prompt:{}", prompt.word()),
            Surface::Told(news) => format!("told:{}", news.word()),
        }
    }
}

impl TryFrom<String> for Surface {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Self::all()
            .find(|surface| String::from(*surface) == word)
            .ok_or_else(|| format!("`{word}` is no surface"))
    }
}

/// Where a posted message stands, enough to edit it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    fn place(surface: Surface) -> usize {
        match surface {
            Surface::Card => 0,
            Surface::Thread => 1,
            Surface::Direct => 2,
            Surface::Renewal => 3,
            Surface::Change => 4,
            Surface::Warning => 5,
            Surface::Prompt(prompt) => match prompt {
                Prompt::Reminder => 6,
                Prompt::Escalation => 7,
                Prompt::Nudge => 8,
                Prompt::Turn => 9,
            },
            Surface::Told(news) => match news {
                News::Renewal => 10,
                News::Change => 11,
                News::Handed => 12,
                // Statuses have a test of their own.
                News::Status(_) => 13,
            },
        }
    }

    #[test]
    fn all_surfaces_are_listed_once_and_read_back_from_their_words() {
        let places: BTreeSet<usize> = Surface::all().map(place).collect();
        assert_eq!(places, (0..PLACES).collect());
        assert_eq!(Surface::all().count(), PLACES - 1 + StatusName::ALL.len());
        for surface in Surface::all() {
            assert_eq!(Surface::try_from(String::from(surface)), Ok(surface));
        }
        assert!(Surface::try_from("prompt:card".to_owned()).is_err());
    }
}
