//! The four HTTP routes that Slack calls. Each verifies the body, parses it and answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

use super::edge::Edge;
use super::incoming::{Incoming, ParseError, parse_command, parse_event, parse_interaction, parse_options};
use super::reply::Ack;
use super::signature::{Verified, Verifier};

/// Receives the slash command.
pub const COMMANDS: &str = "/slack/commands";
/// Receives clicks, submitted forms and the shortcut.
pub const INTERACTIONS: &str = "/slack/interactions";
/// Receives requests for the options of a select.
pub const OPTIONS: &str = "/slack/options";
/// Receives events, such as an opened home tab.
pub const EVENTS: &str = "/slack/events";

/// State that the routes share.
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

/// Returns the router with [`COMMANDS`], [`INTERACTIONS`], [`OPTIONS`] and [`EVENTS`].
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

/// Acknowledges everything that Slack signed, even if it cannot be parsed: Slack would deliver the same body again.
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
