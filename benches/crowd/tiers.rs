//! Slack's documented limits in front of a Slack that has none: calls of each method in a minute of the simulated clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use playground::Method;
use quartermaster::ports::clock::Clock as _;
use serde_json::json;

use super::clock::SimulatedClock;

/// What was called, and what was refused.
#[derive(Clone, Debug)]
pub(crate) struct Tiers {
    clock: SimulatedClock,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    minute: i64,
    in_minute: BTreeMap<String, u32>,
    calls: BTreeMap<String, usize>,
    refused: BTreeMap<String, usize>,
}

impl Tiers {
    pub(crate) fn new(clock: &SimulatedClock) -> Self {
        Self { clock: clock.clone(), counts: Arc::default() }
    }

    /// Calls so far that are neither messages nor views, by method.
    pub(crate) fn questions(&self) -> BTreeMap<String, usize> {
        let is_question = |method: &str| !method.starts_with("chat.") && !method.starts_with("views.");
        let calls = self.lock().calls.clone().into_iter();
        calls.filter(|(method, _)| is_question(method)).collect()
    }

    /// Refused calls so far, by method.
    pub(crate) fn refused(&self) -> BTreeMap<String, usize> {
        self.lock().refused.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how many seconds this call has to wait; none where it is let in.
    fn take(&self, method: &str) -> Option<i64> {
        let now = self.clock.now().as_second();
        let mut counts = self.lock();
        if counts.minute != now / 60 {
            counts.minute = now / 60;
            counts.in_minute.clear();
        }
        *counts.calls.entry(method.to_owned()).or_default() += 1;
        // `chat.postMessage` has a rule of its own, about one a second in each channel, which B11 measures.
        let most = Method::named(method)?.calls_a_minute()?;
        let called = counts.in_minute.entry(method.to_owned()).or_default();
        *called += 1;
        if *called <= most {
            return None;
        }
        *counts.refused.entry(method.to_owned()).or_default() += 1;
        Some(60 - now % 60)
    }
}

/// Lets a call in, or says how long to wait.
pub(crate) async fn keep(State(tiers): State<Tiers>, request: Request, next: Next) -> Response {
    let method = request.uri().path().strip_prefix("/api/").map(str::to_owned);
    match method.and_then(|method| tiers.take(&method)) {
        None => next.run(request).await,
        Some(seconds) => {
            let after = [(header::RETRY_AFTER, seconds.to_string())];
            let body = Json(json!({ "ok": false, "error": "ratelimited" }));
            (StatusCode::TOO_MANY_REQUESTS, after, body).into_response()
        }
    }
}
