//! Puts the program together. Besides `main`, only this module names both ports and their implementations. `backends`
//! opens what the settings name, `on_aws` what is in an account; here both are connected with Slack and run. `checkup`
//! checks them without running anything.

mod backends;
pub mod checkup;
mod on_aws;
mod reload;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::{Environment, EventsTo, Inbound, Settings};
use crate::domain::approval::unsatisfiable_approvals;
use crate::domain::catalog::Catalog;
use crate::domain::job::JobKey;
use crate::local::database::Database;
use crate::portal::jobs::dispatch::Dispatcher;
use crate::portal::jobs::{actual_costs, events, reconcile, teams, trail_copy};
use crate::portal::{Portal, portal_audit};
use crate::ports::Ports;
use crate::ports::clock::Clock;
use crate::ports::limits::Limits;
use crate::ports::subscriber::Subscriber;
use crate::server;
use crate::slack::client::SlackClient;
use crate::slack::directory::SlackDirectory;
use crate::slack::edge::Edge;
use crate::slack::router;
use crate::slack::signature::Verifier;
use crate::slack::socket::SocketMode;
use crate::webhook::Webhook;

pub use backends::{Backends, store, store_beside};
pub use reload::Reloader;

/// How often to refresh what is known about people.
const LOOK_AHEAD_EVERY: Duration = Duration::from_mins(1);

/// How long running HTTP requests may take after the program was told to stop.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// The whole program, not yet running.
#[derive(Debug)]
pub struct App {
    /// What people, the clock and AWS can make happen.
    pub portal: Portal,
    /// Claims the jobs that are due and runs them.
    pub dispatcher: Dispatcher,
    /// Handles what Slack sends.
    pub edge: Edge,
    reloader: Arc<Reloader>,
    transport: SlackTransport,
    woken: mpsc::UnboundedReceiver<JobKey>,
}

/// How Slack's events reach us.
#[derive(Debug)]
enum SlackTransport {
    /// Slack calls us over HTTP and signs its requests.
    Called(Verifier),
    /// Socket Mode: over connections that we open.
    Connected(Box<SocketMode>),
}

/// Returns the program's timeouts. A simulated Slack gets the pace in the settings; for the real one it is fixed.
pub fn limits(settings: &Settings, environment: &Environment) -> Limits {
    if environment.is_slacks_own() {
        return Limits::default();
    }
    let pace = Duration::try_from(settings.simulation.pace.duration()).unwrap_or_default();
    Limits { pace, ..Limits::default() }
}

impl App {
    /// Creates the program with these backends and timeouts.
    ///
    /// # Errors
    /// If a secret is unusable.
    pub fn new(
        backends: Backends,
        settings: &Settings,
        environment: &Environment,
        clock: Arc<dyn Clock>,
        catalog: Arc<Catalog>,
        limits: Limits,
    ) -> anyhow::Result<Self> {
        let token = environment.bot_token.reveal();
        let api = &environment.slack_api_url;
        let client = Arc::new(
            SlackClient::held_to(limits, api, token, Arc::clone(&clock))?
                .counting(&backends.trouble)
                .with_groups_of(settings.organization.workspace.clone()),
        );
        let ports = Ports {
            store: backends.store,
            workflow: backends.workflow,
            queues: backends.queues,
            provisioner: backends.provisioner,
            bill: backends.bill,
            inventory: backends.inventory,
            // The settings name at most one of them.
            subscriber: backends.topic.or(webhook(settings, environment, &clock)?),
            trouble: backends.trouble.clone(),
            slack: Arc::clone(&client) as _,
            directory: Arc::new(SlackDirectory::new(Arc::clone(&client), Arc::clone(&clock))),
            clock: Arc::clone(&clock),
        };
        let (portal, woken) = Portal::new(ports, catalog, Arc::new(settings.organization.clone()));
        let portal = portal.held_to(limits);
        let products = portal.catalog.products.values();
        for finding in products.flat_map(|product| unsatisfiable_approvals(product, &settings.organization)) {
            tracing::warn!(remedy = finding.remedy, "{}", finding.problem);
        }
        let edge = Edge::new(portal.clone(), client, settings.burst);
        let reloader = Reloader::new(edge.clone(), backends.on_aws, settings.clone());
        let transport = match &environment.inbound {
            Inbound::Http { signing_secret } => {
                SlackTransport::Called(Verifier::new(signing_secret.reveal(), clock)?)
            }
            Inbound::Socket { app_token, connections } => {
                portal.needs_socket();
                let client =
                    SlackClient::held_to(limits, api, app_token.reveal(), clock)?.counting(&backends.trouble);
                SlackTransport::Connected(Box::new(SocketMode::new(edge.clone(), client, *connections)?))
            }
        };
        Ok(Self {
            dispatcher: Dispatcher::new(portal.clone()),
            edge,
            reloader: Arc::new(reloader),
            transport,
            portal,
            woken,
        })
    }

    /// Returns the handle that applies new settings and catalogs while the program runs.
    pub fn reloader(&self) -> Arc<Reloader> {
        Arc::clone(&self.reloader)
    }

    /// Returns the Socket Mode connections; `None` if Slack calls us over HTTP.
    pub fn sockets(&self) -> Option<&SocketMode> {
        match &self.transport {
            SlackTransport::Called(_) => None,
            SlackTransport::Connected(sockets) => Some(&**sockets),
        }
    }

    /// Returns all HTTP routes.
    pub fn router(&self) -> Router {
        let slack = match &self.transport {
            SlackTransport::Called(verifier) => Some(router::router(self.edge.clone(), verifier.clone())),
            SlackTransport::Connected(_) => None,
        };
        server::router(&self.portal, slack)
    }

    /// Runs until `stop`, then lets running work finish.
    ///
    /// # Errors
    /// If startup fails, or the dispatcher panics.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
        let router = self.router();
        self.run_with(router, listener, stop).await
    }

    /// Like [`App::run`], but serves `router`, which contains this program's routes and possibly others.
    ///
    /// # Errors
    /// See [`App::run`].
    pub async fn run_with(
        self,
        router: Router,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let store = &*self.portal.ports.store;
        // Before anything else can append to the portal's chain.
        let sealed = Box::pin(portal_audit::begin(store, self.portal.ports.clock.now())).await;
        sealed.context("cannot begin the portal's chain")?;
        trail_copy::begin_copying(&self.portal).await.context("cannot begin to copy the audit trail")?;
        events::begin(&self.portal).await.context("cannot begin to tell of events")?;
        actual_costs::begin(&self.portal).await.context("cannot begin to read the bill")?;
        reconcile::begin(&self.portal).await.context("cannot begin to compare records with AWS")?;
        teams::begin(&self.portal).await.context("cannot begin to look after teams")?;
        let sockets = self.sockets().cloned();
        let (edge, dispatcher) = (self.edge.clone(), self.dispatcher.clone());
        let warming = tokio::spawn(async move {
            tokio::join!(edge.warm_up(), keep_people_known(&edge.portal));
        });
        let working = tokio::spawn({
            let stop = stop.clone();
            async move { dispatcher.run(self.woken, stop).await }
        });
        let connected = tokio::spawn({
            let stop = stop.clone();
            async move {
                if let Some(sockets) = sockets {
                    sockets.run(stop).await;
                }
            }
        });
        tokio::select! {
            () = server::serve(listener, router, stop.clone()) => {}
            // A client that never finishes its request must not keep the program from ending.
            () = patience_after(&stop) => {}
        }
        stop.cancel();
        // It only fills caches.
        warming.abort();
        working.await.context("the dispatcher ended badly")?;
        connected.await.context("the connections to Slack ended badly")?;
        self.edge.finish().await;
        Ok(())
    }
}

/// Refreshes what is known about people from time to time, so that users rarely wait for Slack.
async fn keep_people_known(portal: &Portal) {
    portal.look_ahead(true).await;
    let mut ticks = tokio::time::interval(LOOK_AHEAD_EVERY);
    loop {
        ticks.tick().await;
        portal.as_of_now().look_ahead(false).await;
    }
}

/// Creates the webhook for events, if configured.
fn webhook(
    settings: &Settings,
    environment: &Environment,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Arc<dyn Subscriber>>> {
    let Some(EventsTo::Webhook(address)) = &settings.events else { return Ok(None) };
    let secret = environment.events_secret.as_ref().context("the webhook's secret is missing")?;
    Ok(Some(Arc::new(Webhook::new(address.clone(), secret.reveal(), Arc::clone(clock))?)))
}

/// Waits for `stop` and then for [`SHUTDOWN_PATIENCE`].
async fn patience_after(stop: &CancellationToken) {
    stop.cancelled().await;
    let mut patience = tokio::time::interval(SHUTDOWN_PATIENCE);
    // The first tick completes immediately.
    patience.tick().await;
    patience.tick().await;
}

/// Fails if another process uses the store in this file, so that it is not deleted while in use.
///
/// # Errors
/// If another process uses it, or that cannot be determined.
pub fn ensure_unused(sqlite: &str) -> anyhow::Result<()> {
    Ok(Database::ensure_unused(sqlite)?)
}
