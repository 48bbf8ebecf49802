//! Sentences about who somebody is: their account, their teams, and what only some people may do.

use crate::domain::ids::TeamName;
use crate::domain::refusal::Uncounted;

pub(super) const NOT_IN_A_TEAM: &str =
    "You are not in a team yet. Ask your platform team to add you to one, then try again.";
pub(super) const NOT_OUR_WORKSPACE: &str =
    "This app is set up for another Slack workspace. Ask your platform team how to use it from here.";
pub(super) const NOT_AN_ADMIN: &str = "Only the platform team can do that.";
pub(super) const NOT_A_READER: &str =
    "Only its approvers, the platform team and auditors can read the audit trail of a request.";

/// Tells the user of an account why it does not count.
pub(super) fn not_counted(why: Uncounted) -> &'static str {
    match why {
        Uncounted::Guest => {
            "You are a guest here, and guests cannot ask for AWS resources or decide about \
             them. Ask a full member of the team you work with to do it for you."
        }
        Uncounted::Stranger => {
            "You belong to another company, and only people of this one can ask for AWS \
             resources here or decide about them. Ask the person you work with to do it for \
             you."
        }
        Uncounted::App => "Apps cannot ask for AWS resources or decide about them. A person has to do it.",
        Uncounted::Deactivated => {
            "Your Slack account was deactivated. Ask an admin of your workspace to activate \
             it, then try again."
        }
        Uncounted::Unknown => {
            "Slack does not show your account to this app, so nothing you do here counts. Ask \
             your platform team to look into it."
        }
    }
}

pub(super) fn not_your_team(team: &str, yours: &str) -> String {
    format!("You are not a member of *{team}*. Your teams: {yours}.")
}

pub(super) fn not_all_teams(yours: &str) -> String {
    let hint = if yours.is_empty() { String::new() } else { format!(" You can name one of yours: {yours}.") };
    format!("Only the platform team and auditors can look at all teams together.{hint}")
}

pub(super) fn left_the_team(team: &TeamName, approvers: &str) -> String {
    // Without approvers the platform team is left, which may do this with every resource.
    let heirs = if approvers.is_empty() { "The platform team" } else { approvers };
    format!(
        "You are no longer a member of team *{team}*, so you can only view this and tear it down. {heirs} can take it \
         over."
    )
}

pub(super) fn team_is_gone(team: &TeamName, admins: &str) -> String {
    format!(
        "Team *{team}* is no longer in the settings, so only the platform team can keep it: {admins}. You can tear it \
         down."
    )
}
