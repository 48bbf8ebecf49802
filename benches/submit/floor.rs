//! The floor of B3: axum, one HMAC, the form and its JSON read as they come, one thread that stores whatever has gathered
//! in one transaction, and the answer. It decides nothing and nothing follows.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::{mpsc, oneshot};

use super::raw::{Raw, Rows};
use crate::ack::floor::is_signed;
use crate::rig::say;
use crate::rig::signed::SECRET;

/// Submissions that may wait for the thread, and that go into one transaction.
const WAITING: usize = 256;

/// Serves on `address` until the process is ended, with its store in `file`.
#[tokio::main]
pub(crate) async fn run(address: &str, file: &str) -> ExitCode {
    match serve(address, Path::new(file)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("floor of submissions: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

type Waiting = (Rows, oneshot::Sender<()>);

#[derive(Clone)]
struct Floor {
    mac: Arc<Hmac<Sha256>>,
    writer: mpsc::Sender<Waiting>,
}

async fn serve(address: &str, file: &Path) -> anyhow::Result<()> {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).context("cannot use the signing secret")?;
    let raw = Raw::open(file)?;
    let (writer, waiting) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        if let Err(error) = write(&raw, waiting) {
            say(&format!("floor of submissions: {error:#}"));
        }
    });
    let router = Router::new()
        .route("/slack/commands", post(async || Json(json!({ "response_type": "ephemeral" }))))
        .route("/slack/interactions", post(answer))
        .with_state(Floor { mac: Arc::new(mac), writer });
    let listener = tokio::net::TcpListener::bind(address).await.context("cannot listen")?;
    axum::serve(listener, router).await.context("cannot serve")
}

fn write(raw: &Raw, mut waiting: mpsc::Receiver<Waiting>) -> anyhow::Result<()> {
    while let Some((first, answer)) = waiting.blocking_recv() {
        let (mut group, mut answers) = (vec![first], vec![answer]);
        while group.len() < WAITING
            && let Ok((rows, answer)) = waiting.try_recv()
        {
            group.push(rows);
            answers.push(answer);
        }
        raw.store(&group)?;
        for answer in answers {
            let _ = answer.send(());
        }
    }
    Ok(())
}

async fn answer(State(floor): State<Floor>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_signed(&floor.mac, &headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Some((_, payload)) = form_urlencoded::parse(&body).find(|(key, _)| key == "payload") else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Ok(payload) = serde_json::from_str::<Value>(&payload) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let (answer, stored) = oneshot::channel();
    let is_sent = floor.writer.send((rows(&payload), answer)).await.is_ok();
    if !is_sent || stored.await.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    ([(CONTENT_TYPE, "application/json")], r#"{"response_action":"clear"}"#).into_response()
}

/// What was filled in stands for the request, which is about as long.
fn rows(payload: &Value) -> Rows {
    let view = &payload["view"];
    let text = view["state"].to_string();
    Rows {
        id: uuid::Uuid::new_v4().to_string(),
        entry: text.chars().take(400).collect(),
        body: text,
        idempotency_key: format!("view:{}", view["id"].as_str().unwrap_or_default()),
        jobs: ["start:1", "show:direct", "homes"].map(|name| (name.to_owned(), "{}".to_owned())).to_vec(),
        marks: ["submitted", "auto"].map(str::to_owned).to_vec(),
    }
}
