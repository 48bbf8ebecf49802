//! The part of Slack's Web API that a bot needs: authorization, arguments, dispatch to methods, and the shape
//! of answers. `table` has what Slack documents of each method; the methods are in the other files.

mod arguments;
mod chat;
mod conversations;
mod people;
mod rate_limits;
mod scopes;
mod table;
mod views;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

use super::answer::{Answer, ApiError};
use super::state::lock;
use super::workspace::Workspace;
use super::{Playground, socket};
use arguments::Arguments;
pub(super) use chat::message_json;
pub(super) use people::person_json;
pub(super) use rate_limits::Calls;
pub use table::Method;

/// The only method that needs no valid token.
const OPEN: &str = "api.test";
/// The error that is sent with HTTP status 429.
const LIMITED: &str = "ratelimited";

/// Handles `GET` or `POST /api/{method}`.
pub(super) async fn call(
    State(playground): State<Playground>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(called) = Method::named(&method) else {
        return respond(&playground, &ApiError::from("unknown_method").to_json());
    };
    let refused = |error: &ApiError| refuse(&playground, (&method, called), error);
    let arguments = match Arguments::read(&method, query.as_deref(), &headers, &body) {
        Ok(arguments) => arguments,
        Err(error) => return refused(&error),
    };
    if method != OPEN
        && let Err(error) = authorize(&playground, &method, &headers, &arguments)
    {
        return refused(&error);
    }
    // Recorded before any injected failure, so that tests see failed calls too.
    playground.record_call(&method, arguments.to_json());
    playground.wait_while_hanging(&method).await;
    if let Some(error) = playground.fault(&method) {
        return failed(&playground, &error, 1);
    }
    let now = playground.now();
    let counted = lock(&playground.shared.calls).count_call(&method, called, &arguments, now);
    if let Err(wait) = counted {
        return failed(&playground, LIMITED, wait);
    }
    let answer = playground
        .look(|workspace| scopes::check(workspace, called, &arguments))
        .and_then(|()| called.check_required(&arguments))
        .and_then(|()| run(&playground, &method, &arguments));
    // The method has taken effect by now; only the answer gets lost.
    if playground.loses_answer(&method) {
        return StatusCode::GATEWAY_TIMEOUT.into_response();
    }
    match answer {
        Ok(mut fields) => {
            fields["ok"] = json!(true);
            respond(&playground, &fields)
        }
        Err(error) => refused(&error),
    }
}

/// Returns an error, which Slack must document for the method.
fn refuse(playground: &Playground, (name, method): (&str, &Method), error: &ApiError) -> Response {
    debug_assert!(method.documents(&error.code), "`{}` is no error of {name} in methods.json", error.code);
    respond(playground, &error.to_json())
}

/// Checks the token: connections are opened with the app-level token, everything else needs the bot's.
fn authorize(
    playground: &Playground,
    method: &str,
    headers: &HeaderMap,
    arguments: &Arguments,
) -> Result<(), ApiError> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let settings = playground.settings();
    let (bots, apps) = (Some(settings.bot_token.as_str()), settings.app_token.as_deref());
    let (wanted, other) = if method == socket::OPEN { (apps, bots) } else { (bots, apps) };
    match bearer.or_else(|| arguments.text("token")) {
        None => Err("not_authed".into()),
        token if token == wanted => Ok(()),
        token if token == other => Err("not_allowed_token_type".into()),
        Some(_) => Err("invalid_auth".into()),
    }
}

fn run(playground: &Playground, method: &str, arguments: &Arguments) -> Answer {
    let now = playground.now();
    let public_url = playground.addresses().public;
    if method == socket::OPEN {
        return Ok(playground.open_connection());
    }
    if arguments::is_read_method(method) {
        return playground.look(|workspace| read(workspace, method, arguments, &public_url, now));
    }
    playground.change(|workspace| write(workspace, method, arguments, now))
}

fn read(
    workspace: &Workspace,
    method: &str,
    arguments: &Arguments,
    public_url: &str,
    now: Timestamp,
) -> Answer {
    match method {
        OPEN => Ok(json!({})),
        "auth.test" => Ok(auth_test(workspace, public_url)),
        "chat.getPermalink" => chat::permalink(workspace, arguments, public_url),
        "conversations.info" => conversations::show(workspace, arguments, now),
        "conversations.members" => conversations::members(workspace, arguments),
        "users.info" => people::show(workspace, arguments, now),
        "users.lookupByEmail" => people::by_email(workspace, arguments, now),
        "users.list" => people::list(workspace, arguments, now),
        "users.profile.get" => people::profile(workspace, arguments),
        "usergroups.list" => people::groups(workspace, arguments),
        "usergroups.users.list" => people::group_members(workspace, arguments),
        _ => Err("unknown_method".into()),
    }
}

fn write(workspace: &mut Workspace, method: &str, arguments: &Arguments, now: Timestamp) -> Answer {
    match method {
        "chat.postMessage" => chat::post(workspace, arguments, now),
        "chat.postEphemeral" => chat::post_ephemeral(workspace, arguments, now),
        "chat.update" => chat::update(workspace, arguments, now),
        "chat.delete" => chat::delete(workspace, arguments),
        "conversations.open" => conversations::open(workspace, arguments, now),
        "conversations.join" => conversations::join(workspace, arguments, now),
        "views.open" => views::open(workspace, arguments, now),
        "views.push" => views::push(workspace, arguments, now),
        "views.update" => views::update(workspace, arguments, now),
        "views.publish" => views::publish(workspace, arguments, now),
        _ => Err("unknown_method".into()),
    }
}

fn auth_test(workspace: &Workspace, public_url: &str) -> Value {
    let identity = &workspace.identity;
    let mut whose = json!({
        "url": format!("{public_url}/"),
        "team": "Playground",
        "user": identity.name.to_lowercase(),
        "team_id": identity.team_id,
        "user_id": identity.bot_user,
        "bot_id": identity.bot_id,
        "is_enterprise_install": identity.enterprise.is_some(),
    });
    if let Some(enterprise) = &identity.enterprise {
        // Slack returns the enterprise's id as the team's here.
        whose["team_id"] = json!(enterprise);
        whose["enterprise_id"] = json!(enterprise);
    }
    whose
}

/// Returns an injected failure, or the rate limit error.
fn failed(playground: &Playground, error: &str, wait: u64) -> Response {
    let body = json!({"ok": false, "error": error});
    let mut response = respond(playground, &body);
    if error == LIMITED {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(header::RETRY_AFTER, wait.into());
    }
    response
}

/// Returns the `Date` header of an answer, which lets a bot compare clocks.
pub(super) fn date(playground: &Playground) -> (header::HeaderName, String) {
    let now = DateTimePrinter::new().timestamp_to_rfc9110_string(&playground.now());
    (header::DATE, now.unwrap_or_default())
}

/// Returns a JSON answer with the current time and the bot's scopes in its headers.
fn respond(playground: &Playground, body: &Value) -> Response {
    let scopes = playground.look(|workspace| workspace.scopes.join(","));
    let headers = [
        date(playground),
        (header::CONTENT_TYPE, "application/json; charset=utf-8".to_owned()),
        (header::HeaderName::from_static("x-oauth-scopes"), scopes),
    ];
    (headers, body.to_string()).into_response()
}
