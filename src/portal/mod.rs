//! Use cases: what a person, the workflow, the provisioner or the clock can make happen. One file each.
//!
//! The order of effects is always store, act, announce: a use case loads a request, asks the domain, and commits
//! the answer with the jobs that will tell the outside. It never calls the outside itself; `perform` and `show`
//! do, as jobs, each of which may run twice.

mod access;
mod approvers;
pub mod asking;
pub mod away;
pub mod bill;
mod bots;
pub mod cancel;
pub mod change;
pub mod costs;
mod deadline;
pub mod decide;
mod denials;
pub mod dispatch;
pub mod events;
mod forget;
pub mod form;
mod hearing;
pub mod home;
pub mod inventory;
pub mod jobs;
mod labels;
mod lease;
pub mod lookup;
mod lost_places;
pub mod metrics;
mod named_store;
mod outsider;
pub mod own_trail;
mod parking;
mod passed;
pub mod pause;
mod people;
mod perform;
pub mod press;
pub mod reconcile;
mod refusals;
pub mod reload;
pub mod renew;
mod room;
pub mod session;
pub mod settle;
mod show;
mod standing;
pub mod stats;
pub mod submit;
pub mod teams;
pub mod teardown;
pub mod trail;
pub mod transfer;
pub mod verify;

pub(crate) use access::Tending;
pub(crate) use labels::Received;
pub(crate) use named_store::named;
pub(crate) use people::others;

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use thiserror::Error as ThisError;
use tokio::sync::mpsc;

use self::decide::Click;
use self::metrics::Metrics;
use crate::domain::audit::Via;
use crate::domain::catalog::Catalog;
use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::{Job, JobKey, JobKind};
use crate::domain::next::{Transition, next, refresh};
use crate::domain::organization::Organization;
use crate::domain::period::Period;
use crate::domain::quota::QuotaChange;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, Request, Surface};
use crate::domain::tally::Tally;
use crate::ports::Ports;
use crate::ports::kept::Once;
use crate::ports::limits::Limits;
pub use crate::ports::outage::Side;
pub(crate) use crate::ports::outage::warn_unless;
use crate::ports::store::{Claim, Commit, CommitError, RowChange, Store};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// Times a use case loads a request anew because somebody else changed it first.
const STALE_RETRIES: usize = 20;

/// Home tabs follow a change after this time, so that several changes at once are published once.
const HOMES_AFTER: Period = Period::seconds(2);

/// Everything a use case needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Portal {
    /// The outside.
    pub ports: Arc<Ports>,
    /// What can be asked for.
    pub catalog: Arc<Catalog>,
    /// Who belongs where.
    pub organization: Arc<Organization>,
    /// How long the outside may take.
    pub limits: Limits,
    /// What happened so far.
    pub metrics: Arc<Metrics>,
    /// The store with the names of teams as they stand there; `ports.store` goes by the settings.
    pub(crate) stored: Arc<dyn Store>,
    known: inventory::Known,
    bots: bots::Known,
    denials: denials::Told,
    looked_at_again: show::LookedAtAgain,
    lost_places: lost_places::LostPlaces,
    ears: hearing::Ears,
    forgetting: forget::Forgetting,
    /// The rules of now, and the outside by their names of teams.
    rules: Arc<RwLock<(Rules, Arc<Ports>)>>,
    wake: mpsc::UnboundedSender<JobKey>,
}

/// What can be asked for and who belongs where: what may be replaced while the program runs.
#[derive(Clone, Debug)]
pub struct Rules {
    /// See [`Portal::catalog`].
    pub catalog: Arc<Catalog>,
    /// See [`Portal::organization`].
    pub organization: Arc<Organization>,
}

impl Rules {
    /// What these settings make of a catalog that may name teams as they were called before.
    pub fn new(catalog: Arc<Catalog>, organization: Arc<Organization>) -> Self {
        let catalog = if organization.has_renamed_teams() {
            Arc::new(organization.with_current_teams(&catalog))
        } else {
            catalog
        };
        Self { catalog, organization }
    }
}

/// Why a use case did not do what was asked.
#[derive(Debug, ThisError)]
pub enum Error {
    /// It must not or cannot be done; the person reads why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something is broken; nothing was changed and the operator reads why.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Portal {
    /// The portal, and the keys of jobs to run right away as commits write them.
    pub fn new(
        mut ports: Ports,
        catalog: Arc<Catalog>,
        organization: Arc<Organization>,
    ) -> (Self, mpsc::UnboundedReceiver<JobKey>) {
        let (wake, woken) = mpsc::unbounded_channel();
        let rules = Rules::new(catalog, organization);
        let Rules { catalog, organization } = rules.clone();
        let stored = Arc::clone(&ports.store);
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
                known: inventory::Known::default(),
                bots: bots::Known::default(),
                denials: denials::Told::default(),
                looked_at_again: show::LookedAtAgain::default(),
                lost_places: lost_places::LostPlaces::default(),
                ears: hearing::Ears::default(),
                forgetting: forget::Forgetting::default(),
                wake,
            },
            woken,
        )
    }

    /// The same, held to these limits.
    #[must_use]
    pub fn held_to(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The portal with the rules of now. Whoever begins something takes it, and so goes by the same rules to its end.
    pub(crate) fn as_of_now(&self) -> Self {
        let (Rules { catalog, organization }, ports) =
            self.rules.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self { ports, catalog, organization, ..self.clone() }
    }

    /// Whatever begins from now on goes by these rules.
    fn begins_to_follow(&self, rules: Rules) {
        let store = named(&self.stored, &rules.organization);
        let ports = Arc::new(Ports { store, ..Ports::clone(&self.ports) });
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = (rules, ports);
    }

    /// What the store did, where it did it; the log says when it stops doing so, and when it does again.
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
            // It answered, and cannot be read, or others were always faster.
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "cannot {what}; it is tried again");
                None
            }
        }
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// The request, or a refusal when there is none: whoever names it got the id from us or made it up.
    async fn load(&self, id: RequestId) -> Result<Request, Error> {
        let found = self.ports.store.load(id).await.inspect_err(|error| {
            self.is_of_a_newer_bot(error);
        })?;
        found.ok_or_else(|| Refusal::UnknownRequest { typed: id.short() }.into())
    }

    /// Loads the request, lets `decide` change it and commits that, again and again while others are faster.
    async fn change(
        &self,
        id: RequestId,
        decide: impl Fn(&Request, Timestamp) -> Result<Transition, Refusal>,
    ) -> Result<Request, Error> {
        self.change_once(id, None, decide).await
    }

    /// As [`Self::change`], once under a key: what comes again under it changes nothing and gets the request as it is.
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

    /// As [`Self::change_once`], where the store may refuse it for want of room in the budget.
    async fn try_change_once(
        &self,
        id: RequestId,
        once: Option<&str>,
        decide: impl Fn(&Request, Timestamp) -> Result<Transition, Refusal>,
    ) -> Result<Result<Request, CommitError>, Error> {
        for _ in 0..STALE_RETRIES {
            let transition = decide(&self.load(id).await?, self.now())?;
            let once = once.map(|key| Once::for_now(key, self.now()));
            match self.commit(transition, once, None).await {
                Err(CommitError::Again(_)) => return Ok(Ok(self.load(id).await?)),
                Err(CommitError::Stale) => {}
                other => return Ok(other),
            }
        }
        Err(anyhow::anyhow!("the request changed {STALE_RETRIES} times while it was being changed").into())
    }

    /// Uses up the key of what led to no commit, because nothing was left to do or it was refused: sent again it finds that
    /// it came before.
    async fn spend(&self, key: &str) -> Result<(), Error> {
        let first = self.is_first(Once::for_now(key, self.now())).await;
        first.map(drop).map_err(|error| error.context("cannot remember what was asked").into())
    }

    /// Uses up a key; whether no bot has done so before.
    async fn is_first(&self, once: Once) -> anyhow::Result<bool> {
        match self.ports.store.commit(Commit { once: Some(once), ..Commit::default() }).await {
            Ok(()) => Ok(true),
            Err(CommitError::Again(_)) => Ok(false),
            Err(error) => Err(error.into_error()),
        }
    }

    /// The number of today, by which what happens once a day is told from what happened the day before.
    fn today(&self) -> i64 {
        self.now().as_second().div_euclid(SECONDS_OF_A_DAY)
    }

    /// Spends the key of a command that was refused: it means the request as it is, so sent again once that has changed it
    /// would be done. A button has its epoch, and a form may stay open for another try. Whoever has no right leaves nothing
    /// behind.
    async fn spent<T>(&self, click: &Click, done: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Refused(refusal)) = &done
            && click.by.via == Via::Command
            && refusal.lack_of_right().is_none()
        {
            Box::pin(self.spend(&click.once)).await?;
        }
        done
    }

    /// As [`Self::change_once`], for what a person did about `seen`: refused when the buttons of this request have come
    /// to mean something else since.
    async fn change_as_seen(
        &self,
        seen: &Request,
        once: Option<&str>,
        event: &Event,
    ) -> Result<Request, Error> {
        self.change_once(seen.id, once, as_seen(seen, event)).await
    }

    /// As [`Self::change_as_seen`], where the store may refuse it for want of room in the budget.
    async fn try_change_as_seen(
        &self,
        seen: &Request,
        once: Option<&str>,
        event: &Event,
    ) -> Result<Result<Request, CommitError>, Error> {
        self.try_change_once(seen.id, once, as_seen(seen, event)).await
    }

    /// Commits a transition and has its jobs run.
    async fn commit(
        &self,
        transition: Transition,
        once: Option<Once>,
        done: Option<Claim>,
    ) -> Result<Request, CommitError> {
        Box::pin(self.commit_beside(transition, Commit { once, done, ..Commit::default() })).await
    }

    /// As [`Self::commit`], with what else belongs to it.
    async fn commit_beside(&self, transition: Transition, beside: Commit) -> Result<Request, CommitError> {
        let request = transition.request;
        let row = Box::new(request.clone());
        let row = if request.revision == 1 { RowChange::Insert(row) } else { RowChange::Replace(row) };
        let now = self.now();
        let mut jobs = transition.jobs;
        if !transition.audit.is_empty() {
            // Room that comes free is given out at once.
            let makes_room =
                matches!(transition.quota, Some(QuotaChange::Release { .. } | QuotaChange::Shrink { .. }));
            let at = if makes_room { now } else { HOMES_AFTER.after(now) };
            jobs.push(JobKind::FindHomes.due(request.id, at));
        }
        let due: Vec<JobKey> =
            jobs.iter().filter(|job| job.due_at <= now).map(|job| job.key.clone()).collect();
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
            tally: Tally::of(&request, &transition.audit),
            unless_paused: request.revision == 1,
            ..beside
        };
        self.ports.store.commit(commit).await?;
        transition.audit.iter().for_each(|entry| self.metrics.count_of(&request, entry));
        own_trail::log(&transition.audit);
        self.wake(due);
        Ok(request)
    }

    /// Has a message brought up to date that shows something old.
    async fn refresh(&self, request: &Request, surface: Surface, at: &MessageRef) -> anyhow::Result<()> {
        let job = refresh(request, surface, at.clone(), self.now());
        self.write_jobs(vec![job]).await
    }

    /// Writes jobs that nothing else is committed with, and has those run that are due.
    async fn write_jobs(&self, jobs: Vec<Job>) -> anyhow::Result<()> {
        let now = self.now();
        let due = jobs.iter().filter(|job| job.due_at <= now).map(|job| job.key.clone()).collect();
        self.ports.store.commit(Commit { jobs, ..Commit::default() }).await?;
        self.wake(due);
        Ok(())
    }

    /// Has these jobs run now instead of at the next sweep; nobody listens in a test that sweeps by itself.
    fn wake(&self, keys: Vec<JobKey>) {
        for key in keys {
            let _ = self.wake.send(key);
        }
    }
}

/// Why something was not stored that counts once under its key.
fn not_stored(error: CommitError, what: &'static str) -> Error {
    if matches!(error, CommitError::Again(_)) {
        return Refusal::DoneBefore.into();
    }
    Error::Failed(error.into_error().context(what))
}

/// The event about a request whose buttons mean what they meant when it was seen.
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
