//! The four routes that Slack calls. A body is verified, then parsed, then answered.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

use super::edge::Edge;
use super::incoming::{Incoming, ParseError, parse_command, parse_event, parse_interaction, parse_options};
use super::reply::Ack;
use super::signature::{Verified, Verifier};

/// Where Slack sends the slash command.
pub const COMMANDS: &str = "/slack/commands";
/// Where it sends buttons, submitted forms and the shortcut.
pub const INTERACTIONS: &str = "/slack/interactions";
/// Where it asks for the options of a select.
pub const OPTIONS: &str = "/slack/options";
/// Where it sends events.
pub const EVENTS: &str = "/slack/events";

/// What the routes share.
#[derive(Clone, Debug)]
struct Routes {
    edge: Arc<Edge>,
    verifier: Arc<Verifier>,
}

impl FromRef<Routes> for Arc<Edge> {
    fn from_ref(routes: &Routes) -> Self {
        Self::clone(&routes.edge)
    }
}

impl FromRef<Routes> for Arc<Verifier> {
    fn from_ref(routes: &Routes) -> Self {
        Self::clone(&routes.verifier)
    }
}

/// `/slack/commands`, `/slack/interactions`, `/slack/options` and `/slack/events`.
pub fn router(edge: Edge, verifier: Verifier) -> Router {
    Router::new()
        .route(COMMANDS, post(commands))
        .route(INTERACTIONS, post(interactions))
        .route(OPTIONS, post(options))
        .route(EVENTS, post(events))
        .with_state(Routes { edge: Arc::new(edge), verifier: Arc::new(verifier) })
}

async fn commands(State(edge): State<Arc<Edge>>, body: Verified) -> Response {
    answer(&edge, parse_command(body.bytes())).await
}

async fn interactions(State(edge): State<Arc<Edge>>, body: Verified) -> Response {
    answer(&edge, parse_interaction(body.bytes())).await
}

async fn options(State(edge): State<Arc<Edge>>, body: Verified) -> Response {
    answer(&edge, parse_options(body.bytes())).await
}

async fn events(State(edge): State<Arc<Edge>>, body: Verified) -> Response {
    answer(&edge, parse_event(body.bytes())).await
}

/// Whatever Slack signed is acknowledged: to send it again would make it no clearer.
async fn answer(edge: &Edge, parsed: Result<Incoming, ParseError>) -> Response {
    let ack = match parsed {
        Ok(incoming) => edge.answer(incoming).await,
        Err(error) => {
            tracing::warn!(%error, "signed by Slack, but it does not say who did what");
            Ack::Empty
        }
    };
    ack.into_response()
}
