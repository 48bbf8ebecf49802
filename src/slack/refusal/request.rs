//! Sentences about asking for something, naming a request, and clicks that no longer count.

use rust_decimal::Decimal;

use super::noun;
use crate::domain::cost::dollars;
use crate::domain::ids::{PersonId, ProductKey, TeamName};
use crate::domain::quota::QuotaUse;
use crate::domain::refusal::CurrentState;
use crate::domain::request::StatusName;
use crate::slack::mrkdwn::{date_time, escape};

pub(super) const DONE_BEFORE: &str = "This was already done. Nothing was done again.";
pub(super) const NOT_PARKED: &str = "That job is no longer among the failed ones, or has failed again since. Nothing was \
                                     done; `jobs` shows the current list.";
pub(super) const JOB_UNREADABLE: &str = "This version of the app cannot read that job, so it cannot retry it. Drop it, or \
                                         retry it with the version that wrote it. Nothing was done.";

pub(super) fn unknown_product(typed: &str, nearest: &[String]) -> String {
    format!("There is no product called *{typed}*.{}", nearest_sentence(nearest))
}

fn nearest_sentence(nearest: &[String]) -> String {
    match nearest {
        // Nothing is spelled like it, so only the whole list can help.
        [] => " Run the command without a product to see what you can request.".to_owned(),
        [key] => format!(" Did you mean *{key}*?"),
        [rest @ .., last] => format!(" Did you mean *{}* or *{last}*?", rest.join("*, *")),
    }
}

pub(super) fn not_offered(product: &str, team: &TeamName, owner: &str) -> String {
    format!("*{product}* is not offered to team *{team}*. Ask the product's owner, {owner}.")
}

pub(super) fn quota_full(team: &TeamName, product: &ProductKey, quota: QuotaUse) -> String {
    let QuotaUse { used, limit } = quota;
    format!(
        "Team *{team}* already uses {used} of {limit} *{product}*. Tear down one that is no longer needed, or ask your \
         platform team for a larger quota."
    )
}

pub(super) fn budget_spent(team: &TeamName, spent: Decimal, budget: Decimal) -> String {
    let (spent, budget) = (dollars(spent), dollars(budget));
    format!(
        "Team *{team}* already uses about {spent} of its {budget} a month, so this does not fit. Tear down something \
         that is no longer needed, or ask your platform team for a larger budget."
    )
}

pub(super) fn product_changed(product: &str) -> String {
    format!("*{product}* was changed by its owner in the meantime. Open the form again to see what is new.")
}

pub(super) fn paused(message: &str) -> String {
    format!("New requests are paused:\n{}", quoted(message))
}

/// Formats user text as a Slack block quote, escaped so that Slack shows it as plain text.
fn quoted(text: &str) -> String {
    // Slack's quotation ends with the line, so every line needs the mark.
    text.lines().map(|line| format!("> {}", escape(line))).collect::<Vec<_>>().join("\n")
}

pub(super) fn not_the_requester(requester: &PersonId) -> String {
    format!("Only <@{requester}>, who asked for it, and its owner can cancel it. An approver can deny it.")
}

pub(super) fn too_late_to_cancel(status: StatusName) -> String {
    format!(
        "It is too late to cancel this request: it is now *{}*. Nothing was changed; `status` shows its progress.",
        status.label()
    )
}

pub(super) fn unknown(typed: &str) -> String {
    // Also said of a request that exists but is not theirs to see, so it must not tell the two apart.
    format!("There is no request *{typed}* that you can see. `list` shows yours and your team's.")
}

pub(super) fn short_id(typed: &str, fewest: usize) -> String {
    format!(
        "*{typed}* is too short: type at least {fewest} characters of the request's id. `list` shows them."
    )
}

pub(super) fn ambiguous(typed: &str, matches: usize) -> String {
    format!("{matches} requests begin with *{typed}*. Type a few more characters of the id.")
}

pub(super) fn forged(command: &str) -> String {
    format!("This form or button does not offer that, so nothing was done. Open it again from `{command}`.")
}

pub(super) fn stale_button(now: &CurrentState) -> String {
    format!(
        "This button is out of date: {}. Nothing was changed; the newest message shows what you can do now.",
        current_state(now)
    )
}

/// Describes how a request stands, worded to follow a colon.
fn current_state(state: &CurrentState) -> String {
    match state {
        CurrentState::Waits { kind, period, until } => {
            let by = period.map(|period| format!(" by {}", period.describe())).unwrap_or_default();
            format!("a {}{by} is waiting for approval until {}", noun(*kind), date_time(*until))
        }
        CurrentState::Renewed(until) => format!("it has already been renewed until {}", date_time(*until)),
        CurrentState::Lives(until) => format!("it is active until {}", date_time(*until)),
        CurrentState::Is(StatusName::Terminating) => "it is already being torn down".to_owned(),
        CurrentState::Is(status) => format!("the request is now *{}*", status.label()),
    }
}

/// Only logged: no person causes it.
pub(super) fn does_not_apply(status: StatusName, event: &str) -> String {
    format!("nothing to do: `{event}` does not apply to a request that is {}", status.as_str())
}
