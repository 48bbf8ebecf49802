//! The home tab, built from [`HomePage`]. Pure, and independent of the time of day: the same data gives the same tab,
//! so that it is published only when it changed. `actions` handles its buttons.

mod away;
mod team;
#[cfg(test)]
mod tests;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use slack_morphism::prelude::{SlackBlock, SlackBlockButtonStyle, SlackHomeView, SlackView};

use super::blocks::{MAX_VIEW_BLOCKS, arranged, button, buttons, context, divider, header, section};
use super::commands::Rows;
use super::ids::ActionId;
use super::messages::{SIMULATED, ask, decide, line, paused, tend};
use super::mrkdwn::escape_within;
use crate::domain::organization::ALL_TEAMS;
use crate::ports::slack::{Everything, HomePage};

/// Returns the view of the home tab.
pub(super) fn view(page: &HomePage) -> SlackHomeView {
    let mut blocks = vec![header("Quartermaster")];
    if page.is_first_visit {
        blocks.push(section(&welcome(&page.command)));
    }
    blocks.extend(page.paused.as_ref().map(|pause| section(&paused(pause))));
    blocks.push(top(page));
    blocks.extend(away::away(page));
    blocks.extend(waiting(page));
    blocks.extend(mine(page));
    blocks.extend(everything(page));
    for (number, team) in page.teams.iter().enumerate() {
        blocks.extend(team::team(team, number, &page.command));
    }
    if !is_in_a_team(page) {
        blocks.push(divider());
        blocks.push(section(no_team(page)));
    }
    let simulated = if page.simulated { format!(" · {SIMULATED}") } else { String::new() };
    blocks.push(context(&format!("Costs are estimates at list price{simulated}")));
    SlackHomeView::new(arranged(blocks, MAX_VIEW_BLOCKS))
}

/// Returns the JSON of a home tab as Slack expects it.
///
/// # Errors
/// Never in practice: every part of a view can be written as JSON.
pub(super) fn to_json(view: &SlackHomeView) -> serde_json::Result<Value> {
    let mut json = serde_json::to_value(SlackView::Home(view.clone()))?;
    if let Some(fields) = json.as_object_mut() {
        // The models serialize absent texts as "".
        fields.retain(|_, value| value != "");
    }
    Ok(json)
}

/// Returns the SHA-256 of the view's JSON in lower-case hex, to detect whether the tab changed.
///
/// # Errors
/// Same as [`to_json`]. There is no fallback digest, as two views that cannot be serialized would look the same.
pub(super) fn digest(view: &SlackHomeView) -> serde_json::Result<String> {
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(view)?)))
}

fn welcome(command: &str) -> String {
    let command = escape_within(command, 40);
    format!(
        "*Welcome.* Here you get AWS resources that are set up the right way, without a ticket.\n\
         *Request something*, or type `{command}` anywhere: the form shows what it costs and who has to approve it.\n\
         Everything expires. You get a warning first, and renew it or tear it down with one click, here too."
    )
}

fn is_in_a_team(page: &HomePage) -> bool {
    page.teams.iter().any(|team| team.is_member)
}

/// Says why a user without a team cannot request anything, and what they can do instead.
fn no_team(page: &HomePage) -> &'static str {
    match (page.everything, page.teams.is_empty()) {
        (Some(_), _) => {
            "You can see all teams, but you are not a member of any, so you cannot request anything yourself."
        }
        (None, false) => {
            "You approve for the teams above, but you are not a member of any, so you cannot request anything yourself."
        }
        (None, true) => {
            "You are not a member of any team, so you cannot request anything yet. Your platform team can add you to one."
        }
    }
}

/// Returns the section about all teams, for users who may read everything.
fn everything(page: &HomePage) -> Vec<SlackBlock> {
    let Some(Everything { parked }) = page.everything else { return Vec::new() };
    let mut blocks = vec![divider(), header("All teams")];
    if parked > 0 {
        let command = escape_within(&page.command, 40);
        let jobs = if parked == 1 { "job" } else { "jobs" };
        blocks.push(section(&format!("{parked} failed {jobs}: `{command} jobs` shows why.")));
    }
    let value = Rows::first(Some(ALL_TEAMS)).written();
    blocks.push(buttons(
        "all.teams",
        vec![button(ActionId::ShowAll, "Show all requests", &value, "Show the requests of all teams")],
    ));
    blocks
}

fn top(page: &HomePage) -> SlackBlock {
    let mut row = vec![
        button(ActionId::OpenCatalog, "Request something", "home", "Request something from the catalog")
            .with_style(SlackBlockButtonStyle::Primary),
        button(ActionId::ShowCosts, "Costs", "home", "What your resources and your teams' cost"),
        button(ActionId::ShowStats, "Stats", "home", "How your teams' requests went in the last 30 days"),
    ];
    row.extend(away::absence_button(page));
    buttons("top", row)
}

fn waiting(page: &HomePage) -> Vec<SlackBlock> {
    let mut blocks = vec![header("Waiting for your approval")];
    for request in &page.waiting.requests {
        blocks.push(section(&ask(request)));
        blocks.push(decide(request));
    }
    let note = match (page.waiting.requests.is_empty(), page.waiting.more) {
        (false, false) => return blocks,
        (false, true) => "More are waiting. They appear as you answer these.",
        (true, false) => "Nothing is waiting for you. Requests that you can approve or deny appear here.",
        (true, true) => {
            "Too many requests are waiting for others to show the ones that may be waiting for you. You find them on their cards, in the \
             channels where they were posted."
        }
    };
    blocks.push(context(note));
    blocks
}

fn mine(page: &HomePage) -> Vec<SlackBlock> {
    let mut blocks = vec![header("Your requests and resources")];
    for request in &page.mine.requests {
        blocks.push(section(&line(request)));
        blocks.push(tend(request, &page.person, page.now));
    }
    if page.mine.requests.is_empty() {
        // Users without a team read further down that they cannot request anything yet.
        let hint = if is_in_a_team(page) { " *Request something* shows what you can request." } else { "" };
        blocks.push(context(&format!("You have nothing here yet.{hint}")));
    }
    blocks.push(show_all("all.mine", None));
    blocks
}

/// Returns the button that opens the whole list: the user's own, or a team's.
fn show_all(block: &str, team: Option<&str>) -> SlackBlock {
    let spoken = match team {
        Some(team) => format!("Show all of team {team}"),
        None => "Show all of yours".to_owned(),
    };
    let value = Rows::first(team).written();
    buttons(block, vec![button(ActionId::ShowAll, "Show all", &value, &spoken)])
}
