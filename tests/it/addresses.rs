//! People who are named by their addresses: who they are is read off the accounts that Slack lists, whatever their number.

use crate::harness::{Company, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

/// Team payments has so many approvers, all named by address; the last two are Morgan and Pat.
fn many_by_address() -> Setup {
    let crowd = (0..64).map(|n| format!("\"u0crowd{n:03}@playground.example\""));
    let last = ["morgan", "pat"].map(|name| format!("\"{name}@playground.example\""));
    let named: Vec<String> = crowd.chain(last).collect();
    Setup::new()
        .with_members(64)
        .with_settings("approvers = [\"U0MORGAN\"]", &format!("approvers = [{}]", named.join(", ")))
}

fn questions(company: &Company) -> [usize; 3] {
    ["users.list", "users.info", "users.lookupByEmail"].map(|method| company.playground.calls(method).len())
}

#[tokio::test]
async fn many_who_are_named_by_address_are_mentioned_after_one_list() {
    run_in(many_by_address(), async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let card = company.pat.reads("C0PAYMENTS");
        assert!(card.contains("Waiting for <@U0CROWD000>, <@U0CROWD001>, "), "{card}");
        assert!(card.contains("<@U0CROWD009> or 56 more"), "{card}");
        assert!(!card.contains("@playground.example"), "{card}");
        company.morgan.clicks("Approve").await;
        assert_eq!(company.newest_request().await.creation.consents[0].by.as_str(), "U0MORGAN");
        let [lists, accounts, lookups] = questions(company);
        assert_eq!((lists, lookups), (1, 0));
        assert!(accounts <= 2, "{accounts} accounts were asked about one by one");
    })
    .await;
}

#[tokio::test]
async fn a_card_mentions_those_whom_slack_was_slow_to_name_once_it_has() {
    mentions_both_once_slack_says_who_they_are_again("ratelimited").await;
}

#[tokio::test]
async fn a_card_mentions_those_whom_slack_could_not_name_once_it_answers_again() {
    mentions_both_once_slack_says_who_they_are_again("service_unavailable").await;
}

async fn mentions_both_once_slack_says_who_they_are_again(error: &str) {
    let two = "approvers = [\"morgan@playground.example\", \"pat@playground.example\"]";
    run_in(Setup::new().with_settings("approvers = [\"U0MORGAN\"]", two), async |company| {
        let asked = ["users.list", "users.lookupByEmail"];
        for method in asked {
            company.expects_slack_to_refuse(method, error);
            company.playground.fail_always(method, Some(error));
        }
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let card = || company.pat.reads("C0PAYMENTS");
        assert!(card().contains("Waiting for morgan@playground.example"), "{}", card());
        company.waits("2m").await;
        let edits = company.calls("chat.update").len();
        company.waits("10m").await;
        assert_eq!(company.calls("chat.update").len(), edits, "nothing new is known");
        for method in asked {
            company.playground.fail_always(method, None);
        }
        company.waits("1m").await;
        assert!(card().contains("Waiting for <@U0MORGAN> or <@U0ADMIN>"), "{}", card());
        assert!(
            company.alice.newest_dm().contains("<@U0MORGAN> or <@U0ADMIN>"),
            "{}",
            company.alice.newest_dm()
        );
        let edits = company.calls("chat.update").len();
        company.waits("10m").await;
        assert_eq!(company.calls("chat.update").len(), edits, "nothing is left to say");
    })
    .await;
}
