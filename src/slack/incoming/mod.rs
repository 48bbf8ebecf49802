//! Payloads from Slack, parsed into one closed enum. The structs in `wire` ignore what we do not use, and `field`
//! tolerates fields that Slack omits or sends in another shape. What an action means is decided elsewhere.
//!
//! Over HTTP, [`super::signature`] must have verified a body before it gets here. Messages over a socket need no
//! verification, because we opened the connection.

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
pub(super) use field::{CountShape, FlagShape, PayloadField, TextShape, tolerant};
pub use interaction::{parse_interaction, parse_interaction_json, parse_options};
pub(super) use wire::is_id;

/// A payload from Slack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A slash command was typed.
    Command(SlashCommand),
    /// A button was pressed or a select changed, in a message, a modal or the home tab.
    Click(Click),
    /// A modal was submitted.
    Submission(ViewSubmission),
    /// A submitted modal that does not say who submitted it, or which form it is. It cannot be handled.
    UnreadForm {
        /// The modal, as far as it could be parsed; its id may be empty.
        view: Box<ViewRef>,
        /// What is missing, for the log.
        why: ParseError,
    },
    /// A modal was closed without submitting it.
    Closed,
    /// A type-ahead select requests its options.
    Suggestion(Suggestion),
    /// A shortcut was chosen.
    Shortcut(Shortcut),
    /// Something happened in the workspace.
    Event(SlackEvent),
    /// Slack verifies that we own the events URL.
    UrlVerification {
        /// Must be sent back unchanged.
        challenge: String,
    },
    /// A kind that we do not use; acknowledged and ignored.
    Unknown {
        /// Slack's name for it.
        kind: String,
    },
}

/// The user, and the workspace they act in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The user's id, such as `U012AB3CD`.
    pub person: PersonId,
    /// The workspace, such as `T012AB3CD`; absent when the app is installed for a whole enterprise.
    pub team: Option<String>,
    /// The enterprise, such as `E012AB3CD`, on Enterprise Grid.
    pub enterprise: Option<String>,
}

impl Origin {
    /// Returns whether neither a workspace nor an enterprise is named.
    pub fn is_from_nowhere(&self) -> bool {
        self.team.is_none() && self.enterprise.is_none()
    }
}

/// A slash command with its text, such as `/provision renew 6e44a1b2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlashCommand {
    /// Who typed it, and in which workspace.
    pub origin: Origin,
    /// The command itself, such as `/provision`.
    pub command: String,
    /// The text after the command, as typed, including curly quotes and non-breaking spaces.
    pub text: String,
    /// The channel it was typed in.
    pub channel: Option<ChannelId>,
    /// Opens one view within 3 seconds.
    pub trigger_id: Option<String>,
    /// Idempotency key: an id from Slack that stays the same when the payload is delivered again.
    pub key: String,
    /// Sends private answers, up to 5 times within 30 minutes.
    pub response_url: Option<ResponseUrl>,
}

/// One action on a block element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// Who clicked, and in which workspace.
    pub origin: Origin,
    /// The element's `action_id`.
    pub action_id: String,
    /// The `block_id` of the block that contains the element.
    pub block_id: String,
    /// The button's value, or the current selection or text; empty when a selection was cleared.
    pub values: Vec<String>,
    /// Opens one view within 3 seconds.
    pub trigger_id: Option<String>,
    /// Idempotency key: an id from Slack that stays the same when the payload is delivered again.
    pub key: String,
    /// Sends private answers; absent in modals and on the home tab.
    pub response_url: Option<ResponseUrl>,
    /// The channel it happened in, if any.
    pub channel: Option<ChannelId>,
    /// The message that contains the element, if any.
    pub message: Option<ClickedMessage>,
    /// The view that contains the element, if any.
    pub view: Option<ViewRef>,
}

impl Click {
    /// Returns the button's value or the single selected option.
    pub fn value(&self) -> Option<&str> {
        self.values.first().map(String::as_str)
    }
}

/// The message that contains the clicked element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickedMessage {
    /// Its channel and timestamp.
    pub at: MessageRef,
    /// The timestamp of the thread's first message, if it is in a thread.
    pub thread_ts: Option<String>,
    /// Whether only the clicking user sees it. Such a message cannot be edited by its timestamp.
    pub is_ephemeral: bool,
}

/// A view as it was when the user acted in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewRef {
    /// Its id, such as `V012AB3CD`, by which it can be updated.
    pub id: String,
    /// Its version. Slack refuses an update that carries an older one.
    pub hash: Option<String>,
    /// Names the form; empty if none was given.
    pub callback_id: String,
    /// The data that we stored in it.
    pub private_metadata: String,
    /// The input of all fields, as it was when the user acted.
    pub values: Values,
    /// Its blocks as they were shown, as JSON; empty if Slack did not send them.
    pub blocks: String,
}

impl ViewRef {
    /// Returns the last field that an error can be shown under: Slack shows errors only under input blocks.
    pub fn last_field(&self) -> Option<&str> {
        let inputs = wire::inputs(&self.blocks);
        let is_input = |block: &str| inputs.as_ref().is_none_or(|inputs| inputs.contains(block));
        self.values.iter().map(|(block, _)| block).filter(|block| is_input(block)).last()
    }
}

/// A modal whose submit button was pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewSubmission {
    /// Who submitted it, and in which workspace.
    pub origin: Origin,
    /// The modal and its input.
    pub view: ViewRef,
    /// Opens one view within 3 seconds.
    pub trigger_id: Option<String>,
    /// Send answers to the conversations that a field of the modal selected.
    pub response_urls: Vec<ResponseUrl>,
}

impl ViewSubmission {
    /// Returns the idempotency key. A modal that stays open keeps its view id, so submitting it again after a late
    /// answer counts as the same submission.
    pub fn key(&self) -> String {
        format!("{OF_A_FORM}{}", self.view.id)
    }
}

/// A type-ahead select that requests options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Who is typing, and in which workspace.
    pub origin: Origin,
    /// The element's `action_id`.
    pub action_id: String,
    /// The `block_id` of the block that contains the element.
    pub block_id: String,
    /// The text so far.
    pub typed: String,
    /// The view that contains the select, if any.
    pub view: Option<ViewRef>,
}

/// A global shortcut, chosen from the menu beside the message field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// Who chose it, and in which workspace.
    pub origin: Origin,
    /// Names the shortcut, as the app's manifest does.
    pub callback_id: String,
    /// Opens one view within 3 seconds.
    pub trigger_id: Option<String>,
}

/// Returns the idempotency key of a command or click: the id that Slack generated for the interaction, or a digest of
/// the body if there is none. Someone who replays a recorded body can change neither.
///
/// "A temporary ID generated for the interaction in your app": <https://docs.slack.dev/reference/interaction-payloads>,
/// read on 2026-11-28.
fn key(kind: &str, trigger_id: Option<&str>, body: &[u8]) -> String {
    let id = trigger_id.map_or_else(|| hex::encode(Sha256::digest(body)), str::to_owned);
    format!("{kind}:{id}")
}

/// An event from Slack's Events API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlackEvent {
    /// A user opened the app's home.
    AppHomeOpened {
        /// The user and their workspace.
        origin: Origin,
        /// Globally unique. Slack delivers an event up to four times.
        event_id: String,
        /// `home` or `messages`.
        tab: String,
    },
    /// An event that we do not use.
    Other {
        /// Slack's name for it.
        kind: String,
    },
}

/// A temporary URL for answers to one user. Anyone who has it can write as the app, so `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseUrl(String);

impl ResponseUrl {
    /// Wraps the URL as Slack sent it; `client` decides whether to call it.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// Returns the URL, for the one place that calls it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseUrl(not shown)")
    }
}

/// The input of a view by `block_id`: no text, one text, or several for multi-selects and checkboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    /// Returns the first text of a block, or `None` if the block is empty or missing.
    pub fn text(&self, block: &str) -> Option<&str> {
        self.0.get(block)?.first().map(String::as_str)
    }

    /// Returns all selected texts of a block.
    pub fn all(&self, block: &str) -> &[String] {
        self.0.get(block).map_or(&[], Vec::as_slice)
    }

    /// Returns all blocks with their texts.
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

/// A body that does not say who did what. It is logged and acknowledged, because delivering it again would not help.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// The body is not JSON, or has another shape. Holds the position, never the content.
    #[error("the payload is not readable JSON: line {line}, column {column}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A required field is missing or unusable.
    #[error("the payload has no usable `{0}`")]
    Missing(&'static str),
}

impl From<serde_json::Error> for ParseError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json { line: error.line(), column: error.column() }
    }
}
