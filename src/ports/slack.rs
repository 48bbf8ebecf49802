//! Showing things to people, in our own words: which message about which request, and where.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use thiserror::Error;

use crate::domain::audit::AuditEntry;
use crate::domain::away::Away;
use crate::domain::catalog::Principal;
use crate::domain::ids::{ChannelId, PersonId, TeamName};
use crate::domain::pause::Pause;
use crate::domain::quota::QuotaUse;
use crate::domain::request::{MessageRef, MessageSlot, Request};

/// Posts and edits messages.
#[async_trait]
pub trait Slack: Debug + Send + Sync {
    /// Posts a message and says where it stands. May be called twice for one message; Slack cannot know.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn post(&self, to: &Destination, notice: &Notice<'_>) -> Result<Posted, SlackError>;

    /// Rewrites a message.
    ///
    /// # Errors
    /// See [`SlackError`]; [`SlackError::Gone`] when the message no longer exists.
    async fn update(&self, at: &MessageRef, notice: &Notice<'_>) -> Result<(), SlackError>;

    /// Tells one person something that nobody else sees: in `channel` if they are there, else directly.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn post_ephemeral(
        &self,
        channel: Option<&ChannelId>,
        person: &PersonId,
        text: &str,
    ) -> Result<(), SlackError>;

    /// As [`Slack::post_ephemeral`], with what they typed, which is theirs again.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn hand_back(
        &self,
        channel: Option<&ChannelId>,
        person: &PersonId,
        text: &str,
        typed: Option<&str>,
    ) -> Result<(), SlackError>;

    /// Publishes a person's home tab unless it shows just what `shown` is the digest of; the digest of what it shows.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn publish_home(&self, page: &HomePage, shown: &str) -> Result<String, SlackError>;

    /// How far our clock is ahead of Slack's, to the second; negative when it is behind.
    ///
    /// # Errors
    /// When Slack does not answer, or without a date.
    async fn clock_ahead_by(&self) -> anyhow::Result<SignedDuration>;

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

/// A message that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Where it stands.
    pub at: MessageRef,
    /// Whether it stands outside of the thread that it was meant for, because the first message of that is gone.
    pub is_outside_thread: bool,
}

/// What a message shows.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// One request.
    Request(RequestNotice<'a>),
    /// Leases that run out.
    Warning(WarningNotice<'a>),
    /// New entries of the audit trail.
    Trail(&'a [AuditEntry]),
}

/// What a warning shows: requests whose leases run out, or what has become of them since.
#[derive(Clone, Copy, Debug)]
pub struct WarningNotice<'a> {
    /// When it is shown, for what can be done then.
    pub now: Timestamp,
    /// The leases, the one that ends first at the top.
    pub leases: &'a [LeaseToWarn<'a>],
    /// Whose they are.
    pub owner: &'a PersonId,
    /// Who is asked instead, in a channel, because the owner cannot be reached or can keep it no more; `None` in the owner's own message.
    pub instead: Option<&'a [Principal]>,
    /// Whether nothing real is made.
    pub simulated: bool,
}

/// One of the leases of a warning.
#[derive(Clone, Copy, Debug)]
pub struct LeaseToWarn<'a> {
    /// The request as it is now.
    pub request: &'a Request,
    /// Whether this is its newest warning, and still addressed to whom it concerns. If not, it has no buttons.
    pub is_current: bool,
    /// Whether it was handed to somebody else since.
    pub is_handed: bool,
}

/// What a message about one request shows: the request as it is now, as that surface shows it.
#[derive(Clone, Copy, Debug)]
pub struct RequestNotice<'a> {
    /// When it is shown, for what can be done then.
    pub now: Timestamp,
    /// Which of the request's messages this is.
    pub surface: MessageSlot,
    /// The request.
    pub request: &'a Request,
    /// Who can answer it, to be mentioned on the card.
    pub approvers: &'a [Principal],
    /// Why others are asked than the product says, if so.
    pub note: Option<&'a str>,
    /// What the team already has of this product, on a card that waits; this request not included.
    pub held: &'a [Request],
    /// What the team already uses of this product, this request included.
    pub quota: QuotaUse,
    /// Whether news for the owner stand where others read them, because the owner could not be written to.
    pub is_in_channel: bool,
    /// Whether nothing real is made.
    pub simulated: bool,
}

/// What a person's home tab shows.
#[derive(Clone, Debug)]
pub struct HomePage {
    /// Whose it is.
    pub person: PersonId,
    /// When it is looked at, for what can be done then.
    pub now: Timestamp,
    /// Whether they see it for the first time.
    pub is_first_visit: bool,
    /// The pause, while new requests are not taken.
    pub paused: Option<Pause>,
    /// What waits for their answer, the longest waiting first, and how many more there are.
    pub waiting: Excerpt,
    /// Who is away and who answers for them, where it is they or where they do.
    pub aways: Vec<Away>,
    /// Their own requests that have not ended, newest first.
    pub mine: Excerpt,
    /// What each team holds that they are in, then each that they answer for, in the order of the settings.
    pub teams: Vec<TeamPage>,
    /// What there is of all teams, for those who may read everything.
    pub everything: Option<Everything>,
    /// The slash command.
    pub command: String,
    /// Whether nothing real is made.
    pub simulated: bool,
}

/// What those see who may read everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Everything {
    /// Jobs that were given up, for admins.
    pub parked: usize,
}

/// The first of some requests.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    /// These.
    pub requests: Vec<Request>,
    /// Whether there are more.
    pub more: bool,
}

/// What a team holds.
#[derive(Clone, Debug)]
pub struct TeamPage {
    /// Whether they are in it, and do not only answer for it.
    pub is_member: bool,
    /// The team.
    pub team: TeamName,
    /// Its live requests, newest first.
    pub live: Excerpt,
    /// What it uses of each product it may ask for: the product's name, slots, and estimates in US dollars a month.
    pub uses: Vec<ProductUse>,
    /// What its estimates come to, US dollars a month.
    pub monthly: Decimal,
    /// What they may come to.
    pub budget: Option<Decimal>,
}

/// What a team uses of one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductUse {
    /// What people call it; its key where it has left the catalog.
    pub product: String,
    /// Slots.
    pub quota: QuotaUse,
    /// Estimates, US dollars a month.
    pub monthly: Decimal,
}

/// Why a message was not shown.
#[derive(Debug, Error)]
pub enum SlackError {
    /// The message, or the place it stood in, no longer exists.
    #[error("the message is gone: {0}")]
    Gone(String),
    /// The bot cannot write there now: not invited, archived, unknown, or the person cannot be written to. That may pass.
    #[error("cannot write there: {0}")]
    Unreachable(String),
    /// It stands there, but Slack did not say where, so nothing can ever bring it up to date.
    #[error("Slack did not say where the message stands")]
    Unplaced,
    /// Slack asks us to wait.
    #[error("Slack asks to wait {} s", .0.as_secs())]
    RateLimited(Duration),
    /// Slack will never take this call.
    #[error("Slack refused the call: {0}")]
    Refused(String),
    /// Slack does not answer. The log says so once for all that fails because of it.
    #[error("{0:#}")]
    Silence(anyhow::Error),
    /// It may work later.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
