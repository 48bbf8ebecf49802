//! Checks that Slack is set up as the settings require: token and scopes, clock, channels, users. Read-only. Findings
//! use Slack's own terms and name the page in Slack where the problem is fixed.

mod channels;
mod people;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;

use super::client::{GrantUnknown, Identity, NoConnection, SlackClient};
use super::directory::SlackDirectory;
use super::scopes::{NeededFor, SCOPES, Scope};
use crate::domain::catalog::Catalog;
use crate::domain::organization::Organization;
use crate::domain::principal::Principal;
use crate::ports::clock::Clock;
use crate::ports::finding::Finding;

const TOKEN: &str = "Slack token";
const APP_TOKEN: &str = "Slack app token";
const REACH: &str = "Slack";
const GRANTS: &str = "Slack scopes";
const CLOCK: &str = "clock";

/// The remedy for an app-level token that Slack rejects.
pub const USABLE_APP_TOKEN: &str = "copy it again from Basic Information, App-Level Tokens, of your Slack app; it needs the scope \
     `connections:write`, and the app needs Socket Mode switched on";

/// Beyond this difference, Slack's signatures are refused as too old, and no lease ends.
const WRONG_TIME: SignedDuration = SignedDuration::from_mins(5);
/// Beyond this difference, an operator should look at the clock.
const ODD_TIME: SignedDuration = SignedDuration::from_mins(1);

/// Slack's error codes for an invalid, expired or revoked token.
const BAD_TOKEN: [&str; 5] =
    ["invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"];

/// Checks everything about Slack. Findings come in the order in which they are best fixed.
pub async fn look(
    client: &Arc<SlackClient>,
    clock: &Arc<dyn Clock>,
    organization: &Organization,
    catalog: &Catalog,
) -> Vec<Finding> {
    let (identity, granted) = match client.grants().await {
        Ok(grants) => grants,
        // The other checks would only fail for the same reason.
        Err(unanswered) => return vec![of_no_answer(&unanswered)],
    };
    let directory = SlackDirectory::new(Arc::clone(client), Arc::clone(clock));
    let mut findings = vec![of_token(&identity)];
    let names_a_group = people::names(organization, catalog, |named| matches!(named, Principal::Group(_)));
    findings.extend(of_workspace(&identity, organization, names_a_group));
    let names_an_address =
        || people::names(organization, catalog, |named| matches!(named, Principal::Email(_)));
    let needed = SCOPES.iter().filter(|scope| match scope.needed_for {
        NeededFor::Everything => true,
        NeededFor::Addresses => names_an_address(),
        NeededFor::Groups => names_a_group,
        NeededFor::Managers => organization.manager_field.is_some(),
        // If it is missing, the checks that need it report that themselves.
        NeededFor::Checks => false,
    });
    findings.extend(of_scopes(granted.as_ref(), &needed.collect::<Vec<_>>()));
    let granted = granted.unwrap_or_default();
    let (time, channels, people) = tokio::join!(
        client.clock_is_ahead_by(),
        channels::look(client, organization, &granted),
        people::look(client, &directory, organization, catalog),
    );
    findings.push(of_clock(time));
    findings.extend(channels);
    findings.extend(people);
    findings
}

/// Checks whether Slack opens Socket Mode connections with this client's app-level token.
pub async fn of_app_token(client: &SlackClient) -> Finding {
    match client.socket_url().await {
        Ok(_) => Finding::ok(APP_TOKEN, "Slack accepts it"),
        Err(NoConnection::Refused(code)) => Finding::problem(
            APP_TOKEN,
            format!("Slack does not accept `SLACK_APP_TOKEN`: `{code}`"),
            USABLE_APP_TOKEN,
        ),
        Err(error @ (NoConnection::Wait(_) | NoConnection::Broken(_))) => {
            Finding::warning(APP_TOKEN, format!("it could not be checked: {error}"), "try again")
        }
    }
}

fn of_no_answer(unanswered: &GrantUnknown) -> Finding {
    if unanswered.is(&BAD_TOKEN) {
        return Finding::problem(
            TOKEN,
            format!("Slack does not accept `SLACK_BOT_TOKEN`: {}", unanswered.why),
            "copy the Bot User OAuth Token from OAuth & Permissions of the app again; if there is none, press \
             Install to Workspace first",
        );
    }
    Finding::problem(
        REACH,
        unanswered.why.clone(),
        "check the connection from here to slack.com (proxy, firewall, DNS), and `SLACK_API_URL` if it is set",
    )
}

fn of_token(identity: &Identity) -> Finding {
    let workspace = identity.team.as_deref().or(identity.enterprise_id.as_deref()).unwrap_or("no workspace");
    let person = identity.user_id.as_deref().unwrap_or("nobody");
    // Slack names a bot only for a bot's token.
    if identity.bot_id.is_some() {
        return Finding::ok(TOKEN, format!("the bot {person} in {workspace}"));
    }
    Finding::problem(
        TOKEN,
        format!("`SLACK_BOT_TOKEN` is the token of a person, {person} in {workspace}"),
        "copy the Bot User OAuth Token, which begins with `xoxb-`, from OAuth & Permissions of the app",
    )
}

/// Reports a missing or wrong `slack.workspace` setting, if any.
fn of_workspace(identity: &Identity, organization: &Organization, groups_are_named: bool) -> Option<Finding> {
    match (identity.is_enterprise_install, &organization.workspace, &identity.team_id) {
        (true, None, _) if groups_are_named => Some(Finding::problem(
            TOKEN,
            "the app is installed for a whole enterprise, so Slack does not know whose user groups the settings name",
            "set `slack.workspace` to the id of the workspace that the groups belong to",
        )),
        (false, Some(named), Some(installed)) if named != installed => Some(Finding::problem(
            TOKEN,
            format!("`slack.workspace` is {named}, and the token is for {installed}"),
            "remove `slack.workspace`: only an app that is installed for a whole enterprise needs it",
        )),
        _ => None,
    }
}

/// Checks that the scopes that the settings need are granted.
fn of_scopes(granted: Option<&BTreeSet<String>>, needed: &[&Scope]) -> Vec<Finding> {
    let Some(granted) = granted else {
        return vec![Finding::warning(
            GRANTS,
            "Slack does not list what was granted",
            "check under OAuth & Permissions, Scopes, that they are those of manifest.yml",
        )];
    };
    let missing = needed.iter().filter(|scope| !granted.contains(scope.name)).map(|scope| {
        let problem = format!("`{}` is not granted, for: {}", scope.name, scope.purpose);
        let remedy =
            "add it under OAuth & Permissions, Scopes, Bot Token Scopes, then press Reinstall to Workspace";
        Finding::problem(GRANTS, problem, remedy)
    });
    let missing: Vec<Finding> = missing.collect();
    if missing.is_empty() {
        return vec![Finding::ok(GRANTS, format!("all {} that the settings need are granted", needed.len()))];
    }
    missing
}

fn of_clock(ahead: anyhow::Result<SignedDuration>) -> Finding {
    let ahead = match ahead {
        Ok(ahead) => ahead,
        Err(error) => {
            let remedy = "try again; until Slack says what time it is, no lease ends";
            return Finding::warning(CLOCK, format!("Slack's time is not known: {error:#}"), remedy);
        }
    };
    let side = if ahead.is_negative() { "behind" } else { "ahead of" };
    let problem = format!("this machine is {} s {side} Slack", ahead.abs().as_secs());
    let remedy = "let NTP set the clock of this machine";
    match ahead.abs() {
        off if off > WRONG_TIME => Finding::problem(
            CLOCK,
            format!("{problem}, so what Slack sends is refused as too old and no lease ends"),
            remedy,
        ),
        off if off > ODD_TIME => Finding::warning(CLOCK, problem, remedy),
        _ => Finding::ok(CLOCK, "the same as Slack's, within a minute"),
    }
}
