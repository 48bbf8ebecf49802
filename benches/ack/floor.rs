//! The floor: axum, one HMAC, one form, one short JSON answer, and nothing else. It uses nothing of the program, and
//! does what any honest answer to a slash command has to do.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use quartermaster::ports::clock::{Clock as _, SystemClock};
use serde::Serialize;
use sha2::Sha256;

use crate::rig::say;
use crate::rig::signed::SECRET;

/// Serves on `address` until the process is ended.
#[tokio::main]
pub(crate) async fn run(address: &str) -> ExitCode {
    match serve(address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("floor: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn serve(address: &str) -> anyhow::Result<()> {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).context("cannot use the signing secret")?;
    let router = Router::new().route("/slack/commands", post(answer)).with_state(Arc::new(mac));
    let listener = tokio::net::TcpListener::bind(address).await.context("cannot listen")?;
    axum::serve(listener, router).await.context("cannot serve")
}

#[derive(Serialize)]
struct Ack {
    response_type: &'static str,
    text: String,
}

async fn answer(State(mac): State<Arc<Hmac<Sha256>>>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_signed(&mac, &headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut asked = String::new();
    for (key, value) in form_urlencoded::parse(&body) {
        if key == "text" {
            asked = value.into_owned();
        }
    }
    let text = format!("`{asked}`: type `/provision` and the name of a product.");
    Json(Ack { response_type: "ephemeral", text }).into_response()
}

/// Whether Slack signed it just now.
pub(crate) fn is_signed(mac: &Hmac<Sha256>, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(timestamp) = header("x-slack-request-timestamp") else { return false };
    let Ok(sent) = timestamp.parse::<i64>() else { return false };
    if SystemClock.now().as_second().abs_diff(sent) > 300 {
        return false;
    }
    let Some(signature) = header("x-slack-signature").and_then(|text| text.strip_prefix("v0=")) else {
        return false;
    };
    let mut expected = [0_u8; 32];
    if hex::decode_to_slice(signature, &mut expected).is_err() {
        return false;
    }
    let mut mac = mac.clone();
    for part in [b"v0:".as_slice(), timestamp.as_bytes(), b":", body] {
        mac.update(part);
    }
    mac.verify_slice(&expected).is_ok()
}
