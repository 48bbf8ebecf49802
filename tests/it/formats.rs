//! A newer bot beside this one: what it has stored is left alone, and so are the jobs while it is there.

use rusqlite::Connection;

use crate::harness::{Company, Setup, run_in};

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

fn file(company: &Company) -> Connection {
    Connection::open(company.file()).unwrap()
}

#[tokio::test]
async fn while_a_newer_bot_is_there_this_one_leaves_it_the_jobs_and_says_so() {
    run_in(Setup::new().in_a_file(), async |company| {
        let now = company.clock.seconds_from_now(0) * 1_000_000;
        file(company).execute("INSERT INTO bots VALUES ('newer', 2, ?1)", [now]).unwrap();
        company.alice.asks_for("s3-bucket", &LOGS).await;
        assert_eq!(company.trail().await.lines().count(), 1, "what people do is stored, and its jobs wait");
        let due: i64 = file(company).query_row("SELECT count(*) FROM jobs", [], |row| row.get(0)).unwrap();
        assert!(due > 0);
        let outdated = "store: used by a newer version, which does the jobs\n";
        company.waits("6s").await;
        assert_eq!(company.gets("/readyz").await, (503, outdated.to_owned()));
        // It does not say any more that it is there.
        company.waits("3m").await;
        assert!(company.trail().await.contains("active | provisioner"));
        company.waits("6s").await;
        assert_eq!(company.gets("/readyz").await.0, 200);
    })
    .await;
}

#[tokio::test]
async fn what_a_newer_bot_has_stored_is_neither_shown_nor_changed_nor_given_up() {
    run_in(Setup::new().in_a_file(), async |company| {
        let alice = &company.alice;
        let newer = alice.asks_for("s3-bucket", &LOGS).await;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        let before = |company: &Company| -> (i64, String, i64) {
            let sql = "SELECT revision, body, (SELECT count(*) FROM jobs WHERE of = id) FROM requests WHERE id = ?1";
            let of = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            file(company).query_row(sql, [&newer], of).unwrap()
        };
        file(company).execute("UPDATE requests SET format = 2 WHERE id = ?1", [&newer]).unwrap();
        file(company).execute("UPDATE jobs SET format = 2 WHERE of = ?1", [&newer]).unwrap();
        let stored = before(company);
        alice.runs("/provision list").await;
        assert!(!alice.is_told().contains("payments-logs-dev"), "{}", alice.is_told());
        assert!(alice.is_told().contains("payments-backups-dev"), "{}", alice.is_told());
        alice.clicks_for(&newer, "Details").await;
        insta::assert_snapshot!(alice.is_told(), @"There is no request *ID* that you can see. `list` shows yours and your team's.");
        company.waits("60d").await;
        assert_eq!(before(company), stored, "its lease is the newer bot's");
        assert_eq!(company.gets("/readyz").await.0, 200, "no newer bot is there");
        // The newer one is back to what this one reads.
        file(company).execute_batch("UPDATE requests SET format = 1; UPDATE jobs SET format = 1").unwrap();
        company.settle().await;
        assert_ne!(before(company), stored);
    })
    .await;
}

#[tokio::test]
async fn while_a_newer_bot_is_there_this_one_leaves_it_the_queue() {
    run_in(Setup::new().in_a_file(), async |company| {
        let arrived = |company: &Company| -> i64 {
            file(company).query_row("SELECT visible_at FROM queue", [], |row| row.get(0)).unwrap()
        };
        let now = |company: &Company| company.clock.seconds_from_now(0) * 1_000_000;
        file(company).execute("INSERT INTO bots VALUES ('newer', 2, ?1)", [now(company)]).unwrap();
        company.waits("30s").await;
        let at = now(company);
        file(company)
            .execute("INSERT INTO queue (visible_at, body) VALUES (?1, 'of a later version')", [at])
            .unwrap();
        company.waits("1m").await;
        assert_eq!(arrived(company), at, "nobody has taken it");
        company.waits("3m").await;
        assert!(arrived(company) > at, "it was taken when the newer bot had gone");
    })
    .await;
}

#[tokio::test]
async fn what_a_commit_cannot_replace_because_a_newer_bot_wrote_it_is_said_and_not_given_up() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.pat.runs("/provision pause moving house").await;
        file(company).execute("UPDATE pause SET format = 2", []).unwrap();
        company.pat.runs("/provision pause tea").await;
        insta::assert_snapshot!(company.pat.is_told(), @"A newer version of this app is being rolled out and has changed this already. Nothing was done. Please try again in a few minutes.");
        file(company).execute("DELETE FROM pause", []).unwrap();
        let id = company.alice.asks_for("s3-bucket", &LOGS).await;
        // What each change of the row writes as well.
        let homes = "INSERT OR REPLACE INTO jobs (of, name, kind, due_at, written_at, format)
                     VALUES (?1, 'homes', '{}', 9000000000000000000, 0, 2)";
        file(company).execute(homes, [&id]).unwrap();
        company.waits("60d").await;
        let parked = "SELECT count(*) FROM jobs WHERE parked = 1";
        let parked: i64 = file(company).query_row(parked, [], |row| row.get(0)).unwrap();
        assert_eq!(parked, 0, "its lease is over, and it waits for the newer bot");
    })
    .await;
}
