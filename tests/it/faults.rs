//! What people depend on fails: Slack answers late, wrongly, twice or not at all, and the queue brings everything in a
//! heap. Whatever was acknowledged counts, and whatever there is to say arrives afterwards.

use std::time::Duration;

use playground::{Ack, Channel, DeliveryFailure};
use quartermaster::ports::limits::Limits;

use crate::harness::process::{Bot, eventually, free_address, slack};
use crate::harness::{Company, Place, Remembered, Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// Limits that strike whatever takes any time.
const SHORT: Limits =
    Limits { answer: Duration::from_millis(20), standing: Duration::from_millis(10), ..Limits::NONE };

async fn is_acked(what: &str, ack: impl Future<Output = Result<Ack, DeliveryFailure>>) {
    let ack = ack.await;
    assert!(ack.is_ok(), "{what}: {ack:?}");
}

#[tokio::test]
async fn every_click_is_answered_and_counts_while_slack_answers_nothing() {
    let long = Setup::new().with_catalog("s3-bucket/product.yml", "renew: [30d]", "renew: [30d, 90d]");
    run_in(long.in_a_file(), async |company| {
        let (bob, morgan, slack) = (&company.bob, &company.morgan, &company.playground);
        let bucket = bob.asks_for("s3-bucket", &LOGS).await;
        let mut databases = Vec::new();
        for _ in 0..3 {
            company.waits("1s").await;
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
        company.is_held_to(SHORT).await;
        // A moment ago Slack said who Bob is.
        bob.opens_home().await;

        company.expects_slack_to_refuse("views.open", "expired_trigger_id");
        company.slack_is_silent(true);
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
        company.slack_is_silent(false);
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

/// What a company has seen and done in the end: its trail, and the first line of every message.
async fn ending(company: &Company) -> String {
    let trail = company.trail().await;
    let messages = [company.bob.dms().join("\n\n"), company.morgan.reads("C0SEARCH")].join("\n\n");
    let heads: Vec<&str> = messages.split("\n\n").filter_map(|text| text.lines().next()).collect();
    let undated = |line: &str| line.split([':', '2']).next().unwrap_or_default().to_owned();
    let events = trail.lines().map(|line| line.split(" | ").take(2).collect::<Vec<_>>().join(" "));
    let mut heads: Vec<String> = heads.into_iter().map(undated).collect();
    heads.sort();
    events.chain(heads).collect::<Vec<_>>().join("\n")
}

/// Bob asks, Morgan approves and denies, a lease runs out; before each step this call of Slack's fails for some minutes.
async fn life_beside(failing: Option<&'static str>) -> String {
    let mut seen = String::new();
    run(async |company| {
        let fails = |fails: bool| {
            if let Some(method) = failing {
                company.expects_slack_to_refuse(method, "internal_error");
                company.playground.fail_always(method, fails.then_some("internal_error"));
            }
        };
        let (bob, morgan) = (&company.bob, &company.morgan);
        let mut forms = Vec::new();
        for _ in 0..2 {
            company.holds_jobs(true);
            forms.push(bob.asks_for("rds-postgres", &DATABASE).await);
            fails(true);
            company.holds_jobs(false);
            company.waits("4m").await;
            fails(false);
            company.waits("6m").await;
        }
        morgan.clicks_for(&forms[0], "Deny").await;
        morgan.fills(&[("reason", "not now")]).await;
        fails(true);
        morgan.submits().await;
        company.waits("4m").await;
        morgan.clicks_for(&forms[1], "Approve").await;
        company.waits("4m").await;
        fails(false);
        company.waits("6m").await;
        fails(true);
        company.waits("30d").await;
        fails(false);
        company.waits("10m").await;
        company.waits("7d").await;
        company.waits("10m").await;
        seen = ending(company).await;
    })
    .await;
    seen
}

#[tokio::test]
async fn whichever_call_of_slack_fails_for_minutes_everything_arrives_afterwards_and_once() {
    let undisturbed = life_beside(None).await;
    assert!(undisturbed.contains("terminated provisioner"), "{undisturbed}");
    for method in
        ["api.test", "chat.postEphemeral", "chat.postMessage", "chat.update", "usergroups.list", "users.info"]
    {
        assert_eq!(life_beside(Some(method)).await, undisturbed, "{method}");
    }
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
async fn what_the_queue_brings_again_and_in_the_wrong_order_changes_nothing() {
    let mut trails = Vec::new();
    for garbled in [false, true] {
        run(async |company| {
            if garbled {
                company.garbles_the_queue();
            }
            let (alice, morgan) = (&company.alice, &company.morgan);
            alice.asks_for("s3-bucket", &LOGS).await;
            for button in ["Approve", "Deny", "Cancel"] {
                company.waits("1s").await;
                let id = alice.asks_for("rds-postgres", &DATABASE).await;
                let person = if button == "Cancel" { alice } else { morgan };
                person.clicks_for(&id, button).await;
                if button == "Deny" {
                    morgan.fills(&[("reason", "not now")]).await;
                    morgan.submits().await;
                }
                company.waits("5m").await;
            }
            alice.asks_for("rds-postgres", &DATABASE).await;
            company.waits("25h").await;
            trails.push(company.trail().await);
        })
        .await;
    }
    assert_eq!(trails[0].matches("active | provisioner").count(), 2, "{}", trails[0]);
    assert_eq!(trails[0], trails[1]);
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
        insta::assert_snapshot!(company.alice.dms()[0], @"Your request for *PostgreSQL RDS Instance* is stuck. Ask the platform team for help and give them its id, `ID`.");
        insta::assert_snapshot!(company.pat.newest_dm(), @"Request `ID` has no card, so nobody can answer it: the job `show` failed for good. Slack refused the call: invalid_blocks");
    })
    .await;
}

/// A code that Slack has not made up yet.
const NEW: &str = "a_code_of_tomorrow";

#[tokio::test]
async fn a_code_that_nobody_knows_is_tried_again_at_once_and_then_with_growing_pauses() {
    run(async |company| {
        company.expects_slack_to_refuse("chat.postMessage", NEW);
        // That of the message to her, and that of the card.
        company.playground.fail_next("chat.postMessage", NEW);
        company.playground.fail_next("chat.postMessage", NEW);
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("5s").await;
        assert!(company.morgan.can_click("Approve"), "{}", company.morgan.everything());
        company.morgan.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.everything());

        company.playground.fail_always("chat.postMessage", Some(NEW));
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "ledger")]).await;
        let cards = || {
            company.calls("chat.postMessage").iter().filter(|call| call.sent.contains("C0PAYMENTS")).count()
        };
        let (mut tried, mut at) = (cards(), Vec::new());
        for second in 1..=70 {
            company.waits("1s").await;
            at.extend((cards() > tried).then_some(second));
            tried = cards();
        }
        assert_eq!(at.len(), 6, "{at:?}");
        let pauses: Vec<i32> = at.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(pauses.windows(2).all(|two| two[1] > two[0]), "{pauses:?}");
        company.waits("12h").await;
        company.playground.fail_always("chat.postMessage", None);
        company.waits("6m").await;
        assert!(company.morgan.can_click("Approve"), "{}", company.morgan.everything());
    })
    .await;
}

#[tokio::test]
async fn a_limit_that_slack_tells_without_its_status_is_waited_out() {
    for limit in ["message_limit_exceeded", "rate_limited", "ratelimited"] {
        run(async |company| {
            company.expects_slack_to_refuse("chat.postMessage", limit);
            company.playground.fail_next("chat.postMessage", limit);
            company.playground.fail_next("chat.postMessage", limit);
            company.alice.asks_for("rds-postgres", &DATABASE).await;
            // One call at a time finds out that the limit is over.
            company.waits("21s").await;
            company.waits("21s").await;
            company.morgan.clicks("Approve").await;
            assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.everything());
        })
        .await;
    }
}

#[tokio::test]
async fn a_channel_that_is_archived_after_its_card_was_posted_is_said_once_and_parks_nothing() {
    // Of its own, because the log is that of all journeys.
    let setup = Setup::new().with_settings("channel = \"C0PAYMENTS\"", "channel = \"C0CLOSED\"");
    run_in(setup, async |company| {
        let is_archived = |is_archived: bool| {
            company.playground.change(|workspace| {
                let payments = workspace.channels.iter().find(|channel| channel.id == "C0PAYMENTS").unwrap();
                let closed = Channel { id: "C0CLOSED".to_owned(), is_archived, ..payments.clone() };
                workspace.channels.retain(|channel| channel.id != closed.id);
                workspace.channels.push(closed);
            });
        };
        is_archived(false);
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "ledger")]).await;
        company.morgan.opens_home().await;
        company.expects_slack_to_refuse("chat.update", "is_inactive");
        company.expects_slack_to_refuse("chat.postMessage", "is_archived");
        is_archived(true);
        company.morgan.clicks_at_home("Approve").await;
        company.waits("1m").await;
        company.morgan.clicks_at_home("Approve").await;
        company.waits("1m").await;
        let ready = company.alice.dms().iter().filter(|text| text.contains("is ready")).count();
        assert_eq!(ready, 2, "{}", company.alice.everything());
        let said = || {
            let lines = company.logged().into_iter().filter(|line| line.contains("C0CLOSED"));
            lines.filter(|line| line.contains("WARN") || line.contains("ERROR")).collect::<Vec<_>>()
        };
        assert!(said().len() == 1 && said()[0].contains("WARN"), "{:#?}", said());

        // Opened and archived again, it is news again.
        is_archived(false);
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "third")]).await;
        is_archived(true);
        company.waits("30d").await;
        assert_eq!(said().len(), 2, "{:#?}", said());
    })
    .await;
}

/// How far a message had come that shows a request being made.
fn stage(text: &str) -> usize {
    let made = text.split_once(" of 3").and_then(|(before, _)| before.chars().next_back()?.to_digit(10));
    match made {
        Some(made) => 1 + made as usize,
        None if text.contains("Active until") => 9,
        None => 0,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_silence_of_slack_everything_arrives_in_order_and_at_slacks_pace() {
    let address = free_address().await;
    let place = Place::new(&address);
    place.replace("quartermaster.toml", "step = \"0s\"", "step = \"300ms\"");
    let (slack, origin) = slack(&address).await;
    let _bot = Bot::start(place.serves(&origin), &address).await;
    slack.hang("chat.postMessage", true);
    for _ in 0..4 {
        slack.run_command("U0ALICE", "C0PAYMENTS", "/provision s3-bucket BucketPurpose=logs").await.unwrap();
        eventually("the form opens", async || slack.view("U0ALICE").is_some()).await;
        let view = slack.view("U0ALICE").unwrap();
        slack.submit("U0ALICE", view["id"].as_str().unwrap()).await.unwrap();
    }
    let calls = || slack.calls("chat.postMessage").len();
    eventually("messages wait for Slack", async || calls() >= 3).await;
    slack.hang("chat.postMessage", false);
    let ready = || slack.dm("U0ALICE").iter().filter(|message| message.text.contains("is ready")).count();
    let shown = || slack.dm("U0ALICE").iter().filter(|message| stage(&message.text) == 9).count();
    eventually("all four are ready, and said so", async || ready() == 4 && shown() == 4).await;

    let messages = slack.dm("U0ALICE");
    assert_eq!(messages.len(), 8, "{messages:?}");
    let mut posted: Vec<f64> = messages.iter().map(|message| message.ts.parse().unwrap()).collect();
    posted.sort_by(f64::total_cmp);
    let too_fast = posted.windows(6).find(|some| some[5] - some[0] < 1.5);
    assert_eq!(too_fast, None, "three at once, then one a second: {posted:?}");
    for message in messages {
        let edits = slack.calls("chat.update");
        let edits = edits.iter().filter(|edit| edit["ts"] == *message.ts);
        let stages: Vec<usize> = edits.map(|edit| stage(edit["text"].as_str().unwrap())).collect();
        assert!(stages.is_sorted(), "{stages:?}");
    }
}
