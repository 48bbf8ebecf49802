//! Messages and home tabs in Slack, in terms of the domain: which message about which request, and where.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use thiserror::Error;

use crate::domain::audit::AuditEntry;
use crate::domain::away::Away;
use crate::domain::ids::{ChannelId, PersonId, TeamName};
use crate::domain::pause::Pause;
use crate::domain::principal::Principal;
use crate::domain::quota::QuotaUse;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, MessageSlot, Request};

/// Why a click does not count.
#[derive(Clone, Copy, Debug)]
pub enum HandBackReason<'a> {
    /// It was refused.
    Refused(&'a Refusal),
    /// It could not be carried out, for this reason.
    GivenUp(&'a str),
}

/// Posts and edits messages.
#[async_trait]
pub trait Slack: Debug + Send + Sync {
    /// Posts a message and returns where it is. A retry may post the same message twice; Slack has no idempotency key.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn post(&self, destination: &Destination, notice: &Notice<'_>) -> Result<Posted, SlackError>;

    /// Rewrites a message.
    ///
    /// # Errors
    /// See [`SlackError`]; [`SlackError::Gone`] when the message no longer exists.
    async fn update(&self, message_ref: &MessageRef, notice: &Notice<'_>) -> Result<(), SlackError>;

    /// Posts a text that only one person sees: ephemerally in `channel` if they are in it, otherwise as a direct
    /// message.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn post_ephemeral(
        &self,
        channel: Option<&ChannelId>,
        person: &PersonId,
        text: &str,
    ) -> Result<(), SlackError>;

    /// Tells a person, as [`Slack::post_ephemeral`] does, why their click does not count, and returns what they had typed.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn hand_back(
        &self,
        channel: Option<&ChannelId>,
        person: &PersonId,
        why: HandBackReason<'_>,
        typed: Option<&str>,
    ) -> Result<(), SlackError>;

    /// Publishes a person's home tab and returns a digest of its content. Publishes nothing if `shown` is that digest
    /// already.
    ///
    /// # Errors
    /// See [`SlackError`].
    async fn publish_home(&self, page: &HomePage, digest: &str) -> Result<String, SlackError>;

    /// Returns how far our clock is ahead of Slack's, in whole seconds; negative if it is behind.
    ///
    /// # Errors
    /// If Slack does not answer, or its response has no date.
    async fn clock_ahead_by(&self) -> anyhow::Result<SignedDuration>;

    /// Checks that Slack answers and accepts the token.
    ///
    /// # Errors
    /// The reason why not.
    async fn check(&self) -> anyhow::Result<()>;
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A channel, such as the one for approvals.
    Channel(ChannelId),
    /// The thread under this message.
    Thread(MessageRef),
    /// A person's direct conversation with the app.
    Person(PersonId),
}

/// A message that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its channel and timestamp, by which it can be updated.
    pub at: MessageRef,
    /// Whether it was posted outside the intended thread because the thread's first message was deleted.
    pub is_outside_thread: bool,
}

/// The content of a message.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// A message about one request.
    Request(RequestNotice<'a>),
    /// A warning about leases that are about to end.
    Warning(WarningNotice<'a>),
    /// New entries of the audit trail.
    Trail(&'a [AuditEntry]),
}

/// The content of a warning: requests whose leases are about to end, or what happened to them since.
#[derive(Clone, Copy, Debug)]
pub struct WarningNotice<'a> {
    /// The time of rendering; which buttons are shown depends on it.
    pub now: Timestamp,
    /// The leases, earliest end first.
    pub leases: &'a [LeaseToWarn<'a>],
    /// Who owns them.
    pub owner: &'a PersonId,
    /// Who is mentioned instead of the owner when the warning is posted in a channel, because the owner cannot be
    /// reached or may not renew any more; `None` in a direct message to the owner.
    pub instead: Option<&'a [Principal]>,
    /// Whether nothing real is provisioned.
    pub simulated: bool,
}

/// One of the leases of a warning.
#[derive(Clone, Copy, Debug)]
pub struct LeaseToWarn<'a> {
    /// The current request.
    pub request: &'a Request,
    /// Whether this is the request's newest warning and still addressed to its owner. If not, it has no buttons.
    pub is_current: bool,
    /// Whether the request has been transferred to another owner since.
    pub is_handed: bool,
}

/// The content of a message about one request: its current state, as that message slot shows it.
#[derive(Clone, Copy, Debug)]
pub struct RequestNotice<'a> {
    /// The time of rendering; which buttons are shown depends on it.
    pub now: Timestamp,
    /// Which of the request's messages this is.
    pub slot: MessageSlot,
    /// The request.
    pub request: &'a Request,
    /// The approvers to mention on the card.
    pub approvers: &'a [Principal],
    /// Why other approvers are asked than the product names, if so.
    pub note: Option<&'a str>,
    /// What the team already holds of this product, without this request; for a card that waits for approval.
    pub held: &'a [Request],
    /// What the team uses of this product, including this request.
    pub quota: QuotaUse,
    /// Whether the owner's notification is posted in a channel, because the owner could not be messaged.
    pub is_in_channel: bool,
    /// Whether nothing real is provisioned.
    pub simulated: bool,
}

/// The content of a person's home tab.
#[derive(Clone, Debug)]
pub struct HomePage {
    /// The one person who sees it.
    pub person: PersonId,
    /// The time of rendering; which buttons are shown depends on it.
    pub now: Timestamp,
    /// Whether they open it for the first time.
    pub is_first_visit: bool,
    /// The pause, if new requests are paused.
    pub paused: Option<Pause>,
    /// Requests that wait for their answer, longest waiting first.
    pub waiting: Excerpt,
    /// Absences in which they are away or are the delegate.
    pub aways: Vec<Away>,
    /// Their own live requests, newest first.
    pub mine: Excerpt,
    /// What their teams hold: first the teams they belong to, then those they approve for, in the order of the
    /// settings.
    pub teams: Vec<TeamPage>,
    /// Information about all teams, for admins and auditors.
    pub everything: Option<Everything>,
    /// The name of the slash command.
    pub command: String,
    /// Whether nothing real is provisioned.
    pub simulated: bool,
}

/// The part of the home tab for admins and auditors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Everything {
    /// Number of parked jobs; shown to admins.
    pub parked: usize,
}

/// The first of some requests.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    /// The requests shown.
    pub requests: Vec<Request>,
    /// Whether there are more.
    pub more: bool,
}

/// What a team holds.
#[derive(Clone, Debug)]
pub struct TeamPage {
    /// Whether the person belongs to the team, as opposed to only approving for it.
    pub is_member: bool,
    /// The team.
    pub team: TeamName,
    /// Its live requests, newest first.
    pub live: Excerpt,
    /// What it uses of each product that it may request.
    pub uses: Vec<ProductUse>,
    /// Sum of its estimates, US dollars a month.
    pub monthly: Decimal,
    /// Limit of that sum, if there is one.
    pub budget: Option<Decimal>,
}

/// What a team uses of one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductUse {
    /// Display name; the product's key if it was removed from the catalog.
    pub product: String,
    /// Slots in use and their limit.
    pub quota: QuotaUse,
    /// Sum of the estimates, US dollars a month.
    pub monthly: Decimal,
}

/// Why a message was not posted or updated.
#[derive(Debug, Error)]
pub enum SlackError {
    /// The message, or the conversation it was in, no longer exists.
    #[error("the message is gone: {0}")]
    Gone(String),
    /// The bot cannot post there now: not invited, archived, unknown, or the person cannot be messaged. May be
    /// temporary.
    #[error("cannot write there: {0}")]
    Unreachable(String),
    /// It was posted, but Slack did not return its timestamp, so it can never be updated.
    #[error("Slack did not say where the message stands")]
    Unplaced,
    /// Slack rate-limited the call; wait this long.
    #[error("Slack asks to wait {} s", .0.as_secs())]
    RateLimited(Duration),
    /// Slack will never accept this call.
    #[error("Slack refused the call: {0}")]
    Refused(String),
    /// Slack does not answer. The outage is logged once, so callers log this error at debug level only.
    #[error("{0:#}")]
    Silence(anyhow::Error),
    /// Any other failure; it may work later.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
