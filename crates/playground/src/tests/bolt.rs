//! Slack's own clients against the playground: a small app on Bolt for Python and one on Bolt for JavaScript
//! (`tests/bolt`), each over HTTP and over sockets. `.ci/bolt` installs them and runs this.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::serve;
use crate::{Ack, LedTo, Message, Paths, Place, Playground, Settings, Shortcut};

const ALICE: &str = "U0ALICE";
const BOB: &str = "U0BOB";
const GENERAL: &str = "C0GENERAL";
/// The port that Bolt listens on, in both languages.
const PATH: &str = "/slack/events";
/// The longest wait for what an app does after its ack: the client for Node.js waits five seconds before it
/// reconnects.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Python,
    JavaScript,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Http,
    Sockets,
}

/// A playground with a third-party app installed.
struct Stage {
    playground: Playground,
    app: Child,
    log: PathBuf,
}

impl Stage {
    async fn open(language: Language, transport: Transport) -> Self {
        let port = free_port().await;
        let app_token = (transport == Transport::Sockets).then(|| "xapp-play".to_owned());
        let demo = Settings::demo("signing", "xoxb-play", Arc::new(now));
        let playground = Playground::new(Settings {
            app_token: app_token.clone(),
            command: "/order".to_owned(),
            paths: Paths::all(PATH),
            shortcuts: vec![Shortcut { name: "Order".to_owned(), callback_id: "order.open".to_owned() }],
            ..demo
        });
        let origin = serve(playground.router()).await;
        playground.set_public_url(origin.clone());
        playground.set_bot_url(format!("http://127.0.0.1:{port}"));
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let output = own.join("../../ci-output");
        std::fs::create_dir_all(&output).unwrap();
        let log = output.join(format!("bolt-{language:?}-{transport:?}.log"));
        let (program, script) = match language {
            Language::Python => ("python3", "app.py"),
            Language::JavaScript => ("node", "app.mjs"),
        };
        let mut command = Command::new(program);
        command.arg(script).current_dir(own.join("tests/bolt")).stdin(Stdio::null());
        let written = File::create(&log).unwrap();
        command.stdout(written.try_clone().unwrap()).stderr(written);
        command.env("SLACK_API_URL", format!("{origin}/api/")).env("PORT", port.to_string());
        command.env("SLACK_BOT_TOKEN", "xoxb-play").env("SLACK_SIGNING_SECRET", "signing");
        command.env("SLACK_APP_TOKEN", app_token.unwrap_or_default()).env("PYTHONUNBUFFERED", "1");
        let stage = Self { playground, app: command.spawn().unwrap(), log };
        match transport {
            Transport::Sockets => stage.until("a connection", |slack| slack.staying_sockets() == 1).await,
            Transport::Http => stage.listens(port).await,
        }
        stage
    }

    async fn listens(&self, port: u16) {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        let waiting = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                looks.tick().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.unwrap_or_else(|_| panic!("the app does not listen\n{}", self.said()));
    }

    /// Returns the output of the app.
    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until a condition holds, checking it after each change.
    async fn until(&self, what: &str, seen: impl Fn(&Playground) -> bool) {
        let mut versions = self.playground.shared.version.subscribe();
        let waiting = async {
            while !seen(&self.playground) {
                versions.changed().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.unwrap_or_else(|_| panic!("never seen: {what}\n{}", self.said()));
    }

    async fn runs(&self, text: &str) -> Ack {
        self.playground.run_command(ALICE, GENERAL, text).await.unwrap()
    }

    /// Waits until Alice has a modal with this title.
    async fn shows(&self, title: &str) -> Place {
        self.until(title, |slack| title_of(slack.view(ALICE).as_ref()) == title).await;
        Place::view(self.view_id())
    }

    fn view_id(&self) -> String {
        self.playground.view(ALICE).unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn fills(&self, block: &str, action: &str, value: &str) {
        self.playground.set_input(ALICE, &self.view_id(), block, action, json!(value)).await.unwrap();
    }

    async fn submits(&self) -> LedTo {
        self.playground.submit(ALICE, &self.view_id()).await.unwrap().led_to
    }

    async fn clicks(&self, person: &str, place: &Place, block: &str, action: &str) {
        self.playground.click(person, place, block, action).await.unwrap();
    }

    /// Waits until a person sees a message with this text, and nobody else does if it is ephemeral.
    async fn reads(&self, person: &str, text: &str) -> Message {
        self.until(text, |slack| found(slack, person, text).is_some()).await;
        found(&self.playground, person, text).unwrap()
    }

    /// Waits for an ephemeral message to this person.
    async fn is_told(&self, person: &str, text: &str) -> Message {
        let message = self.reads(person, text).await;
        assert_eq!(message.ephemeral_to.as_deref(), Some(person), "{message:?}");
        message
    }

    /// Waits for a message in the channel that other people see too.
    async fn everybody_reads(&self, text: &str) -> Message {
        let message = self.reads(BOB, text).await;
        assert_eq!((message.channel.as_str(), &message.ephemeral_to), (GENERAL, &None), "{message:?}");
        message
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.app.kill();
        let _ = self.app.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "Slack's clients live in the time of the machine")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn title_of(view: Option<&Value>) -> &str {
    view.and_then(|view| view["title"]["text"].as_str()).unwrap_or_default()
}

fn found(slack: &Playground, person: &str, text: &str) -> Option<Message> {
    let seen = slack.messages(GENERAL, person).into_iter();
    seen.rev().find(|message| message.text == text)
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

fn at(message: &Message) -> Place {
    Place::message(&message.channel, &message.ts)
}

async fn play(language: Language, transport: Transport) {
    let mut stage = Stage::open(language, transport).await;
    answers(&stage).await;
    form(&stage).await;
    message(&stage).await;
    home_and_shortcuts(&stage).await;
    if transport == Transport::Sockets {
        connections(&stage).await;
    }
    assert_eq!(stage.playground.error_shown(ALICE), None);
    assert_eq!(stage.app.try_wait().unwrap(), None, "the app ended\n{}", stage.said());
    let said = stage.said();
    let complaints = ["ERROR", "WARN", "Traceback", "Unhandled", "error:", "Error:"];
    let complaint = said.lines().find(|line| complaints.iter().any(|word| line.contains(word)));
    assert_eq!(complaint, None, "{said}");
    // From here on the app has errors to log.
    refusals(&stage).await;
    if transport == Transport::Http {
        forgery(&stage).await;
    }
}

/// Commands that are answered with the ack and through the `response_url`.
async fn answers(stage: &Stage) {
    assert!(matches!(stage.runs("help").await.led_to, LedTo::Message(_)));
    stage.is_told(ALICE, "Type /order to order something.").await;
    stage.runs("blocks").await;
    let message = stage.everybody_reads("One block").await;
    assert_eq!(message.blocks[0]["text"]["text"], "*One* block");
    assert_eq!(stage.runs("later").await.led_to, LedTo::Nothing);
    stage.is_told(ALICE, "Here it is.").await;
    stage.everybody_reads("Here it is for all.").await;
}

/// A form with options, errors, an update, another form pushed on top, and its result.
async fn form(stage: &Stage) {
    let slack = &stage.playground;
    stage.runs("").await;
    let form = stage.shows("Order").await;
    let offered = slack.suggest(ALICE, &form, "size", "size", "M").await.unwrap();
    let offered: Vec<_> = offered.iter().map(|option| option["text"]["text"].as_str().unwrap()).collect();
    assert_eq!(offered, ["Small", "Medium"]);
    stage.fills("size", "size", "small").await;
    stage.fills("item", "value", "moon").await;
    let LedTo::FieldErrors(errors) = stage.submits().await else { panic!("no errors") };
    assert_eq!(errors["item"], "We do not sell the moon.");
    assert_eq!(slack.field_errors(ALICE), [("item".to_owned(), "We do not sell the moon.".to_owned())]);
    stage.fills("item", "value", "later").await;
    assert_eq!(stage.submits().await, LedTo::ViewUpdated);
    stage.shows("Anything else?").await;
    stage.clicks(ALICE, &form, "more", "hint").await;
    stage.shows("With a hint").await;
    assert_eq!(slack.view(ALICE).unwrap()["state"]["values"]["item"]["value"]["value"], "later");
    stage.clicks(ALICE, &form, "more", "terms").await;
    stage.shows("Terms").await;
    slack.close(ALICE, &stage.view_id()).await.unwrap();
    stage.shows("With a hint").await;
    stage.fills("item", "value", "boots").await;
    assert_eq!(stage.submits().await, LedTo::ViewPushed);
    stage.shows("Sure?").await;
    assert_eq!(stage.submits().await, LedTo::ViewsCleared);
    assert_eq!(slack.view(ALICE), None);
    stage.everybody_reads("Alice Adams orders boots, small").await;
    stage.is_told(ALICE, "Your order was sent.").await;
    stage.until("a direct message", |slack| direct(slack) == ["You ordered boots, small."]).await;
}

/// Returns Alice's direct messages.
fn direct(slack: &Playground) -> Vec<String> {
    slack.dm(ALICE).into_iter().map(|message| message.text).collect()
}

/// A message with a select and buttons, updated through the Web API and the `response_url`.
async fn message(stage: &Stage) {
    let slack = &stage.playground;
    let order = at(&stage.everybody_reads("Alice Adams orders boots, small").await);
    slack.choose(BOB, &order, "decide", "day", "tomorrow").await.unwrap();
    stage.everybody_reads("Due tomorrow.").await;
    stage.clicks(BOB, &order, "decide", "ask").await;
    let asked = at(&stage.is_told(BOB, "What now?").await);
    stage.clicks(BOB, &asked, "asked", "change").await;
    let changed = stage.is_told(BOB, "Changed.").await;
    assert_eq!(at(&changed), asked, "it stands in the same place");
    let block = changed.blocks[0]["block_id"].as_str().unwrap();
    stage.clicks(BOB, &asked, block, "drop").await;
    stage.until("no message any more", |slack| found(slack, BOB, "Changed.").is_none()).await;
    stage.clicks(BOB, &order, "decide", "approve").await;
    stage.is_told(BOB, "You approved it.").await;
    let approved = stage.everybody_reads("Approved by <@U0BOB>").await;
    assert_eq!((at(&approved), approved.edited.is_some()), (order, true));
}

async fn home_and_shortcuts(stage: &Stage) {
    let slack = &stage.playground;
    slack.open_home(ALICE).await.unwrap();
    stage.until("a home tab", |slack| slack.home(ALICE).is_some()).await;
    assert_eq!(slack.home(ALICE).unwrap()["blocks"][0]["text"]["text"], "Hello <@U0ALICE>");
    stage.clicks(ALICE, &Place::Home, "home", "start").await;
    stage.shows("From home").await;
    slack.dismiss(ALICE).await.unwrap();
    stage
        .until("news of a closed form", |slack| direct(slack).last().unwrap() == "Nothing was ordered.")
        .await;
    slack.shortcut(ALICE, "order.open").await.unwrap();
    stage.shows("From shortcut").await;
    let due = stage.everybody_reads("Due tomorrow.").await;
    slack.message_shortcut(ALICE, GENERAL, &due.ts, "order.same").await.unwrap();
    stage.is_told(ALICE, "Seen: Due tomorrow.").await;
    stage.shows("Same again").await;
}

/// A refused call, whose reason the app reads, and a rate-limited one, which is repeated later.
async fn refusals(stage: &Stage) {
    let slack = &stage.playground;
    stage.runs("broken").await;
    let why = "invalid_arguments: [ERROR] ";
    let is_why = |slack: &Playground| slack.ephemerals(ALICE).iter().any(|told| told.text.starts_with(why));
    stage.until("why a form was refused", is_why).await;
    slack.fail_next("chat.postMessage", "ratelimited");
    stage.runs("busy").await;
    stage.everybody_reads("In the end.").await;
    let calls = slack.calls("chat.postMessage");
    assert_eq!(calls.iter().filter(|call| call["text"] == "In the end.").count(), 2);
}

/// The app relies on the signature alone.
async fn forgery(stage: &Stage) {
    let body = "command=%2Forder&text=help";
    let timestamp = stage.playground.now().as_second();
    let signature = stage.playground.signature(timestamp, b"something else");
    let timestamp = timestamp.to_string();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-slack-request-timestamp", &*timestamp),
        ("x-slack-signature", &signature),
    ];
    let (status, _) = stage.playground.post_raw(PATH, &headers, body.into()).await.unwrap();
    assert_eq!(status, 401);
}

/// Slack ends the connection and the app opens another.
async fn connections(stage: &Stage) {
    stage.playground.announces_disconnect("warning");
    stage.until("another connection", |slack| slack.staying_sockets() == 1 && slack.sockets() == 1).await;
    assert!(matches!(stage.runs("help").await.led_to, LedTo::Message(_)));
}

#[tokio::test]
#[ignore = "wants Bolt: run .ci/bolt"]
async fn an_app_on_bolt_for_python_lives_here_over_http() {
    play(Language::Python, Transport::Http).await;
}

#[tokio::test]
#[ignore = "wants Bolt: run .ci/bolt"]
async fn an_app_on_bolt_for_python_lives_here_over_sockets() {
    play(Language::Python, Transport::Sockets).await;
}

#[tokio::test]
#[ignore = "wants Bolt: run .ci/bolt"]
async fn an_app_on_bolt_for_javascript_lives_here_over_http() {
    play(Language::JavaScript, Transport::Http).await;
}

#[tokio::test]
#[ignore = "wants Bolt: run .ci/bolt"]
async fn an_app_on_bolt_for_javascript_lives_here_over_sockets() {
    play(Language::JavaScript, Transport::Sockets).await;
}
