//! Scopes of the bot's token: which scope of a method applies, and the refusal of calls without it.

use serde_json::Value;

use super::arguments::Arguments;
use super::table::Method;
use crate::answer::ApiError;
use crate::workspace::Workspace;

/// Fails with Slack's `missing_scope` unless the bot has the scope that the call needs.
pub(super) fn check(
    workspace: &Workspace,
    method: &'static Method,
    arguments: &Arguments,
) -> Result<(), ApiError> {
    let needed = match method.scopes.as_slice() {
        [] => return Ok(()),
        [only] => only,
        several => {
            let kind = kind(workspace, arguments);
            several.iter().find(|scope| scope.starts_with(kind)).unwrap_or(&several[0])
        }
    };
    if workspace.scopes.contains(needed) {
        return Ok(());
    }
    Err(ApiError::missing_scope(needed, &workspace.scopes.join(",")))
}

/// Selects the scope that applies to the conversation of a call. A private one that the bot is not in cannot
/// be looked at.
fn kind(workspace: &Workspace, arguments: &Arguments) -> &'static str {
    let Some(named) = arguments.value("channel").and_then(Value::as_str) else { return "im:" };
    match workspace.channel(named) {
        Some(channel) if channel.is_dm() => "im:",
        Some(channel) if channel.is_private && channel.has(&workspace.identity.bot_user) => "groups:",
        Some(_) | None => "channels:",
    }
}
