//! How a call to Slack can fail, and which [`SlackError`] each failure becomes. Bodies of answers are never kept,
//! because they may contain what users wrote.

use std::time::Duration;

use anyhow::anyhow;
use serde_json::Value;

use crate::ports::outage::Side;
use crate::ports::slack::SlackError;

/// How long to wait if Slack asks to wait without saying how long.
const UNSAID: Duration = Duration::from_secs(20);

/// Longest accepted wait. Slack's rate limits are per minute, so a longer wait is a mistake and must not silence the
/// bot for good.
const LONGEST: Duration = Duration::from_hours(1);

/// Why a call has no answer that can be used.
#[derive(Debug)]
pub(super) enum CallFailure {
    /// Slack refused the call: its error code and details.
    Api { code: String, detail: String },
    /// Slack asks to wait because of too many calls.
    RateLimited(Duration),
    /// Slack does not answer, or reports that it is unavailable.
    Silence(anyhow::Error),
    /// Slack reports an internal error, which may concern only this message or every call.
    Trouble(String),
    /// Slack's answer cannot be used, or the call could not be sent.
    Unusable(anyhow::Error),
}

// The codes below are from Slack's method pages, docs.slack.dev/reference/methods, 2026-11-29, as listed in
// `crates/playground/src/web_api/methods.json`. Calls that fail with any other code, including future ones, are
// retried with growing pauses: "other errors can be returned in the case where the service is down or other unexpected
// factors affect processing", says each of those pages.

/// The message or view no longer exists, or the bot may no longer edit it.
const GONE: [&str; 4] = ["message_not_found", "cant_update_message", "edit_window_closed", "not_found"];

/// The bot cannot write there. `no_permission` and `ekm_access_denied` are not included: like `missing_scope`, they
/// concern the token or the workspace, and messages are delivered once an admin has fixed that.
const UNREACHABLE: [&str; 18] = [
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "is_inactive",
    "channel_is_limited_access",
    "posting_to_channel_denied",
    "user_disabled",
    "user_not_found",
    "users_not_found",
    "user_not_visible",
    "user_not_in_channel",
    "messages_tab_disabled",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "restricted_action_non_threadable_channel",
    "restricted_action_thread_locked",
    "cannot_reply_to_message",
];

/// The call itself is invalid, so repeating it cannot succeed.
const REFUSED: [&str; 30] = [
    "invalid_arguments",
    "invalid_arg_name",
    "invalid_array_arg",
    "invalid_charset",
    "invalid_form_data",
    "invalid_post_type",
    "missing_post_type",
    "missing_argument",
    "invalid_blocks",
    "invalid_blocks_format",
    "block_mismatch",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "markdown_text_conflict",
    "invalid_attachments",
    "too_many_attachments",
    "attachment_payload_limit_exceeded",
    "invalid_metadata_format",
    "invalid_metadata_schema",
    "metadata_too_large",
    "view_too_large",
    "push_limit_reached",
    "duplicate_external_id",
    "hash_conflict",
    "invalid_trigger_id",
    "expired_trigger_id",
    "exchanged_trigger_id",
    "unknown_method",
    "method_deprecated",
];

/// Rate limiting reported with HTTP 200 and without a time to wait.
const TOO_MANY: [&str; 3] = ["ratelimited", "rate_limited", "message_limit_exceeded"];

/// "The service is temporarily unavailable": an outage, reported as an answer.
const OUT_OF_ORDER: &str = "service_unavailable";

/// "Likely due to a transient issue on our end", and "a catastrophic error": also an outage, unless the content sent is
/// too much for Slack.
const TROUBLE: [&str; 2] = ["internal_error", "fatal_error"];

/// Methods that send a message or a view, whose content can cause a [`TROUBLE`] error.
const CARRIES_MUCH: [&str; 7] = [
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.update",
    "views.open",
    "views.publish",
    "views.push",
    "views.update",
];

impl CallFailure {
    /// Slack asked to wait; `retry_after` is what its header says.
    pub(super) fn asked_to_wait(retry_after: Option<Duration>) -> Self {
        Self::RateLimited(retry_after.unwrap_or(UNSAID).min(LONGEST))
    }

    /// Slack answered with this error code.
    pub(super) fn answered(code: String, detail: String) -> Self {
        if TOO_MANY.contains(&code.as_str()) {
            return Self::asked_to_wait(None);
        }
        if code == OUT_OF_ORDER {
            return Self::Silence(anyhow!("Slack answered `{code}`"));
        }
        if TROUBLE.contains(&code.as_str()) {
            return Self::Trouble(code);
        }
        Self::Api { code, detail }
    }

    /// Interprets the failure as one of `method`: an internal error is an outage if no content could have caused it.
    pub(super) fn of(self, method: &str) -> Self {
        if let Self::Trouble(code) = &self
            && !CARRIES_MUCH.contains(&method)
        {
            return Self::Silence(anyhow!("Slack answered `{code}`"));
        }
        self
    }

    /// Returns whether Slack answered with one of these error codes.
    pub(super) fn is(&self, wanted: &[&str]) -> bool {
        matches!(self, Self::Api { code, .. } if wanted.contains(&code.as_str()))
    }
}

/// Returns Slack's own explanation, such as which block it rejects.
pub(super) fn detail(body: &Value) -> String {
    let messages = body["response_metadata"]["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let scope = body["needed"].as_str().map(|scope| format!("needs the scope {scope}"));
    let messages = messages.iter().filter_map(Value::as_str).take(3).map(str::to_owned);
    let all: Vec<String> = messages.chain(scope).collect();
    crate::slack::blocks::cut(&all.join("; "), 500)
}

impl From<CallFailure> for SlackError {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::RateLimited(wait) => Self::RateLimited(wait),
            CallFailure::Silence(error) => Self::Silence(error),
            CallFailure::Trouble(code) => Self::Other(Side::Slack.failed(anyhow!("Slack answered `{code}`"))),
            CallFailure::Unusable(error) => Self::Other(error),
            CallFailure::Api { code, .. } if GONE.contains(&code.as_str()) => Self::Gone(code),
            CallFailure::Api { code, .. } if UNREACHABLE.contains(&code.as_str()) => Self::Unreachable(code),
            CallFailure::Api { code, detail } => {
                let is_refused = REFUSED.contains(&code.as_str());
                let said = if detail.is_empty() { code } else { format!("{code}: {detail}") };
                if is_refused { Self::Refused(said) } else { Self::Other(anyhow!("Slack answered `{said}`")) }
            }
        }
    }
}
