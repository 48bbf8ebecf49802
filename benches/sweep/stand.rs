//! The program's dispatcher on one store, with a clock that is set by hand and a Slack that takes every message.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use quartermaster::domain::ids::{ChannelId, GroupId, PersonId, RequestId};
use quartermaster::domain::organization::Organization;
use quartermaster::domain::period::Period;
use quartermaster::domain::refusal::Uncounted;
use quartermaster::domain::request::MessageRef;
use quartermaster::local::database::Database;
use quartermaster::local::provisioner::{SimulatedProvisioner, Simulation};
use quartermaster::local::queue::LocalQueue;
use quartermaster::local::store::SqliteStore;
use quartermaster::local::workflow::LocalWorkflow;
use quartermaster::portal::Portal;
use quartermaster::portal::jobs::dispatch::Dispatcher;
use quartermaster::ports::Ports;
use quartermaster::ports::clock::Clock;
use quartermaster::ports::directory::{Directory, Freshness};
use quartermaster::ports::error_counters::ErrorCounters;
use quartermaster::ports::slack::{Destination, HandBackReason, HomePage, Notice, Posted, Slack, SlackError};
use quartermaster::ports::store::Store;
use tokio::sync::Notify;

use crate::rig::asked;

/// A dispatcher and what it stands on.
pub(crate) struct Stand {
    pub(crate) clock: Arc<SetClock>,
    pub(crate) slack: Arc<TakingSlack>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) portal: Portal,
}

impl Stand {
    /// On the store at this path.
    pub(crate) fn at(path: &Path) -> anyhow::Result<Self> {
        let database = Database::open(path.to_str().context("a path that is not text")?)?;
        let clock = Arc::new(SetClock(Mutex::new(Timestamp::UNIX_EPOCH)));
        let slack = Arc::new(TakingSlack::default());
        let store: Arc<dyn Store> = Arc::new(SqliteStore::new(database.clone()));
        let queue = LocalQueue::new(database.clone(), clock.clone());
        let workflow = LocalWorkflow::new(database.clone(), queue.clone(), clock.clone());
        let simulation = Simulation {
            step: Period::ZERO,
            fail_products: vec![],
            fail_teardowns: vec![],
            fail_changes: vec![],
        };
        let provisioner = SimulatedProvisioner::new(database, queue.clone(), clock.clone(), simulation);
        let ports = Ports {
            store: store.clone(),
            workflow: Arc::new(workflow),
            queues: vec![Arc::new(queue)],
            bill: None,
            subscriber: None,
            inventory: Arc::new(quartermaster::local::inventory::SimulatedInventory),
            provisioner: Arc::new(provisioner),
            slack: slack.clone(),
            directory: Arc::new(Everybody),
            clock: clock.clone(),
            trouble: ErrorCounters::default(),
        };
        let organization = Organization {
            teams: vec![],
            admins: vec![],
            auditors: vec![],
            approvals_channel: ChannelId::new("C0APPROVALS"),
            workspace: None,
            manager_field: None,
            audit_channel: None,
            command: "/provision".to_owned(),
        };
        // Nothing runs the jobs of a commit at once, so each is found by looking for what is due.
        let (portal, _woken) = Portal::new(ports, asked::catalog()?, Arc::new(organization));
        Ok(Self { clock, slack, store, dispatcher: Dispatcher::new(portal.clone()), portal })
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub(crate) struct SetClock(Mutex<Timestamp>);

impl SetClock {
    pub(crate) fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes every message at once and counts how often each lease was warned about. It can stop the world after so many
/// messages: the last one was posted, and its answer never comes.
#[derive(Debug, Default)]
pub(crate) struct TakingSlack {
    posted: AtomicUsize,
    warned: Mutex<BTreeMap<RequestId, usize>>,
    stops_at: Mutex<Option<usize>>,
    stopped: Notify,
}

impl TakingSlack {
    /// How often each lease was warned about since the last time this was asked.
    pub(crate) fn take_warned(&self) -> BTreeMap<RequestId, usize> {
        std::mem::take(&mut self.warned.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Never answers the message with this number.
    pub(crate) fn stop_at(&self, number: usize) {
        *self.stops_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(number);
    }

    /// Waits until that message was posted.
    pub(crate) async fn has_stopped(&self) {
        self.stopped.notified().await;
    }

    fn is_the_last(&self, number: usize) -> bool {
        *self.stops_at.lock().unwrap_or_else(PoisonError::into_inner) == Some(number)
    }
}

#[async_trait]
impl Slack for TakingSlack {
    async fn post(&self, _to: &Destination, notice: &Notice<'_>) -> Result<Posted, SlackError> {
        if let Notice::Warning(warning) = notice {
            let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
            for lease in warning.leases {
                *warned.entry(lease.request.id).or_default() += 1;
            }
        }
        let number = self.posted.fetch_add(1, Ordering::Relaxed);
        if self.is_the_last(number) {
            self.stopped.notify_one();
            std::future::pending::<()>().await;
        }
        let place = MessageRef { channel: ChannelId::new("D0SOMEBODY"), ts: number.to_string() };
        Ok(Posted { at: place, is_outside_thread: false })
    }

    async fn update(&self, _at: &MessageRef, _notice: &Notice<'_>) -> Result<(), SlackError> {
        Ok(())
    }

    async fn post_ephemeral(
        &self,
        _channel: Option<&ChannelId>,
        _person: &PersonId,
        _text: &str,
    ) -> Result<(), SlackError> {
        Ok(())
    }

    async fn hand_back(
        &self,
        _channel: Option<&ChannelId>,
        _person: &PersonId,
        _why: HandBackReason<'_>,
        _typed: Option<&str>,
    ) -> Result<(), SlackError> {
        Ok(())
    }

    async fn publish_home(&self, _page: &HomePage, shown: &str) -> Result<String, SlackError> {
        Ok(shown.to_owned())
    }

    async fn clock_ahead_by(&self) -> anyhow::Result<SignedDuration> {
        Ok(SignedDuration::ZERO)
    }

    async fn check(&self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Everybody is a full member, and there are no groups.
#[derive(Debug)]
struct Everybody;

#[async_trait]
impl Directory for Everybody {
    async fn named_in_profile(
        &self,
        _: &PersonId,
        _: &str,
        _: Freshness,
    ) -> anyhow::Result<Option<PersonId>> {
        Ok(None)
    }

    async fn why_not_counted(&self, _: &PersonId, _: Freshness) -> anyhow::Result<Option<Uncounted>> {
        Ok(None)
    }

    async fn group_members(&self, _group: &GroupId, _: Freshness) -> anyhow::Result<Arc<BTreeSet<PersonId>>> {
        Ok(Arc::default())
    }

    async fn has_email(&self, _: &PersonId, _email: &str, _: Freshness) -> anyhow::Result<bool> {
        Ok(false)
    }

    async fn refresh(&self) {}

    async fn person_by_email(&self, _email: &str, _: Freshness) -> anyhow::Result<Option<PersonId>> {
        Ok(None)
    }
}
