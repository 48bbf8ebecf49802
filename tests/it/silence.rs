//! The bot was down, or could not hear Slack, when a time limit of people ran out: they get what they missed.

use std::time::Duration;

use quartermaster::ports::clock::Clock as _;
use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::harness::{Company, Setup, Stands, run, run_in};

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

async fn label(company: &Company) -> &'static str {
    company.newest_request().await.status.name().label()
}

/// From now on Slack answers only this when it is asked whether it is there.
fn slack_answers(company: &Company, code: &str) {
    company.expects_slack_to_refuse("auth.test", code);
    company.playground.fail_always("auth.test", Some(code));
}

/// Of the lease of a bucket that was there a moment ago; its owner is warned.
async fn a_day_is_left(company: &Company) {
    company.waits("30d").await;
    company.waits("6d").await;
}

#[tokio::test]
async fn a_bot_that_was_down_over_the_end_of_a_lease_leaves_its_owner_a_day_to_renew() {
    run_in(Setup::new().in_a_file(), async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        a_day_is_left(company).await;
        company.is_down_for("3d").await;
        assert_eq!(label(company).await, "Active");
        insta::assert_snapshot!(alice.newest_dm(), @"
        Your *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments* will be torn down 2027-01-02 09:00 UTC unless it is renewed.
        It costs about $2.15/month, us-east-1 list price of 2026-08-21.
        *Kept*: BucketKey (AWS::KMS::Key), Bucket (AWS::S3::Bucket) and BucketPolicy (AWS::S3::BucketPolicy) stay in the AWS account and may still cost money.
        [Renew 30 days] [Tear down]
        (Request `id` · Simulated: nothing real is created)
        ");
        let trail = company.trail().await;
        assert!(trail.contains("end moved | clock | payments | s3-bucket | ACTIVE | the bot may have been unreachable from "), "{trail}");
        company.waits("23h").await;
        assert_eq!(label(company).await, "Active");
        alice.clicks("Renew 30 days").await;
        company.waits("3d").await;
        assert_eq!(label(company).await, "Active");
    })
    .await;
}

#[tokio::test]
async fn whoever_does_not_renew_in_that_day_loses_it_then() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        company.is_down_for("8d").await;
        company.waits("23h").await;
        assert_eq!(label(company).await, "Active");
        company.waits("61m").await;
        assert_eq!(label(company).await, "Torn down");
    })
    .await;
}

#[tokio::test]
async fn a_restart_long_before_the_end_moves_nothing() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        company.waits("3d").await;
        company.is_down_for("12h").await;
        company.is_down_for("1m").await;
        assert!(!company.trail().await.contains("moved"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn while_slack_cannot_be_heard_nothing_ends_and_then_people_have_a_day() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        a_day_is_left(company).await;
        slack_answers(company, "service_unavailable");
        company.waits("2m").await;
        company.waits("2d").await;
        company.waits("1h").await;
        assert_eq!(label(company).await, "Active", "nobody can press Renew");
        company.playground.fail_always("auth.test", None);
        company.waits("1m").await;
        assert!(company.trail().await.contains("end moved | clock"), "{}", company.trail().await);
        company.waits("23h").await;
        assert_eq!(label(company).await, "Active");
        company.waits("2h").await;
        assert_eq!(label(company).await, "Torn down");
    })
    .await;
}

#[tokio::test]
async fn nothing_ends_by_what_slack_answered_a_minute_ago() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        a_day_is_left(company).await;
        for time in ["23h", "59m", "50s"] {
            company.waits(time).await;
        }
        slack_answers(company, "service_unavailable");
        company.waits("15s").await;
        assert_eq!(label(company).await, "Active", "nobody could press Renew in the last ten seconds");
        company.waits("40s").await;
        company.playground.fail_always("auth.test", None);
        company.waits("30s").await;
        company.waits("23h").await;
        assert_eq!(label(company).await, "Active");
        company.waits("2h").await;
        assert_eq!(label(company).await, "Torn down");
    })
    .await;
}

#[tokio::test]
async fn what_ends_shortly_after_something_else_asks_slack_again() {
    run_in(Setup::new().in_a_file(), async |company| {
        for person in
            [&company.alice, &company.bob, &company.alice, &company.bob, &company.alice, &company.bob]
        {
            person.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
            company.clock.advance("4s");
        }
        company.waits("23h").await;
        company.waits("59m").await;
        let ended = async || company.trail().await.matches("timed out").count();
        while ended().await == 0 {
            company.waits("4s").await;
        }
        slack_answers(company, "service_unavailable");
        for _ in 0..3 {
            company.waits("4s").await;
        }
        assert!(ended().await <= 2, "the answer that the first one had counts for five seconds");
        company.playground.fail_always("auth.test", None);
        for time in ["1m", "23h", "2h"] {
            company.waits(time).await;
        }
        assert_eq!(ended().await, 6);
    })
    .await;
}

#[tokio::test]
async fn what_another_bot_has_heard_counts_as_long_as_it_is_news() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        a_day_is_left(company).await;
        company.waits("22h").await;
        slack_answers(company, "service_unavailable");
        company.waits("2m").await;
        // Another bot hears people once more, and then Slack is gone for it too.
        let file = Connection::open(company.file()).unwrap();
        let notes =
            || file.execute("UPDATE program SET heard_at = ?1", [company.clock.now().as_microsecond()]);
        assert_eq!(notes().unwrap(), 1);
        company.waits("3h").await;
        assert_eq!(label(company).await, "Active", "nobody has heard anybody for three hours");
        for _ in 0..6 {
            assert_eq!(notes().unwrap(), 1);
            company.waits("1m").await;
        }
        assert_eq!(label(company).await, "Torn down", "the other bot hears people");
    })
    .await;
}

#[tokio::test]
async fn a_slack_that_asks_to_be_asked_less_often_has_answered() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        a_day_is_left(company).await;
        slack_answers(company, "ratelimited");
        company.waits("25h").await;
        assert_eq!(label(company).await, "Torn down");
        assert!(!company.trail().await.contains("moved"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn approvers_who_could_not_be_heard_in_time_can_still_answer() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.is_down_for("30h").await;
        assert_eq!(label(company).await, "Waiting for approval");
        let trail = company.trail().await;
        assert!(trail.contains("answer-by moved | clock"), "{trail}");
        company.waits("23h").await;
        company.morgan.clicks("Approve").await;
        company.waits("30m").await;
        assert_eq!(label(company).await, "Active");
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "other")]).await;
        company.is_down_for("30h").await;
        company.waits("25h").await;
        assert_eq!(label(company).await, "Timed out");
    })
    .await;
}

#[tokio::test]
async fn a_renewal_that_waited_while_nobody_could_be_heard_waits_on() {
    let approved =
        Setup::new().with_catalog("s3-bucket/product.yml", "max_renewals: 12", "max_renewals: 0").in_a_file();
    run_in(approved, async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        alice.clicks("Renew 30 days").await;
        company.is_down_for("10d").await;
        assert_eq!(label(company).await, "Active");
        company.morgan.clicks("Approve").await;
        company.waits("3d").await;
        assert_eq!(label(company).await, "Active");
        assert!(company.trail().await.contains("renewed | "), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn a_time_limit_that_cannot_be_moved_at_first_is_moved_before_anything_ends_by_it() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        a_day_is_left(company).await;
        let file = Connection::open(company.file()).unwrap();
        let full = "CREATE TRIGGER full BEFORE UPDATE ON requests BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
        file.execute_batch(full).unwrap();
        company.is_down_for("3d").await;
        company.waits("10m").await;
        assert!(!company.trail().await.contains("moved"), "{}", company.trail().await);
        file.execute_batch("DROP TRIGGER full").unwrap();
        company.waits("1m").await;
        assert_eq!(label(company).await, "Active");
        assert_eq!(company.trail().await.matches("end moved | clock").count(), 1, "{}", company.trail().await);
        company.waits("23h").await;
        assert_eq!(label(company).await, "Active");
        company.waits("2h").await;
        assert_eq!(label(company).await, "Torn down");
    })
    .await;
}

#[tokio::test]
async fn while_some_limits_cannot_be_moved_the_others_are_moved_once() {
    run_in(Setup::new().in_a_file(), async |company| {
        let alice = &company.alice;
        let first = alice.asks_for("s3-bucket", &LOGS).await;
        let second = alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        a_day_is_left(company).await;
        let file = Connection::open(company.file()).unwrap();
        // The jobs are looked through in no order that a test should know.
        let full = |id: &str| {
            format!(
                "CREATE TRIGGER full BEFORE UPDATE ON requests WHEN new.id = '{id}' BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        };
        file.execute_batch(&full(&first)).unwrap();
        company.is_down_for("3d").await;
        for id in [&second, &first] {
            company.waits("10m").await;
            company.waits("10m").await;
            file.execute_batch("DROP TRIGGER full").unwrap();
            file.execute_batch(&full(id)).unwrap();
        }
        file.execute_batch("DROP TRIGGER full").unwrap();
        company.waits("1m").await;
        let trail = company.trail().await;
        assert_eq!(trail.matches("end moved | clock").count(), 2, "{trail}");
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_keeps_no_other_limit_from_being_moved() {
    run_in(Setup::new().in_a_file(), async |company| {
        let alice = &company.alice;
        let spoilt = alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        alice.asks_for("s3-bucket", &LOGS).await;
        a_day_is_left(company).await;
        let file = Connection::open(company.file()).unwrap();
        let body = "SELECT body FROM requests WHERE id = ?1";
        let body: String = file.query_row(body, [&spoilt], |row| row.get(0)).unwrap();
        let becomes = |body: &str| {
            file.execute("UPDATE requests SET body = ?2 WHERE id = ?1", [&spoilt, body]).unwrap();
        };
        becomes("secret");
        company.is_down_for("3d").await;
        alice.runs(&format!("/provision status {spoilt}")).await;
        insta::assert_snapshot!(alice.is_told(), @"What this app has stored about it cannot be read, so nothing was done, and trying again does not help. Mention `id` to your platform team.");
        becomes(&body);
        // What was given up with it is tried again.
        company.expects_parked_jobs(3);
        file.execute("UPDATE jobs SET parked = 0", []).unwrap();
        company.waits("1m").await;
        assert_eq!(label(company).await, "Active");
        assert!(company.trail().await.contains("end moved | clock"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn a_bot_that_is_stopped_while_it_finds_out_who_can_be_heard_stops() {
    run(async |company| {
        company.store_is(Stands::Silent);
        let (dispatcher, stop) = (company.dispatcher(), CancellationToken::new());
        let (_wake, woken) = mpsc::unbounded_channel();
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { dispatcher.run(woken, stop).await }
        });
        tokio::task::yield_now().await;
        assert!(!running.is_finished());
        stop.cancel();
        timeout(Duration::from_mins(5), running).await.expect("it waits for the store").unwrap();
        company.store_is(Stands::Well);
    })
    .await;
}
