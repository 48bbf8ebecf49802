//! Lists of requests, page by page, as a message or as the blocks of a modal.

use slack_morphism::prelude::SlackBlock;

use super::{Message, list_items, text};
use crate::domain::request::Request;
use crate::slack::blocks::{button, buttons, context, header, section, section_with};
use crate::slack::ids::ActionId;

/// Rows per page. With heading, paging and note, this stays well below Slack's limit of 50 blocks.
pub const PAGE_ROWS: usize = 15;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct ListPage<'a> {
    /// What is listed, such as "Your requests"; plain text.
    pub title: &'a str,
    /// The rows; those after [`PAGE_ROWS`] are not shown.
    pub rows: &'a [Request],
    /// Shown if there are no rows; formatted text.
    pub empty: &'a str,
    /// Labels and values of the buttons below the rows.
    pub turns: Vec<(&'static str, String)>,
    /// Whether the provisioner is simulated.
    pub simulated: bool,
}

/// Returns the page as a message.
pub fn list(page: &ListPage<'_>) -> Message {
    let mut text = page.title.to_owned();
    if page.rows.is_empty() {
        text = format!("{text}: {}", page.empty);
    }
    for request in page.rows.iter().take(PAGE_ROWS) {
        text.push('\n');
        text.push_str(&list_items::line(request));
    }
    let mut blocks = vec![header(page.title)];
    blocks.extend(list_blocks(page, ActionId::MoreRows));
    Message::new(&text, blocks)
}

/// Returns the page without its title; `turn` is the action of its buttons.
pub fn list_blocks(page: &ListPage<'_>, turn: ActionId) -> Vec<SlackBlock> {
    let rows = page.rows.iter().take(PAGE_ROWS);
    let mut blocks: Vec<SlackBlock> =
        rows.map(|request| section_with(&list_items::line(request), list_items::details(request))).collect();
    if page.rows.is_empty() {
        blocks.push(section(page.empty));
    }
    // Action ids must be unique within a block, so each button gets a block of its own.
    for (number, (text, value)) in page.turns.iter().enumerate() {
        blocks.push(buttons(&format!("paging.{number}"), vec![button(turn, text, value, text)]));
    }
    if page.simulated && !page.rows.is_empty() {
        blocks.push(context(text::SIMULATED));
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::fixtures;
    use crate::slack::messages::transcript::{assert_within_limits, transcript};

    fn page<'a>(rows: &'a [Request], next: Option<&str>) -> ListPage<'a> {
        let empty = "Nothing yet. `/provision` shows what there is.";
        let turns = next.map(|next| ("Show more", next.to_owned())).into_iter().collect();
        ListPage { title: "Your requests", rows, turns, empty, simulated: true }
    }

    #[test]
    fn a_list_shows_status_age_or_end_and_cost_of_each_request() {
        let rows = [fixtures::awaiting(), fixtures::active(), fixtures::denied()];
        insta::assert_snapshot!(transcript(&list(&page(&rows, Some("3")))), @"
        (Your requests / *Secure S3 Bucket v1.0* `dev` · Waiting for approval, times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC> / `0b8f1c9e` · payments · <@U0ALICE> · about $15/month / *Secure S3 Bucket v1.0* `dev` · Active, until <!date^1798538700^{date_short_pretty}|2026-12-29> / `0b8f1c9e` · payments · <@U0ALICE> · about $15/month / *Secure S3 Bucket v1.0* `dev` · Denied <!date^1795341900^{date_short_pretty}|2026-11-22> / `0b8f1c9e` · payments · <@U0ALICE> · about $15/month)
        # Your requests
        *Secure S3 Bucket v1.0* `dev` · Waiting for approval, times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>
        `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
        [Details]
        *Secure S3 Bucket v1.0* `dev` · Active, until <!date^1798538700^{date_short_pretty}|2026-12-29>
        `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
        [Details]
        *Secure S3 Bucket v1.0* `dev` · Denied <!date^1795341900^{date_short_pretty}|2026-11-22>
        `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
        [Details]
        [Show more]
        (Simulated: nothing real is created)
        ");
    }

    #[test]
    fn an_empty_list_says_what_to_do() {
        insta::assert_snapshot!(transcript(&list(&page(&[], None))), @"
        (Your requests: Nothing yet. `/provision` shows what there is.)
        # Your requests
        Nothing yet. `/provision` shows what there is.
        ");
    }

    #[test]
    fn a_page_of_enormous_rows_keeps_slacks_limits() {
        let rows = vec![fixtures::enormous(); 40];
        assert_within_limits(&list(&page(&rows, Some(&"9".repeat(3000)))));
    }
}
