//! What stands between a bot and everything outside of it, to stop the bot after one of its calls. A stopped bot is as dead
//! as a killed one: no call of it goes on, none returns, and whatever it was doing is unwound.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Mutex};

use anyhow::anyhow;
use futures_util::FutureExt as _;
use quartermaster::domain::request::MessageSlot;
use quartermaster::wiring::Backends;
use tokio::sync::watch;

use super::fused::Fused;

/// What unwinds a stopped bot.
struct Stopped;

/// Does something in a bot; nothing comes of it where the bot stops meanwhile.
pub(super) async fn unless_it_stops<T>(work: impl Future<Output = T>) -> Option<T> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => Some(done),
        Err(stopped) if stopped.is::<Stopped>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

/// The calls of one bot that change something outside of it, its answers among them.
#[derive(Debug)]
pub(super) struct Fuse {
    /// The bot stops once it has made so many.
    stop: Option<usize>,
    calls: Mutex<Vec<String>>,
    blown: watch::Sender<bool>,
    loses: Mutex<Option<MessageSlot>>,
    store: watch::Sender<Stands>,
}

/// How the store of a bot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    /// It does what it is asked to.
    Well,
    /// It fails at once, with nothing done.
    Failing,
    /// It does what it is asked to commit, and says that it failed.
    Lying,
    /// It neither does anything nor says so, until it is well again.
    Silent,
}

impl Fuse {
    pub(super) fn new(stop: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            stop,
            calls: Mutex::default(),
            blown: watch::Sender::new(false),
            loses: Mutex::default(),
            store: watch::Sender::new(Stands::Well),
        })
    }

    /// The backends as a bot sees them whose calls go through here.
    pub(super) fn around(self: &Arc<Self>, mut backends: Backends) -> Backends {
        let fused = |queue| Arc::new(Fused::new(queue, self)) as _;
        backends.queues = backends.queues.into_iter().map(fused).collect();
        backends.store = Arc::new(Fused::new(backends.store, self));
        backends.workflow = Arc::new(Fused::new(backends.workflow, self));
        backends.provisioner = Arc::new(Fused::new(backends.provisioner, self));
        backends
    }

    /// What the bot has called so far.
    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    pub(super) fn is_blown(&self) -> bool {
        *self.blown.borrow()
    }

    /// Ends when the bot has stopped.
    pub(super) async fn blown(&self) {
        // Fails only when the fuse itself is gone.
        let _ = self.blown.subscribe().wait_for(|is_blown| *is_blown).await;
    }

    /// The next time that the bot stores where a message on this slot was posted, the store fails.
    pub(super) fn loses(&self, slot: Option<MessageSlot>) {
        *self.loses.lock().unwrap() = slot;
    }

    pub(super) fn lost(&self) -> Option<MessageSlot> {
        *self.loses.lock().unwrap()
    }

    /// From now on the store is like this.
    pub(super) fn store_is(&self, stands: Stands) {
        self.store.send_replace(stands);
    }

    /// Lets a call through to the store as soon as that answers.
    pub(super) async fn reaches_the_store(&self) -> anyhow::Result<()> {
        let mut store = self.store.subscribe();
        // Fails only when the fuse itself is gone.
        let _ = store.wait_for(|stands| *stands != Stands::Silent).await;
        match *self.store.borrow() {
            Stands::Failing => Err(anyhow!("the disk is gone")),
            Stands::Well | Stands::Lying | Stands::Silent => Ok(()),
        }
    }

    /// What the bot hears of a commit that was made.
    pub(super) fn hears_of_a_commit(&self) -> anyhow::Result<()> {
        if *self.store.borrow() == Stands::Lying { Err(anyhow!("the answer is lost")) } else { Ok(()) }
    }

    /// Makes a call that changes something. The bot never hears what came of the call after which it stops.
    pub(super) async fn changes<T>(&self, what: impl fmt::Display, call: impl Future<Output = T>) -> T {
        self.lives();
        let answer = call.await;
        self.counts(what);
        self.lives();
        answer
    }

    /// The bot has answered Slack.
    pub(super) fn counts(&self, what: impl fmt::Display) {
        let mut calls = self.calls.lock().unwrap();
        calls.push(what.to_string());
        if self.stop == Some(calls.len()) {
            self.blown.send_replace(true);
        }
    }

    /// Makes a call that only looks.
    pub(super) async fn looks<T>(&self, call: impl Future<Output = T>) -> T {
        self.lives();
        let answer = call.await;
        self.lives();
        answer
    }

    /// Ends what a dead bot is doing.
    fn lives(&self) {
        if self.is_blown() {
            resume_unwind(Box::new(Stopped));
        }
    }
}
