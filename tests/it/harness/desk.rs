//! The bot of a company as its operator would have it: started, stopped, killed, and told to do what is due.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use jiff::{SignedDuration, Timestamp};
use playground::Playground;
use quartermaster::aws::dynamodb::DynamoStore;
use quartermaster::config::{Environment, Secret};
use quartermaster::domain::catalog::Catalog;
use quartermaster::domain::ids::RequestId;
use quartermaster::domain::job::JobKey;
use quartermaster::domain::request::{Request, Status};
use quartermaster::portal::jobs::dispatch::Dispatcher;
use quartermaster::portal::jobs::trail_copy::begin_copying;
use quartermaster::portal::jobs::{actual_costs, events, reconcile, teams};
use quartermaster::portal::portal_audit;
use quartermaster::ports::clock::Clock;
use quartermaster::ports::limits::Limits;
use quartermaster::ports::store::{Commit, RequestFilter, RequestScope, RowChange, Store};
use quartermaster::wiring::{App, Backends};
use serde_json::Value;
use tower::ServiceExt as _;

use super::aftermath::every;
use super::clock::ManualClock;
use super::cloud::Cloud;
use super::fuse::{Fuse, unless_it_stops};
use super::line::{self, CONNECTIONS, Line};
use super::outside::Outside;
use super::process::eventually;
use super::setup::Setup;
use super::switchboard::{Call, Switchboard};
use super::{BOT_TOKEN, Company, EVENTS_SECRET};
use crate::emulator::emulator;

/// Between two looks for what the machine has said, and how many there are.
const LOOK: Duration = Duration::from_millis(10);
const MOST_LOOKS: usize = 300;
/// More jobs than any journey has, and a time at which all of them are due.
const MOST_JOBS: usize = 10_000;
const ALL_ARE_DUE: SignedDuration = SignedDuration::from_hours(24 * 3650);
/// Longest time for all that is due to be done; a journey that hangs fails instead.
const LONGEST: Duration = Duration::from_mins(10);

/// What the company and its people share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) setup: Mutex<Setup>,
    pub(super) origin: String,
    pub(super) clock: ManualClock,
    pub(super) playground: Playground,
    pub(super) board: Arc<Switchboard>,
    /// Where the bot runs on AWS.
    pub(super) cloud: Option<Cloud>,
    pub(super) outside: Outside,
    pub(super) app: Mutex<Option<Arc<App>>>,
    /// Those of the bot that runs, for another one beside it.
    pub(super) backends: Mutex<Option<Backends>>,
    pub(super) line: Mutex<Option<Line>>,
    pub(super) held: AtomicBool,
    pub(super) expected: Mutex<Expected>,
    /// Of every template that any of the bots has read.
    pub(super) hashes: Mutex<BTreeSet<String>>,
    pub(super) parked: Mutex<usize>,
}

/// What a journey brings about on purpose.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub(super) errors: BTreeSet<(String, String)>,
    pub(super) parked: usize,
    pub(super) lies: bool,
}

/// Whether a request cannot go on before the state machine has said something.
async fn waits_for_the_machine(store: &dyn Store) -> bool {
    for team in store.teams().await.unwrap() {
        let of_team = RequestScope::Team(team);
        let live = store.list(&of_team, RequestFilter::Live, None, 1_000).await.unwrap().requests();
        if live.iter().any(|request| matches!(request.status, Status::Pending | Status::Approved)) {
            return true;
        }
    }
    false
}

impl Company {
    /// Another one that runs the jobs of the bot.
    pub(crate) fn dispatcher(&self) -> Dispatcher {
        Dispatcher::new(self.desk.app().portal.clone())
    }
}

impl Desk {
    /// Starts a bot on what is stored.
    pub(super) async fn start(&self) {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let (settings, catalog, tables) = {
            let setup = self.setup.lock().unwrap();
            (setup.settings(), setup.catalog(), setup.tables().cloned())
        };
        let mut backends = match &self.cloud {
            Some(cloud) => cloud.backends(settings, &clock, &catalog),
            None => Backends::embedded(&settings, &clock).unwrap(),
        };
        backends.bring_forward().await.unwrap();
        if let Some(tables) = tables {
            let store = DynamoStore::new(&emulator().await, tables);
            store.bring_forward().await.unwrap();
            backends.store = Arc::new(store);
        }
        self.start_on(self.board.fuse().around(self.outside.around(backends))).await;
    }

    /// The hashes of its templates are no secrets.
    pub(super) fn knows_templates_of(&self, catalog: &Catalog) {
        let hashes = catalog.products.values().map(|product| product.template_hash.clone());
        self.hashes.lock().unwrap().extend(hashes);
    }

    async fn start_on(&self, backends: Backends) {
        let (settings, catalog, over_sockets, limits) = {
            let setup = self.setup.lock().unwrap();
            (setup.settings(), setup.catalog(), setup.goes_over_sockets(), setup.limits())
        };
        self.knows_templates_of(&catalog);
        let environment = Environment {
            inbound: line::inbound(over_sockets),
            bot_token: Secret::new(BOT_TOKEN),
            slack_api_url: format!("{}/api/", self.origin),
            events_secret: Some(Secret::new(EVENTS_SECRET)),
        };
        *self.backends.lock().unwrap() = Some(backends.clone());
        let clock = Arc::new(self.clock.clone());
        let app = App::new(backends, &settings, &environment, clock, catalog, limits).unwrap();
        Box::pin(portal_audit::begin(&*app.portal.ports.store, self.clock.now())).await.unwrap();
        begin_copying(&app.portal).await.unwrap();
        events::begin(&app.portal).await.unwrap();
        actual_costs::begin(&app.portal).await.unwrap();
        reconcile::begin(&app.portal).await.unwrap();
        teams::begin(&app.portal).await.unwrap();
        self.board.connect(Some(app.router()));
        let line = Line::connect(&app, self.board.fuse(), &self.playground).await;
        *self.line.lock().unwrap() = line;
        *self.app.lock().unwrap() = Some(Arc::new(app));
    }

    /// Takes the bot off the line.
    pub(super) async fn stop(&self) -> Arc<App> {
        self.board.connect(None);
        let line = self.line.lock().unwrap().take();
        if let Some(line) = line {
            line.hang_up().await;
        }
        *self.parked.lock().unwrap() = self.parked();
        self.backends.lock().unwrap().take();
        self.app.lock().unwrap().take().unwrap()
    }

    /// Starts the bot anew on the same store, held to these limits.
    pub(super) async fn hold_to(&self, limits: Limits) {
        self.setup.lock().unwrap().hold_to(limits);
        let backends = self.backends.lock().unwrap().clone().unwrap();
        self.stop().await.edge.settle().await;
        self.start_on(backends).await;
    }

    /// Starts another bot beside the one that runs, then stops that, while something happens.
    pub(super) async fn deploy(&self, meanwhile: impl AsyncFnOnce()) {
        let old = self.app();
        let backends = self.backends.lock().unwrap().clone().unwrap();
        let old_line = self.line.lock().unwrap().take().unwrap();
        self.start_on(backends).await;
        old_line.begin_to_hang_up();
        meanwhile().await;
        old_line.hang_up().await;
        old.edge.settle().await;
        eventually("only the new bot is connected", async || self.playground.sockets() == CONNECTIONS).await;
    }

    pub(super) async fn gets(&self, path: &str) -> (u16, String) {
        let request = HttpRequest::get(path).body(Body::empty()).unwrap();
        let answer = self.app().router().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    pub(super) fn app(&self) -> Arc<App> {
        Arc::clone(self.app.lock().unwrap().as_ref().unwrap())
    }

    /// Starts the first bot.
    pub(super) async fn open(&self) {
        if unless_it_stops(Box::pin(self.start())).await.is_none() {
            self.start_after_a_stop().await;
        }
    }

    /// Starts the bot on what one has left that stopped at a call.
    async fn start_after_a_stop(&self) {
        if self.app.lock().unwrap().is_some() {
            self.stop().await.edge.settle().await;
        }
        self.backends.lock().unwrap().take();
        self.board.put_in(Fuse::new(None));
        self.start().await;
        // What a killed bot had claimed comes back by itself.
        self.clock.advance("3m");
    }

    /// Starts the bot anew, after some time without one.
    pub(super) async fn restart(&self, down: Option<&str>) {
        let app = self.stop().await;
        app.edge.settle().await;
        drop(app);
        if let Some(period) = down {
            self.clock.advance(period);
        }
        self.start().await;
    }

    /// Starts the bot anew on a copy of its file.
    pub(super) async fn put_back(&self, copy: &Path) {
        self.stop().await.edge.settle().await;
        let file = self.setup.lock().unwrap().file().unwrap();
        for log in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{log}", file.display()));
        }
        std::fs::copy(copy, file).unwrap();
        self.start().await;
    }

    pub(super) async fn settle(&self) {
        tokio::time::timeout(LONGEST, Box::pin(self.settle_all())).await.unwrap();
    }

    pub(super) async fn settle_all(&self) {
        if let Some(worked) = unless_it_stops(Box::pin(self.work())).await
            && !self.board.fuse().is_blown()
        {
            return worked.unwrap();
        }
        self.start_after_a_stop().await;
        self.work().await.unwrap();
    }

    /// Ends what is under way, then runs everything that is due. On AWS what the machine says takes a moment; it is waited
    /// for where a request cannot go on without it.
    async fn work(&self) -> anyhow::Result<()> {
        let app = self.app();
        app.edge.settle().await;
        if self.held.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut looks = tokio::time::interval(LOOK);
        let store = self.store().await;
        for _ in 0..MOST_LOOKS {
            app.dispatcher.drain().await?;
            let Some(cloud) = &self.cloud else { return Ok(()) };
            let heard = cloud.passes_on_what_was_made().await;
            // A machine that is told nothing says nothing.
            if !heard && (self.outside.refuses() || !waits_for_the_machine(&*store).await) {
                return Ok(());
            }
            looks.tick().await;
        }
        Ok(())
    }

    pub(super) async fn posts_signed(&self, path: &str, body: &str) -> (u16, String) {
        if body.contains("view_submission") {
            self.clock.sees_a_form_sent();
        }
        if self.setup.lock().unwrap().goes_over_sockets() {
            let (kind, payload) = line::envelope(path, body);
            return self.playground.send_envelope(kind, &payload).await.unwrap();
        }
        let timestamp = self.clock.now().as_second();
        let signature = self.playground.signature(timestamp, body.as_bytes());
        let timestamp = timestamp.to_string();
        let headers = [("x-slack-request-timestamp", &*timestamp), ("x-slack-signature", &signature)];
        self.playground.post_raw(path, &headers, body.as_bytes().to_vec()).await.unwrap()
    }

    pub(super) async fn posts_payload(&self, path: &str, payload: &Value) -> (u16, String) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.append_pair("payload", &payload.to_string()).finish();
        self.posts_signed(path, &body).await
    }

    pub(super) async fn replays(&self) {
        let codes = self.board.replay().await;
        self.settle().await;
        assert!(codes.iter().all(|code| [200, 401].contains(code)), "{codes:?}");
        assert!(codes.contains(&200), "nothing was sent again that still counts: {codes:?}");
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.board.calls()
    }

    pub(super) fn expected(&self) -> Expected {
        self.expected.lock().unwrap().clone()
    }

    /// Jobs given up so far, by this bot and those before it.
    pub(super) fn parked(&self) -> usize {
        let metrics = self.app().portal.metrics.render().unwrap();
        let lines = metrics.lines().filter(|line| line.contains("outcome=\"parked\""));
        let now: usize = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum();
        *self.parked.lock().unwrap() + now
    }

    /// What is stored, for a look that is not the bot's.
    pub(super) async fn store(&self) -> Arc<dyn Store> {
        match &self.cloud {
            Some(cloud) => Arc::new(cloud.observed().await),
            None => Arc::clone(&self.app().portal.ports.store),
        }
    }

    pub(super) async fn lose_jobs(&self, id: RequestId) {
        let store = self.store().await;
        let now: Timestamp = self.clock.now() + ALL_ARE_DUE;
        let keys = store.due(now, MOST_JOBS).await.unwrap().into_iter();
        let keys = keys.filter(|key| key.owner == id.into() && !key.is_message() && key.name != "homes");
        let keys: Vec<JobKey> = keys.collect();
        let jobs = store.claim(&keys, now, now + ALL_ARE_DUE).await.unwrap();
        assert!(!jobs.is_empty(), "there was none");
        for job in jobs {
            store.complete(&job.claim).await.unwrap();
        }
    }

    pub(super) async fn lose_record(&self, id: RequestId) {
        let store = self.store().await;
        let mut request = store.load(id).await.unwrap().unwrap();
        request.provisioned = None;
        request.revision += 1;
        let row = Some(RowChange::Replace(Box::new(request)));
        store.commit(Commit { row, ..Commit::default() }).await.unwrap();
    }

    pub(super) async fn newest_request(&self) -> Request {
        let mut newest = every(&*self.store().await, &RequestScope::All).await;
        newest.sort_by_key(|request| std::cmp::Reverse(request.submitted_at));
        // Of the same moment any store may say that either is the newer one.
        if let [one, another, ..] = &*newest {
            assert!(
                one.submitted_at > another.submitted_at,
                "none is newest: have the clock go on between them"
            );
        }
        newest.remove(0)
    }
}
