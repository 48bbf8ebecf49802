//! Many approvals within a minute: Slack takes fifty updates of messages, and those go first that take the buttons off a card.

use std::time::Duration;

use quartermaster::ports::limits::Limits;

use crate::harness::{Company, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
/// Approvals within a minute.
const APPROVALS: usize = 10;
/// What Slack allows in a minute (docs.slack.dev/apis/web-api/rate-limits: tier 3, 2026-11-29).
const IN_A_MINUTE: usize = 50;
/// What a person has to see after an approval, each in its message: on the card who approved and that it is there, in the
/// thread that it is there, and in the requester's message that it was approved and that it is there.
const TO_SEE: usize = 5;

fn updates(company: &Company) -> usize {
    company.calls("chat.update").len()
}

/// Each resource takes so long, and Slack's pace is kept.
async fn with_approvals(step: &str, journey: impl AsyncFnOnce(&Company, Vec<String>)) {
    let setup = Setup::new()
        .in_a_file()
        .with_catalog("rds-postgres/product.yml", "per_team: 3", "per_team: 30")
        .with_settings("step = \"0s\"", &format!("step = \"{step}\""));
    run_in(setup, async |company| {
        let mut asked = Vec::new();
        for _ in 0..APPROVALS {
            asked.push(company.alice.asks_for("rds-postgres", &DATABASE).await);
        }
        company.restarts_held_to(Limits { pace: Duration::from_secs(1), ..Limits::NONE }).await;
        company.waits("5m").await;
        journey(company, asked).await;
    })
    .await;
}

#[tokio::test]
async fn of_ten_approvals_in_a_minute_each_is_seen_at_once_and_slack_is_never_asked_too_much() {
    with_approvals("1s", async |company, asked| {
        let before = updates(company);
        for (count, id) in asked.iter().enumerate() {
            company.morgan.clicks_for(id, "Approve").await;
            let cards = company.morgan.reads("C0PAYMENTS");
            assert_eq!(cards.matches("[Approve]").count(), APPROVALS - count - 1, "{cards}");
            for _ in 0..5 {
                company.waits("1s").await;
            }
        }
        company.waits("9s").await;
        let in_a_minute = updates(company) - before;
        assert!(in_a_minute <= IN_A_MINUTE, "{in_a_minute}");
        for _ in 0..180 {
            company.waits("1s").await;
        }
        let all = updates(company) - before;
        assert_eq!(company.alice.dms().join("\n").matches("is ready").count(), APPROVALS);
        assert!(all <= APPROVALS * (TO_SEE + 1), "{all}");
    })
    .await;
}

#[tokio::test]
async fn a_request_costs_no_more_updates_than_there_is_to_see() {
    with_approvals("0s", async |company, asked| {
        let before = updates(company);
        company.morgan.clicks_for(&asked[0], "Approve").await;
        for _ in 0..60 {
            company.waits("1s").await;
        }
        assert_eq!(company.request(&asked[0]).await.status.name().label(), "Active");
        let all = updates(company) - before;
        assert!(all <= TO_SEE, "{all}");
    })
    .await;
}
