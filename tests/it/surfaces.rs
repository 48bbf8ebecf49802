//! Messages that vanish, channels that close, and messages that were posted but never recorded.

use playground::Place;
use quartermaster::domain::request::MessageSlot;
use serde_json::json;

use crate::harness::{Company, Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

fn archive(company: &Company, channel: &str) {
    company.playground.change(|workspace| {
        let conversation = workspace.channels.iter_mut().find(|known| known.id == channel).unwrap();
        conversation.is_archived = true;
    });
}

async fn delete_the_card(company: &Company) {
    let (Place::Message { channel, ts }, ..) = company.morgan.find("Approve") else { panic!() };
    company.calls_slack("chat.delete", &json!({"channel": channel, "ts": ts})).await;
}

#[tokio::test]
async fn a_card_goes_to_the_approvals_channel_when_the_teams_channel_is_archived() {
    run(async |company| {
        company.expects_slack_to_refuse("chat.postMessage", "is_archived");
        archive(company, "C0PAYMENTS");
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        assert!(company.morgan.reads("C0APPROVALS").contains("Approval needed"));
        company.morgan.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"));
    })
    .await;
}

#[tokio::test]
async fn a_card_goes_to_the_approvals_channel_when_the_bot_was_removed_from_the_teams_channel() {
    run(async |company| {
        company.expects_slack_to_refuse("chat.postMessage", "not_in_channel");
        company.expects_slack_to_refuse("conversations.join", "method_not_supported_for_channel_type");
        company.playground.change(|workspace| {
            let conversation = workspace.channels.iter_mut().find(|known| known.id == "C0PAYMENTS").unwrap();
            conversation.members.retain(|member| member != "U0QM");
        });
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        assert!(company.morgan.can_click("Approve"), "{}", company.morgan.everything());
    })
    .await;
}

#[tokio::test]
async fn a_card_that_nobody_can_post_is_posted_once_the_bot_is_invited() {
    run(async |company| {
        company.expects_slack_to_refuse("chat.postMessage", "not_in_channel");
        company.expects_slack_to_refuse("conversations.join", "method_not_supported_for_channel_type");
        let is_invited = |invited: bool| {
            company.playground.change(|workspace| {
                let closed = |id: &str| ["C0PAYMENTS", "C0APPROVALS"].contains(&id);
                for channel in workspace.channels.iter_mut().filter(|channel| closed(&channel.id)) {
                    channel.members.retain(|member| member != "U0QM");
                    channel.members.extend(invited.then(|| "U0QM".to_owned()));
                }
            });
        };
        is_invited(false);
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("1h").await;
        assert!(!company.morgan.can_click("Approve"), "{}", company.morgan.everything());
        is_invited(true);
        company.waits("10m").await;
        company.morgan.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"));
    })
    .await;
}

#[tokio::test]
async fn a_card_that_was_deleted_is_posted_again_while_it_is_needed() {
    let setup = Setup::new()
        .with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"U0MORGAN\", \"U0ADMIN\"]")
        .with_catalog("rds-postgres/product.yml", "  approvers: team", "  approvers: team\n  needed: 2");
    run_in(setup, async |company| {
        company.expects_slack_to_refuse("chat.update", "message_not_found");
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.holds_jobs(true);
        company.morgan.clicks("Approve").await;
        delete_the_card(company).await;
        assert!(!company.pat.can_click("Approve"));
        company.holds_jobs(false);
        company.settle().await;
        assert!(company.pat.reads("C0PAYMENTS").contains("1 of 2 approvals: <@U0MORGAN>"));
        company.pat.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"));
    })
    .await;
}

#[tokio::test]
async fn what_belongs_in_the_thread_of_a_deleted_card_stands_by_itself_and_is_kept_up_to_date() {
    run_in(Setup::new().with_step("1m"), async |company| {
        company.expects_slack_to_refuse("chat.update", "message_not_found");
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.morgan.opens_home().await;
        company.holds_jobs(true);
        company.morgan.clicks_at_home("Approve").await;
        delete_the_card(company).await;
        company.holds_jobs(false);
        company.settle().await;
        let text = || company.morgan.reads("C0PAYMENTS");
        assert!(text().starts_with("Provisioning: "), "{}", text());
        company.waits("1h").await;
        assert!(text().starts_with("Active until "), "{}", text());
        let marked = |line: &String| line.contains("WARN") && line.contains("as a message of its own");
        assert!(company.logged().iter().any(marked));
    })
    .await;
}

#[tokio::test]
async fn a_click_on_a_card_that_was_never_recorded_counts_and_the_card_is_kept() {
    run(async |company| {
        company.loses_the_next_card();
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        assert!(!company.newest_request().await.messages.contains_key(&MessageSlot::Card));
        company.morgan.clicks("Approve").await;
        company.waits("1m").await;
        let text = company.morgan.reads("C0PAYMENTS");
        let cards: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(cards, ["# Active: PostgreSQL RDS Instance"]);
        assert!(company.alice.newest_dm().contains("is ready"));
    })
    .await;
}

#[tokio::test]
async fn a_slack_that_is_down_for_an_hour_delays_messages_and_nothing_else() {
    run(async |company| {
        for method in ["chat.postMessage", "chat.update"] {
            company.expects_slack_to_refuse(method, "internal_error");
            company.playground.fail_always(method, Some("internal_error"));
        }
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        assert!(company.trail().await.contains("active | provisioner"), "{}", company.trail().await);
        company.waits("1h").await;
        assert_eq!(alice.newest_dm(), "-");
        for method in ["chat.postMessage", "chat.update"] {
            company.playground.fail_always(method, None);
        }
        company.waits("10m").await;
        assert_eq!(alice.dms().len(), 2, "{}", alice.everything());
    })
    .await;
}

#[tokio::test]
async fn a_rate_limit_is_waited_out() {
    run(async |company| {
        company.expects_slack_to_refuse("chat.postMessage", "ratelimited");
        company.playground.fail_next("chat.postMessage", "ratelimited");
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.waits("2m").await;
        assert_eq!(company.alice.dms().len(), 2, "{}", company.alice.everything());
    })
    .await;
}

#[tokio::test]
async fn a_form_that_opens_too_late_is_said_so_where_it_was_asked_for() {
    run(async |company| {
        company.expects_slack_to_refuse("views.open", "expired_trigger_id");
        company.playground.fail_next("views.open", "expired_trigger_id");
        company.alice.runs("/provision s3-bucket").await;
        assert_eq!(company.alice.form(), "-");
        insta::assert_snapshot!(company.alice.is_told(), @"Slack took too long to open the form. Please try again.");
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_for_a_view_that_slack_does_not_show_reads_why() {
    run(async |company| {
        let alice = &company.alice;
        for (code, says) in [
            ("internal_error", "Slack did not show the window."),
            ("hash_conflict", "The window changed before this was ready."),
            ("not_found", "The window was closed before this was ready."),
            ("ratelimited", "Slack is busy. Nothing was done; press again in 1 second."),
        ] {
            company.expects_slack_to_refuse("views.update", code);
            alice.runs("/provision").await;
            company.playground.fail_next("views.update", code);
            alice.clicks("Request").await;
            assert!(alice.everything().contains(says), "{code}: {}", alice.everything());
            alice.closes_all().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_requester_who_cannot_be_written_to_loses_messages_but_not_the_bucket() {
    run(async |company| {
        company.expects_slack_to_refuse("conversations.open", "user_disabled");
        company.expects_slack_to_refuse("chat.postMessage", "channel_not_found");
        company.playground.fail_always("conversations.open", Some("user_disabled"));
        company.playground.fail_always("chat.postMessage", Some("channel_not_found"));
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        assert!(company.trail().await.contains("active | provisioner"));
    })
    .await;
}

#[tokio::test]
async fn wherever_an_approver_clicks_every_copy_shows_it() {
    for place in ["the card", "the home tab", "the details", "the reminder's details"] {
        run(async |company| {
            let (alice, morgan) = (&company.alice, &company.morgan);
            let id = alice.asks_for("rds-postgres", &DATABASE).await;
            alice.opens_home().await;
            morgan.opens_home().await;
            match place {
                "the card" => morgan.clicks("Approve").await,
                "the home tab" => morgan.clicks_at_home("Approve").await,
                "the details" => {
                    morgan.runs(&format!("/provision status {id}")).await;
                    morgan.clicks("Approve").await;
                }
                _ => {
                    company.waits("4h").await;
                    morgan.clicks("Details").await;
                    morgan.clicks("Approve").await;
                }
            }
            company.waits("2s").await;
            let by = "Approved by <@U0MORGAN>";
            let channel = morgan.reads("C0PAYMENTS");
            let (card, thread) = channel.split_once("\n\n> ").unwrap();
            assert!(card.starts_with("# Active") && card.contains(by), "{place}: {card}");
            assert!(thread.contains(by), "{place}: {thread}");
            assert!(alice.dms()[0].contains(by), "{place}: {:?}", alice.dms());
            assert!(morgan.home().contains("Nothing is waiting for you"), "{place}: {}", morgan.home());
            assert!(alice.home().contains("· Active, until"), "{place}: {}", alice.home());
            assert!(!channel.contains("[Approve]"), "{place}: {channel}");
            assert_eq!(company.newest_request().await.creation.consents.len(), 1, "{place}");
        })
        .await;
    }
}
