//! Use cases: what a person, the workflow, the provisioner or the clock can make happen. One file each.
//!
//! The order of effects is always store, act, announce: a use case loads a request, asks the domain, and commits
//! the answer with the jobs that will tell the outside. It never calls the outside itself; `perform` and `show`
//! do, as jobs, each of which may run twice.

mod approvers;
pub mod asking;
pub mod away;
pub mod bill;
pub mod cancel;
pub mod change;
pub mod costs;
pub mod decide;
pub mod dispatch;
pub mod events;
pub mod form;
pub mod home;
pub mod inventory;
pub mod jobs;
mod lease;
pub mod lookup;
pub mod metrics;
mod outsider;
mod own_trail;
pub mod pause;
mod people;
mod perform;
pub mod press;
pub mod reconcile;
pub mod reload;
pub mod renew;
mod room;
pub mod session;
pub mod settle;
mod show;
pub mod stats;
pub mod submit;
pub mod teardown;
pub mod trail;
pub mod transfer;

pub(crate) use home::asked_at;
pub(crate) use people::others;

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use thiserror::Error as ThisError;
use tokio::sync::mpsc;

use self::metrics::Metrics;
use crate::domain::audit::{Actor, AuditHead, AuditSubject, By};
use crate::domain::catalog::Catalog;
use crate::domain::event::Event;
use crate::domain::ids::{ProductKey, RequestId, TeamName};
use crate::domain::job::{Job, JobKey, JobKind};
use crate::domain::next::{Transition, next, note_refusal, refresh};
use crate::domain::organization::Organization;
use crate::domain::period::Period;
use crate::domain::quota::QuotaChange;
use crate::domain::refusal::Refusal;
use crate::domain::request::{MessageRef, Request, Surface};
use crate::domain::tally::Tally;
use crate::ports::Ports;
use crate::ports::store::{Claim, Commit, CommitError, RowChange};

/// Times a use case loads a request anew because somebody else changed it first.
const STALE_RETRIES: usize = 20;

/// Home tabs follow a change after this time, so that several changes at once are published once.
const HOMES_AFTER: Period = Period::seconds(2);

/// Everything a use case needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Portal {
    /// The outside.
    pub ports: Ports,
    /// What can be asked for.
    pub catalog: Arc<Catalog>,
    /// Who belongs where.
    pub organization: Arc<Organization>,
    /// What happened so far.
    pub metrics: Arc<Metrics>,
    known: inventory::Known,
    rules: Arc<RwLock<Rules>>,
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
        ports: Ports,
        catalog: Arc<Catalog>,
        organization: Arc<Organization>,
    ) -> (Self, mpsc::UnboundedReceiver<JobKey>) {
        let (wake, woken) = mpsc::unbounded_channel();
        let rules = Rules { catalog: Arc::clone(&catalog), organization: Arc::clone(&organization) };
        let metrics = Metrics::default().showing(&ports.trouble);
        (
            Self {
                ports,
                catalog,
                organization,
                metrics: Arc::new(metrics),
                known: inventory::Known::default(),
                rules: Arc::new(RwLock::new(rules)),
                wake,
            },
            woken,
        )
    }

    /// The portal with the rules of now. Whoever begins something takes it, and so goes by the same rules to its end.
    pub(crate) fn as_of_now(&self) -> Self {
        let Rules { catalog, organization } =
            self.rules.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self { catalog, organization, ..self.clone() }
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// The request, or a refusal when there is none: whoever names it got the id from us or made it up.
    async fn load(&self, id: RequestId) -> Result<Request, Error> {
        let found = self.ports.store.load(id).await?;
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
        match self.try_change_once(id, once, decide).await? {
            Ok(request) => Ok(request),
            Err(error) => Err(anyhow::Error::new(error).context("cannot store the change").into()),
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
            match self.commit(transition, once.map(str::to_owned), None).await {
                Err(CommitError::Again(_)) => return Ok(Ok(self.load(id).await?)),
                Err(CommitError::Stale) => {}
                other => return Ok(other),
            }
        }
        Err(anyhow::anyhow!("the request changed {STALE_RETRIES} times while it was being changed").into())
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
        once: Option<String>,
        done: Option<Claim>,
    ) -> Result<Request, CommitError> {
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
        let commit = Commit {
            row: Some(row),
            audit: transition.audit.clone(),
            jobs,
            quota: transition.quota,
            tally: Tally::of(&request, &transition.audit),
            once,
            done,
            unless_paused: request.revision == 1,
            ..Commit::default()
        };
        self.ports.store.commit(commit).await?;
        transition.audit.iter().for_each(|entry| self.metrics.count_of(&request, entry));
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

    /// Puts a refusal for lack of right on the request's trail and hands it back.
    async fn refuse(&self, request: &Request, by: &By, tried: &str, refusal: Refusal) -> Error {
        let Some(why) = refusal.lack_of_right() else { return refusal.into() };
        let noted =
            self.change(request.id, |request, now| Ok(note_refusal(request, by, tried, why, now))).await;
        match noted {
            Ok(_) => refusal.into(),
            Err(Error::Failed(error)) => {
                Error::Failed(error.context("cannot note a refusal on the audit trail"))
            }
            Err(refused) => refused,
        }
    }

    /// Refuses somebody who is not of our workspace, and notes that on the trail.
    pub(crate) async fn refuse_stranger(&self, by: &By) -> Error {
        let refusal = Refusal::NotOurWorkspace;
        self.refuse_unstored(
            RequestId::random(),
            (&TeamName::new("-"), &ProductKey::none()),
            by,
            "use",
            refusal,
        )
        .await
    }

    /// Refuses whoever is no admin, and notes that on the trail.
    async fn only_admins(&self, by: &By, tried: &str) -> Result<(), Error> {
        if self.is_one_of_in_time(&by.person, &self.organization.admins).await? {
            return Ok(());
        }
        let nothing = (&TeamName::new("-"), &ProductKey::none());
        Err(self.refuse_unstored(RequestId::random(), nothing, by, tried, Refusal::NotAnAdmin).await)
    }

    /// Refuses a button or a form that names nothing the portal ever offered, and notes that on the trail.
    pub(crate) async fn refuse_forged(&self, by: &By, tried: &str) -> Error {
        let refusal = Refusal::Forged { command: self.organization.command.clone() };
        let nothing = (&TeamName::new("-"), &ProductKey::none());
        self.refuse_unstored(RequestId::random(), nothing, by, tried, refusal).await
    }

    /// Puts a refusal on the trail that no stored request belongs to: a chain of its own under `id`.
    async fn refuse_unstored(
        &self,
        id: RequestId,
        (team, product): (&TeamName, &ProductKey),
        by: &By,
        tried: &str,
        refusal: Refusal,
    ) -> Error {
        let Some(why) = refusal.lack_of_right() else { return refusal.into() };
        let subject = AuditSubject { request: id, team, product, status: "-" };
        let actor = Actor::Person(by.clone());
        let mut head = match self.ports.store.audit_last(id).await {
            Ok(last) => last.as_ref().map(AuditHead::at).unwrap_or_default(),
            Err(error) => return Error::Failed(error.context("cannot read the audit trail")),
        };
        let entry = head.append(self.now(), subject, "refused", &actor, format!("{tried}: {why}"));
        match self.ports.store.commit(Commit { audit: vec![entry.clone()], ..Commit::default() }).await {
            Ok(()) => {
                self.metrics.count(&entry);
                refusal.into()
            }
            Err(error) => {
                Error::Failed(anyhow::Error::new(error).context("cannot note a refusal on the audit trail"))
            }
        }
    }
}

/// Why something was not stored that counts once under its key.
fn not_stored(error: CommitError, what: &'static str) -> Error {
    if matches!(error, CommitError::Again(_)) {
        return Refusal::DoneBefore.into();
    }
    Error::Failed(anyhow::Error::new(error).context(what))
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
