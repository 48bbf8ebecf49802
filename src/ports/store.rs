//! The persistent state: requests, the audit trail, jobs and quotas.
//!
//! An implementation guarantees that a [`Commit`] is atomic, that it is durable (on disk or replicated) before the call
//! returns, and that exactly one of several commits on the same revision of a request succeeds.
//!
//! Records that a newer program has stored in a format that this one cannot read stay untouched: they appear in no
//! list, and reading or replacing them fails with [`Newer`](super::stored::Newer).

use std::collections::BTreeMap;
use std::fmt::Debug;

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::domain::audit::{AuditEntry, AuditHead};
use crate::domain::away::Away;
use crate::domain::counters::{CounterDay, CounterTotals};
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::job::{Job, JobKey, JobKind, JobOwner};
use crate::domain::pause::Pause;
use crate::domain::quota::{QuotaChange, QuotaSlot, QuotaUse, TeamUse};
use crate::domain::repeats::RepeatedRefusal;
use crate::domain::request::{MessageRef, Request};
use crate::domain::spending::Amounts;
use crate::ports::retention::IdempotencyKey;
use crate::ports::stored::Unreadable;

pub use super::lists::{Cursor, RequestFilter, RequestPage, RequestScope};

/// Stores requests, the audit trail, jobs, quotas and what goes with them.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// Commits one change.
    ///
    /// # Errors
    /// See [`CommitError`]; nothing was changed then.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;

    /// Loads a request.
    ///
    /// # Errors
    /// If it cannot be read. The same holds for the methods below.
    async fn load(&self, id: RequestId) -> anyhow::Result<Option<Request>>;

    /// Finds requests whose id starts with `prefix` (lower-case hex and hyphens), at most `limit`.
    async fn find(&self, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>>;

    /// Reads a page of a list in the order of [`RequestFilter`]: at most `limit` requests after `after`, or from the
    /// start. Requests that cannot be read or have left the list are skipped, so a page is full as long as more follow.
    ///
    /// # Errors
    /// Also if there is no such list: see [`RequestFilter::is_listed_of`].
    async fn list(
        &self,
        whose: &RequestScope,
        which: RequestFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> anyhow::Result<RequestPage>;

    /// Ensures that the lists contain this revision of a request. A store that keeps lists next to the rows may lack
    /// it, because an older program without lists wrote the row. Call this before relying on a list for a request that
    /// is already known.
    async fn put_into_lists(&self, id: RequestId, revision: u64) -> anyhow::Result<()>;

    /// Returns everything held now or at any time since `since`, reduced to what sums need. In no particular order.
    async fn holdings(&self, whose: &RequestScope, since: Timestamp) -> anyhow::Result<Vec<Holding>>;

    /// Counts requests that wait for approvers, up to `most`.
    async fn count_waiting(&self, whose: &RequestScope, most: usize) -> anyhow::Result<usize>;

    /// Returns the costs of each product in the month of `now`; products with nothing live in that month are left out.
    async fn spending(
        &self,
        whose: &RequestScope,
        now: Timestamp,
    ) -> anyhow::Result<BTreeMap<ProductKey, Amounts>>;

    /// Returns the requests that this message was recorded for, ordered by id. Requests that ended long ago may be
    /// missing.
    async fn requests_of_message(&self, message: &MessageRef) -> anyhow::Result<Vec<RequestId>>;

    /// Returns the number of slots in use.
    async fn quota_used(&self, slot: &QuotaSlot) -> anyhow::Result<u32>;

    /// Returns what a team uses of each product that it ever held.
    async fn team_use(&self, team: &TeamName) -> anyhow::Result<Vec<TeamUse>>;

    /// Returns every team that ever held something, ordered by name.
    async fn teams(&self) -> anyhow::Result<Vec<TeamName>>;

    /// Moves the counters of one team ([`Store::counts`]) to another, for a renamed team. Each day moves as a whole, so
    /// that calling this again moves nothing twice.
    async fn move_counts(&self, from: &TeamName, to: &TeamName) -> anyhow::Result<()>;

    /// Returns a team's counters, summed up from this day on.
    async fn counts(&self, team: &TeamName, from: Date) -> anyhow::Result<CounterTotals>;

    /// Returns what is stored of a person's home tab, if they ever opened it.
    async fn home(&self, person: &PersonId) -> anyhow::Result<Option<HomeTab>>;

    /// Stores a person's home tab, replacing the previous one.
    async fn put_home(&self, person: &PersonId, home: &HomeTab) -> anyhow::Result<()>;

    /// Returns everybody who opened their home tab at or after this time, including those whose record only a newer
    /// program can read.
    async fn homes_opened_since(&self, since: Timestamp) -> anyhow::Result<Vec<PersonId>>;

    /// Returns the absences at this time with their delegates, ordered by person.
    async fn aways(&self, now: Timestamp) -> anyhow::Result<Vec<Away>>;

    /// Returns a request's audit entries in order.
    async fn audit_of(&self, request: RequestId) -> anyhow::Result<Vec<AuditEntry>>;

    /// Returns a request's last audit entry, if any.
    async fn audit_last(&self, request: RequestId) -> anyhow::Result<Option<AuditEntry>>;

    /// Returns a page of the whole trail in commit order: the entries after `cursor` and the cursor of the next page.
    /// The first cursor is 0; a page without entries is the end.
    async fn audit_page(&self, cursor: u64, limit: usize) -> anyhow::Result<(Vec<AuditEntry>, u64)>;

    /// Returns the cursor after the last entry.
    async fn audit_end(&self) -> anyhow::Result<u64>;

    /// Returns the stored head of the portal's audit chain. Each commit with a portal entry moves it, unless it is
    /// [gone](PortalHead::Gone).
    async fn portal_head(&self) -> anyhow::Result<PortalHead>;

    /// Returns the repeated refusal that is counted under this key (see `RefusedAction::key`), if any.
    async fn repeated_refusal(&self, key: &str) -> anyhow::Result<Option<RepeatedRefusal>>;

    /// Adds one to a count that is open at `now`; returns whether there was one.
    async fn refused_again(&self, key: &str, now: Timestamp) -> anyhow::Result<bool>;

    /// Returns counts that are closed at `now`, earliest end first, at most `limit`. Counts that cannot be read are
    /// included, so that they can be deleted.
    async fn counted_refusals(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<CountedRefusal>>;

    /// Deletes a count that cannot be read.
    async fn forget_refusals(&self, key: &str) -> anyhow::Result<()>;

    /// Stores that a bot is alive, and deletes bots that were not seen for a day.
    async fn put_bot(&self, bot: &Bot) -> anyhow::Result<()>;

    /// Returns bots that were seen at or after this time, ordered by id.
    async fn bots(&self, since: Timestamp) -> anyhow::Result<Vec<Bot>>;

    /// Stores that some bot could receive events from Slack at this time.
    async fn put_heard(&self, heard_at: Timestamp) -> anyhow::Result<()>;

    /// Returns when [`Self::put_heard`] was last called, if ever.
    async fn heard_at(&self) -> anyhow::Result<Option<Timestamp>>;

    /// Returns the pause, if new requests are paused.
    async fn pause(&self) -> anyhow::Result<Option<Pause>>;

    /// Returns jobs that are due and not parked, oldest first, at most `limit`. Only a hint: claim a job before running
    /// it.
    async fn due(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<JobKey>>;

    /// Claims those of these jobs that are due: moves their `due_at` to `until`, so that they become due again if the
    /// claimer dies. Jobs that another bot has claimed or that are gone are left out. A job that cannot be read is
    /// claimed as well, so that it can be parked.
    async fn claim(
        &self,
        keys: &[JobKey],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<Vec<ClaimedJob>>;

    /// Deletes a finished job. Does nothing if it was rewritten or claimed again meanwhile.
    async fn complete(&self, claim: &Claim) -> anyhow::Result<()>;

    /// Postpones a job and stores why. Does nothing if it was rewritten or claimed again meanwhile.
    async fn put_off(&self, claim: &Claim, due_at: Timestamp, why: &str) -> anyhow::Result<()>;

    /// Parks a job that needs an admin. Does nothing if it was rewritten or claimed again meanwhile.
    async fn park(&self, claim: &Claim, why: &str) -> anyhow::Result<()>;

    /// Makes this owner's parked jobs due whose names start with `prefix`, with no attempts counted, and returns their
    /// number.
    ///
    /// # Errors
    /// If the store cannot be used.
    async fn retry_parked(&self, owner: &JobOwner, prefix: &str, now: Timestamp) -> anyhow::Result<usize>;

    /// Returns parked jobs, ordered by owner and name, at most `limit`.
    async fn parked(&self, limit: usize) -> anyhow::Result<Vec<ParkedJob>>;

    /// Counts parked jobs.
    async fn count_parked(&self) -> anyhow::Result<usize>;

    /// Returns the keys of all jobs of this owner, including parked ones and those that only a newer program can read.
    async fn jobs_of(&self, owner: &JobOwner) -> anyhow::Result<Vec<JobKey>>;

    /// Like [`Store::due`], but for jobs due between these times, each with its due time.
    async fn due_between(
        &self,
        from: Timestamp,
        by: Timestamp,
        limit: usize,
    ) -> anyhow::Result<Vec<(Timestamp, JobKey)>>;

    /// Returns when the next waiting job is due, to measure how far the dispatcher is behind.
    async fn next_due(&self) -> anyhow::Result<Option<Timestamp>>;

    /// Deletes some of the expired records; returns whether there may be more. Rows and the audit trail never expire.
    async fn forget(&self, now: Timestamp) -> anyhow::Result<bool>;

    /// Checks that the store can be read and written.
    async fn check(&self) -> anyhow::Result<()>;
}

/// One change, committed atomically.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// The row to write.
    pub row: Option<RowChange>,
    /// Audit entries to append.
    pub audit: Vec<AuditEntry>,
    /// Jobs to write. An existing job with the same key is replaced, which voids a claim on it.
    pub jobs: Vec<Job>,
    /// Jobs without anything left to do: deleted if they exist.
    pub idle: Vec<JobKey>,
    /// The slot to take or release.
    pub quota: Option<QuotaChange>,
    /// Other names of the team. What is recorded under them counts against its limits as well.
    pub namesakes: Vec<TeamName>,
    /// Counters to add up.
    pub tally: Option<CounterDay>,
    /// A key that can be committed once, such as a view id or an event id. Stored together with the row's id.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The job that led to this commit; completed with it.
    pub done: Option<Claim>,
    /// A parked job to delete, or to make due again if `jobs` contains it as well.
    pub unparked: Option<JobKey>,
    /// Whether to fail with [`CommitError::Paused`] while new requests are paused.
    pub unless_paused: bool,
    /// Pauses or resumes new requests.
    pub pausing: Option<Pausing>,
    /// Starts or ends somebody's absence.
    pub absence: Option<Absence>,
    /// Starts, ends or restarts a count of refusals.
    pub refusals: Option<RefusalsChange>,
}

/// The stored head of the portal's audit chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalHead {
    /// Nothing stored: all entries were written by an older program that stored no head.
    NotBegun,
    /// The last entry.
    At(AuditHead),
    /// A head was stored once, and somebody has deleted it.
    Gone,
}

/// A change of somebody's absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// They are away from now on; replaces an earlier absence.
    Begin(Away),
    /// They are back. Does nothing if they were not away.
    End(PersonId),
}

/// A change of one count of refusals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalsChange {
    /// The key of the count.
    pub key: String,
    /// The expected current value; if it differs, the commit fails with [`CommitError::Stale`].
    pub before: Option<RepeatedRefusal>,
    /// The new value.
    pub after: Option<RepeatedRefusal>,
}

/// A count of refusals as read from the store.
#[derive(Debug)]
pub struct CountedRefusal {
    /// The action that is counted: see `RefusedAction::key`.
    pub key: String,
    /// The count, or why it cannot be read.
    pub refusal: anyhow::Result<RepeatedRefusal>,
}

/// A running process of this program that uses the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// Its id; a new one after every start.
    pub id: String,
    /// The highest storage format that it can read.
    pub format: u32,
    /// When it last reported.
    pub seen_at: Timestamp,
}

/// Pauses or resumes new requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pausing {
    /// New requests are paused from now on; replaces an earlier pause.
    Begin(Pause),
    /// New requests are accepted again.
    End,
}

/// How a row is written.
#[derive(Clone, Debug)]
pub enum RowChange {
    /// A new row.
    Insert(Box<Request>),
    /// Replaces the previous revision of the row.
    Replace(Box<Request>),
}

impl RowChange {
    /// Returns the row and the revision that it replaces; `None` for a new row.
    ///
    /// # Errors
    /// If the revision is too low to replace another.
    pub fn into_parts(self) -> anyhow::Result<(Box<Request>, Option<u64>)> {
        match self {
            Self::Insert(request) => Ok((request, None)),
            Self::Replace(request) => {
                let before =
                    request.revision.checked_sub(1).context("a replaced row has revision 2 at least")?;
                Ok((request, Some(before)))
            }
        }
    }
}

/// Why a commit was not made. Checked in this order: [`ClaimLost`](Self::ClaimLost), [`NotParked`](Self::NotParked),
/// [`Again`](Self::Again), [`Paused`](Self::Paused), [`Stale`](Self::Stale) for the row,
/// [`BudgetSpent`](Self::BudgetSpent), [`QuotaFull`](Self::QuotaFull), [`Stale`](Self::Stale) for the trail.
///
/// Deliberately not a [`std::error::Error`]: `?` and `into()` are then the only way to an [`anyhow::Error`], and they
/// keep the type of what is in [`Other`](Self::Other), for example [`Newer`](super::stored::Newer).
#[derive(Debug)]
pub enum CommitError {
    /// The row has changed: load it and try again.
    Stale,
    /// The `once` key was committed before, for this request.
    Again(Option<RequestId>),
    /// No slot is free.
    QuotaFull(QuotaUse),
    /// The team's budget has no room. Holds the sum of the team's estimates, US dollars a month.
    BudgetSpent(Decimal),
    /// The claim in `done` was lost.
    ClaimLost,
    /// The job in `unparked` no longer exists or is not parked.
    NotParked,
    /// New requests are paused.
    Paused(Box<Pause>),
    /// Any other failure; it may work later.
    Other(anyhow::Error),
}

impl std::fmt::Display for CommitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stale => f.write_str("the request has changed in the meantime"),
            Self::Again(_) => f.write_str("this was committed before"),
            Self::QuotaFull(quota) => write!(f, "quota is used up: {} of {}", quota.used, quota.limit),
            Self::BudgetSpent(spent) => write!(f, "the budget is used up: ${spent} a month"),
            Self::ClaimLost => f.write_str("the job was claimed by another"),
            Self::NotParked => f.write_str("the job is not parked"),
            Self::Paused(_) => f.write_str("new requests are paused"),
            Self::Other(error) => std::fmt::Display::fmt(error, f),
        }
    }
}

impl From<anyhow::Error> for CommitError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<CommitError> for anyhow::Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Other(error) => error,
            refused @ (CommitError::Stale
            | CommitError::Again(_)
            | CommitError::QuotaFull(_)
            | CommitError::BudgetSpent(_)
            | CommitError::ClaimLost
            | CommitError::NotParked
            | CommitError::Paused(_)) => Self::msg(refused),
        }
    }
}

impl CommitError {
    /// Converts this into an error that can still be downcast to its cause after context is added.
    pub fn into_error(self) -> anyhow::Error {
        self.into()
    }
}

/// A request reduced to what sums need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The request.
    pub request: RequestId,
    /// Its team.
    pub team: TeamName,
    /// Its product.
    pub product: ProductKey,
    /// Who owns it.
    pub owner: PersonId,
    /// The estimate in US dollars a month, if there is one.
    pub monthly: Option<Decimal>,
    /// The latest charge by AWS: first day of the month, and US dollars.
    pub billed: Option<(Date, Decimal)>,
    /// When it was provisioned; `None` if that has not happened.
    pub activated_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When its lease ends, if it has one.
    pub expires_at: Option<Timestamp>,
}

/// What is stored of a person's home tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeTab {
    /// When they first opened it.
    pub first_opened_at: Timestamp,
    /// When they last opened it.
    pub opened_at: Timestamp,
    /// Digest of its content; empty if nothing was published yet.
    pub shows: String,
}

/// The right to finish a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The claimed job.
    pub key: JobKey,
    /// Tells this claim from earlier and later ones of the same job.
    pub id: u64,
}

/// A job that this bot has claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The right to finish it.
    pub claim: Claim,
    /// What to do, or why it cannot be read.
    pub kind: Result<JobKind, Unreadable>,
    /// How often it was postponed.
    pub attempts: u32,
    /// When it was first due. Retries are limited from then on, since a job that waits for its date has not been
    /// failing.
    pub written_at: Timestamp,
}

/// A job that was parked and needs an admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedJob {
    /// Its key.
    pub key: JobKey,
    /// What it would do, or why it cannot be read.
    pub kind: Result<JobKind, Unreadable>,
    /// How often it was postponed.
    pub attempts: u32,
    /// When it was first due.
    pub written_at: Timestamp,
    /// Why it was parked.
    pub why: String,
}
