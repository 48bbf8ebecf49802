//! Sentences about what is provisioned: renewing, changing, tearing down, retaining and handing over.

use jiff::Timestamp;

use crate::domain::ids::{PersonId, TeamName};
use crate::domain::period::Period;
use crate::domain::request::StatusName;
use crate::slack::mrkdwn::date_time;

pub(super) const BEING_CHANGED: &str =
    "It is being changed right now. Nothing was done; try again when it is *Active*.";
pub(super) const NOTHING_DIFFERENT: &str =
    "You have not changed anything. Change a field, or close the form.";
pub(super) const ALREADY_TEARING_DOWN: &str = "It is already being torn down. Nothing more was done.";

/// Says that the status does not allow `action`, such as "renew".
pub(super) fn nothing_to(action: &str, status: StatusName) -> String {
    format!("There is nothing to {action}: the request is *{}*.", status.label())
}

pub(super) fn not_a_renewal(offered: &[Period]) -> String {
    format!("{} Nothing was changed.", renewal_periods(offered))
}

/// Says by which periods a lease can be renewed.
fn renewal_periods(offered: &[Period]) -> String {
    if offered.is_empty() {
        return "It cannot be renewed: ask your platform team.".to_owned();
    }
    let periods: Vec<String> = offered.iter().map(|period| format!("`{period}`")).collect();
    format!("It can be renewed by {}.", periods.join(" or "))
}

pub(super) fn renews_too_little(from: Timestamp, until: Timestamp) -> String {
    let (from, until) = (date_time(from), date_time(until));
    format!(
        "This already runs until {until}, the longest its product allows. You can renew it from {from}. Nothing was \
         changed."
    )
}

pub(super) fn not_changeable(product: &str) -> String {
    format!(
        "*{product}* cannot be changed once it is provisioned, and this is already the newest version. Request another \
         one instead."
    )
}

pub(super) fn nothing_to_tear_down(status: StatusName) -> String {
    format!("{}{}", nothing_to("tear down", status), instead_of_teardown(status))
}

fn instead_of_teardown(status: StatusName) -> &'static str {
    if status.is_undecided() {
        " Cancel it instead."
    } else if status == StatusName::Approved {
        // Too late to cancel and too early to tear down, but that lasts only until provisioning starts.
        " Try again in a moment, when it is being provisioned."
    } else {
        ""
    }
}

pub(super) fn not_stuck(status: StatusName) -> String {
    let label = status.label();
    format!("This request is *{label}*, so there is nothing to unblock. Nothing was changed.")
}

pub(super) fn nothing_to_retain(status: StatusName) -> String {
    format!(
        "You can leave something as it is only if it is stuck or its teardown has failed, and this is *{}*. Nothing was \
         changed.",
        status.label()
    )
}

pub(super) fn already_theirs(owner: &PersonId) -> String {
    format!("<@{owner}> already owns it. Nothing was changed.")
}

pub(super) fn not_a_team_mate(person: &PersonId, team: &TeamName) -> String {
    format!("<@{person}> is not a member of *{team}*, so it cannot be handed to them. Nothing was changed.")
}

pub(super) fn not_theirs(owner: &PersonId) -> String {
    format!("Only its owner <@{owner}>, its team's approvers and the platform team can do that.")
}
