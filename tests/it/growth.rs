//! What a store holds beside its rows and its trail after many requests: as much as after few.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

use crate::harness::{Company, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// Rows of each table but the requests and the trail.
fn beside(file: &Path) -> BTreeMap<String, i64> {
    let connection = Connection::open(file).unwrap();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    let mut statement = connection.prepare(names).unwrap();
    let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let names = names.map(Result::unwrap).filter(|name| !["requests", "audit"].contains(&name.as_str()));
    names
        .map(|name| {
            let count = format!("SELECT count(*) FROM {name}");
            let rows = connection.query_row(&count, [], |row| row.get(0)).unwrap();
            (name, rows)
        })
        .collect()
}

fn rows(file: &Path) -> i64 {
    Connection::open(file).unwrap().query_row("SELECT count(*) FROM requests", [], |row| row.get(0)).unwrap()
}

/// A database that is withdrawn, and another and a bucket that are made and torn down.
async fn a_day(company: &Company) {
    let (alice, morgan) = (&company.alice, &company.morgan);
    morgan.opens_home().await;
    let database = alice.asks_for("rds-postgres", &DATABASE).await;
    alice.runs(&format!("/provision cancel {database}")).await;
    let denied = alice.asks_for("rds-postgres", &DATABASE).await;
    morgan.opens_home().await;
    morgan.clicks_at_home_for(&denied, "Approve").await;
    let bucket = alice.asks_for("s3-bucket", &LOGS).await;
    for id in [denied, bucket] {
        let name = company.request(&id).await.resource_name();
        alice.runs(&format!("/provision teardown {id}")).await;
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
    }
    for _ in 0..8 {
        company.waits("3h").await;
    }
}

#[tokio::test]
async fn what_is_neither_a_row_nor_trail_does_not_grow() {
    run_in(Setup::new().in_a_file(), async |company| {
        let file = company.file();
        for _ in 0..5 {
            a_day(company).await;
        }
        let (before, requests) = (beside(&file), rows(&file));
        // What was counted on those days is forgotten meanwhile.
        company.waits("40d").await;
        for _ in 0..5 {
            a_day(company).await;
        }
        company.restarts().await;
        company.waits("11m").await;
        company.waits("11m").await;
        assert_eq!(rows(&file) - requests, 15);
        let after = beside(&file);
        let sum = |rows: &BTreeMap<String, i64>| rows.values().sum::<i64>();
        assert!(sum(&after) <= sum(&before) + 6, "{before:?} became {after:?}");
        for table in ["once", "messages", "executions", "records", "queue"] {
            assert!(after[table] <= 8, "{table}: {after:?}");
        }
    })
    .await;
}
