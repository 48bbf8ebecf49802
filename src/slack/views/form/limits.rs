//! What a form says when a limit is reached: which one, and what could be torn down to make room.

use crate::domain::approval::Exception;
use crate::domain::request::{Request, StatusName};
use crate::portal::people::form_view::{FormPurpose, FormView};
use crate::slack::blocks::MAX_SECTION;
use crate::slack::mrkdwn::{escape_within, mention, monthly};

/// Says what uses up the quota, where no exception can be requested.
pub(super) fn quota_used_up(view: &FormView) -> String {
    let quota = view.preview.quota;
    let text = format!(
        "Team *{}* already uses {} of {}. Tear down one that is no longer needed, or ask your platform team for a larger quota.",
        escape_within(view.team.as_str(), 100),
        quota.used,
        quota.limit
    );
    with_holders(text, view)
}

/// Says which limits it exceeds, how to ask for an exception, and which requests could be ended instead.
pub(super) fn beyond_limits(view: &FormView, exception: &Exception) -> String {
    let noun = match view.purpose {
        FormPurpose::Create { .. } => "request",
        FormPurpose::Change { .. } => "change",
    };
    let text = format!(
        ":warning: Team *{}* has no room for this: {}. Tear down something that is no longer needed, or ask for an exception for this {noun} only: it needs a reason and an admin's approval.",
        escape_within(view.team.as_str(), 100),
        exception.describe(view.adds())
    );
    with_holders(text, view)
}

/// Appends as many lines as fit into a section.
fn with_holders(mut text: String, view: &FormView) -> String {
    for request in &view.holders {
        let line = holder(request, &view.command);
        // The three are the line break and the bullet. Only whole lines, because each ends with a command.
        if text.chars().count() + line.chars().count() + 3 > MAX_SECTION {
            break;
        }
        text.push_str("\n• ");
        text.push_str(&line);
    }
    text
}

/// Formats a request that uses up the quota or budget: name, owner, status, cost, and the command that ends it.
fn holder(request: &Request, command: &str) -> String {
    let status = request.status.name();
    let cost = request.estimate.as_ref().map(|estimate| format!(" · {}", monthly(estimate)));
    let end = match status {
        StatusName::Pending | StatusName::AwaitingApproval => Some("cancel"),
        StatusName::Active | StatusName::Provisioning | StatusName::TeardownFailed => Some("teardown"),
        StatusName::Approved
        | StatusName::Updating
        | StatusName::Terminating
        | StatusName::Denied
        | StatusName::Cancelled
        | StatusName::TimedOut
        | StatusName::Failed
        | StatusName::Terminated
        | StatusName::Retained => None,
    };
    let id = request.id.short();
    let end = end.map(|word| format!(" · `{command} {word} {id}`"));
    format!(
        "`{}` {} · {}{}{}",
        request.resource_name(),
        mention(&request.owner),
        status.label(),
        cost.unwrap_or_default(),
        end.unwrap_or_default()
    )
}
