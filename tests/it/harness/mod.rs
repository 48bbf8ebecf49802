//! A company on this machine: its Slack, its people, its clock and its bot. Nothing happens by itself: what is due is
//! done when somebody has done something, or when a test says so.

mod aftermath;
mod clock;
pub(crate) mod cloud;
mod desk;
mod fuse;
mod fused;
pub(crate) mod line;
mod outside;
pub(crate) mod patient;
pub(crate) mod person;
mod place;
pub(crate) mod process;
pub(crate) mod receiver;
pub(crate) mod secrets;
mod setup;
mod switchboard;
pub(crate) mod transcript;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use playground::{Playground, Settings as SlackSettings};
use quartermaster::domain::audit::AuditEntry;
use quartermaster::domain::ids::{RequestId, TaskToken};
use quartermaster::domain::request::{MessageSlot, Request};
use quartermaster::ports::limits::Limits;
use quartermaster::slack::client::METHODS;
use quartermaster::slack::edge::Edge;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::stand_in::Drift;

pub(crate) use clock::ManualClock;
use cloud::Cloud;
use desk::Desk;
pub(crate) use fuse::Stands;
use outside::Outside;
pub(crate) use person::{Person, Remembered};
pub(crate) use place::{Place, said};
use secrets::Ledger;
pub(crate) use secrets::task_tokens;
pub(crate) use setup::Setup;
use switchboard::{Call, Spoil, Switchboard};

/// How long Slack waits for an answer: on a busy machine whatever is right takes long.
const PATIENT: Duration = Duration::from_mins(5);

pub(crate) const SIGNING_SECRET: &str = "signing-secret-of-the-journeys";
pub(crate) const BOT_TOKEN: &str = "xoxb-token-of-the-journeys";
pub(crate) const EVENTS_SECRET: &str = "events-secret-of-the-journeys";

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
    /// More people of team payments, where the setup says so.
    pub(crate) crowd: Vec<Person>,
    desk: Arc<Desk>,
    /// How much was logged before it began.
    logged_before: usize,
}

/// Runs a journey in the usual company.
pub(crate) async fn run(journey: impl AsyncFnOnce(&Company)) {
    run_in(Setup::new(), journey).await;
}

/// Runs a journey and checks what always holds at its end.
pub(crate) async fn run_in(setup: Setup, journey: impl AsyncFnOnce(&Company)) {
    let company = Box::pin(Company::open(setup)).await;
    Box::pin(journey(&company)).await;
    company.desk.held.store(false, Ordering::Relaxed);
    company.settle().await;
    aftermath::check(&company).await;
}

impl Company {
    async fn open(setup: Setup) -> Self {
        let logged_before = Ledger::of_the_journeys().length();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let clock = ManualClock::new();
        let reading = clock.clone();
        let now = Arc::new(move || reading.right());
        let mut slack = SlackSettings {
            app_token: setup.goes_over_sockets().then(|| line::APP_TOKEN.to_owned()),
            ack_within: PATIENT,
            ..SlackSettings::demo(SIGNING_SECRET, BOT_TOKEN, now)
        };
        setup.people(&mut slack);
        let playground = Playground::new(slack);
        playground.set_bot_url(origin.clone());
        playground.set_public_url(origin.clone());
        let board = Arc::new(Switchboard::new(setup.stop()));
        let router = board.router(&playground);
        let crowd: Vec<&str> = setup.crowd().collect();
        let cloud = match setup.tables() {
            Some(_) => None,
            None => Cloud::of_a_journey(&clock).await,
        };
        tokio::spawn(async move { axum::serve(listener, router).await });
        let desk = Arc::new(Desk {
            setup: Mutex::new(setup),
            origin,
            clock: clock.clone(),
            playground: playground.clone(),
            board,
            cloud,
            outside: Outside::default(),
            app: Mutex::default(),
            backends: Mutex::default(),
            line: Mutex::default(),
            held: AtomicBool::new(false),
            expected: Mutex::default(),
            hashes: Mutex::default(),
            parked: Mutex::default(),
        });
        desk.open().await;
        Self {
            clock,
            playground,
            alice: Person::new("U0ALICE", "C0PAYMENTS", &desk),
            bob: Person::new("U0BOB", "C0SEARCH", &desk),
            morgan: Person::new("U0MORGAN", "C0APPROVALS", &desk),
            olga: Person::new("U0OLGA", "C0GENERAL", &desk),
            pat: Person::new("U0ADMIN", "C0GENERAL", &desk),
            crowd: crowd.into_iter().map(|id| Person::new(id, "C0PAYMENTS", &desk)).collect(),
            desk,
            logged_before,
        }
    }

    /// Does everything that is due now.
    pub(crate) async fn settle(&self) {
        self.desk.settle().await;
    }

    /// Lets time pass and does what has become due.
    pub(crate) async fn waits(&self, period: &str) {
        self.clock.advance(period);
        self.playground.send_events_again().await;
        self.settle().await;
    }

    /// From now on answers still come, but nothing that was stored for later is done until the journey says so.
    pub(crate) fn holds_jobs(&self, held: bool) {
        self.desk.held.store(held, Ordering::Relaxed);
    }

    /// The operator has the running bot read settings and catalog anew.
    pub(crate) async fn reloads(&self) {
        let read = self.desk.setup.lock().unwrap().read_again();
        if let Ok((_, catalog)) = &read {
            self.desk.knows_templates_of(catalog);
            if let Some(cloud) = &self.desk.cloud {
                cloud.stand_in.publishes(catalog);
            }
        }
        let reloader = self.desk.app().reloader();
        // One that stops meanwhile reads them when it is started again.
        Box::pin(fuse::unless_it_stops(reloader.reload(read))).await;
        drop(reloader);
        self.settle().await;
    }

    /// The owner of a product replaces a piece of a file; the bot reads it when it starts.
    pub(crate) fn changes_the_catalog(&self, file: &str, from: &str, to: &str) {
        self.desk.setup.lock().unwrap().change_catalog(file, from, to);
    }

    /// The owner of a product takes it out of the catalog.
    pub(crate) fn loses_the_product(&self, key: &str) {
        self.desk.setup.lock().unwrap().lose_product(key);
    }

    /// The operator replaces a piece of the settings; the bot reads them when it starts.
    pub(crate) fn changes_the_settings(&self, from: &str, to: &str) {
        self.desk.setup.lock().unwrap().change_settings(from, to);
    }

    /// Stops the bot and starts it again on the same store.
    pub(crate) async fn restarts(&self) {
        self.desk.restart(None).await;
    }

    /// A new version of the bot is started beside the one that runs, on the same store, and then takes over from it:
    /// `meanwhile` happens while the old one is told to stop.
    pub(crate) async fn deploys(&self, meanwhile: impl AsyncFnOnce()) {
        self.desk.deploy(meanwhile).await;
        self.settle().await;
    }

    /// What the bot says at one of its own paths: status and text.
    pub(crate) async fn gets(&self, path: &str) -> (u16, String) {
        self.desk.gets(path).await
    }

    /// The bot is down for some time; then it is started again and does what is due.
    pub(crate) async fn is_down_for(&self, period: &str) {
        self.desk.restart(Some(period)).await;
        self.settle().await;
    }

    /// The calls by which the first bot has changed something, until it stopped if it did.
    pub(crate) fn first_calls(&self) -> Vec<String> {
        self.desk.board.first_calls()
    }

    /// Whether everything is on AWS instead of embedded.
    pub(crate) fn is_on_aws(&self) -> bool {
        self.desk.cloud.is_some()
    }

    /// Where the next card stands will not be stored although Slack has posted it.
    pub(crate) fn loses_the_next_card(&self) {
        self.desk.board.fuse().loses(Some(MessageSlot::Card));
    }

    /// Where the next warning stands will not be stored although Slack has posted it.
    pub(crate) fn loses_the_next_warning(&self) {
        self.desk.board.fuse().loses(Some(MessageSlot::Warning));
    }

    /// From now on the bot is held to these limits; it knows already whose app it is.
    pub(crate) async fn is_held_to(&self, limits: Limits) {
        self.desk.hold_to(limits).await;
        self.edge().warm_up().await;
    }

    /// The bot starts anew on the same store, held to these limits.
    pub(crate) async fn restarts_held_to(&self, limits: Limits) {
        self.desk.hold_to(limits).await;
    }

    /// From now on the store is like this.
    pub(crate) fn store_is(&self, stands: Stands) {
        self.desk.board.fuse().store_is(stands);
    }

    /// From now on Slack answers no call, until it does again. Whoever is not connected hears nothing, so a connection can be
    /// had all the same.
    pub(crate) fn slack_is_silent(&self, is_silent: bool) {
        for method in METHODS.into_iter().filter(|method| *method != "apps.connections.open") {
            self.playground.hang(method, is_silent);
        }
    }

    /// From now on every answer of Slack's is changed on its way.
    pub(crate) fn spoils_answers(&self, spoil: Option<Spoil>) {
        self.desk.board.spoils(spoil);
    }

    /// From now on Slack answers every call with 503, until it does not any more.
    pub(crate) fn slack_is_down(&self, is_down: bool) {
        self.desk.board.slack_is_down(is_down);
    }

    /// From now on the account answers no call, until it does again.
    pub(crate) fn aws_is_silent(&self, is_silent: bool) {
        self.desk.outside.is_silent(is_silent);
    }

    /// What answers Slack now.
    pub(crate) fn edge(&self) -> Edge {
        self.desk.app().edge.clone()
    }

    /// The file of the store.
    pub(crate) fn file(&self) -> PathBuf {
        self.desk.setup.lock().unwrap().file().unwrap()
    }

    /// The bot is stopped, its file is replaced by this copy, and it is started again.
    pub(crate) async fn is_put_back_to(&self, copy: &Path) {
        self.desk.put_back(copy).await;
        self.settle().await;
    }

    /// Sends a body to the bot, signed as Slack would or over a socket; status and answer.
    pub(crate) async fn posts_signed(&self, path: &str, body: &str) -> (u16, String) {
        let answer = self.desk.posts_signed(path, body).await;
        self.settle().await;
        answer
    }

    /// Every log line since the journey began, also of journeys beside it.
    pub(crate) fn logged(&self) -> Vec<String> {
        Ledger::of_the_journeys().since(self.logged_before)
    }

    /// Everything that Slack has sent to the bot so far: where to, and the body.
    pub(crate) fn heard(&self) -> Vec<(String, Vec<u8>)> {
        self.desk.board.heard()
    }

    /// Everything that Slack has sent to the bot comes a second time, as it was; once more all that is due is done.
    pub(crate) async fn replays(&self) {
        self.desk.replays().await;
    }

    /// Slack will refuse calls of this method with this code; any other refusal fails the journey.
    pub(crate) fn expects_slack_to_refuse(&self, method: &str, code: &str) {
        self.desk.expected.lock().unwrap().errors.insert((method.to_owned(), code.to_owned()));
    }

    /// What Slack sends was tampered with and signed all the same: Slack may refuse whatever the bot believed, and jobs
    /// about people who do not exist may be given up.
    pub(crate) fn is_lied_to(&self) {
        self.desk.expected.lock().unwrap().lies = true;
    }

    /// So many times a job will be given up, counting again each that a later change brings back.
    pub(crate) fn expects_parked_jobs(&self, count: usize) {
        self.desk.expected.lock().unwrap().parked = count;
    }

    /// The calls of the bot to Slack, oldest first.
    pub(crate) fn calls(&self, method: &str) -> Vec<Call> {
        self.desk.calls().into_iter().filter(|call| call.method == method).collect()
    }

    /// As [`Company::posts_signed`], an interaction.
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

    /// Whether the check at the end of every journey would find this token in what was said.
    pub(crate) fn would_recognize(&self, token: &TaskToken) -> bool {
        let tokens = self.desk.cloud.as_ref().map(Cloud::tokens);
        tokens.map_or_else(
            || task_tokens(token.reveal()).next().is_some(),
            |known| known.iter().any(|known| known == token.reveal()),
        )
    }

    /// What the bot asked AWS for so far; nothing where all is embedded.
    pub(crate) fn aws_calls(&self) -> Vec<crate::emulator::recorder::Call> {
        self.desk.cloud.as_ref().map(Cloud::calls).unwrap_or_default()
    }

    /// Somebody does this in the account, outside of the portal, to what a request provisioned.
    pub(crate) fn drifts(&self, request: &str, drift: Drift) {
        let request = RequestId::parse(request).unwrap();
        match &self.desk.cloud {
            Some(cloud) => cloud.stand_in.drifts(request, drift),
            None => self.desk.outside.drifts(request, drift),
        }
    }

    /// AWS has charged so many cents for a request by now.
    pub(crate) fn is_charged(&self, request: &str, cents: i64) {
        let request = RequestId::parse(request).unwrap();
        self.desk.outside.charges(request, rust_decimal::Decimal::new(cents, 2));
    }

    /// What exists in the account can no longer be listed.
    pub(crate) fn hides_the_inventory(&self) {
        self.desk.outside.hides_the_inventory();
    }

    /// The queue brings everything twice at least and in the wrong order.
    pub(crate) fn garbles_the_queue(&self) {
        self.desk.outside.garbles_the_queue();
    }

    /// Somebody puts it right.
    pub(crate) fn is_put_right(&self, request: &str) {
        let request = RequestId::parse(request).unwrap();
        match &self.desk.cloud {
            Some(cloud) => cloud.stand_in.is_put_right(request),
            None => self.desk.outside.is_put_right(request),
        }
    }

    /// The bot no longer sees what was provisioned.
    pub(crate) fn sees_nothing(&self) {
        self.desk.outside.sees_nothing();
    }

    /// The jobs that move this request on are gone from the store; what only shows something stays.
    pub(crate) async fn loses_jobs(&self, request: &str) {
        self.desk.lose_jobs(RequestId::parse(request).unwrap()).await;
    }

    /// What the row of this request says of what was provisioned is gone.
    pub(crate) async fn loses_the_record(&self, request: &str) {
        self.desk.lose_record(RequestId::parse(request).unwrap()).await;
    }

    /// Somebody stops the execution that a request waits for.
    pub(crate) async fn loses_the_execution(&self) {
        self.desk.outside.loses(self.newest_request().await.execution());
    }

    /// The bot lacks this right in the account from now on, or none.
    pub(crate) fn denies(&self, right: Option<&'static str>) {
        self.desk.outside.denies(right);
    }

    /// Whether the workflow refuses every answer.
    pub(crate) fn refuses_answers(&self, refuses: bool) {
        self.desk.outside.is_deaf(refuses);
    }

    /// The request that was submitted last.
    pub(crate) async fn newest_request(&self) -> Request {
        self.desk.newest_request().await
    }

    /// The request with this id.
    pub(crate) async fn request(&self, id: &str) -> Request {
        let id = RequestId::parse(id).unwrap();
        self.desk.app().portal.ports.store.load(id).await.unwrap().unwrap()
    }

    /// What is checked at the end of every journey, in the middle of one.
    pub(crate) async fn checks_what_always_holds(&self) {
        aftermath::check(self).await;
    }

    /// Event and detail of every entry of the trail, by request.
    pub(crate) async fn trail_by_request(&self) -> BTreeMap<String, Vec<(String, String)>> {
        let mut lives = BTreeMap::<String, Vec<(String, String)>>::new();
        for entry in aftermath::trail(&self.desk.app().portal).await {
            lives.entry(entry.request.to_string()).or_default().push((entry.event, entry.detail));
        }
        lives
    }

    /// Everything that people have changed so far: rows and trail, the pause, who is away, what was given up. Refusals
    /// are left out.
    pub(crate) async fn stands(&self) -> String {
        let app = self.desk.app();
        let store = &app.portal.ports.store;
        let now = app.portal.ports.clock.now();
        let trail = self.trail().await;
        let mut lines: Vec<String> =
            trail.lines().filter(|line| !line.starts_with("refused")).map(str::to_owned).collect();
        lines.push(format!("{:?}", store.pause().await.unwrap()));
        lines.push(format!("{:?}", store.aways(now).await.unwrap()));
        lines.extend(store.parked(100).await.unwrap().iter().map(|job| format!("{:?}", job.key)));
        for request in store.find("", 100).await.unwrap() {
            lines.push(format!("{} {:?} {}", request.id, request.status.name(), request.epoch));
            lines.push(format!("{} {:?} {:?}", request.owner, request.lease(), request.asking));
        }
        lines.join("\n")
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
