//! Approvals that the program of version 5 has left: it stored a request's own approval, its renewals and its changes in a
//! shape of their own each. This program reads them into one, and writes what the one before can read.

use std::collections::BTreeSet;
use std::path::Path;

use quartermaster::domain::approval::Answer;
use quartermaster::domain::request::{MessageRef, MessageSlot, Request};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::{Company, Person, Setup, run_in};

/// Left two minutes before [`takes_over`], by a company in which every renewal has to be approved; `version-5.json` is a
/// shorter story on DynamoDB.
const VERSION_5: &str = include_str!("stores/version-5.sql");

/// A database of alice's in it: its change was denied, its renewal waits.
const ORDERS: &str = "bf11e97e-f864-406f-9960-e6da8560db76";

/// The values of two buttons that the program of version 5 has posted: request and epoch.
pub(crate) struct Posted {
    /// On alice's bucket, whose renewal waits.
    pub(crate) renewal: &'static str,
    /// On alice's database, whose change waits and whose renewal was denied.
    pub(crate) change: &'static str,
}

const POSTED: Posted = Posted {
    renewal: "dd97a8b0-607f-4ca2-9a47-e9233b42df86:2",
    change: "c9528dc9-d074-4c0d-a4c7-47df42eccb6e:4",
};

fn id(button: &str) -> &str {
    button.split_once(':').unwrap().0
}

fn end(request: &Request) -> String {
    format!("{:.0}", request.lease().unwrap().expires_at)
}

/// Starts this program on what that one has left.
async fn takes_over(company: &Company) {
    // Its messages stand in a Slack that is not this one.
    company.is_lied_to();
    company.clock.advance("876h");
    company.waits("2m").await;
}

/// Presses a button on one of its messages.
async fn presses(company: &Company, person: &Person, action: &str, value: &str, slot: MessageSlot) {
    let request = company.request(id(value)).await;
    let MessageRef { channel, ts } = &request.messages[&slot];
    let click = json!({
        "type": "block_actions", "user": {"id": person.id, "team_id": "T0PLAY"}, "team": {"id": "T0PLAY"},
        "trigger_id": format!("{ts}.1"), "channel": {"id": channel.as_str()}, "message": {"ts": ts, "blocks": []},
        "actions": [{"type": "button", "action_id": action, "value": value}],
    });
    assert_eq!(company.posts_payload("/slack/interactions", &click).await.0, 200);
}

async fn events(company: &Company, request: &str) -> Vec<String> {
    company.trail_by_request().await[request].iter().map(|(event, _)| event.clone()).collect()
}

/// The change that waits is approved on its card, and the renewal is withdrawn by the person who asked for it.
pub(crate) async fn is_answered(company: &Company, posted: &Posted, changed: &str) {
    let (alice, morgan) = (&company.alice, &company.morgan);
    let (bucket, database) = (id(posted.renewal), id(posted.change));
    takes_over(company).await;

    let before = company.request(database).await;
    assert!(before.waiting_change().is_some() && before.later.len() == 2, "{:?}", before.later);
    presses(company, morgan, "request.approve", posted.change, MessageSlot::Change).await;
    let events_of_change = events(company, database).await;
    assert_eq!(events_of_change[events_of_change.len() - 3..], ["change approved", "updating", changed]);
    let after = company.request(database).await;
    assert_eq!(end(&after), end(&before));
    let (approval, _) = after.change().unwrap();
    assert_eq!((&approval.answer, approval.consents[0].by.as_str()), (&Some(Answer::Approved), "U0MORGAN"));
    let (denied, _) = after.renewal().unwrap();
    assert!(matches!(&denied.answer, Some(Answer::Denied { reason, .. }) if reason == "It has time"));

    let before = company.request(bucket).await;
    assert!(before.waiting_renewal().is_some(), "{:?}", before.later);
    assert_eq!(end(&before), "2026-12-30T09:00:00Z");
    presses(company, alice, "request.cancel", posted.renewal, MessageSlot::Direct).await;
    assert_eq!(events(company, bucket).await.last().unwrap(), "renewal withdrawn");
    let after = company.request(bucket).await;
    assert_eq!(
        end(&after),
        "2026-12-30T21:02:00Z",
        "a day from then, because a teardown had to wait for the answer"
    );

    company.waits("24h").await;
    assert!(events(company, bucket).await.contains(&"expired".to_owned()));
    let trail = company.trail().await;
    let after = company.request(database).await;
    company.restarts().await;
    assert_eq!((company.request(database).await, company.trail().await), (after, trail));
}

#[tokio::test]
async fn what_waits_since_version_5_is_answered_on_the_messages_of_then() {
    run_in(Setup::new().in_a_file_of(VERSION_5), async |company| {
        Box::pin(is_answered(company, &POSTED, "changed")).await;
        assert_eq!(events(company, id(POSTED.renewal)).await.last().unwrap(), "terminated");
        let database = company.request(id(POSTED.change)).await;
        assert_eq!(database.parameter("InstanceSize"), Some("medium"));
    })
    .await;
}

#[tokio::test]
async fn a_renewal_that_waits_since_version_5_is_approved_at_home() {
    run_in(Setup::new().in_a_file_of(VERSION_5), async |company| {
        let morgan = &company.morgan;
        takes_over(company).await;
        morgan.opens_home().await;
        morgan.clicks_at_home_for(ORDERS, "Approve").await;
        assert_eq!(events(company, ORDERS).await.last().unwrap(), "renewed");
        let request = company.request(ORDERS).await;
        assert_eq!((end(&request).as_str(), request.lease().unwrap().renewals), ("2027-02-04T21:02:00Z", 1), "30 days and the grace period");
        let (denied, _) = request.change().unwrap();
        assert!(matches!(&denied.answer, Some(Answer::Denied { reason, .. }) if reason == "Tune the queries first"));
    })
    .await;
}

#[tokio::test]
async fn what_nobody_answers_since_version_5_times_out_at_the_deadline_of_then() {
    run_in(Setup::new().in_a_file_of(VERSION_5), async |company| {
        let alice = &company.alice;
        let (bucket, database) = (id(POSTED.renewal), id(POSTED.change));
        takes_over(company).await;
        company.waits("23h").await;
        assert!(company.request(bucket).await.waiting_renewal().is_some(), "eleven hours after its end");
        company.waits("1h").await;
        let told = alice.dms().join("\n");
        for text in ["Nobody answered your renewal of", "Nobody answered the change of"] {
            assert!(told.contains(text), "{text} in {told}");
        }
        for (id, event) in
            [(bucket, "renewal timed out"), (ORDERS, "renewal timed out"), (database, "change timed out")]
        {
            let events = events(company, id).await;
            assert!(events.contains(&event.to_owned()), "{id}: {events:?}");
        }
        assert_eq!(end(&company.request(bucket).await), "2026-12-31T21:02:00Z");
        let kept = company.request(database).await;
        assert_eq!(
            (end(&kept).as_str(), kept.parameter("InstanceSize")),
            ("2027-01-29T09:00:00Z", Some("small"))
        );
        company.waits("24h").await;
        assert_eq!(events(company, bucket).await.last().unwrap(), "terminated");
    })
    .await;
}

/// Title, status and the last two events.
async fn status(person: &Person, request: &str) -> String {
    person.runs(&format!("/provision status {request}")).await;
    let told = person.is_told();
    let (text, timeline) = told.split_once("*Timeline*\n").unwrap();
    let events: Vec<&str> = timeline.lines().take_while(|line| line.starts_with("20")).collect();
    let shown = text.lines().take(2).chain(events[events.len() - 2..].iter().copied());
    shown.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_was_answered_under_version_5_is_shown_as_it_was_there() {
    run_in(Setup::new().in_a_file_of(VERSION_5), async |company| {
        let (alice, bob) = (&company.alice, &company.bob);
        takes_over(company).await;
        let mut shown = Vec::new();
        for (person, request) in [
            (alice, "bf11e97e"),
            (alice, "c9528dc9"),
            (alice, "c4b0f6a9"),
            (bob, "b22876c8"),
            (bob, "16adf421"),
            (bob, "36d64641"),
            (bob, "5f29277d"),
        ] {
            shown.push(status(person, request).await);
        }
        // That program shows the same.
        insta::assert_snapshot!(shown.join("\n\n"), @"
        # Active: PostgreSQL RDS Instance
        Active until 2026-12-30 09:00 UTC. A renewal by 30 days is waiting for approval until 2026-12-30 21:00 UTC.
        2026-12-29 21:00 UTC reminded: ends 2026-12-30 09:00 UTC
        2026-12-29 21:00 UTC renewal requested by <@U0ALICE>: by 30d, 1 needed

        # Active: PostgreSQL RDS Instance
        Active until 2027-01-29 09:00 UTC. A change is waiting for approval until 2026-12-30 21:00 UTC.
        2026-12-26 09:00 UTC renewal denied by <@U0MORGAN>: It has time
        2026-12-29 21:00 UTC change requested by <@U0ALICE>: InstanceSize small -&gt; medium; 1 needed

        # Active: PostgreSQL RDS Instance
        Active until 2027-01-29 09:00 UTC.
        2026-12-26 09:00 UTC renewal requested by <@U0ALICE>: by 30d, 1 needed
        2026-12-26 09:00 UTC renewal withdrawn by <@U0ALICE>

        # Active: PostgreSQL RDS Instance
        Active until 2027-01-29 09:00 UTC.
        2026-12-23 09:00 UTC change requested by <@U0BOB>: InstanceSize small -&gt; medium; 1 needed
        2026-12-23 09:00 UTC change withdrawn by <@U0BOB>

        # Cancelled: PostgreSQL RDS Instance
        Cancelled. Nothing was provisioned.
        2026-12-23 09:00 UTC approval requested
        2026-12-23 09:00 UTC cancelled by <@U0BOB>

        # Denied: PostgreSQL RDS Instance
        Denied. Nothing was provisioned.
        2026-12-23 09:00 UTC approval requested
        2026-12-23 09:00 UTC denied by <@U0MORGAN>: Use the index

        # Timed out: PostgreSQL RDS Instance
        Timed out. Nothing was provisioned.
        2026-12-26 09:00 UTC execution lost: attempt 2 starts
        2026-12-26 09:00 UTC timed out
        ");
    })
    .await;
}

/// The requests of a store in this folder, as they are stored.
fn stored(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    if file.extension().unwrap() == "sql" {
        let store = Connection::open_in_memory().unwrap();
        store.execute_batch(&text).unwrap();
        let mut bodies = store.prepare("SELECT body FROM requests").unwrap();
        return bodies.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    }
    let tables: Value = serde_json::from_str(&text).unwrap();
    let items = tables["requests"].as_array().unwrap().iter();
    items.map(|item| item["body"]["S"].as_str().unwrap().to_owned()).collect()
}

/// Collects where the second differs from the first.
fn compare(before: &Value, after: &Value, path: &str, differences: &mut BTreeSet<String>) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before != after {
            differences.insert(format!("{path}: {before} became {after}"));
        }
        return;
    };
    for (key, value) in new {
        match old.get(key) {
            Some(before) => compare(before, value, &format!("{path}.{key}"), differences),
            None => _ = differences.insert(format!("{path}.{key} is new")),
        }
    }
    let lost = old.keys().filter(|key| !new.contains_key(*key));
    differences.extend(lost.map(|key| format!("{path}.{key} is lost")));
}

/// A bot of before that runs beside this one reads every field that it has written itself.
#[test]
fn every_request_of_every_version_is_written_again_as_it_was_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/stores");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        let (requests, mut differences) = (stored(&file), BTreeSet::new());
        for body in &requests {
            let request: Request = serde_json::from_str(body).unwrap();
            let after = serde_json::to_value(&request).unwrap();
            compare(&serde_json::from_str(body).unwrap(), &after, "", &mut differences);
            assert_eq!(serde_json::from_value::<Request>(after).unwrap(), request);
        }
        let differences: Vec<String> = differences.into_iter().collect();
        let name = file.file_name().unwrap().display();
        lines.push(format!("{name}, {} requests: {}", requests.len(), differences.join(", ")));
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    version-1.sql, 4 requests: .asking is new, .product.approval.confirm is new, .product.approval.quiet is new, .product.approval.rules is new, .product.approval.stages is new, .ticket is new
    version-2.json, 5 requests: .renewal.asked_at is new
    version-2.sql, 5 requests: .renewal.asked_at is new
    version-3.json, 5 requests: .renewal.asked_at is new
    version-3.sql, 5 requests: .renewal.asked_at is new
    version-4.sql, 5 requests: .renewal.asked_at is new
    version-5.json, 4 requests: .renewal.asked_at is new
    version-5.sql, 8 requests: .renewal.asked_at is new
    ");
}
