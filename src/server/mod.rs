//! The HTTP server: health, readiness and metrics, and Slack's four routes unless Socket Mode is used.

mod connections;
mod readiness;
mod scrape;
mod slow_clients;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::portal::Portal;
use readiness::Readiness;
use scrape::Scrape;

pub use connections::serve;

/// Returns all HTTP routes: probes, and Slack's routes unless Socket Mode is used.
pub fn router(portal: &Portal, slack: Option<Router>) -> Router {
    let readiness = Readiness::new(portal.clone(), slack.is_none());
    let probes = Router::new()
        // Shows only that the process runs. Restarting it would not repair the store or Slack.
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready).with_state(readiness.clone()))
        .route("/metrics", get(metrics).with_state(Scrape::new(portal.clone(), readiness)));
    // A panic in a handler becomes a response with status 500.
    slack.unwrap_or_default().merge(probes).layer(CatchPanicLayer::new())
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    match readiness.problems().await.as_slice() {
        [] => "ready\n".into_response(),
        problems => (StatusCode::SERVICE_UNAVAILABLE, problems.join("\n") + "\n").into_response(),
    }
}

async fn metrics(State(scrape): State<Scrape>) -> Response {
    match scrape.render().await {
        Ok(text) => {
            let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
            (kind, text).into_response()
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot write the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
