//! Showing things to people, in our own words: which message about which request, and where.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::catalog::Principal;
use crate::domain::ids::{ChannelId, PersonId};
use crate::domain::quota::QuotaUse;
use crate::domain::request::{MessageRef, Request, Surface};

/// Posts and edits messages.
#[async_trait]
pub trait Slack: Debug + Send + Sync {
    /// Posts a message and says where it stands. May be called twice for one message; Slack cannot know.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn post(&self, to: &Destination, notice: &Notice<'_>) -> Result<MessageRef, SlackError>;

    /// Rewrites a message.
    ///
    /// # Errors
    /// See [`SlackError`]; [`SlackError::Gone`] when the message no longer exists.
    async fn update(&self, at: &MessageRef, notice: &Notice<'_>) -> Result<(), SlackError>;

    /// Tells one person something that nobody else sees: in `channel` if they are there, else directly.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn whisper(
        &self,
        channel: Option<&ChannelId>,
        person: &PersonId,
        text: &str,
    ) -> Result<(), SlackError>;

    /// Whether Slack answers and the token is good.
    ///
    /// # Errors
    /// Why not.
    async fn check(&self) -> anyhow::Result<()>;
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A channel.
    Channel(ChannelId),
    /// The thread under this message.
    Thread(MessageRef),
    /// A person's direct conversation with the app.
    Person(PersonId),
}

/// What a message shows: the request as it is now, as that surface shows it.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// Which of the request's messages this is.
    pub surface: Surface,
    /// The request.
    pub request: &'a Request,
    /// Who can answer it, to be mentioned on the card.
    pub approvers: &'a [Principal],
    /// What the team already uses of this product, this request included.
    pub quota: QuotaUse,
    /// Whether nothing real is made.
    pub simulated: bool,
}

/// Why a message was not shown.
#[derive(Debug, Error)]
pub enum SlackError {
    /// The message, or the place it stood in, no longer exists.
    #[error("the message is gone: {0}")]
    Gone(String),
    /// The bot cannot write there: not invited, archived, unknown, or the person cannot be written to.
    #[error("cannot write there: {0}")]
    Unreachable(String),
    /// Slack asks us to wait.
    #[error("Slack asks to wait {} s", .0.as_secs())]
    RateLimited(Duration),
    /// Slack will never take this call.
    #[error("Slack refused the call: {0}")]
    Refused(String),
    /// It may work later.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
