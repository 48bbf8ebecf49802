//! Use cases: everything that a user, the workflow, the provisioner or the clock can cause. One file each.
//!
//! Effects always happen in this order: a use case loads a request, asks the domain for a decision, and commits the
//! result together with jobs for everything outside. It makes no outside calls that change something; `perform` and
//! `show` do, as jobs, and each job may run twice.

pub(crate) mod access;
mod bots;
mod decision;
pub mod inventory;
pub mod jobs;
mod labels;
pub mod metrics;
mod named_store;
pub mod people;
pub mod portal_audit;
mod refusals;
pub mod reload;
pub mod teams;

pub(crate) use access::Tending;
pub(crate) use access::membership::others;
pub(crate) use labels::Received;
pub(crate) use named_store::named;

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use thiserror::Error as ThisError;
use tokio::sync::mpsc;

use self::metrics::Metrics;
use crate::domain::catalog::Catalog;
use crate::domain::counters::CounterDay;
use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::{Job, JobKey, JobKind};
use crate::domain::organization::Organization;
use crate::domain::period::Period;
use crate::domain::quota::QuotaChange;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, MessageSlot, Request};
use crate::domain::transition::{Transition, next, refresh};
use crate::ports::Ports;
use crate::ports::limits::Limits;
pub use crate::ports::outage::Side;
pub(crate) use crate::ports::outage::warn_unless;
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Claim, Commit, CommitError, RowChange, Store};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// How often a use case reloads a request because somebody else changed it first.
const STALE_RETRIES: usize = 20;

/// Delay after a change before home tabs are updated, so that several changes lead to one update.
const HOMES_AFTER: Period = Period::seconds(2);

/// Everything a use case needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Portal {
    /// Outside services.
    pub ports: Arc<Ports>,
    /// The products that can be requested.
    pub catalog: Arc<Catalog>,
    /// Teams, admins and auditors.
    pub organization: Arc<Organization>,
    /// Timeouts of outside calls.
    pub limits: Limits,
    /// The program's metrics.
    pub metrics: Arc<Metrics>,
    /// The store with team names as stored; `ports.store` translates them to the names in the settings.
    pub(crate) stored: Arc<dyn Store>,
    known: inventory::InventoryCache,
    bots: bots::KnownBots,
    denials: jobs::missing_rights::KnownDenials,
    rendered_again: jobs::show::RenderedAgain,
    lost_places: jobs::lost_places::LostPlaces,
    ears: jobs::reachability::Ears,
    forgetting: jobs::forget::Forgetting,
    /// The current rules, and the ports with the team names of these rules.
    rules: Arc<RwLock<(Rules, Arc<Ports>)>>,
    wake: mpsc::UnboundedSender<JobKey>,
}

/// The catalog and the organization: what can be replaced while the program runs.
#[derive(Clone, Debug)]
pub struct Rules {
    /// See [`Portal::catalog`].
    pub catalog: Arc<Catalog>,
    /// See [`Portal::organization`].
    pub organization: Arc<Organization>,
}

impl Rules {
    /// Combines settings and a catalog; former team names in the catalog are replaced by the current ones.
    pub fn new(catalog: Arc<Catalog>, organization: Arc<Organization>) -> Self {
        let catalog = if organization.has_renamed_teams() {
            Arc::new(organization.with_current_teams(&catalog))
        } else {
            catalog
        };
        Self { catalog, organization }
    }
}

/// Why a use case did not do what was requested.
#[derive(Debug, ThisError)]
pub enum Error {
    /// It is not allowed or not possible; the user reads the reason.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something failed; nothing was changed, and the operator reads the reason.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Portal {
    /// Creates the portal. The receiver gets the keys of jobs that are due as soon as they are committed.
    pub fn new(
        mut ports: Ports,
        catalog: Arc<Catalog>,
        organization: Arc<Organization>,
    ) -> (Self, mpsc::UnboundedReceiver<JobKey>) {
        let (wake, woken) = mpsc::unbounded_channel();
        let rules = Rules::new(catalog, organization);
        let Rules { catalog, organization } = rules.clone();
        let stored = Arc::clone(&ports.store);
        // Use cases must only see current team names.
        ports.store = named(&stored, &organization);
        let metrics = Metrics::default().showing(&ports.trouble);
        let ports = Arc::new(ports);
        metrics.offers(&catalog);
        (
            Self {
                rules: Arc::new(RwLock::new((rules, Arc::clone(&ports)))),
                ports,
                catalog,
                organization,
                limits: Limits::default(),
                metrics: Arc::new(metrics),
                stored,
                known: inventory::InventoryCache::default(),
                bots: bots::KnownBots::default(),
                denials: jobs::missing_rights::KnownDenials::default(),
                rendered_again: jobs::show::RenderedAgain::default(),
                lost_places: jobs::lost_places::LostPlaces::default(),
                ears: jobs::reachability::Ears::default(),
                forgetting: jobs::forget::Forgetting::default(),
                wake,
            },
            woken,
        )
    }

    /// Returns the portal with these timeouts.
    #[must_use]
    pub fn held_to(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Returns the portal with the current rules. Each use case and each job takes this once at its start, so that a
    /// reload of the rules does not change them halfway.
    pub(crate) fn as_of_now(&self) -> Self {
        let (Rules { catalog, organization }, ports) =
            self.rules.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self { ports, catalog, organization, ..self.clone() }
    }

    /// Replaces the rules for everything that starts from now on.
    fn begins_to_follow(&self, rules: Rules) {
        let store = named(&self.stored, &rules.organization);
        let ports = Arc::new(Ports { store, ..Ports::clone(&self.ports) });
        // Both under one lock, so that nobody combines new rules with the team names of the old ones.
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = (rules, ports);
    }

    /// Returns the result of a store call if it succeeded, otherwise logs the error. An outage of the store is logged
    /// once when it starts and once when it ends.
    fn heard_of_store<T>(&self, done: anyhow::Result<T>, what: &str) -> Option<T> {
        let outages = &self.ports.trouble.outages;
        match done {
            Ok(done) => {
                outages.answers(Side::Store);
                Some(done)
            }
            Err(error) if Side::of(&error) == Some(Side::Store) => {
                outages.fails(Side::Store, &format!("cannot {what}: {error:#}"));
                None
            }
            // The store answered, but the data cannot be read, or every retry lost a race.
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "cannot {what}; it is tried again");
                None
            }
        }
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Loads a request, or refuses: an unknown id is either mistyped or made up.
    async fn load(&self, id: RequestId) -> Result<Request, Error> {
        let found = self.ports.store.load(id).await.inspect_err(|error| {
            self.is_of_a_newer_bot(error);
        })?;
        found.ok_or_else(|| Refusal::UnknownRequest { typed: id.short() }.into())
    }

    /// Loads the request, lets `decide` change it and commits the result; starts over if somebody else was faster.
    async fn change(
        &self,
        id: RequestId,
        decide: impl Fn(&Request, Timestamp) -> Result<Transition, Refusal>,
    ) -> Result<Request, Error> {
        self.change_once(id, None, decide).await
    }

    /// Like [`Self::change`], with an idempotency key. If the key was used before, nothing changes and the current
    /// request is returned.
    async fn change_once(
        &self,
        id: RequestId,
        once: Option<&str>,
        decide: impl Fn(&Request, Timestamp) -> Result<Transition, Refusal>,
    ) -> Result<Request, Error> {
        match Box::pin(self.try_change_once(id, once, decide)).await? {
            Ok(request) => Ok(request),
            Err(error) => Err(error.into_error().context("cannot store the change").into()),
        }
    }

    /// Like [`Self::change_once`], but returns the store's refusal, such as a spent budget, to the caller.
    async fn try_change_once(
        &self,
        id: RequestId,
        once: Option<&str>,
        decide: impl Fn(&Request, Timestamp) -> Result<Transition, Refusal>,
    ) -> Result<Result<Request, CommitError>, Error> {
        // Optimistic locking: the commit fails if the revision has changed since the load.
        for _ in 0..STALE_RETRIES {
            let transition = decide(&self.load(id).await?, self.now())?;
            let once = once.map(|key| IdempotencyKey::for_now(key, self.now()));
            match self.commit(transition, once, None).await {
                // A redelivery: the first delivery has changed the request.
                Err(CommitError::Again(_)) => return Ok(Ok(self.load(id).await?)),
                Err(CommitError::Stale) => {}
                other => return Ok(other),
            }
        }
        Err(anyhow::anyhow!("the request changed {STALE_RETRIES} times while it was being changed").into())
    }

    /// Uses up an idempotency key without changing anything, because the action was refused or had nothing to do. A
    /// repetition is then recognized.
    async fn spend(&self, key: &str) -> Result<(), Error> {
        let first = self.is_first(IdempotencyKey::for_now(key, self.now())).await;
        first.map(drop).map_err(|error| error.context("cannot remember what was asked").into())
    }

    /// Uses up an idempotency key; returns whether this was its first use by any bot.
    async fn is_first(&self, once: IdempotencyKey) -> anyhow::Result<bool> {
        match self.ports.store.commit(Commit { once: Some(once), ..Commit::default() }).await {
            Ok(()) => Ok(true),
            Err(CommitError::Again(_)) => Ok(false),
            Err(error) => Err(error.into_error()),
        }
    }

    /// Returns the number of the current day (UTC), for keys of things that happen once a day.
    fn today(&self) -> i64 {
        self.now().as_second().div_euclid(SECONDS_OF_A_DAY)
    }

    /// Like [`Self::change_once`], for an action on the state `seen`: refused if the epoch has changed since, that is,
    /// if the buttons have changed their meaning.
    async fn change_as_seen(
        &self,
        seen: &Request,
        once: Option<&str>,
        event: &Event,
    ) -> Result<Request, Error> {
        self.change_once(seen.id, once, as_seen(seen, event)).await
    }

    /// Like [`Self::change_as_seen`], but returns the store's refusal, such as a spent budget, to the caller.
    async fn try_change_as_seen(
        &self,
        seen: &Request,
        once: Option<&str>,
        event: &Event,
    ) -> Result<Result<Request, CommitError>, Error> {
        self.try_change_once(seen.id, once, as_seen(seen, event)).await
    }

    /// Commits a transition and wakes its jobs.
    async fn commit(
        &self,
        transition: Transition,
        once: Option<IdempotencyKey>,
        done: Option<Claim>,
    ) -> Result<Request, CommitError> {
        Box::pin(self.commit_beside(transition, Commit { once, done, ..Commit::default() })).await
    }

    /// Like [`Self::commit`], together with the other changes in `beside`.
    async fn commit_beside(&self, transition: Transition, beside: Commit) -> Result<Request, CommitError> {
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
            let at = if makes_room { now } else { HOMES_AFTER.after(now) };
            jobs.push(JobKind::FindHomes.due(request.id, at));
        }
        // The sweep finds jobs that become due later.
        let due: Vec<JobKey> =
            jobs.iter().filter(|job| job.due_at <= now).map(|job| job.key.clone()).collect();
        // Jobs for future dates of an ended request would find nothing to do. Keep those that this commit writes or
        // completes.
        let mut idle = if request.ended_at.is_some() { JobKey::dates_of(request.id) } else { Vec::new() };
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
    async fn refresh(&self, request: &Request, surface: MessageSlot, at: &MessageRef) -> anyhow::Result<()> {
        let job = refresh(request, surface, at.clone(), self.now());
        self.write_jobs(vec![job]).await
    }

    /// Commits jobs alone, and wakes those that are due.
    async fn write_jobs(&self, jobs: Vec<Job>) -> anyhow::Result<()> {
        let now = self.now();
        let due = jobs.iter().filter(|job| job.due_at <= now).map(|job| job.key.clone()).collect();
        self.ports.store.commit(Commit { jobs, ..Commit::default() }).await?;
        self.wake(due);
        Ok(())
    }

    /// Wakes the dispatcher for these jobs, so that they need not wait for the next sweep. Ignores a closed channel:
    /// tests that sweep themselves do not listen.
    fn wake(&self, keys: Vec<JobKey>) {
        for key in keys {
            let _ = self.wake.send(key);
        }
    }
}

/// Converts the error of a commit under an idempotency key; a used key becomes a refusal.
fn not_stored(error: CommitError, what: &'static str) -> Error {
    if matches!(error, CommitError::Again(_)) {
        return Refusal::DoneBefore.into();
    }
    Error::Failed(error.into_error().context(what))
}

/// Applies `event` if the epoch is still that of `seen`.
fn as_seen<'e>(
    seen: &'e Request,
    event: &'e Event,
) -> impl Fn(&Request, Timestamp) -> Result<Transition, Refusal> + 'e {
    move |request, now| {
        if request.epoch != seen.epoch {
            return Err(Refusal::stale(request));
        }
        next(request, event, now)
    }
}
