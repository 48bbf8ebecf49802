//! How a call to Slack can fail, and what the program can do about each way. Bodies of answers are never kept:
//! they may hold what people wrote.

use std::time::Duration;

use anyhow::anyhow;
use serde_json::Value;

use crate::ports::outage::Side;
use crate::ports::slack::SlackError;

/// How long to wait where Slack asks for it without saying how long.
const UNSAID: Duration = Duration::from_secs(20);

/// Nobody waits longer, whatever Slack says: no limit of its is longer than a minute, and a figure that is wrong must not
/// silence us.
const LONGEST: Duration = Duration::from_hours(1);

/// A call that did not succeed.
#[derive(Debug)]
pub(super) enum CallFailure {
    /// Slack said no: its error code, and what it says about it.
    Api { code: String, detail: String },
    /// Too many calls.
    RateLimited(Duration),
    /// Slack does not answer, or says that it is out of order.
    Silence(anyhow::Error),
    /// Slack answered that something is wrong on its side: with this one message perhaps, perhaps with everything.
    Trouble(String),
    /// Slack answered what nobody can use, or could not be asked at all.
    Unusable(anyhow::Error),
}

// The codes below are those of Slack's method pages, docs.slack.dev/reference/methods, 2026-11-29, as
// `playground/web_api/methods.json` lists them. A code in none of these lists, and one that Slack makes up tomorrow, is
// tried again with growing pauses: "other errors can be returned in the case where the service is down or other unexpected
// factors affect processing", says each of those pages.

/// The message or the view no longer exists, or is no longer ours to edit.
const GONE: [&str; 4] = ["message_not_found", "cant_update_message", "edit_window_closed", "not_found"];

/// Nothing can be written there by this bot. `no_permission` and `ekm_access_denied` are not among them: they are about the
/// token or the workspace, as `missing_scope` is, and messages are written once an admin has mended that.
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

/// Blames the call itself, so that the same call will never be taken.
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

/// Too many calls or messages, also where that comes with HTTP 200 and says no time.
const TOO_MANY: [&str; 3] = ["ratelimited", "rate_limited", "message_limit_exceeded"];

/// "The service is temporarily unavailable": an outage in the form of an answer.
const OUT_OF_ORDER: &str = "service_unavailable";

/// "Likely due to a transient issue on our end", and "a catastrophic error": an outage as well, unless what was sent is too
/// much for Slack.
const TROUBLE: [&str; 2] = ["internal_error", "fatal_error"];

/// Methods that carry a message or a view.
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
    /// Slack asked to wait for so long.
    pub(super) fn asked_to_wait(retry_after: Option<Duration>) -> Self {
        Self::RateLimited(retry_after.unwrap_or(UNSAID).min(LONGEST))
    }

    /// Slack said no with this code.
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

    /// What it is as an answer of this method: what carries a message or a view may be too much for Slack.
    pub(super) fn of(self, method: &str) -> Self {
        if let Self::Trouble(code) = &self
            && !CARRIES_MUCH.contains(&method)
        {
            return Self::Silence(anyhow!("Slack answered `{code}`"));
        }
        self
    }

    /// Whether Slack answered with this error.
    pub(super) fn is(&self, wanted: &[&str]) -> bool {
        matches!(self, Self::Api { code, .. } if wanted.contains(&code.as_str()))
    }
}

/// Slack's own explanation, such as which block it objects to.
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
