//! A Slack on this machine that answers every call with "ok", or as its manners say: late, not at all well, or only to
//! whom a gate lets through. It can remember what was said to it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};

/// The workspace that every request comes from.
pub(crate) const WORKSPACE: &str = "T0BENCH";

/// How it behaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manners {
    /// Every answer is this late.
    pub(crate) delay: Duration,
    /// The first answer on each connection is this late besides, as where TLS has to be agreed on over a network.
    pub(crate) greeting: Duration,
    /// Every answer is a failure of the server.
    pub(crate) fails: bool,
    /// Calls are remembered.
    pub(crate) remembers: bool,
}

/// What was said to it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Such as `chat.postMessage`.
    pub(crate) method: String,
    /// The JSON, or nothing where there was none.
    pub(crate) body: Value,
    /// When it was let in.
    pub(crate) at: Instant,
}

/// Looks at a call and perhaps sends it away for some seconds.
pub(crate) type Gate = Box<dyn FnMut(&Call) -> Option<u64> + Send>;

/// A running Slack; it ends with the process.
#[derive(Clone)]
pub(crate) struct Slack {
    /// The address of its Web API.
    pub(crate) api: String,
    state: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answered: AtomicU64,
    manners: Mutex<Manners>,
    gate: Mutex<Option<Gate>>,
    peers: Mutex<HashSet<SocketAddr>>,
    calls: Mutex<Vec<Call>>,
    called: Condvar,
}

impl Slack {
    /// Starts it on a thread of its own.
    pub(crate) fn start(manners: Manners) -> anyhow::Result<Self> {
        let listener =
            std::net::TcpListener::bind("127.0.0.1:0").context("cannot listen for calls to Slack")?;
        listener.set_nonblocking(true).context("cannot use the listener")?;
        let address = listener.local_addr().context("cannot read the address")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime of a Slack")?;
        let state = Arc::new(Shared { manners: Mutex::new(manners), ..Shared::default() });
        let router = Router::new().route("/api/{method}", any(answer)).with_state(Arc::clone(&state));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        thread::Builder::new()
            .name("slack".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    let listener = tokio::net::TcpListener::from_std(listener)?;
                    axum::serve(listener, service).await
                })
            })
            .context("cannot start the thread of a Slack")?;
        Ok(Self { api: format!("http://{address}/api/"), state })
    }

    /// From now on it behaves like this.
    pub(crate) fn behave(&self, manners: Manners) {
        *lock(&self.state.manners) = manners;
    }

    /// From now on every call is looked at before it is let in.
    pub(crate) fn set_gate(&self, gate: Gate) {
        *lock(&self.state.gate) = Some(gate);
    }

    /// Waits until `pick` finds what it looks for in what was said; `None` when that takes longer than `limit`.
    pub(crate) fn hears<T>(&self, limit: Duration, pick: impl Fn(&[Call]) -> Option<T>) -> Option<T> {
        let until = Instant::now() + limit;
        let mut calls = lock(&self.state.calls);
        loop {
            if let Some(found) = pick(&calls) {
                return Some(found);
            }
            let left = until.checked_duration_since(Instant::now())?;
            let waited = self.state.called.wait_timeout(calls, left);
            calls = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(
    State(state): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(method): Path<String>,
    body: Bytes,
) -> Response {
    let manners = *lock(&state.manners);
    let is_new = !manners.greeting.is_zero() && lock(&state.peers).insert(peer);
    let wait = manners.delay + if is_new { manners.greeting } else { Duration::ZERO };
    if !wait.is_zero() {
        tokio::time::sleep_until((Instant::now() + wait).into()).await;
    }
    if manners.fails {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let channel = conversation(&body);
    let is_about_a_person = method == "users.info";
    let call = Call { method, body, at: Instant::now() };
    let refused = lock(&state.gate).as_mut().and_then(|gate| gate(&call));
    if let Some(seconds) = refused {
        let after = [(header::RETRY_AFTER, seconds.to_string())];
        let body = Json(json!({ "ok": false, "error": "ratelimited" }));
        return (StatusCode::TOO_MANY_REQUESTS, after, body).into_response();
    }
    if manners.remembers {
        lock(&state.calls).push(call);
        state.called.notify_all();
    }
    let mut said = said(&state, &channel);
    if is_about_a_person {
        // Whoever acts is asked about: everybody here is a full member.
        said["user"] = json!({ "id": "U0BENCH", "team_id": WORKSPACE });
    }
    Json(said).into_response()
}

/// Every message gets its own time stamp: the program remembers which request stands where.
fn said(state: &Shared, channel: &str) -> Value {
    let number = state.answered.fetch_add(1, Ordering::Relaxed);
    let ts = format!("{}.{:06}", 1_763_800_000 + number / 1_000_000, number % 1_000_000);
    json!({
        "ok": true,
        "team_id": WORKSPACE,
        "team": "Bench",
        "user_id": "U0QM",
        "bot_id": "B0QM",
        "channel": channel,
        "message": { "ts": ts },
        "ts": ts,
    })
}

/// The channel of a message, or the direct conversation that Slack opens with a person.
fn conversation(body: &Value) -> String {
    match body["channel"].as_str() {
        Some(person) if person.starts_with('U') => format!("D{}", person.get(1..).unwrap_or_default()),
        Some(channel) => channel.to_owned(),
        None => "C0BENCH".to_owned(),
    }
}

/// What the button with this action carries, wherever it is in a message.
pub(crate) fn button(message: &Value, action: &str) -> Option<String> {
    match message {
        Value::Object(object) if object.get("action_id").is_some_and(|id| id == action) => {
            object.get("value")?.as_str().map(str::to_owned)
        }
        Value::Object(object) => object.values().find_map(|value| button(value, action)),
        Value::Array(array) => array.iter().find_map(|value| button(value, action)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
