//! A file that an earlier program has left, and one that is put back from a backup.

use quartermaster::domain::audit::{AuditEntry, AuditHead};
use quartermaster::domain::counters::Counter;
use quartermaster::domain::ids::{RequestId, TeamName};
use quartermaster::domain::spending::{Amounts, Month, Spending, spending};
use quartermaster::local::database::Database;
use quartermaster::local::store::SqliteStore;
use quartermaster::portal::people::verify::verify;
use quartermaster::portal::portal_audit;
use quartermaster::ports::store::{PortalHead, RequestScope, Store};
use rusqlite::Connection;

use crate::harness::{Company, Setup, run_in};

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
        let (before, sealed) = before.rsplit_once('\n').unwrap();
        assert!(before.ends_with("approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL"), "{before}");
        assert!(sealed.starts_with("trail upgraded | operator"), "{sealed}");
        let lives = company.trail_by_request().await;
        let last = |events: &Vec<(String, String)>| events.last().map(|(event, _)| event.clone());
        let waiting = lives.iter().find(|(_, events)| last(events).as_deref() == Some("approval requested"));
        let (waiting, _) = waiting.unwrap();

        let alice = &company.alice;
        alice.runs("/provision list").await;
        let message = alice.is_told();
        for piece in ["Secure S3 Bucket", "PostgreSQL RDS Instance", "Waiting for approval"] {
            assert!(message.contains(piece), "{piece} in {message}");
        }
        // Another one is made beside them.
        alice.asks_for("s3-bucket", &LOGS).await;
        alice.runs(&format!("/provision cancel {waiting}")).await;
        insta::assert_snapshot!(alice.is_told(), @"Cancelled your request for *PostgreSQL RDS Instance* (`id`).");
        // The clock of her bucket went on.
        company.waits("30d").await;
        let warned = alice.dms().iter().any(|text| text.contains("These 2 will be torn down soon"));
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
        let beside = Connection::open(company.file()).unwrap();
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

/// Left by the program of version 2 of the tables 60 days after a journey's beginning; `version-2.json` is the same story on
/// DynamoDB. A bucket of bob's is alive, a database of alice's was withdrawn, and three things of hers wait.
const VERSION_2: &str = include_str!("stores/version-2.sql");

/// The same, left by the program of version 3, which writes the ends of all chains itself; `version-3.json` on DynamoDB.
const VERSION_3: &str = include_str!("stores/version-3.sql");

/// The requests of such a story: which waits for approval, which for a renewal, which for a change.
pub(crate) struct Waiting {
    pub(crate) approval: &'static str,
    pub(crate) renewal: &'static str,
    pub(crate) change: &'static str,
    /// What comes of the change.
    pub(crate) changed: &'static str,
    /// How often the trail of before has to be sealed.
    pub(crate) sealed: usize,
}

/// What was asked for under that program is agreed to under this one, and the job that it gave up is done.
pub(crate) async fn goes_on(company: &Company, waiting: &Waiting) {
    let (morgan, pat) = (&company.morgan, &company.pat);
    // Its messages stand in a Slack that is not this one.
    company.is_lied_to();
    pat.runs("/provision jobs").await;
    pat.clicks("Retry").await;
    company.clock.advance("1440h");
    company.waits("1m").await;
    let before = company.trail().await;
    assert!(before.contains("job retried | U0ADMIN | - | - | - | `show:home` of U0MORGAN"), "{before}");
    let sealed = before.lines().filter(|line| line.starts_with("trail upgraded")).count();
    assert_eq!(sealed, waiting.sealed, "{before}");
    for (id, agreed) in
        [(waiting.approval, "active"), (waiting.renewal, "renewed"), (waiting.change, waiting.changed)]
    {
        // The cards stand in a Slack that is not this one; on the home tab the buttons are shown anew.
        morgan.opens_home().await;
        morgan.clicks_at_home_for(id, "Approve").await;
        let lives = company.trail_by_request().await;
        let events: Vec<&str> = lives[id].iter().map(|(event, _)| event.as_str()).collect();
        assert_eq!(events.last(), Some(&agreed), "{id}: {events:?}");
    }
    let trail = company.trail().await;
    company.restarts().await;
    assert_eq!(company.trail().await, trail, "the old trail is sealed once");
}

#[tokio::test]
async fn what_version_2_has_left_waiting_is_agreed_to_under_this_one() {
    run_in(Setup::new().in_a_file_of(VERSION_2), async |company| {
        let waiting = Waiting {
            approval: "2b392017-349a-4041-8adb-72b7c2da877c",
            renewal: "da8d6158-e5db-4bcc-b145-fd5850d144f1",
            change: "f8ee5cff-effe-43f1-bb44-9599a583ad4a",
            changed: "changed",
            sealed: 1,
        };
        Box::pin(goes_on(company, &waiting)).await;
    })
    .await;
}

#[tokio::test]
async fn what_version_3_has_left_waiting_is_agreed_to_under_this_one() {
    run_in(Setup::new().in_a_file_of(VERSION_3), async |company| {
        let waiting = Waiting {
            approval: "a46d444e-ec6e-4c39-bf95-12336d0c8a1d",
            renewal: "54f8c031-0c4f-4e5c-96de-9ec84c13be34",
            change: "0b4de485-4656-4ddb-8851-5d813bc7380a",
            changed: "changed",
            sealed: 0,
        };
        Box::pin(goes_on(company, &waiting)).await;
    })
    .await;
}

/// The same, left by the program of version 4, which keeps every key and message and sums up nothing.
const VERSION_4: &str = include_str!("stores/version-4.sql");

#[tokio::test]
async fn what_version_4_has_left_waiting_is_agreed_to_under_this_one() {
    run_in(Setup::new().in_a_file_of(VERSION_4), async |company| {
        let waiting = Waiting {
            approval: "a46d444e-ec6e-4c39-bf95-12336d0c8a1d",
            renewal: "54f8c031-0c4f-4e5c-96de-9ec84c13be34",
            change: "0b4de485-4656-4ddb-8851-5d813bc7380a",
            changed: "changed",
            sealed: 0,
        };
        Box::pin(goes_on(company, &waiting)).await;
    })
    .await;
}

#[tokio::test]
async fn what_version_4_has_counted_and_what_it_holds_is_summed_up_under_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("left.db").to_str().unwrap().to_owned();
    Connection::open(&file).unwrap().execute_batch(VERSION_4).unwrap();
    let store = SqliteStore::new(Database::open(&file).unwrap());
    let (payments, now) = (TeamName::new("payments"), "2027-01-25T09:00:00Z".parse().unwrap());
    let whose = RequestScope::Team(payments.clone());
    let holdings = store.holdings(&whose, Month::of(now).begin).await.unwrap();
    let resources: Vec<_> = holdings.iter().map(|holding| holding.resource(now)).collect();
    let (expected, found) = (spending(&resources, now).total, store.spending(&whose, now).await.unwrap());
    let found = Spending::of(found).total;
    let told = |amounts: &Amounts| {
        let Amounts { held, monthly, so_far, projected, .. } = amounts;
        format!("{held} held, ${monthly}, ${so_far:.3} so far, ${projected:.3} projected")
    };
    assert_eq!(told(&found), told(&expected));
    insta::assert_snapshot!(told(&found), @"3 held, $32.11, $3.623 so far, $7.102 projected");
    let counts = store.counts(&payments, jiff::civil::date(2026, 11, 1)).await.unwrap();
    assert_eq!(counts.of(Counter::Submitted), 4);
}

/// A file of that program under this one, before any bot has started.
fn left_by_version_2(folder: &tempfile::TempDir) -> (String, SqliteStore) {
    let file = folder.path().join("left.db").to_str().unwrap().to_owned();
    Connection::open(&file).unwrap().execute_batch(VERSION_2).unwrap();
    (file.clone(), SqliteStore::new(Database::open(&file).unwrap()))
}

async fn stored_end(store: &SqliteStore) -> Option<AuditHead> {
    match store.portal_head().await.unwrap() {
        PortalHead::At(head) => Some(head),
        PortalHead::NotBegun | PortalHead::Gone => None,
    }
}

async fn findings(store: &dyn Store) -> (bool, String) {
    let verdict = verify(store, |_| Ok(())).await.unwrap();
    let lines: Vec<String> = verdict.findings.iter().map(ToString::to_string).collect();
    (verdict.holds, lines.join("\n"))
}

const SEALED_AT: &str = "2027-01-23T09:00:00Z";

#[tokio::test]
async fn the_trail_of_an_earlier_version_is_sealed_once_and_cannot_be_changed_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (file, store) = left_by_version_2(&folder);
    insta::assert_snapshot!(findings(&store).await.1, @"note: the portal's chain: its end is not stored yet; a bot of this version stores it at its start");
    let now = SEALED_AT.parse().unwrap();
    let (one, other) = tokio::join!(portal_audit::begin(&store, now), portal_audit::begin(&store, now));
    one.unwrap();
    other.unwrap();
    assert_eq!(findings(&store).await, (true, String::new()));
    assert_eq!(store.audit_end().await.unwrap(), 26, "25 and the one that seals them");
    for change in [
        "DELETE FROM audit WHERE n = 3",
        "UPDATE audit SET body = replace(body, 'moving house', 'tea') WHERE n = 1",
        // A chain of its own, as that version wrote it: no row tells how long it was.
        "DELETE FROM audit WHERE request NOT IN (SELECT id FROM requests) AND n = 2",
    ] {
        let copy = folder.path().join("changed.db").to_str().unwrap().to_owned();
        let _ = std::fs::remove_file(&copy);
        Connection::open(&file).unwrap().execute("VACUUM INTO ?1", [&copy]).unwrap();
        assert_eq!(Connection::open(&copy).unwrap().execute(change, []).unwrap(), 1, "{change}");
        let store = SqliteStore::new(Database::open_for_reading(&copy).unwrap());
        let (holds, found) = findings(&store).await;
        let sealed =
            "the trail: the entries up to number 25 have changed since an earlier version was replaced";
        assert!(!holds && found.contains(sealed), "{change}: {found}");
    }
}

#[tokio::test]
async fn a_request_of_an_earlier_version_that_was_removed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (file, store) = left_by_version_2(&folder);
    portal_audit::begin(&store, SEALED_AT.parse().unwrap()).await.unwrap();
    let begun: Vec<String> = {
        let connection = Connection::open(&file).unwrap();
        let mut ids = connection.prepare("SELECT id FROM requests").unwrap();
        ids.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(!begun.is_empty());
    for id in begun {
        let copy = folder.path().join("removed.db").to_str().unwrap().to_owned();
        let _ = std::fs::remove_file(&copy);
        Connection::open(&file).unwrap().execute("VACUUM INTO ?1", [&copy]).unwrap();
        let connection = Connection::open(&copy).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        assert_eq!(connection.execute("DELETE FROM requests WHERE id = ?1", [&id]).unwrap(), 1);
        let store = SqliteStore::new(Database::open_for_reading(&copy).unwrap());
        let (holds, found) = findings(&store).await;
        assert!(!holds && found.contains(&format!("request {id}: it has entries but no row")), "{found}");
    }
}

/// As a bot of that version would append beside a new one.
fn append(file: &str, chain: RequestId, at: &str, after: Option<AuditHead>) {
    let head = after.unwrap_or_default();
    let mut entry = AuditEntry {
        at: at.parse().unwrap(),
        request: chain,
        seq: head.seq + 1,
        event: "refused".to_owned(),
        actor: "U0OLGA".to_owned(),
        team: "-".to_owned(),
        product: "-".to_owned(),
        status: "-".to_owned(),
        detail: "pause new requests: not an admin [command]".to_owned(),
        prev: head.digest,
        digest: String::new(),
    };
    entry.digest = entry.expected_digest();
    let (chain, seq) = (chain.to_string(), i64::try_from(entry.seq).unwrap());
    let insert = "INSERT INTO audit (request, seq, body) VALUES (?1, ?2, ?3)";
    let body = serde_json::to_string(&entry).unwrap();
    Connection::open(file).unwrap().execute(insert, (chain, seq, body)).unwrap();
}

#[tokio::test]
async fn what_an_older_bot_appends_beside_a_new_one_is_noted_for_a_day_and_wrong_later() {
    let folder = tempfile::tempdir().unwrap();
    let (file, store) = left_by_version_2(&folder);
    portal_audit::begin(&store, SEALED_AT.parse().unwrap()).await.unwrap();
    append(&file, RequestId::PORTAL, "2027-01-23T10:00:00Z", stored_end(&store).await);
    append(
        &file,
        RequestId::parse("11111111-2222-4333-8444-555555555555").unwrap(),
        "2027-01-23T10:00:00Z",
        None,
    );
    let (holds, found) = findings(&store).await;
    insta::assert_snapshot!(found, @"
    note: request 11111111-2222-4333-8444-555555555555: it has entries but no row; bots of an earlier version do this
    note: the portal's chain: entry 4 and later ones come after its stored end; bots of an earlier version do this
    ");
    assert!(holds);
    // The next entry of a new one follows, and the stored end with it.
    let by = quartermaster::domain::audit::Actor::Operator;
    quartermaster::portal::people::pause::begin(&store, None, &by, "2027-01-23T11:00:00Z".parse().unwrap())
        .await
        .unwrap();
    let (holds, found) = findings(&store).await;
    insta::assert_snapshot!(found, @"note: request 11111111-2222-4333-8444-555555555555: it has entries but no row; bots of an earlier version do this");
    assert!(holds);
    append(
        &file,
        RequestId::parse("11111111-2222-4333-8444-666666666666").unwrap(),
        "2027-01-24T10:00:00Z",
        None,
    );
    append(&file, RequestId::PORTAL, "2027-01-24T10:00:00Z", stored_end(&store).await);
    let (holds, found) = findings(&store).await;
    insta::assert_snapshot!(found, @"
    note: request 11111111-2222-4333-8444-555555555555: it has entries but no row; bots of an earlier version do this
    request 11111111-2222-4333-8444-666666666666: it has entries but no row
    the portal's chain: entry 6 and later ones come after its stored end
    ");
    assert!(!holds);
}
