//! The endpoint of every `response_url`: posts answers, and replaces or deletes the message that was clicked.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};

use super::workspace::{ResponseUrl, Workspace};
use super::{Playground, limits, web_api};

/// Handles `POST /respond/{id}`.
pub(super) async fn respond(
    State(playground): State<Playground>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let answer = answer(&playground, &id, &body).await;
    ([web_api::date(&playground)], answer).into_response()
}

async fn answer(playground: &Playground, id: &str, body: &[u8]) -> Response {
    let now = playground.now();
    playground.wait_while_hanging("response_url").await;
    if let Some(error) = playground.fault("response_url") {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, &error);
    }
    let Ok(Value::Object(answer)) = serde_json::from_slice(body) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_payload");
    };
    let answer = Value::Object(answer);
    playground.record_call("response_url", answer.clone());
    let url = match playground.change(|workspace| workspace.use_response_url(id, now)) {
        Ok(url) => url,
        Err(code) => return refuse(StatusCode::NOT_FOUND, code),
    };
    match apply(playground, &url, &answer) {
        Ok(()) => Json(json!({"ok": true})).into_response(),
        Err(code) => refuse(StatusCode::BAD_REQUEST, code),
    }
}

fn refuse(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({"ok": false, "error": code}))).into_response()
}

fn apply(playground: &Playground, url: &ResponseUrl, answer: &Value) -> Result<(), &'static str> {
    let asks = |flag: &str| answer[flag].as_bool().unwrap_or(false);
    if asks("delete_original") {
        let ts = url.message_ts.as_deref().ok_or("message_not_found")?;
        let deleted = playground.change(|workspace| workspace.delete(&url.channel, ts));
        return deleted.then_some(()).ok_or("message_not_found");
    }
    if answer.get("text").is_none() && answer.get("blocks").is_none() {
        return Err("no_text");
    }
    if asks("replace_original") {
        return playground.change(|workspace| replace(workspace, url, answer, playground));
    }
    let thread_ts = answer["thread_ts"].as_str().map(str::to_owned).or_else(|| url.thread_ts.clone());
    playground
        .post_answer(&url.person, &url.channel, thread_ts, answer)
        .map(|_| ())
        .map_err(|_| "invalid_blocks")
}

fn replace(
    workspace: &mut Workspace,
    url: &ResponseUrl,
    answer: &Value,
    playground: &Playground,
) -> Result<(), &'static str> {
    let ts = url.message_ts.as_deref().ok_or("message_not_found")?;
    let blocks = answer.get("blocks").cloned().unwrap_or_else(|| json!([]));
    if !limits::check_message_blocks(&blocks).is_empty() {
        return Err("invalid_blocks");
    }
    let blocks = workspace.complete_blocks(&blocks);
    let edited = workspace.next_ts(playground.now());
    let message = workspace.message_mut(&url.channel, ts).ok_or("message_not_found")?;
    answer["text"].as_str().unwrap_or_default().clone_into(&mut message.text);
    message.blocks = blocks;
    message.edited = Some(edited);
    Ok(())
}
