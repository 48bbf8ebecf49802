//! What comes back: to a person who did something, and to the bot that called a method.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The bot's answer to something a person did.
#[derive(Clone, Debug, PartialEq)]
pub struct Ack {
    /// HTTP status; 200 also for what Slack's client settles without asking the bot.
    pub status: u16,
    /// Body as it came.
    pub body: String,
    /// What the person saw because of it.
    pub led_to: LedTo,
}

impl Ack {
    /// What Slack's client does by itself, without a request to the bot.
    pub(super) fn local(led_to: LedTo) -> Self {
        Self { status: 200, body: String::new(), led_to }
    }
}

/// What an answer changed on the person's screen.
#[derive(Clone, Debug, PartialEq)]
pub enum LedTo {
    /// Nothing by itself; the bot may still post or open something.
    Nothing,
    /// A message with this `ts`.
    Message(String),
    /// The view is gone, the one below it is on top.
    ViewClosed,
    /// All views are gone.
    ViewsCleared,
    /// The view has other content.
    ViewUpdated,
    /// Another view is on top.
    ViewPushed,
    /// The bot put errors under fields, by block id.
    FieldErrors(BTreeMap<String, String>),
    /// Options for what was typed.
    Options(Vec<Value>),
}

/// Why something a person did never became an answer of the bot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryFailure {
    /// The person, message, view or element does not exist (any more).
    #[error("there is no {0}")]
    NotThere(String),
    /// Slack's client refuses to send the form, by block id.
    #[error("the form is incomplete: {0:?}")]
    Incomplete(BTreeMap<String, String>),
    /// No answer in time.
    #[error("the bot did not answer in time")]
    TimedOut,
    /// No connection, or it broke.
    #[error("cannot reach the bot: {0}")]
    Unreachable(String),
    /// An answer that is not a success.
    #[error("the bot answered with status {0}")]
    Status(u16),
    /// An answer Slack would refuse.
    #[error("the bot answered something Slack refuses: {0}")]
    BadAnswer(String),
}

impl DeliveryFailure {
    /// Slack's name for it in `/command failed with the error …`.
    pub(super) fn slack_code(&self) -> &'static str {
        match self {
            Self::TimedOut => "operation_timeout",
            Self::Unreachable(_) | Self::Status(_) => "dispatch_failed",
            Self::BadAnswer(_) => "invalid_command_response",
            Self::NotThere(_) | Self::Incomplete(_) => "dispatch_unknown_error",
        }
    }
}

/// An answer of the Web API: the fields beside `ok`, or an error.
pub(super) type Answer = Result<Value, ApiError>;

/// A refusal in Slack's own code, such as `channel_not_found`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) code: Cow<'static, str>,
    pub(super) messages: Vec<String>,
    /// The scope that is missing, and those that were granted.
    scopes: Option<(&'static str, String)>,
}

impl ApiError {
    pub(super) fn because(code: &'static str, messages: Vec<String>) -> Self {
        Self { code: Cow::Borrowed(code), messages, scopes: None }
    }

    pub(super) fn missing_scope(needed: &'static str, provided: &str) -> Self {
        Self { scopes: Some((needed, provided.to_owned())), ..Self::from("missing_scope") }
    }

    pub(super) fn missing(field: &str) -> Self {
        let message = format!("[ERROR] missing required field: {field}");
        Self::because("invalid_arguments", vec![message])
    }

    pub(super) fn to_json(&self) -> Value {
        let mut answer = json!({"ok": false, "error": self.code});
        if let Some((needed, provided)) = &self.scopes {
            answer["needed"] = json!(needed);
            answer["provided"] = json!(provided);
        }
        if !self.messages.is_empty() {
            answer["response_metadata"] = json!({"messages": self.messages});
            if self.code == "invalid_blocks" {
                answer["errors"] = json!(self.messages);
            }
        }
        answer
    }
}

impl From<&'static str> for ApiError {
    fn from(code: &'static str) -> Self {
        Self::because(code, Vec::new())
    }
}
