//! Modals that the home tab opens for whole lists, costs, statistics and details, which do not fit on it.

use slack_morphism::prelude::SlackModalView;

use super::modal;
use crate::portal::people::costs::Costs;
use crate::portal::people::stats::Stats;
use crate::slack::blocks::{context, section};
use crate::slack::ids::{ActionId, CallbackId};
use crate::slack::messages::{ListPage, Message, cost_paragraphs, list_blocks, stats_paragraphs};

/// Returns a page of requests. Other pages replace it.
pub fn requests(page: &ListPage<'_>) -> SlackModalView {
    let title = section(&format!("*{}*", crate::slack::mrkdwn::escape(page.title)));
    let mut blocks = vec![title];
    blocks.extend(list_blocks(page, ActionId::ShowAll));
    modal("Requests", CallbackId::Requests, blocks)
}

/// Returns costs as text, because Slack does not show tables in modals.
pub fn costs(costs: &Costs, command: &str) -> SlackModalView {
    let (paragraphs, note) = cost_paragraphs(costs, command);
    let mut blocks: Vec<_> = paragraphs.iter().map(|paragraph| section(paragraph)).collect();
    blocks.push(context(&note));
    modal("Costs", CallbackId::Note, blocks)
}

/// Returns statistics as text.
pub fn stats(stats: &Stats) -> SlackModalView {
    let (paragraphs, note) = stats_paragraphs(stats);
    let mut blocks: Vec<_> = paragraphs.iter().map(|paragraph| section(paragraph)).collect();
    blocks.push(context(&note));
    modal("Last 30 days", CallbackId::Note, blocks)
}

/// Returns a message as a modal, such as the details of a request.
pub fn details(message: &Message) -> SlackModalView {
    modal("Details", CallbackId::Note, message.blocks.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::fixtures;
    use crate::slack::views::check::{assert_within_limits, transcript};

    fn page(rows: &[crate::domain::request::Request]) -> ListPage<'_> {
        let turns = vec![("Next page", "live:15".to_owned()), ("Show ended", "ended:0".to_owned())];
        ListPage { title: "Requests of team <payments>", rows, turns, empty: "Nothing yet.", simulated: true }
    }

    #[test]
    fn a_whole_list_is_paged_inside_its_modal() {
        insta::assert_snapshot!(transcript(&requests(&page(&[fixtures::awaiting()]))), @"
        Requests [-] [Close]
        *Requests of team &lt;payments&gt;*
        *Secure S3 Bucket v1.0* `dev` · Waiting for approval, times out <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>
        `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
        [Details]
        [Next page]
        [Show ended]
        (Simulated: nothing real is created)
        ");
    }

    #[test]
    fn lists_and_details_of_enormous_requests_keep_slacks_limits() {
        assert_within_limits(&requests(&page(&vec![fixtures::enormous(); 30])));
        assert_within_limits(&details(&Message::plain(&"<".repeat(9000))));
    }
}
