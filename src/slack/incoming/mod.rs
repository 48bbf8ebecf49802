//! What Slack sends, as one closed enum. Bodies are read by structs (`wire`) that ignore what we do not use, and whose
//! fields (`field`) do without what Slack leaves out or sends in another shape; what an action means is decided elsewhere.
//!
//! Over HTTP nothing here is called before [`super::signature`] has let the body through. Over a socket nothing needs to
//! be: we opened it.

mod command;
mod event;
mod field;
mod interaction;
mod json_repair;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::request::MessageRef;
use crate::ports::retention::OF_A_FORM;

pub use command::{parse_command, parse_command_json};
pub use event::parse_event;
pub(super) use field::{Count, Field, Flag, Text, tolerant};
pub use interaction::{parse_interaction, parse_interaction_json, parse_options};
pub(super) use wire::is_id;

/// Everything Slack can tell us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A slash command was typed.
    Command(SlashCommand),
    /// A button was pressed or a select changed, in a message, a modal or the home tab.
    Click(Click),
    /// A modal was submitted.
    Submission(ViewSubmission),
    /// A modal was submitted, it seems, and what came does not say by whom or which one: nothing of it can be done.
    UnreadForm {
        /// The modal, as far as it was understood; its id may be empty.
        view: Box<ViewRef>,
        /// What is lacking.
        why: ParseError,
    },
    /// A modal was closed without submitting.
    Closed,
    /// A type-ahead select asks for its options.
    Suggestion(Suggestion),
    /// A shortcut was chosen.
    Shortcut(Shortcut),
    /// Something happened in the workspace.
    Event(SlackEvent),
    /// Slack checks that the events URL is ours.
    UrlVerification {
        /// To be sent back as it is.
        challenge: String,
    },
    /// A kind we do not use; acknowledged and forgotten.
    Unknown {
        /// Slack's word for it.
        kind: String,
    },
}

/// Who did it, and from which workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub person: PersonId,
    /// The workspace, `T…`; absent when the app is installed for a whole enterprise.
    pub team: Option<String>,
    /// The enterprise, `E…`, on a grid.
    pub enterprise: Option<String>,
}

impl Origin {
    /// Whether nothing says where it comes from.
    pub fn is_from_nowhere(&self) -> bool {
        self.team.is_none() && self.enterprise.is_none()
    }
}

/// A slash command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlashCommand {
    /// Who typed it.
    pub origin: Origin,
    /// The command itself, such as `/provision`.
    pub command: String,
    /// What followed it, as typed: curly quotes and non-breaking blanks included.
    pub text: String,
    /// Where it was typed.
    pub channel: Option<ChannelId>,
    /// Opens one view within 3 seconds.
    pub trigger_id: Option<String>,
    /// What it counts once under: an id of Slack's that is the same when it is sent again.
    pub key: String,
    /// Answers privately, up to 5 times in 30 minutes.
    pub response_url: Option<ResponseUrl>,
}

/// One action on a block element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// Who clicked.
    pub origin: Origin,
    /// The element's `action_id`.
    pub action_id: String,
    /// The block it is in.
    pub block_id: String,
    /// A button's value, or what is selected or typed now; empty when a selection was cleared.
    pub values: Vec<String>,
    /// Opens one view within 3 seconds.
    pub trigger_id: Option<String>,
    /// What it counts once under: an id of Slack's that is the same when it is sent again.
    pub key: String,
    /// Answers privately; absent in modals and the home tab.
    pub response_url: Option<ResponseUrl>,
    /// The channel it happened in, if any.
    pub channel: Option<ChannelId>,
    /// The message the element stands in, if it stands in one.
    pub message: Option<ClickedMessage>,
    /// The view the element stands in, if it stands in one.
    pub view: Option<ViewRef>,
}

impl Click {
    /// The button's value or the one selected option.
    pub fn value(&self) -> Option<&str> {
        self.values.first().map(String::as_str)
    }
}

/// The message a click came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickedMessage {
    /// Where it stands.
    pub at: MessageRef,
    /// The thread it is in, by its first message.
    pub thread_ts: Option<String>,
    /// Whether only the clicker sees it; such a message cannot be edited by its timestamp.
    pub is_ephemeral: bool,
}

/// A view as it was when something happened in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewRef {
    /// Its id.
    pub id: String,
    /// Its version; an update that carries an older one is refused.
    pub hash: Option<String>,
    /// Which of our forms it is; empty when none was given.
    pub callback_id: String,
    /// What we stored in it.
    pub private_metadata: String,
    /// What is filled in.
    pub values: Values,
    /// Its blocks as they were shown, as JSON; empty where Slack did not send them.
    pub blocks: String,
}

impl ViewRef {
    /// Under which field something can be said: of an input block Slack shows it, and of no other.
    pub fn last_field(&self) -> Option<&str> {
        let inputs = wire::inputs(&self.blocks);
        let is_input = |block: &str| inputs.as_ref().is_none_or(|inputs| inputs.contains(block));
        self.values.iter().map(|(block, _)| block).filter(|block| is_input(block)).last()
    }
}

/// A submitted modal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewSubmission {
    /// Who submitted.
    pub origin: Origin,
    /// The modal and what was filled in.
    pub view: ViewRef,
    /// Opens one view within 3 seconds.
    pub trigger_id: Option<String>,
    /// Answer in the conversations that a field of the modal named.
    pub response_urls: Vec<ResponseUrl>,
}

impl ViewSubmission {
    /// What it counts once under. A modal that stays open is submitted again under the same view, so pressing its button
    /// again where the answer was late is the same submission.
    pub fn key(&self) -> String {
        format!("{OF_A_FORM}{}", self.view.id)
    }
}

/// A type-ahead select that asks for options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Who types.
    pub origin: Origin,
    /// The element's `action_id`.
    pub action_id: String,
    /// The block it is in.
    pub block_id: String,
    /// What was typed so far.
    pub typed: String,
    /// The view it stands in, if it stands in one.
    pub view: Option<ViewRef>,
}

/// A shortcut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// Who chose it.
    pub origin: Origin,
    /// Which shortcut.
    pub callback_id: String,
    /// Opens one view within 3 seconds.
    pub trigger_id: Option<String>,
}

/// What a command or a click counts once under, however often and wherever it arrives: the id that Slack made for it,
/// or, where there is none, a digest of what came. Whoever sends a recorded body again can vary neither.
///
/// "A temporary ID generated for the interaction in your app": <https://docs.slack.dev/reference/interaction-payloads>,
/// read on 2026-11-28.
fn key(kind: &str, trigger_id: Option<&str>, body: &[u8]) -> String {
    let id = trigger_id.map_or_else(|| hex::encode(Sha256::digest(body)), str::to_owned);
    format!("{kind}:{id}")
}

/// Something that happened in the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlackEvent {
    /// Somebody opened the app's home.
    AppHomeOpened {
        /// Who.
        origin: Origin,
        /// Unique in the world; Slack delivers an event up to four times.
        event_id: String,
        /// `home` or `messages`.
        tab: String,
    },
    /// One that we do not use.
    Other {
        /// Slack's word for it.
        kind: String,
    },
}

/// A one-time address that answers a person; whoever has it can write as us, so `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseUrl(String);

impl ResponseUrl {
    /// Wraps the address as Slack sent it; `client` decides whether it may be followed.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The address.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseUrl(not shown)")
    }
}

/// What is filled in, by `block_id`: nothing, one text, or several for multi-selects and checkboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    /// The one text of a block; `None` when it is empty or not there.
    pub fn text(&self, block: &str) -> Option<&str> {
        self.0.get(block)?.first().map(String::as_str)
    }

    /// Every selected text of a block.
    pub fn all(&self, block: &str) -> &[String] {
        self.0.get(block).map_or(&[], Vec::as_slice)
    }

    /// All blocks with what they hold.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(block, texts)| (block.as_str(), texts.as_slice()))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, Vec<V>)> for Values {
    fn from_iter<I: IntoIterator<Item = (K, Vec<V>)>>(blocks: I) -> Self {
        let owned = |texts: Vec<V>| texts.into_iter().map(Into::into).collect();
        Self(blocks.into_iter().map(|(block, texts)| (block.into(), owned(texts))).collect())
    }
}

/// A body that does not say who did what. It is acknowledged, because sending it again would not help, and logged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Not JSON, or JSON of another shape; holds the position, never the content.
    #[error("the payload is not readable JSON: line {line}, column {column}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Something that cannot be done without.
    #[error("the payload has no usable `{0}`")]
    Missing(&'static str),
}

impl From<serde_json::Error> for ParseError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json { line: error.line(), column: error.column() }
    }
}
