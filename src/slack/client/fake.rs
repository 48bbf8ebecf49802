//! A minimal Slack for tests: answers what a test scripts, and records the calls.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::SlackClient;
use crate::ports::clock::Clock;
use crate::ports::limits::Limits;

/// A clock that only moves when told to.
#[derive(Clone, Debug)]
pub(crate) struct StillClock(Arc<Mutex<Timestamp>>);

impl StillClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new("2026-11-22T12:00:00Z".parse().unwrap())))
    }

    pub(crate) fn move_by(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now += jiff::SignedDuration::from_secs(seconds);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// The answer of a method: status, headers, body; status 0 means that no answer ever comes.
pub(crate) type Script = (u16, Vec<(&'static str, String)>, String);

/// A recorded call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) arguments: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) authorization: Option<String>,
}

/// A fake Slack on localhost.
#[derive(Clone, Debug, Default)]
pub(crate) struct FakeSlack {
    calls: Arc<Mutex<Vec<Call>>>,
    /// The answers of each method, in order; the last one is repeated.
    scripts: Arc<Mutex<BTreeMap<String, VecDeque<Script>>>>,
    /// Methods whose answers are held back.
    held: Arc<watch::Sender<BTreeSet<String>>>,
}

impl FakeSlack {
    /// Starts a fake Slack and returns a client of it without rate limits.
    pub(crate) async fn start(clock: &StillClock) -> (Self, SlackClient, String) {
        Self::start_held_to(Limits::NONE, clock).await
    }

    /// Starts a fake Slack and returns a client of it with these limits.
    pub(crate) async fn start_held_to(limits: Limits, clock: &StillClock) -> (Self, SlackClient, String) {
        let fake = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/api/{method}", any(answer))
            .route("/respond/{method}", any(answer))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let api = format!("{origin}/api/");
        let client = SlackClient::held_to(limits, &api, "xoxb-secret", Arc::new(clock.clone())).unwrap();
        (fake, client, origin)
    }

    pub(crate) fn answers(&self, method: &str, body: &Value) {
        self.script(method, 200, Vec::new(), &body.to_string());
    }

    pub(crate) fn refuses(&self, method: &str, error: &str) {
        self.answers(method, &json!({ "ok": false, "error": error }));
    }

    pub(crate) fn script(&self, method: &str, status: u16, headers: Vec<(&'static str, String)>, body: &str) {
        self.answers_in_turn(method, [(status, headers, body.to_owned())]);
    }

    pub(crate) fn answers_in_turn(&self, method: &str, scripts: impl IntoIterator<Item = Script>) {
        self.scripts.lock().unwrap().insert(method.to_owned(), scripts.into_iter().collect());
    }

    /// Holds back the answers of this method, or releases them.
    pub(crate) fn hold(&self, method: &str, is_held: bool) {
        self.held.send_modify(|methods| {
            if is_held {
                methods.insert(method.to_owned())
            } else {
                methods.remove(method)
            };
        });
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Call {
        self.calls().pop().unwrap()
    }
}

async fn answer(
    State(fake): State<FakeSlack>,
    Path(method): Path<String>,
    Query(arguments): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let body = serde_json::from_str(&body).unwrap_or_default();
    fake.calls.lock().unwrap().push(Call { method: method.clone(), arguments, body, authorization });
    drop(fake.held.subscribe().wait_for(|methods| !methods.contains(&method)).await);
    let script =
        fake.scripts.lock().unwrap().get_mut(&method).and_then(|scripts| {
            if scripts.len() > 1 { scripts.pop_front() } else { scripts.front().cloned() }
        });
    let bare = (200, Vec::new(), json!({ "ok": true, "ts": "1.2", "channel": "C1" }).to_string());
    let (status, headers, body) = script.unwrap_or(bare);
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    response.headers_mut().insert("content-type", "application/json; charset=utf-8".parse().unwrap());
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
