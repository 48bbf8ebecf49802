//! What people depend on fails: Slack answers late, wrongly, twice or not at all, and the queue brings everything in a
//! heap. Whatever was acknowledged counts, and whatever there is to say arrives afterwards.

use std::time::{Duration, Instant};

use quartermaster::playground::{Ack, DeliveryFailure};

use crate::harness::{Remembered, Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// Everything that the bot calls.
const METHODS: [&str; 14] = [
    "api.test",
    "auth.test",
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.update",
    "conversations.join",
    "conversations.open",
    "usergroups.users.list",
    "users.info",
    "users.lookupByEmail",
    "views.open",
    "views.publish",
    "views.push",
    "views.update",
];

/// Longest time until an answer, of which the bot itself takes seven tenths of a second at most: a busy machine is no
/// mistake of its.
const ANSWERED_WITHIN: Duration = Duration::from_millis(1500);

async fn is_acked(what: &str, ack: impl Future<Output = Result<Ack, DeliveryFailure>>) {
    let begun = Instant::now();
    let ack = ack.await;
    let taken = begun.elapsed();
    assert!(ack.is_ok(), "{what}: {ack:?}");
    assert!(taken < ANSWERED_WITHIN, "{what} was answered after {taken:?}");
}

#[tokio::test]
async fn every_click_is_answered_within_a_second_and_counts_while_slack_answers_nothing() {
    run_in(Setup::new().in_a_file(), async |company| {
        let (bob, morgan, slack) = (&company.bob, &company.morgan, &company.playground);
        let bucket = bob.asks_for("s3-bucket", &LOGS).await;
        let mut databases = Vec::new();
        for _ in 0..3 {
            databases.push(bob.asks_for("rds-postgres", &DATABASE).await);
        }
        bob.runs(&format!("/provision status {bucket}")).await;
        let renew = bob.remembers("Renew 30 days");
        let approve = morgan.remembers_for(&databases[0], "Approve");
        let cancel = bob.remembers_for(&databases[2], "Cancel");
        morgan.clicks_for(&databases[1], "Deny").await;
        morgan.fills(&[("reason", "not now")]).await;
        bob.runs("/provision s3-bucket").await;
        bob.fills(&LOGS).await;
        company.restarts().await;

        let all_hang = |hanging: bool| {
            for method in METHODS {
                slack.hang(method, hanging);
            }
        };
        all_hang(true);
        let press = |person: &'static str, button: &Remembered| {
            let Remembered { place, block_id, action } = button.clone();
            async move { slack.act(person, &place, &block_id, action).await }
        };
        let form = |person: &str| slack.view(person).unwrap()["id"].as_str().unwrap().to_owned();
        let (request, denial) = (form(bob.id), form(morgan.id));
        is_acked("a form", slack.submit(bob.id, &request)).await;
        is_acked("Approve", press(morgan.id, &approve)).await;
        is_acked("a denial", slack.submit(morgan.id, &denial)).await;
        is_acked("Cancel", press(bob.id, &cancel)).await;
        is_acked("Renew", press(bob.id, &renew)).await;
        is_acked("somebody else's Renew", press(morgan.id, &renew)).await;
        is_acked("the home tab", slack.open_home(bob.id)).await;
        for command in ["", "help", "list", "costs", "rds-postgres", &format!("audit {bucket}")] {
            let command = format!("/provision {command}");
            is_acked(&command, slack.run_command(morgan.id, "C0SEARCH", &command)).await;
        }
        all_hang(false);
        company.waits("1m").await;

        let trail = company.trail().await;
        let counted = |what: &str| trail.lines().filter(|line| line.starts_with(what)).count();
        assert_eq!(counted("submitted"), 5, "{trail}");
        assert_eq!(counted("active"), 3, "two buckets and the approved database: {trail}");
        for what in ["approved | U0MORGAN", "denied | U0MORGAN", "cancelled | U0BOB", "renewed | U0BOB"] {
            assert_eq!(counted(what), 1, "{what}: {trail}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_made_once_more_and_never_again() {
    run(async |company| {
        // That of the message to her, and that of the card.
        company.playground.lose_next_answer("chat.postMessage");
        company.playground.lose_next_answer("chat.postMessage");
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("1m").await;
        assert_eq!(company.alice.dms().len(), 2, "{}", company.alice.everything());
        let cards = |state: &str| company.morgan.reads("C0PAYMENTS").matches(state).count();
        assert_eq!(cards("# Approval needed"), 2, "{}", company.morgan.everything());
        company.playground.lose_next_answer("chat.update");
        company.morgan.clicks("Approve").await;
        company.waits("1m").await;
        assert_eq!(cards("# Active"), 1, "{}", company.morgan.everything());
        assert_eq!(cards("# Approval needed"), 1, "the copy, which leads to the same request");
        company.morgan.clicks("Approve").await;
        assert!(company.morgan.is_told().contains("already approved"), "{}", company.morgan.is_told());
        assert_eq!(cards("# Active"), 2, "a click brings it up to date");
    })
    .await;
}

#[tokio::test]
async fn a_card_that_slack_refuses_for_good_is_told_to_the_requester_and_the_admins() {
    run(async |company| {
        company.expects_slack_to_refuse("chat.postMessage", "invalid_blocks");
        company.expects_parked_jobs(2);
        // The message to her, which comes again with the next change, and the card, which does not.
        company.playground.fail_next("chat.postMessage", "invalid_blocks");
        company.playground.fail_next("chat.postMessage", "invalid_blocks");
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        insta::assert_snapshot!(company.alice.dms()[0], @"Your request for *PostgreSQL RDS Instance* is stuck and needs the platform team. Mention `ID` to them.");
        insta::assert_snapshot!(company.pat.newest_dm(), @"Request `ID` has no card, so nobody can answer it: `show` is given up. Slack refused the call: invalid_blocks");
    })
    .await;
}
