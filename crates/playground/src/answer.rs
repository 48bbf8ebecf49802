//! Answers: to a user who did something, and to the bot that called a method.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The bot's answer to a user's action.
#[derive(Clone, Debug, PartialEq)]
pub struct Ack {
    /// The HTTP status. Also 200 if Slack's client handled the action without the bot.
    pub status: u16,
    /// The body, unchanged.
    pub body: String,
    /// The effect on the user's screen.
    pub led_to: LedTo,
}

impl Ack {
    /// Returns the answer for an action that Slack's client handles without a request to the bot.
    pub(super) fn local(led_to: LedTo) -> Self {
        Self { status: 200, body: String::new(), led_to }
    }
}

/// The effect of an answer on the user's screen.
#[derive(Clone, Debug, PartialEq)]
pub enum LedTo {
    /// No direct effect; the bot may still post or open something.
    Nothing,
    /// A message with this `ts` appeared.
    Message(String),
    /// The view closed, and the one below it is on top.
    ViewClosed,
    /// The bot closed the modal and all below it.
    ViewsCleared,
    /// The view has new content.
    ViewUpdated,
    /// A new view is on top.
    ViewPushed,
    /// The bot returned field errors, by block id.
    FieldErrors(BTreeMap<String, String>),
    /// Options for the typed text.
    Options(Vec<Value>),
}

/// Why a user's action got no valid answer from the bot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryFailure {
    /// The person, message, view or element does not exist (any more).
    #[error("there is no {0}")]
    NotThere(String),
    /// Slack's client refuses to submit the form, with errors by block id.
    #[error("the form is incomplete: {0:?}")]
    Incomplete(BTreeMap<String, String>),
    /// The bot did not answer in time.
    #[error("the bot did not answer in time")]
    TimedOut,
    /// The connection failed or broke.
    #[error("cannot reach the bot: {0}")]
    Unreachable(String),
    /// The answer has an error status.
    #[error("the bot answered with status {0}")]
    Status(u16),
    /// Slack would reject the answer.
    #[error("the bot answered something Slack refuses: {0}")]
    BadAnswer(String),
}

impl DeliveryFailure {
    /// Returns Slack's code in `/command failed with the error …`.
    pub(super) fn slack_code(&self) -> &'static str {
        match self {
            Self::TimedOut => "operation_timeout",
            Self::Unreachable(_) | Self::Status(_) => "dispatch_failed",
            Self::BadAnswer(_) => "invalid_command_response",
            Self::NotThere(_) | Self::Incomplete(_) => "dispatch_unknown_error",
        }
    }
}

/// An answer of the Web API: the fields besides `ok`, or an error.
pub(super) type Answer = Result<Value, ApiError>;

/// A refusal with Slack's own code, such as `channel_not_found`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) code: Cow<'static, str>,
    pub(super) messages: Vec<String>,
    /// The missing scope, and those that were granted.
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
