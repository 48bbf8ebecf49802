//! The page and the endpoints for its script: one user's screen, a stream of change notifications, and all
//! actions of that user.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Ack, DeliveryFailure, LedTo};
use super::{Place, Playground};

/// Allows only the page's own files, plus images for messages.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) const FILES: [(&str, &str, &str); 10] = [
    ("style.css", "text/css", include_str!("page/style.css")),
    ("app.js", "text/javascript", include_str!("page/app.js")),
    ("backend.js", "text/javascript", include_str!("page/backend.js")),
    ("clock.js", "text/javascript", include_str!("page/clock.js")),
    ("composer.js", "text/javascript", include_str!("page/composer.js")),
    ("blocks.js", "text/javascript", include_str!("page/blocks.js")),
    ("elements.js", "text/javascript", include_str!("page/elements.js")),
    ("dom.js", "text/javascript", include_str!("page/dom.js")),
    ("modal.js", "text/javascript", include_str!("page/modal.js")),
    ("mrkdwn.js", "text/javascript", include_str!("page/mrkdwn.js")),
];

pub(super) fn router(playground: Playground) -> Router<Playground> {
    let script = Router::new()
        .route("/playground/state", get(state))
        .route("/playground/stream", get(stream))
        .route("/playground/act", post(act))
        .layer(from_fn_with_state(playground, refuse_other_sites));
    Router::new().route("/", get(page)).route("/playground/files/{name}", get(file)).merge(script)
}

async fn page() -> Response {
    asset("text/html", include_str!("page/index.html"))
}

async fn file(Path(name): Path<String>) -> Response {
    FILES
        .iter()
        .find(|(listed, _, _)| *listed == name)
        .map_or_else(|| StatusCode::NOT_FOUND.into_response(), |(_, kind, text)| asset(kind, text))
}

fn asset(kind: &str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, text).into_response()
}

/// Rejects requests from pages of other sites, whatever they can make a browser send.
async fn refuse_other_sites(State(playground): State<Playground>, request: Request, next: Next) -> Response {
    let own = match request.headers().get(header::ORIGIN) {
        None => true,
        Some(origin) => is_own_origin(origin, &playground.addresses().public),
    };
    if own {
        next.run(request).await
    } else {
        let refusal = json!({"ok": false, "error": "this page is not of the playground"});
        (StatusCode::FORBIDDEN, Json(refusal)).into_response()
    }
}

/// Whether this is the public origin, or another loopback name with the same port.
fn is_own_origin(origin: &HeaderValue, public: &str) -> bool {
    let parts = |text: &str| {
        let uri: Uri = text.parse().ok()?;
        Some((uri.scheme_str()?.to_owned(), uri.host()?.to_owned(), uri.port_u16()))
    };
    let loopback = |host: &str| matches!(host, "127.0.0.1" | "localhost" | "[::1]");
    let (Some(named), Some(own)) = (origin.to_str().ok().and_then(parts), parts(public)) else {
        return false;
    };
    named == own || (named.0 == own.0 && named.2 == own.2 && loopback(&named.1) && loopback(&own.1))
}

#[derive(Debug, Deserialize)]
struct Viewer {
    r#as: String,
}

async fn state(State(playground): State<Playground>, Query(viewer): Query<Viewer>) -> Response {
    playground.screen(&viewer.r#as).map_or_else(
        || {
            let refusal = json!({"ok": false, "error": "nobody here has this id"});
            (StatusCode::NOT_FOUND, Json(refusal)).into_response()
        },
        |screen| ([(header::CACHE_CONTROL, "no-store")], Json(screen)).into_response(),
    )
}

/// Sends server-sent events: the current version, and a new one after every change.
async fn stream(State(playground): State<Playground>) -> Response {
    let mut versions = playground.shared.version.subscribe();
    // The first event carries the current version.
    versions.mark_changed();
    let events =
        futures_util::stream::unfold((playground, versions), |(playground, mut versions)| async move {
            versions.changed().await.ok()?;
            if playground.is_closed() {
                return None;
            }
            let version = *versions.borrow_and_update();
            let event = Bytes::from(format!("data: {{\"version\":{version}}}\n\n"));
            Some((Ok::<_, Infallible>(event), (playground, versions)))
        });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(events)).into_response()
}

/// The location of an element on the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spot {
    channel: String,
    ts: String,
    view_id: String,
    block_id: String,
    action_id: String,
}

impl Spot {
    fn place(&self) -> Place {
        if !self.view_id.is_empty() {
            Place::view(&self.view_id)
        } else if self.ts.is_empty() {
            Place::Home
        } else {
            Place::message(&self.channel, &self.ts)
        }
    }
}

#[derive(Debug, Deserialize)]
struct Act {
    r#as: String,
    #[serde(flatten)]
    what: What,
    #[serde(flatten)]
    spot: Spot,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum What {
    Command { text: String },
    Say { text: String },
    Read,
    Click,
    Choose { value: Value },
    Input { value: Value },
    Suggest { typed: String },
    Submit,
    Close,
    Dismiss,
    Home,
    Shortcut { callback_id: String },
    Clock { by: String },
}

async fn act(State(playground): State<Playground>, headers: HeaderMap, body: Bytes) -> Response {
    let json = headers
        .get(header::CONTENT_TYPE)
        // Other sites cannot send JSON without a CORS preflight, so requiring it keeps them from acting here.
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !json {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let act: Act = match serde_json::from_slice(&body) {
        Ok(act) => act,
        Err(error) => {
            let refusal = json!({"ok": false, "error": error.to_string()});
            return (StatusCode::BAD_REQUEST, Json(refusal)).into_response();
        }
    };
    match perform(&playground, act).await {
        Ok(ack) => Json(outcome(&ack)).into_response(),
        Err(failure) => {
            let incomplete = matches!(failure, DeliveryFailure::Incomplete(_));
            let answer = json!({
                "ok": false,
                "error": failure.to_string(),
                "incomplete": incomplete,
            });
            Json(answer).into_response()
        }
    }
}

async fn perform(playground: &Playground, act: Act) -> Result<Ack, DeliveryFailure> {
    let Act { r#as: me, what, spot } = act;
    let (block, action, place) = (&spot.block_id, &spot.action_id, spot.place());
    match what {
        What::Command { text } => playground.run_command(&me, &spot.channel, &text).await,
        What::Say { text } => {
            let message = playground.say(&me, &spot.channel, &text)?;
            Ok(Ack::local(LedTo::Message(message.ts)))
        }
        What::Read => {
            playground.mark_read(&me, &spot.channel);
            Ok(Ack::local(LedTo::Nothing))
        }
        What::Click => playground.click(&me, &place, block, action).await,
        What::Choose { value } | What::Input { value } => {
            playground.fill(&me, &place, block, action, &value).await
        }
        What::Suggest { typed } => {
            let options = playground.suggest(&me, &place, block, action, &typed).await?;
            Ok(Ack::local(LedTo::Options(options)))
        }
        What::Submit => playground.submit(&me, &spot.view_id).await,
        What::Close => playground.close(&me, &spot.view_id).await,
        What::Dismiss => playground.dismiss(&me).await,
        What::Home => playground.open_home(&me).await,
        What::Shortcut { callback_id } => playground.shortcut(&me, &callback_id).await,
        What::Clock { by } => {
            playground.move_clock(&by)?;
            Ok(Ack::local(LedTo::Nothing))
        }
    }
}

fn outcome(ack: &Ack) -> Value {
    let mut answer = json!({"ok": true});
    match &ack.led_to {
        LedTo::Options(options) => answer["options"] = json!(options),
        LedTo::FieldErrors(errors) => answer["errors"] = json!(errors),
        LedTo::Message(ts) => answer["ts"] = json!(ts),
        LedTo::Nothing | LedTo::ViewClosed | LedTo::ViewsCleared | LedTo::ViewUpdated | LedTo::ViewPushed => {
        }
    }
    answer
}
