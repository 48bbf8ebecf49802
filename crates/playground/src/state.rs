//! A running playground: what its clones share, and how they read and change it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::client::{Client, client};
use super::faults::Faults;
use super::redeliver::Again;
use super::settings::{RateLimits, Settings};
use super::socket::Sockets;
use super::web_api::Calls;
use super::workspace::Workspace;

/// A running playground. Clones share one workspace.
#[derive(Clone)]
pub struct Playground {
    pub(crate) shared: Arc<Shared>,
}

/// What all clones of a playground share.
pub(crate) struct Shared {
    settings: Settings,
    addresses: Mutex<Addresses>,
    pub(crate) workspace: Mutex<Workspace>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) calls: Mutex<Calls>,
    pub(crate) untaken: Mutex<Vec<Again>>,
    pub(crate) sockets: Mutex<Sockets>,
    /// Counts changes, for whoever waits for the next one.
    pub(crate) version: watch::Sender<u64>,
    closed: AtomicBool,
    pub(crate) client: Client,
}

/// The origins of the bot and the playground, which are known only once a port is bound.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) bot: String,
    pub(crate) public: String,
}

impl fmt::Debug for Playground {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Playground").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl Playground {
    /// Creates the workspace that `settings` describe, without any messages.
    pub fn new(settings: Settings) -> Self {
        let addresses = Addresses { bot: settings.bot_url.clone(), public: settings.public_url.clone() };
        let shared = Shared {
            workspace: Mutex::new(Workspace::new(&settings)),
            addresses: Mutex::new(addresses),
            faults: Mutex::new(Faults::default()),
            calls: Mutex::new(Calls::new(settings.rate_limits)),
            untaken: Mutex::default(),
            sockets: Mutex::default(),
            version: watch::Sender::new(1),
            closed: AtomicBool::new(false),
            client: client(),
            settings,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Sets the bot's origin, such as `http://127.0.0.1:41234`.
    pub fn set_bot_url(&self, url: impl Into<String>) {
        lock(&self.shared.addresses).bot = url.into();
    }

    /// Sets the playground's own origin, which every `response_url` starts with.
    pub fn set_public_url(&self, url: impl Into<String>) {
        lock(&self.shared.addresses).public = url.into();
    }

    /// Changes the workspace directly, for example to archive a channel.
    pub fn change<T>(&self, change: impl FnOnce(&mut Workspace) -> T) -> T {
        let result = change(&mut lock(&self.shared.workspace));
        self.announce();
        result
    }

    /// Reads the workspace while nothing changes it.
    pub fn look<T>(&self, look: impl FnOnce(&Workspace) -> T) -> T {
        look(&lock(&self.shared.workspace))
    }

    /// Changes the rate limits, and forgets the calls so far.
    pub fn set_rate_limits(&self, limits: RateLimits) {
        *lock(&self.shared.calls) = Calls::new(limits);
    }

    /// Ends all open streams and hanging calls, so that the server can shut down gracefully.
    pub fn shut_down(&self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        lock(&self.shared.sockets).shut_down();
        self.announce();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Relaxed)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.shared.settings.now)()
    }

    pub(crate) fn addresses(&self) -> Addresses {
        lock(&self.shared.addresses).clone()
    }

    /// Notifies all open pages of a change.
    pub(crate) fn announce(&self) {
        self.shared.version.send_modify(|version| *version += 1);
    }
}

/// Locks a mutex, ignoring poisoning: each change is a single call, so the value is whole even if a holder
/// panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
