//! All routes of a playground.

use axum::Router;
use axum::routing::{get, post};

use super::{Playground, page_api, respond, socket, web_api};

impl Playground {
    /// Returns all routes: `/api/{method}`, `/respond/{id}`, `/link`, `/playground/…` and the page at `/`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/api/{method}", get(web_api::call).post(web_api::call))
            .route("/respond/{id}", post(respond::respond))
            .route("/link", get(socket::link))
            .merge(page_api::router(self.clone()))
            .with_state(self.clone())
    }
}
