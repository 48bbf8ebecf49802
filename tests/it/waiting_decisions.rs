//! Decisions that are made while Slack says nothing: they count as soon as it does, and what was typed is never lost.

use crate::harness::{Company, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const REASON: &str = "a long and careful explanation";

async fn waits_seconds(company: &Company, seconds: usize) {
    for _ in 0..seconds / 5 {
        company.waits("5s").await;
    }
}

/// Morgan denies with a reason while Slack is down; the request's id.
async fn denies_in_an_outage(company: &Company) -> String {
    let id = company.alice.asks_for("rds-postgres", &DATABASE).await;
    company.morgan.clicks_for(&id, "Deny").await;
    company.morgan.fills(&[("reason", REASON)]).await;
    company.clock.advance("3h");
    company.slack_is_down(true);
    company.morgan.submits().await;
    id
}

#[tokio::test]
async fn an_approval_made_in_an_outage_counts_seconds_after_slack_is_back() {
    for minutes in [1, 3, 6, 9, 11, 45] {
        run_in(Setup::new().in_a_file(), async |company| {
            let id = company.alice.asks_for("rds-postgres", &DATABASE).await;
            company.clock.advance("3h");
            let approve = company.morgan.remembers_for(&id, "Approve");
            company.slack_is_down(true);
            company.morgan.presses(&approve).await;
            waits_seconds(company, minutes * 60).await;
            company.slack_is_down(false);
            waits_seconds(company, 15).await;
            assert_eq!(company.request(&id).await.creation.consents.len(), 1, "after {minutes} minutes");
        })
        .await;
    }
}

#[tokio::test]
async fn a_decision_that_slack_refuses_to_judge_is_handed_back_after_ten_minutes() {
    run_in(Setup::new().in_a_file(), async |company| {
        let id = company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.clock.advance("3h");
        let approve = company.morgan.remembers_for(&id, "Approve");
        company.expects_slack_to_refuse("users.info", "missing_scope");
        company.playground.fail_always("users.info", Some("missing_scope"));
        company.morgan.presses(&approve).await;
        waits_seconds(company, 16 * 60).await;
        let message = company.morgan.is_told();
        assert!(message.contains("did not confirm in time"), "{message}");
        assert_eq!(company.request(&id).await.creation.consents.len(), 0);
        company.playground.fail_always("users.info", None);
        company.morgan.clicks_for(&id, "Approve").await;
        assert_eq!(company.request(&id).await.creation.consents.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_denial_typed_in_an_outage_counts_with_its_reason() {
    run_in(Setup::new().in_a_file(), async |company| {
        let id = denies_in_an_outage(company).await;
        insta::assert_snapshot!(company.morgan.form(), @"
        Noted  [Close]
        Slack has not said yet who the approvers are. Your answer is saved and counts as soon as Slack does. You get a message if it does not count after all.
        ");
        waits_seconds(company, 11 * 60).await;
        company.slack_is_down(false);
        waits_seconds(company, 60).await;
        assert_eq!(company.request(&id).await.status.name().as_str(), "DENIED");
        assert!(company.alice.dms().join("\n").contains(REASON), "{}", company.alice.everything());
    })
    .await;
}

#[tokio::test]
async fn a_reason_that_does_not_count_is_handed_back_to_its_writer() {
    for is_withdrawn in [true, false] {
        run_in(Setup::new().in_a_file(), async |company| {
            let id = denies_in_an_outage(company).await;
            if is_withdrawn {
                company.alice.runs(&format!("/provision cancel {id}")).await;
            }
            company.slack_is_down(false);
            // At once: no bot has run for so long.
            company.waits("11m").await;
            let message = company.morgan.is_told();
            assert!(message.ends_with(&format!("\nYou wrote:\n“{REASON}”")), "{message}");
            let why = if is_withdrawn { "is now *Cancelled*" } else { "did not confirm in time" };
            assert!(message.contains(why), "{message}");
        })
        .await;
    }
}
