//! The playground, tested with a minimal bot: what a user does, what the bot receives, and what the user
//! sees.

mod bolt;
mod documented;
mod journeys;
mod keep;
mod page;
mod web_api;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Playground, Settings};

/// The body of an answer that asks not to repeat an event.
const NO_RETRY: &str = "no-retry";

/// A request that the bot received.
#[derive(Clone, Debug)]
struct Received {
    path: String,
    headers: HeaderMap,
    body: String,
}

impl Received {
    /// Returns the fields of a form, the JSON in its `payload`, or the JSON body.
    fn json(&self) -> Value {
        if self.body.starts_with('{') {
            return serde_json::from_str(&self.body).unwrap();
        }
        let fields: Vec<_> = form_urlencoded::parse(self.body.as_bytes()).collect();
        match fields.as_slice() {
            [(key, payload)] if key == "payload" => serde_json::from_str(payload).unwrap(),
            fields => fields.iter().map(|(k, v)| (k.to_string(), json!(v))).collect(),
        }
    }
}

type Answers = Arc<Mutex<Vec<(u16, String)>>>;
type Log = Arc<Mutex<Vec<Received>>>;

/// A playground, a bot with prepared answers, and a clock that stands still.
struct World {
    playground: Playground,
    answers: Answers,
    received: Log,
    clock: Arc<Mutex<Timestamp>>,
    api: String,
}

impl World {
    async fn new() -> Self {
        let (answers, received) = (Answers::default(), Log::default());
        let clock = Arc::new(Mutex::new("2026-11-22T12:00:00Z".parse().unwrap()));
        let reading = Arc::clone(&clock);
        let now = Arc::new(move || *reading.lock().unwrap());
        let moved = Arc::clone(&clock);
        let playground = Playground::new(Settings {
            advance: Some(Arc::new(move |by| *moved.lock().unwrap() += by)),
            ..Settings::demo("signing", "xoxb-play", now)
        });
        let bot = Router::new().fallback(answer).with_state((Arc::clone(&answers), Arc::clone(&received)));
        playground.set_bot_url(serve(bot).await);
        let api = serve(playground.router()).await;
        playground.set_public_url(api.clone());
        Self { playground, answers, received, clock, api }
    }

    /// Sets the bot's next answer; the default is 200 and empty.
    fn bot_answers(&self, status: u16, body: impl std::fmt::Display) {
        let mut answers = self.answers.lock().unwrap();
        answers.push((status, body.to_string()));
    }

    fn last_received(&self) -> Received {
        self.received.lock().unwrap().last().cloned().unwrap()
    }

    fn pass(&self, time: SignedDuration) {
        *self.clock.lock().unwrap() += time;
    }

    /// Calls the Web API like a bot, with JSON.
    async fn call(&self, method: &str, arguments: Value) -> Value {
        let path = format!("/api/{method}");
        let (_, body) = self.request(&path, "xoxb-play", arguments).await;
        body
    }

    async fn request(&self, path: &str, token: &str, body: Value) -> (StatusCode, Value) {
        let request = axum::http::Request::post(format!("{}{path}", self.api))
            .header("content-type", "application/json; charset=utf-8")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(body.to_string()))
            .unwrap();
        fetch(request).await
    }

    async fn get(&self, path_and_query: &str) -> Value {
        let request = axum::http::Request::get(format!("{}{path_and_query}", self.api))
            .header("authorization", "Bearer xoxb-play")
            .body(Body::empty())
            .unwrap();
        fetch(request).await.1
    }

    /// Runs the command as Alice, and opens `view` with its trigger id.
    async fn open_for_alice(&self, view: &Value) -> String {
        self.playground.run_command("U0ALICE", "C0GENERAL", "/provision").await.unwrap();
        let trigger = self.last_received().json()["trigger_id"].clone();
        let opened = self.call("views.open", json!({"trigger_id": trigger, "view": view})).await;
        assert_eq!(opened["ok"], true, "{opened}");
        opened["view"]["id"].as_str().unwrap().to_owned()
    }
}

pub(super) async fn fetch(request: axum::http::Request<Body>) -> (StatusCode, Value) {
    let answer = super::client::client().request(request).await.unwrap();
    let status = answer.status();
    let bytes = axum::body::to_bytes(Body::new(answer.into_body()), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn answer(
    State((answers, received)): State<(Answers, Log)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    received.lock().unwrap().push(Received {
        path: uri.path().to_owned(),
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let mut answers = answers.lock().unwrap();
    if answers.is_empty() {
        return StatusCode::OK.into_response();
    }
    let (status, body) = answers.remove(0);
    let headers = (body == NO_RETRY).then_some(("x-slack-no-retry", "1"));
    (StatusCode::from_u16(status).unwrap(), AppendHeaders(headers), body).into_response()
}

pub(super) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

/// Returns a form with a required name, an optional size and a select.
fn form() -> Value {
    let option = |value: &str| json!({"text": plain(value), "value": value});
    json!({
        "type": "modal", "title": plain("Bucket"), "submit": plain("Send"),
        "callback_id": "request", "private_metadata": "{\"k\":1}", "notify_on_close": true,
        "blocks": [
            {"type": "input", "block_id": "name", "label": plain("Name"),
             "element": {"type": "plain_text_input", "action_id": "value", "min_length": 3}},
            {"type": "input", "block_id": "size", "label": plain("Size"), "optional": true,
             "element": {"type": "number_input", "action_id": "value",
                         "is_decimal_allowed": false}},
            {"type": "input", "block_id": "env", "label": plain("Environment"),
             "dispatch_action": true,
             "element": {"type": "static_select", "action_id": "value",
                         "initial_option": option("dev"),
                         "options": [option("dev"), option("prod")]}}]})
}
