//! The four routes that Slack calls. A body is verified, then parsed, then answered.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

use super::edge::Edge;
use super::incoming::{Incoming, ParseError, parse_command, parse_event, parse_interaction, parse_options};
use super::signature::{Verified, Verifier};

impl FromRef<Edge> for Arc<Verifier> {
    fn from_ref(edge: &Edge) -> Self {
        Self::clone(edge.verifier())
    }
}

/// `/slack/commands`, `/slack/interactions`, `/slack/options` and `/slack/events`.
pub fn router(edge: Edge) -> Router {
    Router::new()
        .route("/slack/commands", post(commands))
        .route("/slack/interactions", post(interactions))
        .route("/slack/options", post(options))
        .route("/slack/events", post(events))
        .with_state(edge)
}

async fn commands(State(edge): State<Edge>, body: Verified) -> Response {
    answer(&edge, parse_command(body.bytes())).await
}

async fn interactions(State(edge): State<Edge>, body: Verified) -> Response {
    answer(&edge, parse_interaction(body.bytes())).await
}

async fn options(State(edge): State<Edge>, body: Verified) -> Response {
    answer(&edge, parse_options(body.bytes())).await
}

async fn events(State(edge): State<Edge>, body: Verified) -> Response {
    answer(&edge, parse_event(body.bytes())).await
}

async fn answer(edge: &Edge, parsed: Result<Incoming, ParseError>) -> Response {
    match parsed {
        Ok(incoming) => edge.answer(incoming).await.into_response(),
        Err(error) => {
            tracing::warn!(%error, "signed by Slack but not readable");
            StatusCode::BAD_REQUEST.into_response()
        }
    }
}
