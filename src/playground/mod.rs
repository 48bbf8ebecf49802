//! A Slack for one machine: the Web API the bot calls, the signed requests or sockets it is told by, and the page where a
//! person is each member of a small workspace in turn. `dev` shows it, the tests drive it; the bot cannot tell
//! it from the real one. Nothing here knows the rest of this crate.
//!
//! Read `workspace` and `view` for what is remembered, `web_api` for what the bot may call, `limits` for what
//! Block Kit allows, `act` and `modal` for what a person can do, `deliver` for how it reaches the bot
//! over HTTP and `socket` over connections that the bot opens, `redeliver` for what it does not take,
//! `page_api` for the page, `clock` for the time that can be moved, and `keep` for what outlasts a run.

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

/// Where the bot and the playground are reached; known only once a port is bound.
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
    /// A workspace as `settings` describe it, with nothing said yet.
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

    /// Everything the playground serves: `/api/{method}`, `/respond/{id}`, `/link`, `/playground/…` and the page at `/`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/api/{method}", get(web_api::call).post(web_api::call))
            .route("/respond/{id}", post(respond::respond))
            .route("/link", get(socket::link))
            .merge(page_api::router(self.clone()))
            .with_state(self.clone())
    }

    /// Changes the workspace by hand, for example to archive a channel.
    pub fn change<T>(&self, change: impl FnOnce(&mut Workspace) -> T) -> T {
        let result = change(&mut lock(&self.shared.workspace));
        self.announce();
        result
    }

    /// Looks at the workspace.
    pub fn look<T>(&self, look: impl FnOnce(&Workspace) -> T) -> T {
        look(&lock(&self.shared.workspace))
    }

    /// Ends every open stream and every call that hangs, so that a server can shut down gracefully.
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

    /// Tells every open page that something changed.
    fn announce(&self) {
        self.shared.version.send_modify(|version| *version += 1);
    }
}

/// A lock whose last holder panicked still guards whole values: each change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
