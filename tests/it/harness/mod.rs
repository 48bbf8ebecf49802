//! A company on this machine: its Slack, its people, its clock and its bot. Nothing happens by itself: what is due is
//! done when somebody has done something, or when a test says so.

mod aftermath;
mod clock;
mod interrupted;
mod person;
mod setup;
mod switchboard;
pub(crate) mod transcript;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quartermaster::config::{Environment, Secret};
use quartermaster::domain::audit::AuditEntry;
use quartermaster::domain::request::Request;
use quartermaster::playground::{Playground, Settings as SlackSettings};
use quartermaster::portal::dispatch::Dispatcher;
use quartermaster::ports::clock::Clock;
use quartermaster::ports::store::Whose;
use quartermaster::wiring::App;
use serde_json::Value;
use tokio::net::TcpListener;

pub(crate) use aftermath::TOKENS;
pub(crate) use clock::ManualClock;
use interrupted::{Interrupted, Plan};
pub(crate) use person::{Person, Remembered};
pub(crate) use setup::{Setup, copy};
use switchboard::{Call, Switchboard};

const SIGNING_SECRET: &str = "signing-secret-of-the-journeys";
const BOT_TOKEN: &str = "xoxb-token-of-the-journeys";

/// Longest time for all that is due to be done; a journey that hangs fails instead.
const LONGEST: Duration = Duration::from_mins(1);

/// Everything and everybody of one journey.
#[derive(Debug)]
pub(crate) struct Company {
    /// The time, for the bot and for Slack.
    pub(crate) clock: ManualClock,
    /// Slack.
    pub(crate) playground: Playground,
    /// Developer of team payments.
    pub(crate) alice: Person,
    /// Developer of team search.
    pub(crate) bob: Person,
    /// Approves for both teams; the only one of the group of leads.
    pub(crate) morgan: Person,
    /// In no team.
    pub(crate) olga: Person,
    /// Platform admin.
    pub(crate) pat: Person,
    desk: Arc<Desk>,
}

/// What the company and its people share.
#[derive(Debug)]
struct Desk {
    setup: Mutex<Setup>,
    origin: String,
    clock: ManualClock,
    playground: Playground,
    board: Arc<Switchboard>,
    app: Mutex<Option<Arc<App>>>,
    held: AtomicBool,
    interruption: Mutex<Option<Arc<Plan>>>,
    expected: Mutex<Expected>,
    /// Of every template that any of the bots has read.
    hashes: Mutex<BTreeSet<String>>,
    parked: Mutex<usize>,
}

/// What a journey brings about on purpose.
#[derive(Clone, Debug, Default)]
struct Expected {
    errors: BTreeSet<(String, String)>,
    parked: usize,
}

/// Runs a journey in the usual company.
pub(crate) async fn run(journey: impl AsyncFnOnce(&Company)) {
    run_in(Setup::new(), journey).await;
}

/// Runs a journey and checks what always holds at its end.
pub(crate) async fn run_in(setup: Setup, journey: impl AsyncFnOnce(&Company)) {
    let company = Company::open(setup).await;
    Box::pin(journey(&company)).await;
    company.desk.held.store(false, Ordering::Relaxed);
    company.settle().await;
    aftermath::check(&company).await;
}

impl Company {
    async fn open(setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let clock = ManualClock::new();
        let reading = clock.clone();
        let now = Arc::new(move || reading.now());
        let playground = Playground::new(SlackSettings::demo(SIGNING_SECRET, BOT_TOKEN, now));
        playground.set_bot_url(origin.clone());
        playground.set_public_url(origin.clone());
        let board = Arc::new(Switchboard::default());
        let router = board.router(&playground);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let desk = Arc::new(Desk {
            setup: Mutex::new(setup),
            origin,
            clock: clock.clone(),
            playground: playground.clone(),
            board,
            app: Mutex::default(),
            held: AtomicBool::new(false),
            interruption: Mutex::default(),
            expected: Mutex::default(),
            hashes: Mutex::default(),
            parked: Mutex::default(),
        });
        desk.start();
        Self {
            clock,
            playground,
            alice: Person::new("U0ALICE", "C0PAYMENTS", &desk),
            bob: Person::new("U0BOB", "C0SEARCH", &desk),
            morgan: Person::new("U0MORGAN", "C0APPROVALS", &desk),
            olga: Person::new("U0OLGA", "C0GENERAL", &desk),
            pat: Person::new("U0ADMIN", "C0GENERAL", &desk),
            desk,
        }
    }

    /// Does everything that is due now.
    pub(crate) async fn settle(&self) {
        self.desk.settle().await;
    }

    /// Lets time pass and does what has become due.
    pub(crate) async fn waits(&self, period: &str) {
        self.clock.advance(period);
        self.settle().await;
    }

    /// From now on answers still come, but nothing that was stored for later is done until the journey says so.
    pub(crate) fn holds_jobs(&self, held: bool) {
        self.desk.held.store(held, Ordering::Relaxed);
    }

    /// The owner of a product replaces a piece of a file; the bot reads it when it starts.
    pub(crate) fn changes_the_catalog(&self, file: &str, from: &str, to: &str) {
        self.desk.setup.lock().unwrap().change_catalog(file, from, to);
    }

    /// Stops the bot and starts it again on the same store.
    pub(crate) async fn restarts(&self) {
        self.desk.restart().await;
    }

    /// The bot will be killed once it has taken up this many jobs from now on; then it is started again.
    /// Where `lasts` is false the last job was done but its being done was not stored, so it is done twice.
    pub(crate) fn kills_the_bot_after(&self, jobs: usize, lasts: bool) {
        *self.desk.interruption.lock().unwrap() = Some(Arc::new(Plan::stop_after(jobs, lasts)));
    }

    /// Where the next card stands will not be stored although Slack has posted it.
    pub(crate) fn loses_the_next_card(&self) {
        *self.desk.interruption.lock().unwrap() = Some(Arc::new(Plan::lose_a_card()));
    }

    /// Whether what was to be interrupted still is to be.
    pub(crate) fn is_uninterrupted(&self) -> bool {
        self.desk.interruption.lock().unwrap().is_some()
    }

    /// Sends a body to the bot, signed as Slack would; status and answer.
    pub(crate) async fn posts_signed(&self, path: &str, body: &str) -> (u16, String) {
        let answer = self.desk.posts_signed(path, body).await;
        self.settle().await;
        answer
    }

    /// Slack will refuse calls of this method with this code; any other refusal fails the journey.
    pub(crate) fn expects_slack_to_refuse(&self, method: &str, code: &str) {
        self.desk.expected.lock().unwrap().errors.insert((method.to_owned(), code.to_owned()));
    }

    /// So many times a job will be given up, counting again each that a later change brings back.
    pub(crate) fn expects_parked_jobs(&self, count: usize) {
        self.desk.expected.lock().unwrap().parked = count;
    }

    /// The calls of the bot to Slack, oldest first.
    pub(crate) fn calls(&self, method: &str) -> Vec<Call> {
        self.desk.calls().into_iter().filter(|call| call.method == method).collect()
    }

    /// Sends an interaction, signed as Slack would.
    pub(crate) async fn posts_payload(&self, path: &str, payload: &Value) -> (u16, String) {
        let answer = self.desk.posts_payload(path, payload).await;
        self.settle().await;
        answer
    }

    /// Calls Slack as the bot does, for what the bot itself never would.
    pub(crate) async fn calls_slack(&self, method: &str, arguments: &Value) {
        let authorization = format!("Bearer {BOT_TOKEN}");
        let headers =
            [("authorization", &*authorization), ("content-type", "application/json; charset=utf-8")];
        let path = format!("/api/{method}");
        let body = arguments.to_string().into_bytes();
        let (_, answer) = self.playground.post_raw(&path, &headers, body).await.unwrap();
        assert!(answer.contains("\"ok\":true"), "{answer}");
    }

    /// The request that was submitted last.
    pub(crate) async fn newest_request(&self) -> Request {
        self.desk.newest_request().await
    }

    /// The audit trail as lines: event, actor, team, status, detail.
    pub(crate) async fn trail(&self) -> String {
        let app = self.desk.app();
        let line = |entry: &AuditEntry| {
            let words =
                [&entry.event, &entry.actor, &entry.team, &entry.product, &entry.status, &entry.detail];
            words.map(String::as_str).join(" | ").trim_end_matches([' ', '|']).to_owned()
        };
        let trail: Vec<String> = aftermath::trail(&app.portal).await.iter().map(line).collect();
        transcript::steady(&trail.join("\n"))
    }
}

/// A journey that fails shows what was said.
impl Drop for Company {
    #[expect(clippy::print_stderr, reason = "the test runner shows it beside the failure")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            for person in [&self.alice, &self.bob, &self.morgan, &self.olga, &self.pat] {
                eprintln!("What {} saw:\n{}\n", person.id, person.everything());
            }
        }
    }
}

impl Desk {
    fn start(&self) {
        let environment = Environment {
            signing_secret: Secret::new(SIGNING_SECRET),
            bot_token: Secret::new(BOT_TOKEN),
            slack_api_url: format!("{}/api/", self.origin),
        };
        let clock = Arc::new(self.clock.clone());
        let (settings, catalog) = {
            let setup = self.setup.lock().unwrap();
            (setup.settings(), setup.catalog())
        };
        let hashes = catalog.products.values().map(|product| product.template_hash.clone());
        self.hashes.lock().unwrap().extend(hashes);
        let app = App::embedded_at_pace(&settings, &environment, clock, catalog, Duration::ZERO).unwrap();
        self.board.connect(Some(app.router()));
        *self.app.lock().unwrap() = Some(Arc::new(app));
    }

    /// Takes the bot off the line.
    fn stop(&self) -> Arc<App> {
        self.board.connect(None);
        *self.parked.lock().unwrap() = self.parked();
        self.app.lock().unwrap().take().unwrap()
    }

    fn app(&self) -> Arc<App> {
        Arc::clone(self.app.lock().unwrap().as_ref().unwrap())
    }

    async fn restart(&self) {
        let app = self.stop();
        app.edge.settle().await;
        drop(app);
        self.start();
    }

    async fn settle(&self) {
        tokio::time::timeout(LONGEST, self.settle_all()).await.unwrap();
    }

    async fn settle_all(&self) {
        let app = self.app();
        app.edge.settle().await;
        if self.held.load(Ordering::Relaxed) {
            return;
        }
        let plan = self.interruption.lock().unwrap().clone();
        let Some(plan) = plan else {
            app.dispatcher.drain().await.unwrap();
            return;
        };
        let mut portal = app.portal.clone();
        let store = Arc::clone(&portal.ports.store);
        portal.ports.store = Arc::new(Interrupted::new(store, Arc::clone(&plan)));
        let dispatcher = Dispatcher::new(portal);
        let stopped = dispatcher.drain().await.is_err();
        drop((app, dispatcher));
        if plan.is_spent() {
            *self.interruption.lock().unwrap() = None;
        }
        if stopped {
            self.restart().await;
            // What a killed bot had claimed comes back by itself.
            self.clock.advance("3m");
            self.app().dispatcher.drain().await.unwrap();
        }
    }

    async fn posts_signed(&self, path: &str, body: &str) -> (u16, String) {
        let timestamp = self.clock.now().as_second();
        let signature = self.playground.signature(timestamp, body.as_bytes());
        let timestamp = timestamp.to_string();
        let headers = [("x-slack-request-timestamp", &*timestamp), ("x-slack-signature", &signature)];
        self.playground.post_raw(path, &headers, body.as_bytes().to_vec()).await.unwrap()
    }

    async fn posts_payload(&self, path: &str, payload: &Value) -> (u16, String) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.append_pair("payload", &payload.to_string()).finish();
        self.posts_signed(path, &body).await
    }

    fn calls(&self) -> Vec<Call> {
        self.board.calls()
    }

    fn expected(&self) -> Expected {
        self.expected.lock().unwrap().clone()
    }

    /// Jobs given up so far, by this bot and those before it.
    fn parked(&self) -> usize {
        let metrics = self.app().portal.metrics.render().unwrap();
        let lines = metrics.lines().filter(|line| line.contains("outcome=\"parked\""));
        let now: usize = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum();
        *self.parked.lock().unwrap() + now
    }

    async fn newest_request(&self) -> Request {
        let app = self.app();
        let mut newest: Option<Request> = None;
        for team in &app.portal.organization.teams {
            let of_team = Whose::Team(team.name.clone());
            let found = app.portal.ports.store.list(&of_team, 0, 1).await.unwrap();
            newest = newest.into_iter().chain(found).max_by_key(|request| request.submitted_at);
        }
        newest.unwrap()
    }
}
