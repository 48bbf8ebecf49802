//! Rows, the audit trail, jobs and quota: what survives.
//!
//! An implementation promises that a [`Commit`] happens whole or not at all, that it is on disk (or replicated)
//! before the call returns, and that of several commits on the same revision of a request exactly one succeeds.
//!
//! What a newer program has stored in a format that this one does not read is left alone: it is in no list, and whatever
//! would read or replace it fails with [`Newer`](super::stored::Newer).

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

/// The store.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// Commits one change.
    ///
    /// # Errors
    /// See [`CommitError`]; nothing was changed then.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;

    /// The request, if there is one.
    ///
    /// # Errors
    /// Whatever keeps it from being read, here and below.
    async fn load(&self, id: RequestId) -> anyhow::Result<Option<Request>>;

    /// Requests whose id begins with `prefix` (lower-case hex and hyphens), at most `limit`.
    async fn find(&self, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>>;

    /// A page of a list, in its order (see [`Which`]): at most `limit` requests behind `after`, or from its beginning. What
    /// cannot be read or is no longer in it is passed by, so a page is full as long as there are more.
    ///
    /// # Errors
    /// Also when there is no such list: see [`Which::is_listed_of`].
    async fn list(
        &self,
        whose: &RequestScope,
        which: RequestFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> anyhow::Result<RequestPage>;

    /// Sees to it that the lists have a request that was stored in this revision: where lists are kept beside the rows, a program
    /// that knows of none may have left it out. Whoever depends on a list for a request that it knows calls this before.
    async fn put_into_lists(&self, id: RequestId, revision: u64) -> anyhow::Result<()>;

    /// What they hold, or held at some time since then: all of it, but of each only what sums need. In no order.
    async fn holdings(&self, whose: &RequestScope, since: Timestamp) -> anyhow::Result<Vec<Holding>>;

    /// How many of them wait for approvers, counted up to `most`.
    async fn count_waiting(&self, whose: &RequestScope, most: usize) -> anyhow::Result<usize>;

    /// What each product of theirs comes to in the month of `now`; nothing of what neither lives nor lived in it.
    async fn spending(
        &self,
        whose: &RequestScope,
        now: Timestamp,
    ) -> anyhow::Result<BTreeMap<ProductKey, Amounts>>;

    /// The requests that this message was recorded for, in the order of their ids; those long ended may be left out.
    async fn requests_of_message(&self, message: &MessageRef) -> anyhow::Result<Vec<RequestId>>;

    /// Slots in use.
    async fn quota_used(&self, slot: &QuotaSlot) -> anyhow::Result<u32>;

    /// What a team holds of each product of which it ever held something.
    async fn team_use(&self, team: &TeamName) -> anyhow::Result<Vec<TeamUse>>;

    /// Every team that ever held something, in the order of their names.
    async fn teams(&self) -> anyhow::Result<Vec<TeamName>>;

    /// Counts for one team from now on what was counted of another ([`Store::counts`]). Each day moves whole; what was moved
    /// before is left alone.
    async fn move_counts(&self, from: &TeamName, to: &TeamName) -> anyhow::Result<()>;

    /// What was counted of a team from this day on.
    async fn counts(&self, team: &TeamName, from: Date) -> anyhow::Result<CounterTotals>;

    /// What is known of a person's home tab, if they ever opened it.
    async fn home(&self, person: &PersonId) -> anyhow::Result<Option<HomeTab>>;

    /// Remembers that, in the place of what was known.
    async fn put_home(&self, person: &PersonId, home: &HomeTab) -> anyhow::Result<()>;

    /// People who opened their home tab at or after this moment; also of whom only a newer program knows more.
    async fn homes_opened_since(&self, since: Timestamp) -> anyhow::Result<Vec<PersonId>>;

    /// Who is away at this moment and who answers for them, in the order of their ids.
    async fn aways(&self, now: Timestamp) -> anyhow::Result<Vec<Away>>;

    /// A request's audit entries in order.
    async fn audit_of(&self, request: RequestId) -> anyhow::Result<Vec<AuditEntry>>;

    /// The last of them, if there are any.
    async fn audit_last(&self, request: RequestId) -> anyhow::Result<Option<AuditEntry>>;

    /// The whole trail in the order of its commits, a page at a time: entries after `cursor`, none at the end, and
    /// the cursor to go on with. Start with 0.
    async fn audit_page(&self, cursor: u64, limit: usize) -> anyhow::Result<(Vec<AuditEntry>, u64)>;

    /// The cursor behind the last entry that was written.
    async fn audit_end(&self) -> anyhow::Result<u64>;

    /// The end of the portal's chain as it is stored, moved by each commit with an entry there. Where it is
    /// [gone](PortalHead::Gone), such a commit leaves it so.
    async fn portal_head(&self) -> anyhow::Result<PortalHead>;

    /// What is counted of refusals under this key (see `RefusedAction::key`), if anything.
    async fn repeated_refusal(&self, key: &str) -> anyhow::Result<Option<RepeatedRefusal>>;

    /// Counts one more under a key that is counted at this moment; says whether it is.
    async fn refused_again(&self, key: &str, now: Timestamp) -> anyhow::Result<bool>;

    /// What is not counted any more at this moment, the one that ended first being first, at most `limit`.
    /// One that cannot be read is among them, so that it can be forgotten.
    async fn counted_refusals(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<CountedRefusal>>;

    /// Forgets a count that cannot be read.
    async fn forget_refusals(&self, key: &str) -> anyhow::Result<()>;

    /// Says that a bot is alive, and forgets those that have not been seen for a day.
    async fn put_bot(&self, bot: &Bot) -> anyhow::Result<()>;

    /// Bots that were seen at or after this moment, in the order of their ids.
    async fn bots(&self, since: Timestamp) -> anyhow::Result<Vec<Bot>>;

    /// Notes that people could be heard at this moment, by whichever bot.
    async fn put_heard(&self, at: Timestamp) -> anyhow::Result<()>;

    /// When that was noted last, if ever.
    async fn heard_at(&self) -> anyhow::Result<Option<Timestamp>>;

    /// The pause, while new requests are not taken.
    async fn pause(&self) -> anyhow::Result<Option<Pause>>;

    /// Jobs that are due and not parked, oldest first, at most `limit`. A hint: claim them before doing anything.
    async fn due(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<JobKey>>;

    /// Claims these jobs if they are due: their `due_at` moves to `until`, so that they come back by themselves if
    /// the claimer dies. Those that another claimer holds or that are gone are left out. One that cannot be read is
    /// claimed as well, so that it can be parked.
    async fn claim(
        &self,
        keys: &[JobKey],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<Vec<ClaimedJob>>;

    /// Deletes a job that is done. Does nothing if it was rewritten or claimed anew in the meantime.
    async fn complete(&self, claim: &Claim) -> anyhow::Result<()>;

    /// Puts a job off and remembers why. Does nothing if it was rewritten or claimed anew in the meantime.
    async fn put_off(&self, claim: &Claim, due_at: Timestamp, why: &str) -> anyhow::Result<()>;

    /// Parks a job that will not succeed by itself. Does nothing if it was rewritten or claimed anew.
    async fn park(&self, claim: &Claim, why: &str) -> anyhow::Result<()>;

    /// Makes parked jobs of this subject due again whose names begin with `prefix`, as if they had never been tried, and
    /// says how many there were.
    ///
    /// # Errors
    /// When the store cannot be used.
    async fn retry_parked(&self, of: &JobOwner, prefix: &str, now: Timestamp) -> anyhow::Result<usize>;

    /// Jobs that were given up, in the order of their subjects and names, at most `limit`.
    async fn parked(&self, limit: usize) -> anyhow::Result<Vec<ParkedJob>>;

    /// How many jobs were given up.
    async fn count_parked(&self) -> anyhow::Result<usize>;

    /// The keys of all jobs of this subject, those that were given up included, and those that only a newer program reads.
    async fn jobs_of(&self, of: &JobOwner) -> anyhow::Result<Vec<JobKey>>;

    /// As [`Store::due`], those that are due between these moments, each with when it is.
    async fn due_between(
        &self,
        from: Timestamp,
        by: Timestamp,
        limit: usize,
    ) -> anyhow::Result<Vec<(Timestamp, JobKey)>>;

    /// When the next job is due, if any waits: how far behind the dispatcher is.
    async fn next_due(&self) -> anyhow::Result<Option<Timestamp>>;

    /// Forgets some of what has come to its end by now; whether there may be more. Rows and the trail have none.
    async fn forget(&self, now: Timestamp) -> anyhow::Result<bool>;

    /// Whether the store can be read and written.
    async fn check(&self) -> anyhow::Result<()>;
}

/// One change, all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// The row to write.
    pub row: Option<RowChange>,
    /// Entries to append.
    pub audit: Vec<AuditEntry>,
    /// Jobs to write; one whose key exists is replaced, and whoever had claimed it loses the claim.
    pub jobs: Vec<Job>,
    /// Jobs that have nothing left to do: deleted where they are there.
    pub idle: Vec<JobKey>,
    /// The slot to take or give back.
    pub quota: Option<QuotaChange>,
    /// Other names of its team: what is counted under them counts against its limits as well.
    pub namesakes: Vec<TeamName>,
    /// What is counted of it.
    pub tally: Option<CounterDay>,
    /// A key that may be committed once: a view id, an event id. Remembered together with the row's id.
    pub once: Option<IdempotencyKey>,
    /// The job that caused this commit and is done with it.
    pub done: Option<Claim>,
    /// A parked job that this deletes, or that is due again where `jobs` has it as well.
    pub given_up: Option<JobKey>,
    /// Whether it may not be made while new requests are paused.
    pub unless_paused: bool,
    /// Pauses new requests, or takes them again.
    pub pausing: Option<Pausing>,
    /// Somebody is away, or back.
    pub absence: Option<Absence>,
    /// Begins, ends or begins anew a count of refusals.
    pub refusals: Option<RefusalsChange>,
}

/// What is stored of the end of the portal's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalHead {
    /// Nothing: all entries are of a program that kept no end.
    NotBegun,
    /// Where it is.
    At(AuditHead),
    /// It was stored once, and somebody has removed it.
    Gone,
}

/// What a commit does about somebody's absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// They are away from now on, in the place of what was known.
    Begin(Away),
    /// They are back, if they were away.
    End(PersonId),
}

/// What a commit does to one count of refusals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalsChange {
    /// Which.
    pub key: String,
    /// What has to be there; if it is not, the commit is [`CommitError::Stale`].
    pub before: Option<RepeatedRefusal>,
    /// What is there afterwards.
    pub after: Option<RepeatedRefusal>,
}

/// A count of refusals as it is found.
#[derive(Debug)]
pub struct CountedRefusal {
    /// Its key.
    pub key: String,
    /// What is counted, or why it cannot be read.
    pub refusal: anyhow::Result<RepeatedRefusal>,
}

/// A bot that works on the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// Which one; another after every start.
    pub id: String,
    /// The highest format that it reads.
    pub format: u32,
    /// When it said so last.
    pub seen_at: Timestamp,
}

/// What a commit does about new requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pausing {
    /// They are paused from now on, in the place of a pause there is.
    Begin(Pause),
    /// They are taken again.
    End,
}

/// How a row is written.
#[derive(Clone, Debug)]
pub enum RowChange {
    /// It is new.
    Insert(Box<Request>),
    /// It replaces the revision before its own.
    Replace(Box<Request>),
}

impl RowChange {
    /// The row, and the revision it replaces; `None` for a new one.
    ///
    /// # Errors
    /// When it replaces a revision that cannot be.
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
/// [`Again`](Self::Again), [`Paused`](Self::Paused), [`Stale`](Self::Stale) for the row, [`BudgetSpent`](Self::BudgetSpent), [`QuotaFull`](Self::QuotaFull),
/// [`Stale`](Self::Stale) for the trail.
///
/// It is no [`std::error::Error`], so that `?` and `into()` are the only way to an [`anyhow::Error`], and what is in
/// [`Other`](Self::Other) can still be told there: whether it is [`Newer`](super::stored::Newer).
#[derive(Debug)]
pub enum CommitError {
    /// The row has moved on: load it again.
    Stale,
    /// The `once` key was committed before, for this request.
    Again(Option<RequestId>),
    /// No slot is free.
    QuotaFull(QuotaUse),
    /// The team's budget has no room for it; holds what the team's estimates come to, US dollars a month.
    BudgetSpent(Decimal),
    /// The job in `done` is no longer ours.
    ClaimLost,
    /// The job in `given_up` is gone or not parked.
    NotParked,
    /// New requests are paused.
    Paused(Box<Pause>),
    /// Anything else; it may work later.
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
    /// As an error that can be told as what it is, whatever is said around it.
    pub fn into_error(self) -> anyhow::Error {
        self.into()
    }
}

/// What sums over many requests need of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which request.
    pub request: RequestId,
    /// Of which team.
    pub team: TeamName,
    /// Of which product.
    pub product: ProductKey,
    /// Who looks after it.
    pub owner: PersonId,
    /// The estimate, US dollars a month; `None` where there is none.
    pub monthly: Option<Decimal>,
    /// What AWS has charged lately: the first day of the month, and US dollars.
    pub billed: Option<(Date, Decimal)>,
    /// When it was provisioned; `None` while or since it never was.
    pub activated_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When its lease ends, while one runs.
    pub expires_at: Option<Timestamp>,
}

/// What is known of a person's home tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeTab {
    /// When they first opened it.
    pub first_opened_at: Timestamp,
    /// When they last opened it.
    pub opened_at: Timestamp,
    /// A digest of what it shows; empty when nothing was published yet.
    pub shows: String,
}

/// The right to finish a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which job.
    pub key: JobKey,
    /// Which claim of it.
    pub id: u64,
}

/// A job that is ours for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// The right to finish it.
    pub claim: Claim,
    /// What to do, or why that cannot be read.
    pub kind: Result<JobKind, Unreadable>,
    /// Times it was put off before.
    pub attempts: u32,
    /// When it was first due, for giving up: what waits for a date has not been failing meanwhile.
    pub written_at: Timestamp,
}

/// A job that was given up and needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedJob {
    /// Which job.
    pub key: JobKey,
    /// What it would do, or why that cannot be read.
    pub kind: Result<JobKind, Unreadable>,
    /// Times it was put off before.
    pub attempts: u32,
    /// When it was first due.
    pub written_at: Timestamp,
    /// Why it was given up.
    pub why: String,
}
