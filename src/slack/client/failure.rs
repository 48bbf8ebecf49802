//! How a call to Slack can fail, and what the program can do about each way. Bodies of answers are never kept:
//! they may hold what people wrote.

use std::time::Duration;

use anyhow::anyhow;
use serde_json::Value;
use slack_morphism::errors::SlackClientError;

use crate::ports::slack::SlackError;

/// How long to wait where Slack asks for it without saying how long.
pub(super) const UNSAID: Duration = Duration::from_secs(30);

/// A call that did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Slack said no: its error code, and what it says about it.
    Api { code: String, detail: String },
    /// Too many calls.
    RateLimited(Duration),
    /// No usable answer.
    Broken(anyhow::Error),
}

/// The message, the thread or the view no longer exists, or is no longer ours to edit.
const GONE: [&str; 6] = [
    "message_not_found",
    "thread_not_found",
    "cant_update_message",
    "edit_window_closed",
    "not_found",
    "view_not_found",
];

/// Nothing can be written there by this bot.
const UNREACHABLE: [&str; 14] = [
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "user_disabled",
    "user_not_found",
    "users_not_found",
    "user_not_visible",
    "user_not_in_channel",
    "messages_tab_disabled",
    "cannot_dm_bot",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "no_permission",
];

/// An outage, which ends by itself.
const OUTAGE: [&str; 5] =
    ["internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"];

/// What an operator can repair while we keep trying.
const REPAIRABLE: [&str; 8] = [
    "org_login_required",
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "team_access_not_granted",
];

impl Failure {
    /// Whether Slack is not itself at the moment, so that nothing is said about us.
    pub(super) fn is_outage(&self) -> bool {
        self.is(&OUTAGE)
    }

    /// Whether Slack answered with this error.
    pub(super) fn is(&self, wanted: &[&str]) -> bool {
        matches!(self, Self::Api { code, .. } if wanted.contains(&code.as_str()))
    }
}

impl From<SlackClientError> for Failure {
    fn from(error: SlackClientError) -> Self {
        match error {
            SlackClientError::ApiError(error)
                if matches!(error.code.as_str(), "ratelimited" | "rate_limited") =>
            {
                Self::RateLimited(UNSAID)
            }
            SlackClientError::ApiError(error) => {
                let detail = error.http_response_body.as_deref().map(detail).unwrap_or_default();
                Self::Api { code: error.code, detail }
            }
            SlackClientError::RateLimitError(error) => Self::RateLimited(error.retry_after.unwrap_or(UNSAID)),
            SlackClientError::HttpError(error) => {
                Self::Broken(anyhow!("Slack answered with HTTP status {}", error.status_code))
            }
            SlackClientError::ProtocolError(error) => {
                Self::Broken(anyhow!(error.json_error).context("cannot read Slack's answer"))
            }
            SlackClientError::HttpProtocolError(error) => match error.cause {
                Some(cause) => Self::Broken(anyhow!(cause).context("cannot reach Slack")),
                None => Self::Broken(anyhow!("cannot reach Slack")),
            },
            SlackClientError::SystemError(_)
            | SlackClientError::EndOfStream(_)
            | SlackClientError::SocketModeProtocolError(_) => Self::Broken(anyhow!("cannot reach Slack")),
        }
    }
}

/// Slack's own explanation, such as which block it objects to.
fn detail(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let messages = body["response_metadata"]["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let scope = body["needed"].as_str().map(|scope| format!("needs the scope {scope}"));
    let messages = messages.iter().filter_map(Value::as_str).take(3).map(str::to_owned);
    let all: Vec<String> = messages.chain(scope).collect();
    crate::slack::blocks::cut(&all.join("; "), 500)
}

impl From<Failure> for SlackError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::RateLimited(wait) => Self::RateLimited(wait),
            Failure::Broken(error) => Self::Other(error),
            Failure::Api { code, .. } if GONE.contains(&code.as_str()) => Self::Gone(code),
            Failure::Api { code, .. } if UNREACHABLE.contains(&code.as_str()) => Self::Unreachable(code),
            Failure::Api { code, detail } => {
                let said = if detail.is_empty() { code.clone() } else { format!("{code}: {detail}") };
                if OUTAGE.contains(&code.as_str()) || REPAIRABLE.contains(&code.as_str()) {
                    Self::Other(anyhow!("Slack answered `{said}`"))
                } else {
                    Self::Refused(said)
                }
            }
        }
    }
}
