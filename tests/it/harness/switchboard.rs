//! The one port that the bot and its Slack share. It keeps what the bot asks Slack for and how Slack answers, and
//! hands everything else to whichever bot is running, so that a restart leaves nothing of the old one behind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use playground::Playground;
use serde_json::Value;
use tower::ServiceExt as _;

use super::fuse::{Fuse, unless_it_stops};

/// A call of the bot.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// `chat.postMessage`, or `respond` for an answer to a command or a click.
    pub(crate) method: String,
    /// What was sent: the query and the body, percent signs decoded.
    pub(crate) sent: String,
    /// Slack's code, where it refused.
    pub(crate) error: Option<String>,
}

/// Changes an answer of Slack's on its way: by method.
pub(crate) type Spoil = Box<dyn Fn(&str, &mut Value) + Send>;

#[derive(Default)]
struct Spoilt(Option<Spoil>);

impl std::fmt::Debug for Spoilt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spoilt")
    }
}

#[derive(Debug)]
pub(super) struct Switchboard {
    spoilt: Mutex<Spoilt>,
    bot: Mutex<Option<Router>>,
    /// Of every bot so far, the newest last.
    fuses: Mutex<Vec<Arc<Fuse>>>,
    calls: Mutex<Vec<Call>>,
    /// What Slack sent to the bot, to be sent again, and what was answered.
    heard: Mutex<Vec<(Parts, Bytes)>>,
    answers: Mutex<Vec<String>>,
    /// Whether Slack is out of order.
    is_down: AtomicBool,
}

/// Calls to Slack that change nothing.
const LOOKS: [&str; 5] = ["apps.", "auth.", "users.", "usergroups.", "conversations.info"];

impl Switchboard {
    /// The line to a bot that stops after so many calls, if it does.
    pub(super) fn new(stop: Option<usize>) -> Self {
        Self {
            spoilt: Mutex::default(),
            bot: Mutex::default(),
            fuses: Mutex::new(vec![Fuse::new(stop)]),
            calls: Mutex::default(),
            heard: Mutex::default(),
            answers: Mutex::default(),
            is_down: AtomicBool::new(false),
        }
    }

    /// The bot's and the playground's routes on one port.
    pub(super) fn router(self: &Arc<Self>, playground: &Playground) -> Router {
        let slack = playground.router().layer(from_fn_with_state(Arc::clone(self), listen_in));
        slack.fallback_service(Router::new().fallback(relay).with_state(Arc::clone(self)))
    }

    /// From now on Slack answers every call that it is out of order, or no call any more.
    pub(super) fn slack_is_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }

    pub(super) fn spoils(&self, spoil: Option<Spoil>) {
        self.spoilt.lock().unwrap().0 = spoil;
    }

    /// Hands what comes in from now on to this bot, or to none.
    pub(super) fn connect(&self, bot: Option<Router>) {
        *self.bot.lock().unwrap() = bot;
    }

    /// What the bot calls from now on goes through this.
    pub(super) fn put_in(&self, fuse: Arc<Fuse>) {
        self.fuses.lock().unwrap().push(fuse);
    }

    pub(super) fn fuse(&self) -> Arc<Fuse> {
        Arc::clone(self.fuses.lock().unwrap().last().unwrap())
    }

    /// What the first bot called.
    pub(super) fn first_calls(&self) -> Vec<String> {
        self.fuses.lock().unwrap()[0].calls()
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// What the bot answered to commands, clicks and forms.
    pub(super) fn answers(&self) -> Vec<String> {
        self.answers.lock().unwrap().clone()
    }

    /// What Slack sent to the bot: where to, and the body.
    pub(super) fn heard(&self) -> Vec<(String, Vec<u8>)> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|(head, body)| (head.uri.path().to_owned(), body.to_vec())).collect()
    }

    /// Sends everything again that the bot has heard so far, exactly as it was; the status codes of the answers.
    pub(super) async fn replay(&self) -> Vec<u16> {
        let heard = self.heard.lock().unwrap().clone();
        let mut codes = Vec::new();
        for (head, body) in heard {
            codes.push(self.ask(Request::from_parts(head, Body::from(body))).await.status().as_u16());
        }
        codes
    }

    async fn ask(&self, request: Request) -> Response {
        let bot = self.bot.lock().unwrap().clone();
        let Some(bot) = bot else { return StatusCode::BAD_GATEWAY.into_response() };
        let fuse = self.fuse();
        let answered = tokio::select! {
            biased;
            () = fuse.blown() => None,
            answered = unless_it_stops(bot.oneshot(request)) => answered,
        };
        // The program answers for whatever panics in it; a dead one does not.
        let Some(answer) = answered.filter(|_| !fuse.is_blown()) else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        fuse.counts("answer");
        answer.into_response()
    }
}

async fn relay(State(board): State<Arc<Switchboard>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = whole(body).await;
    board.heard.lock().unwrap().push((head.clone(), body.clone()));
    let (head, body) = board.ask(Request::from_parts(head, Body::from(body))).await.into_parts();
    let body = whole(body).await;
    board.answers.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
    Response::from_parts(head, Body::from(body))
}

async fn listen_in(State(board): State<Arc<Switchboard>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let method = match (path.strip_prefix("/api/"), path.starts_with("/respond/")) {
        (Some(method), _) => method.to_owned(),
        (None, true) => "respond".to_owned(),
        (None, false) => return next.run(request).await,
    };
    if board.is_down.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let (head, body) = request.into_parts();
    let body = whole(body).await;
    let sent = decoded(&query) + &decoded(&String::from_utf8_lossy(&body));
    let asked = next.run(Request::from_parts(head, Body::from(body)));
    let fuse = board.fuse();
    let answered = if LOOKS.iter().any(|look| method.starts_with(look)) {
        unless_it_stops(fuse.looks(asked)).await
    } else {
        unless_it_stops(fuse.changes(&method, asked)).await
    };
    // Nobody is there any more to hear an answer.
    let answer = answered.unwrap_or_else(|| StatusCode::BAD_GATEWAY.into_response());
    let (mut head, body) = answer.into_parts();
    let mut body = whole(body).await;
    let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(spoil) = &board.spoilt.lock().unwrap().0
        && answer.is_object()
    {
        spoil(&method, &mut answer);
        body = answer.to_string().into();
        head.headers.remove("content-length");
    }
    let error = (answer["ok"] == false).then(|| answer["error"].as_str().unwrap_or_default().to_owned());
    board.calls.lock().unwrap().push(Call { method, sent, error });
    Response::from_parts(head, Body::from(body))
}

async fn whole(body: Body) -> Bytes {
    to_bytes(body, 1 << 21).await.unwrap()
}

/// Text as it reads without percent signs, so that nothing hides in a query.
fn decoded(text: &str) -> String {
    if text.starts_with('{') {
        return text.to_owned();
    }
    let pairs = form_urlencoded::parse(text.as_bytes()).map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join("\n")
}
