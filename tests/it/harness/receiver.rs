//! Somebody who automates something: hears of events at an address of their own, and takes nothing that we did not sign.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use quartermaster::domain::audit::AuditEntry;
use sha2::Sha256;

use super::EVENTS_SECRET;

/// Where they listen, and what they heard; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    url: String,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Debug, Default)]
struct Heard {
    /// What is answered in the place of 200, and headers of that answer.
    instead: Option<(u16, Vec<(&'static str, String)>)>,
    taken: Vec<AuditEntry>,
    refused: usize,
    elsewhere: usize,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/heard", listener.local_addr().unwrap());
        let receiver = Self { url, heard: Arc::default() };
        let router = Router::new().fallback(hear).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// The settings that name it.
    pub(crate) fn settings(&self) -> String {
        format!("[events]\nwebhook = \"{}\"\n\n[slack]\n", self.url)
    }

    /// From now on it takes nothing and answers this.
    pub(crate) fn answers(&self, status: u16, headers: &[(&'static str, &str)]) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.heard.lock().unwrap().instead = Some((status, headers));
    }

    /// From now on it takes what it hears.
    pub(crate) fn is_well(&self) {
        self.heard.lock().unwrap().instead = None;
    }

    /// What it took, in order.
    pub(crate) fn taken(&self) -> Vec<AuditEntry> {
        self.heard.lock().unwrap().taken.clone()
    }

    /// The words of what it took.
    pub(crate) fn words(&self) -> Vec<String> {
        self.taken().into_iter().map(|entry| entry.event).collect()
    }

    /// How often it answered something else than 200.
    pub(crate) fn refused(&self) -> usize {
        self.heard.lock().unwrap().refused
    }

    /// How often somebody came to another path.
    pub(crate) fn elsewhere(&self) -> usize {
        self.heard.lock().unwrap().elsewhere
    }
}

async fn hear(State(receiver): State<Receiver>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let mut heard = receiver.heard.lock().unwrap();
    if uri.path() != "/heard" {
        heard.elsewhere += 1;
        return StatusCode::OK.into_response();
    }
    assert!(is_signed(&headers, &body), "{headers:?} {body}");
    if let Some((status, headers)) = heard.instead.clone() {
        heard.refused += 1;
        let mut answer = StatusCode::from_u16(status).unwrap().into_response();
        for (name, value) in headers {
            answer.headers_mut().insert(name, value.parse().unwrap());
        }
        return answer;
    }
    heard.taken.push(serde_json::from_str(&body).unwrap());
    StatusCode::OK.into_response()
}

/// Checks both signatures as docs/operations.md tells receivers to, and that the id is that of the entry.
fn is_signed(headers: &HeaderMap, body: &str) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let digest = |text: String| {
        let mut mac = Hmac::<Sha256>::new_from_slice(EVENTS_SECRET.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes()
    };
    let entry: AuditEntry = serde_json::from_str(body).unwrap();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let signature = format!("v1,{}", BASE64_STANDARD.encode(digest(format!("{id}.{timestamp}.{body}"))));
    let legacy_signature = format!("v0={}", hex::encode(digest(format!("v0:{timestamp}:{body}"))));
    timestamp.parse::<i64>().is_ok()
        && id == format!("{}-{}", entry.request, entry.seq)
        && header("webhook-signature") == signature
        && header("x-quartermaster-timestamp") == timestamp
        && header("x-quartermaster-signature") == legacy_signature
}
