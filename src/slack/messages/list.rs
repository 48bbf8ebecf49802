//! Requests in rows, a page at a time.

use jiff::Timestamp;
use slack_morphism::prelude::SlackBlock;

use super::{Message, facts};
use crate::domain::request::{Request, Status};
use crate::slack::blocks::{button, buttons, context, header, section, section_with};
use crate::slack::ids::ActionId;
use crate::slack::mrkdwn::{date_time, day, mention, monthly};

/// Rows of one page; with heading, paging and note well below Slack's 50 blocks.
pub const PAGE_ROWS: usize = 15;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct ListPage<'a> {
    /// What is listed, such as "Your requests"; plain text.
    pub title: &'a str,
    /// The rows; those beyond [`PAGE_ROWS`] are not shown.
    pub rows: &'a [Request],
    /// What [`ActionId::MoreRows`] carries to show the next page, if there is one.
    pub next: Option<String>,
    /// What to say when there are no rows; formatted text.
    pub empty: &'a str,
    /// Whether nothing real is made.
    pub simulated: bool,
}

/// The list.
pub fn list(page: &ListPage<'_>) -> Message {
    if page.rows.is_empty() {
        return Message::new(
            &format!("{}: {}", page.title, page.empty),
            vec![header(page.title), section(page.empty)],
        );
    }
    let rows = page.rows.iter().take(PAGE_ROWS);
    let mut text = page.title.to_owned();
    let mut blocks: Vec<SlackBlock> = vec![header(page.title)];
    for request in rows {
        let words = row(request);
        text.push('\n');
        text.push_str(&words);
        let spoken = facts::spoken("Details of", request);
        let details = button(ActionId::ShowStatus, "Details", &facts::button_value(request), &spoken);
        blocks.push(section_with(&words, details));
    }
    if let Some(next) = &page.next {
        blocks.push(buttons(
            "paging",
            vec![button(ActionId::MoreRows, "Show more", next, "Show more requests")],
        ));
    }
    if page.simulated {
        blocks.push(context(facts::SIMULATED));
    }
    Message::new(&text, blocks)
}

fn row(request: &Request) -> String {
    let cost = request.estimate.as_ref().map_or_else(|| "no estimate".to_owned(), monthly);
    format!(
        "*{}* · {}\n`{}` · {} · {} · {cost}",
        facts::product(request),
        since(request),
        request.id.short(),
        facts::team(request),
        mention(&request.owner),
    )
}

/// The status with the date that matters in it.
fn since(request: &Request) -> String {
    let label = request.status.name().label();
    let dated = |words: &str, at: Timestamp| format!("{label}, {words} {}", day(at));
    match &request.status {
        Status::Active { lease } => dated("until", lease.expires_at),
        Status::AwaitingApproval { .. } | Status::Pending => {
            format!("{label}, expires unanswered {}", date_time(request.approve_by))
        }
        Status::Approved
        | Status::Provisioning { .. }
        | Status::Terminating { .. }
        | Status::TeardownFailed { .. } => dated("since", request.updated_at),
        Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::Terminated { .. }
        | Status::Retained { .. } => {
            // No "on" before the day: the client may write "today" for it.
            format!("{label} {}", day(request.updated_at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::messages::sample;
    use crate::slack::messages::transcript::{assert_within_limits, transcript};

    fn page<'a>(rows: &'a [Request], next: Option<&str>) -> ListPage<'a> {
        let empty = "Nothing yet. `/provision` shows what there is.";
        ListPage { title: "Your requests", rows, next: next.map(str::to_owned), empty, simulated: true }
    }

    #[test]
    fn a_list_shows_status_age_or_end_and_cost_of_each_request() {
        let rows = [sample::awaiting(), sample::active(), sample::denied()];
        insta::assert_snapshot!(transcript(&list(&page(&rows, Some("3")))), @"
        (Your requests / *Secure S3 Bucket v1.0* · Waiting for approval, expires unanswered <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC> / `0b8f1c9e` · payments · <@U0ALICE> · about $15/month / *Secure S3 Bucket v1.0* · Active, until <!date^1798538700^{date_short_pretty}|2026-12-29> / `0b8f1c9e` · payments · <@U0ALICE> · about $15/month / *Secure S3 Bucket v1.0* · Denied <!date^1795341900^{date_short_pretty}|2026-11-22> / `0b8f1c9e` · payments · <@U0ALICE> · about $15/month)
        # Your requests
        *Secure S3 Bucket v1.0* · Waiting for approval, expires unanswered <!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>
        `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
        [Details]
        *Secure S3 Bucket v1.0* · Active, until <!date^1798538700^{date_short_pretty}|2026-12-29>
        `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
        [Details]
        *Secure S3 Bucket v1.0* · Denied <!date^1795341900^{date_short_pretty}|2026-11-22>
        `0b8f1c9e` · payments · <@U0ALICE> · about $15/month
        [Details]
        [Show more]
        (Simulated: nothing real is made)
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
        let rows = vec![sample::enormous(); 40];
        assert_within_limits(&list(&page(&rows, Some(&"9".repeat(3000)))));
    }
}
