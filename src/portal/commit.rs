//! Changing a request: load, decide, commit. What is committed together is one transaction of the store: the row, its
//! audit entries, its jobs, the quota, and the idempotency key.

use jiff::Timestamp;

use crate::domain::counters::CounterDay;
use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::{Job, JobKey, JobKind};
use crate::domain::period::Period;
use crate::domain::quota::QuotaChange;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, MessageSlot, Request};
use crate::domain::transition::{Transition, next, refresh};
use crate::portal::portal_audit::STALE_RETRIES;
use crate::portal::{Error, Portal, portal_audit};
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Commit, CommitError, RowChange};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// Delay after a change before home tabs are updated, so that several changes lead to one update.
const HOMES_AFTER: Period = Period::seconds(2);

/// What [`Portal::change`] has to check beside the core. The default checks nothing: it applies to the request as it is
/// by then, which is right for what a job or a signal reports.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChangeOptions<'k> {
    /// The key of the click, command or submission that causes the change. If it was used before, this is a redelivery:
    /// nothing changes, and the request is returned as it is now.
    pub(super) idempotency_key: Option<&'k str>,
    /// The epoch that the person saw. If it has changed, the buttons have changed their meaning: the change is refused.
    pub(super) expected_epoch: Option<u32>,
    /// Whether a refusal uses up the key, too, so that a redelivery cannot succeed later. A refusal for lack of
    /// permission never does.
    pub(super) refusal_uses_key: bool,
}

/// Applies an event: what [`Portal::change`] is mostly called with.
pub(super) fn applying(event: &Event) -> impl Fn(&Request, Timestamp) -> Result<Transition, Refusal> {
    move |request, now| next(request, event, now)
}

/// Returns the changed request, or `None` if the core refused: what was to be done is done or no longer matters.
pub(super) fn unless_refused(changed: Result<Request, Error>) -> anyhow::Result<Option<Request>> {
    match changed {
        Ok(request) => Ok(Some(request)),
        Err(Error::Refused(_)) => Ok(None),
        Err(Error::Failed(error)) => Err(error),
    }
}

/// Converts the error of a commit under an idempotency key; a used key becomes a refusal.
pub(super) fn not_stored(error: CommitError, context: &'static str) -> Error {
    if matches!(error, CommitError::Again(_)) {
        return Refusal::DoneBefore.into();
    }
    Error::Failed(error.into_error().context(context))
}

impl Portal {
    /// Loads a request, or refuses: an unknown id is either mistyped or made up.
    pub(super) async fn load(&self, id: RequestId) -> Result<Request, Error> {
        let request = self.ports.store.load(id).await.inspect_err(|error| {
            // Logs it: the person only reads that something failed.
            self.is_of_a_newer_bot(error);
        })?;
        request.ok_or_else(|| Refusal::UnknownRequest { typed: id.short() }.into())
    }

    /// Loads the request, lets `decide` change it, and commits the result; starts over if somebody else was faster.
    ///
    /// # Errors
    /// A refusal of `decide`; or a failure, with nothing changed. A [`CommitError`] such as a spent budget can be
    /// downcast from it.
    pub(super) async fn change(
        &self,
        id: RequestId,
        options: ChangeOptions<'_>,
        decide: impl Fn(&Request, Timestamp) -> Result<Transition, Refusal>,
    ) -> Result<Request, Error> {
        // Optimistic locking: the commit fails if the revision has changed since the load.
        for _ in 0..STALE_RETRIES {
            let request = self.load(id).await?;
            let decision = match options.expected_epoch {
                Some(epoch) if epoch != request.epoch => Err(Refusal::stale(&request)),
                Some(_) | None => decide(&request, self.now()),
            };
            let transition = match decision {
                Ok(transition) => transition,
                Err(refusal) => {
                    // A lack of permission may be over in a minute, when Slack's answer has been refreshed.
                    if let Some(key) = options.idempotency_key
                        && options.refusal_uses_key
                        && refusal.lack_of_right().is_none()
                    {
                        Box::pin(self.spend(key)).await?;
                    }
                    return Err(refusal.into());
                }
            };
            let idempotency_key = options.idempotency_key.map(|key| IdempotencyKey::for_now(key, self.now()));
            match Box::pin(self.commit(transition, Commit { idempotency_key, ..Commit::default() })).await {
                Ok(request) => return Ok(request),
                // A redelivery: the first delivery has changed the request.
                Err(CommitError::Again(_)) => return self.load(id).await,
                Err(CommitError::Stale) => {}
                Err(error) => return Err(error.into_error().context("cannot store the change").into()),
            }
        }
        Err(anyhow::anyhow!("the request changed {STALE_RETRIES} times while it was being changed").into())
    }

    /// Commits a transition together with the other changes in `beside`, and wakes its jobs.
    pub(super) async fn commit(
        &self,
        transition: Transition,
        beside: Commit,
    ) -> Result<Request, CommitError> {
        let request = transition.request;
        let row = Box::new(request.clone());
        let row = if request.revision == 1 { RowChange::Insert(row) } else { RowChange::Replace(row) };
        let now = self.now();
        let mut jobs = transition.jobs;
        // Transitions without an audit entry, such as recording a message, change nothing that a home tab shows.
        if !transition.audit.is_empty() {
            // A freed slot or budget may let a waiting exception become an ordinary request, so do not delay that.
            let makes_room =
                matches!(transition.quota, Some(QuotaChange::Release { .. } | QuotaChange::Shrink { .. }));
            let due_at = if makes_room { now } else { HOMES_AFTER.after(now) };
            jobs.push(JobKind::FollowUp.due(request.id, due_at));
        }
        // The sweep finds jobs that become due later.
        let due: Vec<JobKey> =
            jobs.iter().filter(|job| job.due_at <= now).map(|job| job.key.clone()).collect();
        // Jobs for future dates of an ended request would find nothing to do. Keep those that this commit writes or
        // completes.
        let mut idle = if request.ended_at.is_some() { JobKey::dates_of(request.id) } else { Vec::new() };
        // A commit must not write one item twice: DynamoDB refuses such a transaction.
        let is_used = |key: &JobKey| {
            jobs.iter().any(|job| job.key == *key)
                || beside.done.as_ref().is_some_and(|done| done.key == *key)
        };
        idle.retain(|key| !is_used(key));
        let commit = Commit {
            row: Some(row),
            idle,
            audit: transition.audit.clone(),
            jobs,
            quota: transition.quota,
            tally: CounterDay::of(&request, &transition.audit),
            // A pause only affects new requests.
            unless_paused: request.revision == 1,
            ..beside
        };
        self.ports.store.commit(commit).await?;
        // After the commit, so that nothing is counted or logged that was not stored.
        transition.audit.iter().for_each(|entry| self.metrics.count_of(&request, entry));
        portal_audit::log(&transition.audit);
        self.wake(due);
        Ok(request)
    }

    /// Writes a job that updates an outdated message.
    pub(super) async fn refresh(
        &self,
        request: &Request,
        slot: MessageSlot,
        at: &MessageRef,
    ) -> anyhow::Result<()> {
        let job = refresh(request, slot, at.clone(), self.now());
        self.write_jobs(vec![job]).await
    }

    /// Commits jobs alone, and wakes those that are due.
    pub(super) async fn write_jobs(&self, jobs: Vec<Job>) -> anyhow::Result<()> {
        let now = self.now();
        let due = jobs.iter().filter(|job| job.due_at <= now).map(|job| job.key.clone()).collect();
        self.ports.store.commit(Commit { jobs, ..Commit::default() }).await?;
        self.wake(due);
        Ok(())
    }

    /// Commits a job unless that was done before under this key, by any bot.
    pub(super) async fn write_job_once(&self, job: Job, key: impl Into<String>) -> anyhow::Result<()> {
        let idempotency_key = Some(IdempotencyKey::for_ever(key));
        match self.ports.store.commit(Commit { jobs: vec![job], idempotency_key, ..Commit::default() }).await
        {
            Ok(()) | Err(CommitError::Again(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Wakes the dispatcher for these jobs, so that they need not wait for the next sweep. Ignores a closed channel:
    /// tests that sweep themselves do not listen.
    pub(super) fn wake(&self, keys: Vec<JobKey>) {
        for key in keys {
            let _ = self.wake.send(key);
        }
    }

    /// Uses up an idempotency key without changing anything, because the action was refused or had nothing to do. A
    /// repetition is then recognized.
    pub(super) async fn spend(&self, key: &str) -> Result<(), Error> {
        let result = self.is_first(IdempotencyKey::for_now(key, self.now())).await;
        result.map(drop).map_err(|error| error.context("cannot store the idempotency key").into())
    }

    /// Uses up an idempotency key; returns whether this was its first use by any bot.
    pub(super) async fn is_first(&self, key: IdempotencyKey) -> anyhow::Result<bool> {
        match self.ports.store.commit(Commit { idempotency_key: Some(key), ..Commit::default() }).await {
            Ok(()) => Ok(true),
            Err(CommitError::Again(_)) => Ok(false),
            Err(error) => Err(error.into_error()),
        }
    }

    /// Returns the number of the current day (UTC), for keys of things that happen once a day.
    pub(super) fn today(&self) -> i64 {
        self.now().as_second().div_euclid(SECONDS_OF_A_DAY)
    }
}
