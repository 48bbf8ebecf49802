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
        let surfaces =
            [Self::Card, Self::Thread, Self::Direct, Self::Renewal, Self::Change, Self::Warning].into_iter();
        surfaces
            .chain(Prompt::ALL.map(Self::Prompt))
            .chain(News::all().map(Self::Told))
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
