//! Somebody who can write the store changes the trail by hand; verifying it names what they did.

use quartermaster::domain::audit::{AuditEntry, AuditHead};
use quartermaster::local::database::Database;
use quartermaster::local::store::SqliteStore;
use quartermaster::portal::people::verify::{Verdict, verify};
use quartermaster::portal::portal_audit;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::harness::{Company, Setup, run_in, transcript};

/// A copy of the company's file that somebody has changed, verified: what was found, a line each.
async fn tampered(company: &Company, change: impl FnOnce(&Connection)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let copy = copied(company, &folder);
    let connection = Connection::open(&copy).unwrap();
    change(&connection);
    drop(connection);
    let Verdict { findings, holds, .. } = verified(&copy).await;
    assert!(!holds, "nothing was found");
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    transcript::steady(&lines.join("\n"))
}

fn copied(company: &Company, folder: &TempDir) -> String {
    let copy = folder.path().join("copy.db").to_str().unwrap().to_owned();
    Connection::open(company.file()).unwrap().execute("VACUUM INTO ?1", [&copy]).unwrap();
    copy
}

async fn verified(file: &str) -> Verdict {
    let store = SqliteStore::new(Database::open_for_reading(file).unwrap());
    verify(&store, |_| Ok(())).await.unwrap()
}

fn execute(sql: &str) -> impl FnOnce(&Connection) {
    move |connection| assert!(connection.execute(sql, []).unwrap() > 0, "{sql}")
}

fn entries(connection: &Connection, chain: &str) -> Vec<AuditEntry> {
    let sql = "SELECT body FROM audit WHERE request = ?1 ORDER BY seq";
    let mut statement = connection.prepare(sql).unwrap();
    let bodies = statement.query_map([chain], |row| row.get::<_, String>(0)).unwrap();
    bodies.map(|body| serde_json::from_str(&body.unwrap()).unwrap()).collect()
}

/// Writes a chain anew, each entry with the digest that it should have.
fn rewrite(connection: &Connection, mut entries: Vec<AuditEntry>) {
    let mut head = AuditHead::default();
    for entry in &mut entries {
        entry.prev.clone_from(&head.digest);
        entry.digest = entry.expected_digest();
        head = AuditHead::at(entry);
        let body = serde_json::to_string(entry).unwrap();
        let (seq, chain) = (i64::try_from(entry.seq).unwrap(), entry.request.to_string());
        let sql = "UPDATE audit SET body = ?1 WHERE request = ?2 AND seq = ?3";
        assert_eq!(connection.execute(sql, (body, chain, seq)).unwrap(), 1);
    }
}

const PORTAL: &str = "00000000-0000-0000-0000-000000000000";

/// A pause, a refused one, a resume, and a database that Morgan approved: the trail is 1 paused, 2 refused, 3 resumed, 4
/// submitted, 5 approval requested, 6 approved, 7 provisioning, 8 active.
async fn happened(company: &Company) -> String {
    company.pat.runs("/provision pause moving house").await;
    company.olga.runs("/provision resume").await;
    company.pat.runs("/provision resume").await;
    let id = company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
    company.morgan.clicks("Approve").await;
    assert_eq!(company.trail().await.lines().count(), 8);
    id
}

#[tokio::test]
async fn whatever_is_removed_from_the_trail_is_named() {
    run_in(Setup::new().in_a_file(), async |company| {
        let id = happened(company).await;
        let removed =
            async |what: &str| tampered(company, execute(&format!("DELETE FROM audit WHERE {what}"))).await;
        insta::assert_snapshot!(removed(&format!("request = '{id}'")).await, @"
        the trail: the entries after number 3 are missing; 8 were written
        request ID: 5 were written, and the entries after entry 0 are missing
        ");
        insta::assert_snapshot!(removed("n IN (1, 3)").await, @"
        the trail: entry number 1 is missing
        the portal's chain: entry 0 is followed by entry 2
        the trail: entry number 3 is missing
        ");
        insta::assert_snapshot!(removed("n = 2").await, @"
        the trail: entry number 2 is missing
        the portal's chain: entry 1 is followed by entry 3
        ");
        insta::assert_snapshot!(removed("n = 3").await, @"
        the trail: entry number 3 is missing
        the portal's chain: 3 were written, and the entries after entry 2 are missing
        ");
        insta::assert_snapshot!(removed("n = 6").await, @"
        the trail: entry number 6 is missing
        request ID: entry 2 is followed by entry 4
        ");
        insta::assert_snapshot!(removed("n > 6").await, @"
        the trail: the entries after number 6 are missing; 8 were written
        request ID: 5 were written, and the entries after entry 3 are missing
        ");
        insta::assert_snapshot!(removed("1 = 1").await, @"
        the trail: the entries after number 0 are missing; 8 were written
        request ID: 5 were written, and the entries after entry 0 are missing
        the portal's chain: 3 were written, and the entries after entry 0 are missing
        ");
    })
    .await;
}

#[tokio::test]
async fn whatever_is_rewritten_on_the_trail_is_named() {
    run_in(Setup::new().in_a_file(), async |company| {
        let id = happened(company).await;
        let swapped = |connection: &Connection| {
            let sql = "UPDATE audit SET n = CASE n WHEN 5 THEN 60 ELSE 50 END WHERE n IN (5, 6);
                       UPDATE audit SET n = n / 10 WHERE n IN (50, 60)";
            connection.execute_batch(sql).unwrap();
        };
        insta::assert_snapshot!(tampered(company, swapped).await, @"
        request ID: entry 1 is followed by entry 3
        request ID: entry 3 is followed by entry 2
        request ID: entry 2 is followed by entry 4
        ");
        let body = "UPDATE audit SET body = replace(body, 'U0MORGAN', 'U0OLGA') WHERE n = 6";
        insta::assert_snapshot!(tampered(company, execute(body)).await, @"request ID: entry 3 was changed after it was written");
        let all_of_it = |connection: &Connection| {
            let mut entries = entries(connection, &id);
            entries.iter_mut().filter(|entry| entry.event == "approved").for_each(|entry| entry.actor = "U0OLGA".into());
            rewrite(connection, entries);
        };
        insta::assert_snapshot!(tampered(company, all_of_it).await, @"request ID: entry 5 is not the one that was written");
        let portals = |connection: &Connection| {
            let mut entries = entries(connection, PORTAL);
            entries[1].actor = "U0BOB".into();
            rewrite(connection, entries);
        };
        insta::assert_snapshot!(tampered(company, portals).await, @"the portal's chain: entry 3 is not the one that was written");
        let twice = "INSERT INTO audit (n, request, seq, body) SELECT 9, request, 6, body FROM audit WHERE n = 8";
        insta::assert_snapshot!(tampered(company, execute(twice)).await, @"request ID: entry 5 is followed by entry 5");
        let elsewhere = "UPDATE audit SET request = 'ffffffff-bf17-417a-9d85-8ebd6aa86f68' WHERE n = 8";
        insta::assert_snapshot!(tampered(company, execute(elsewhere)).await, @"
        request ID: 5 were written, and the entries after entry 4 are missing
        request ID: entry 5 differs between the order of all entries and its chain
        ");
        let forged = |connection: &Connection| {
            let mut entry = entries(connection, &id).pop().unwrap();
            let head = AuditHead::at(&entry);
            (entry.seq, entry.prev, entry.event) = (head.seq + 1, head.digest, "retained".to_owned());
            entry.digest = entry.expected_digest();
            let body = serde_json::to_string(&entry).unwrap();
            let sql = "INSERT INTO audit (request, seq, body) VALUES (?1, 6, ?2)";
            connection.execute(sql, [&id, &body]).unwrap();
        };
        insta::assert_snapshot!(tampered(company, forged).await, @"request ID: its row records 5 entries, but there are 6");
        let rows = |connection: &Connection| {
            connection.execute_batch("DELETE FROM messages; DELETE FROM requests").unwrap();
        };
        let unreadable = "UPDATE audit SET body = 'nothing' WHERE n = 6";
        insta::assert_snapshot!(tampered(company, execute(unreadable)).await, @"the trail: the entry after number 5: cannot read what is stored of ID: column 2, Syntax");
        insta::assert_snapshot!(tampered(company, rows).await, @"request ID: it has entries but no row");
        insta::assert_snapshot!(tampered(company, execute("UPDATE portal_chain SET seq = 4")).await, @"the portal's chain: 4 were written, and the entries after entry 3 are missing");
    })
    .await;
}

const END: &str = "DELETE FROM portal_chain";

#[tokio::test]
async fn the_stored_end_of_the_portals_chain_stays_missed_whatever_is_appended_behind_it() {
    run_in(Setup::new().in_a_file(), async |company| {
        happened(company).await;
        insta::assert_snapshot!(tampered(company, execute(END)).await, @"the portal's chain: its stored end is gone");
        execute(END)(&Connection::open(company.file()).unwrap());
        company.bob.runs("/provision pause").await;
        assert_eq!(company.trail().await.lines().count(), 9);
        insta::assert_snapshot!(tampered(company, |_| ()).await, @"the portal's chain: its stored end is gone");
        // A bot that starts does not begin it anew.
        let folder = tempfile::tempdir().unwrap();
        let copy = copied(company, &folder);
        let store = SqliteStore::new(Database::open(&copy).unwrap());
        portal_audit::begin(&store, "2027-01-23T09:00:00Z".parse().unwrap()).await.unwrap();
        drop(store);
        let verdict = verified(&copy).await;
        assert_eq!((verdict.holds, verdict.entries), (false, 9));
        let without_mark = |connection: &Connection| {
            execute("UPDATE program SET portal_chain_begun = 0")(connection);
        };
        let twice = |connection: &Connection| {
            let mut entries = entries(connection, PORTAL);
            entries.iter_mut().take(2).for_each(|entry| entry.event = "trail upgraded".to_owned());
            rewrite(connection, entries);
            without_mark(connection);
        };
        insta::assert_snapshot!(tampered(company, twice).await, @"
        the portal's chain: the trail of an earlier version is sealed more than once
        the portal's chain: its stored end is gone
        ");
        // As it would be without all this: the company's own trail is verified in the end.
        let file = Connection::open(company.file()).unwrap();
        let end = AuditHead::at(entries(&file, PORTAL).last().unwrap());
        let put_back = "INSERT INTO portal_chain (id, seq, digest) VALUES (1, ?1, ?2)";
        file.execute(put_back, (i64::try_from(end.seq).unwrap(), end.digest)).unwrap();
    })
    .await;
}
