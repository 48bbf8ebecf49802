//! A simulated Slack for one machine: the Web API that the bot calls, the signed requests or sockets that
//! deliver to it, and a page on which one person plays each member of a small workspace in turn. `dev` shows
//! it and the tests drive it; the bot cannot tell it from the real Slack. Nothing here knows
//! what the bot is for, so any Slack app can be tried with it.
//!
//! Reading order: `workspace` and `view` for the state, `web_api` for the methods that the bot may call,
//! `limits` for the limits of Block Kit, `act` and `modal` for what users can do, `deliver` for delivery to
//! the bot over HTTP and `socket` over connections that the bot opens, `redeliver` for events that the bot
//! did not accept, `page_api` for the page, `clock` for moving the time, and `keep` for what is saved between
//! runs.

mod act;
mod answer;
mod clock;
mod deliver;
mod demo;
mod escaped;
mod faults;
mod inputs;
mod keep;
mod leave;
pub mod limits;
mod modal;
mod normalize;
mod page_api;
mod page_state;
mod payload;
mod queries;
mod redeliver;
mod reply;
mod respond;
mod settings;
mod socket;
#[cfg(test)]
mod tests;
mod view;
mod web_api;
mod workspace;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;
use tokio::sync::watch;

pub use act::Place;
pub use answer::{Ack, DeliveryFailure, LedTo};
use faults::Faults;
pub use settings::{Advance, Channel, Group, Identity, Now, Paths, Person, Settings, Shortcut};
pub use web_api::{Method, RateLimits};
pub use workspace::{Message, Trouble, Workspace};

/// A running playground. Clones share one workspace.
#[derive(Clone)]
pub struct Playground {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    addresses: Mutex<Addresses>,
    workspace: Mutex<Workspace>,
    faults: Mutex<Faults>,
    calls: Mutex<web_api::Calls>,
    untaken: Mutex<Vec<redeliver::Again>>,
    sockets: Mutex<socket::Sockets>,
    version: watch::Sender<u64>,
    closed: AtomicBool,
    client: deliver::Client,
}

/// The origins of the bot and the playground, which are known only once a port is bound.
#[derive(Clone, Debug)]
struct Addresses {
    bot: String,
    public: String,
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
            calls: Mutex::new(web_api::Calls::new(settings.rate_limits)),
            untaken: Mutex::default(),
            sockets: Mutex::default(),
            version: watch::Sender::new(1),
            closed: AtomicBool::new(false),
            client: deliver::client(),
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

    /// Returns all routes: `/api/{method}`, `/respond/{id}`, `/link`, `/playground/…` and the page at `/`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/api/{method}", get(web_api::call).post(web_api::call))
            .route("/respond/{id}", post(respond::respond))
            .route("/link", get(socket::link))
            .merge(page_api::router(self.clone()))
            .with_state(self.clone())
    }

    /// Changes the workspace directly, for example to archive a channel.
    pub fn change<T>(&self, change: impl FnOnce(&mut Workspace) -> T) -> T {
        let result = change(&mut lock(&self.shared.workspace));
        self.announce();
        result
    }

    /// Reads the workspace.
    pub fn look<T>(&self, look: impl FnOnce(&Workspace) -> T) -> T {
        look(&lock(&self.shared.workspace))
    }

    /// Ends all open streams and hanging calls, so that the server can shut down gracefully.
    pub fn shut_down(&self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        lock(&self.shared.sockets).shut_down();
        self.announce();
    }

    fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Relaxed)
    }

    fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    fn now(&self) -> Timestamp {
        (self.shared.settings.now)()
    }

    fn addresses(&self) -> Addresses {
        lock(&self.shared.addresses).clone()
    }

    /// Notifies all open pages of a change.
    fn announce(&self) {
        self.shared.version.send_modify(|version| *version += 1);
    }
}

/// Locks a mutex, ignoring poisoning: each change is a single call, so the value is whole even if a holder
/// panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
