//! A file that an earlier program has left, and one that is put back from a backup.

use crate::harness::{Setup, run_in};

/// Left by the program of version 1 of the tables an hour after the last of these: bob and alice have a bucket, alice has
/// withdrawn a database and waits for another.
const VERSION_1: &str = include_str!("stores/version-1.sql");

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

#[tokio::test]
async fn what_an_earlier_version_has_stored_goes_on_under_this_one() {
    run_in(Setup::new().in_a_file_of(VERSION_1), async |company| {
        // Its messages stand in a Slack that is not this one.
        company.expects_slack_to_refuse("chat.update", "message_not_found");
        company.clock.advance("1h");
        let before = company.trail().await;
        assert!(before.ends_with("approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL"), "{before}");
        let lives = company.trail_by_request().await;
        let last = |events: &Vec<(String, String)>| events.last().map(|(event, _)| event.clone());
        let waiting = lives.iter().find(|(_, events)| last(events).as_deref() == Some("approval requested"));
        let (waiting, _) = waiting.unwrap();

        let alice = &company.alice;
        alice.runs("/provision list").await;
        let told = alice.is_told();
        for piece in ["Secure S3 Bucket", "PostgreSQL RDS Instance", "Waiting for approval"] {
            assert!(told.contains(piece), "{piece} in {told}");
        }
        // Another one is made beside them.
        alice.asks_for("s3-bucket", &LOGS).await;
        alice.runs(&format!("/provision cancel {waiting}")).await;
        insta::assert_snapshot!(alice.is_told(), @"Cancelled your request for *PostgreSQL RDS Instance* (`id`).");
        // The clock of her bucket went on.
        company.waits("30d").await;
        let warned = alice.dms().iter().any(|text| text.contains("These 2 are torn down soon"));
        assert!(warned, "{}", alice.dms().join("\n"));
        company.waits("8d").await;
        let ended = company.trail().await.matches("terminated | ").count();
        assert_eq!(ended, 3, "two that were there and the new one");
        assert_eq!(company.trail_by_request().await.len(), lives.len() + 1);
        company.restarts().await;
        alice.asks_for("s3-bucket", &LOGS).await;
    })
    .await;
}

#[tokio::test]
async fn a_backup_that_is_made_while_the_bot_runs_is_put_back_and_goes_on_from_there() {
    run_in(Setup::new().in_a_file(), async |company| {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.db");
        company.alice.asks_for("s3-bucket", &LOGS).await;
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        let before = company.trail().await;

        // As docs/operations.md says; the bot has the file open and writes on.
        let beside = rusqlite::Connection::open(company.file()).unwrap();
        beside.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        drop(beside);
        company.bob.asks_for("s3-bucket", &LOGS).await;
        assert_ne!(company.trail().await, before);

        company.is_put_back_to(&copy).await;
        assert_eq!(company.trail().await, before);
        company.morgan.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
        company.bob.asks_for("s3-bucket", &LOGS).await;
    })
    .await;
}
