//! Jobs that this bot cannot do because they cannot be read, or were written in a newer format: more of them than one sweep
//! takes up, due long before everything else.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use quartermaster::ports::limits::Limits;
use rusqlite::{Connection, params};

use crate::emulator::{emulator, tables};
use crate::harness::{Company, Setup, run_in};

const MANY: usize = 250;
/// Microseconds since 1970: before everything that is due.
const LONG_AGO: i64 = 1_000_000;

/// Somebody else's request goes all its way, and what cannot be read is given up for everybody to see.
async fn all_else_goes_on(company: &Company) {
    company.expects_parked_jobs(MANY);
    company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
    company.waits("1m").await;
    assert!(company.trail().await.contains("active | provisioner"));
    company.waits("31d").await;
    assert!(company.trail().await.contains("warned | clock"), "its lease is looked at");
    company.pat.runs("/provision jobs").await;
    let message = company.pat.is_told();
    assert!(message.starts_with(&format!("# {MANY} failed jobs\n")), "{}", &message[..300]);
    assert!(message.contains("cannot read what is stored of the job") && !message.contains("secret"));
    let scraped = company.gets("/metrics").await.1;
    let counted = format!(r#"quartermaster_jobs_total{{kind="unreadable",outcome="parked"}} {MANY}"#);
    assert!(scraped.contains(&counted), "each was tried once");
    let messages =
        company.pat.dms().into_iter().filter(|text| text.contains("cannot be read, so its work is not done"));
    let told: Vec<String> = messages.collect();
    assert_eq!(told.len(), 1, "once: {told:?}");
    assert!(told[0].contains("`/provision jobs` lists all of them with the reason"), "{}", told[0]);
}

#[tokio::test]
async fn hundreds_of_jobs_that_cannot_be_read_are_given_up_and_keep_no_other_from_running() {
    run_in(Setup::new().in_a_file(), async |company| {
        let file = Connection::open(company.file()).unwrap();
        for (format, kind) in [(1, "secret"), (2, r#"{"OfALaterVersion":null}"#)] {
            for n in 0..MANY {
                let sql = "INSERT INTO jobs (of, name, kind, due_at, written_at, format) VALUES (?1, ?2, ?3, ?4, ?4, ?5)";
                file.execute(sql, params!["U0BOB", format!("{format}:{n}"), kind, LONG_AGO, format]).unwrap();
            }
        }
        Box::pin(all_else_goes_on(company)).await;
        let newer = "SELECT count(*) FROM jobs WHERE format = 2 AND parked = 0";
        let newer: u32 = file.query_row(newer, [], |row| row.get(0)).unwrap();
        assert_eq!(newer as usize, MANY, "they are the newer bot's");
    })
    .await;
}

#[tokio::test]
async fn admins_who_cannot_be_told_of_jobs_that_cannot_be_read_are_told_as_soon_as_they_can_be() {
    run_in(Setup::new().in_a_file(), async |company| {
        let id = company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.expects_parked_jobs(1);
        let file = Connection::open(company.file()).unwrap();
        let sql = "UPDATE jobs SET kind = 'secret', due_at = ?2 WHERE of = ?1 AND name = 'lease'";
        assert_eq!(file.execute(sql, params![id, LONG_AGO]).unwrap(), 1);
        company.slack_is_down(true);
        company.waits("1m").await;
        company.restarts_held_to(Limits::NONE).await;
        company.slack_is_down(false);
        assert!(company.pat.dms().is_empty());
        company.waits("10s").await;
        company.waits("1h").await;
        insta::assert_snapshot!(company.pat.dms().join("\n---\n"), @"The stored job `lease` of `ID` cannot be read, so its work is not done. There may be more; you are not notified again today. `/provision jobs` lists all of them with the reason, and can drop them: a request that needs one gets a new one within six hours. Find out what wrote them before more is lost.");
        company.pat.runs("/provision jobs").await;
        company.pat.clicks("Drop").await;
        company.waits("31d").await;
        company.waits("7h").await;
        company.waits("1m").await;
        assert!(company.trail().await.contains("warned | clock"), "its lease goes on");
    })
    .await;
}

#[tokio::test]
#[ignore = "wants an emulator: .ci/aws starts one and runs this"]
async fn hundreds_of_jobs_in_tables_that_cannot_be_read_keep_no_other_from_running() {
    let tables = tables::new().await;
    let client = Client::new(&emulator().await);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for (format, kind) in [("1", "secret"), ("2", r#"{"OfALaterVersion":null}"#)] {
        for n in 0..MANY {
            let put = client.put_item().table_name(&tables.events);
            let put = put
                .item("pk", text("JOB#U0BOB"))
                .item("sk", text(&format!("{format}:{n}")))
                .item("kind", text(kind))
                .item("dueAt", text("1970-01-01T00:00:01.000000000Z"))
                .item("writtenAt", text("1970-01-01T00:00:01.000000000Z"))
                .item("attempts", AttributeValue::N("0".to_owned()))
                .item("dueShard", text(&(n % 8).to_string()))
                .item("formatNumber", AttributeValue::N(format.to_owned()));
            put.send().await.unwrap();
        }
    }
    Box::pin(run_in(Setup::new().in_tables(tables.clone()), async |company| {
        Box::pin(all_else_goes_on(company)).await;
        // The newer bot has come back and done its own.
        for n in 0..MANY {
            let delete = client.delete_item().table_name(&tables.events);
            let delete = delete.key("pk", text("JOB#U0BOB")).key("sk", text(&format!("2:{n}")));
            delete.condition_expression("attribute_exists(kind)").send().await.unwrap();
        }
    }))
    .await;
}

#[tokio::test]
async fn jobs_and_messages_that_are_no_text_are_given_up_or_passed_by_and_keep_no_other_from_running() {
    // With the name by which it can be dropped.
    let odd = [
        ("'U0BOB', CAST(x'ff' AS TEXT), 'secret'", "`unreadable:"),
        ("CAST(x'ff' AS TEXT), 'home', 'secret'", "`unreadable:"),
        ("x'ff', x'ff', '\"Home\"'", "`unreadable:"),
        ("'U0BOB', 'odd', CAST(x'ff' AS TEXT)", "`odd`"),
        ("'', '', x'ff'", "_empty_"),
    ];
    for (columns, name) in odd {
        run_in(Setup::new().in_a_file(), async |company| {
            company.is_lied_to();
            company.expects_parked_jobs(1);
            let file = Connection::open(company.file()).unwrap();
            let sql = format!("INSERT INTO jobs (of, name, kind, due_at, written_at) VALUES ({columns}, {LONG_AGO}, {LONG_AGO})");
            file.execute_batch(&sql).unwrap();
            file.execute_batch("INSERT INTO queue (visible_at, body) VALUES (0, x'ff'), ('x', 'x'), (0.5, CAST(x'ff' AS TEXT))").unwrap();
            company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
            company.waits("1m").await;
            assert!(company.trail().await.contains("active | provisioner"), "{columns}");
            company.pat.runs("/provision jobs").await;
            let message = company.pat.is_told();
            assert!(message.contains("cannot read what is stored of the job") && !message.contains("secret"), "{columns}: {message}");
            assert!(message.contains(name), "{columns}: {message}");
        })
        .await;
    }
}
