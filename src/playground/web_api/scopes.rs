//! What the bot's token may do: the scope that each method needs, and the refusal of a call without it.

use serde_json::Value;

use super::arguments::Arguments;
use crate::playground::answer::ApiError;
use crate::playground::workspace::Workspace;

/// What an app is granted that is installed in a playground.
pub(in crate::playground) const GRANTED: [&str; 10] = [
    "commands",
    "chat:write",
    "im:write",
    "users:read",
    "users:read.email",
    "users.profile:read",
    "usergroups:read",
    "channels:read",
    "groups:read",
    "channels:join",
];

/// The scope a method needs, as Slack's method reference says; `conversations.info` and the like are in [`of_channel`].
const NEEDED: [(&str, &str); 12] = [
    ("chat.postMessage", "chat:write"),
    ("chat.postEphemeral", "chat:write"),
    ("chat.update", "chat:write"),
    ("chat.delete", "chat:write"),
    ("conversations.open", "im:write"),
    ("conversations.join", "channels:join"),
    ("users.info", "users:read"),
    ("users.list", "users:read"),
    ("users.lookupByEmail", "users:read.email"),
    ("users.profile.get", "users.profile:read"),
    ("usergroups.list", "usergroups:read"),
    ("usergroups.users.list", "usergroups:read"),
];

/// Fails with Slack's `missing_scope` unless the bot was granted what the call needs.
pub(super) fn check(workspace: &Workspace, method: &str, arguments: &Arguments) -> Result<(), ApiError> {
    let needed = match method {
        "conversations.info" | "conversations.members" => Some(of_channel(workspace, arguments)),
        _ => NEEDED.iter().find(|(name, _)| *name == method).map(|(_, scope)| *scope),
    };
    match needed {
        Some(scope) if !workspace.scopes.iter().any(|granted| granted == scope) => {
            Err(ApiError::missing_scope(scope, &workspace.scopes.join(",")))
        }
        Some(_) | None => Ok(()),
    }
}

/// What it takes to look at the channel that is named; a private one without the bot is not there to be looked at.
fn of_channel(workspace: &Workspace, arguments: &Arguments) -> &'static str {
    let named = arguments.value("channel").and_then(Value::as_str).unwrap_or_default();
    match workspace.channel(named) {
        Some(channel) if channel.is_dm() => "im:read",
        Some(channel) if channel.is_private && channel.has(&workspace.identity.bot_user) => "groups:read",
        Some(_) | None => "channels:read",
    }
}
