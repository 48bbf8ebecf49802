//! Whoever is refused again and again is on the trail once an hour, with how often.

use crate::harness::{Company, Setup, run, run_in};

/// The lines of the trail about refusals.
async fn refusals(company: &Company) -> Vec<String> {
    let trail = company.trail().await;
    trail.lines().filter(|line| line.starts_with("refused")).map(str::to_owned).collect()
}

/// How often somebody was refused, by what the trail says.
fn counted(lines: &[String]) -> u64 {
    let of = |line: &String| match line.split_once("; ") {
        Some((_, rest)) => rest.split(' ').next().unwrap().parse().unwrap_or(1),
        None => 1,
    };
    lines.iter().map(of).sum()
}

#[tokio::test]
async fn an_outsider_who_tries_every_few_seconds_for_three_hours_leaves_a_handful_of_entries() {
    run_in(Setup::new().in_a_file(), async |company| {
        let id = company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        let before = company.newest_request().await.revision;
        let look = format!("/provision status {}", &id[..8]);
        for tries in 0..1_080_u64 {
            company.olga.runs(&look).await;
            company.clock.advance("10s");
            if tries == 500 {
                company.restarts().await;
            }
        }
        company.waits("1h").await;
        let lines = refusals(company).await;
        insta::assert_snapshot!(lines.join("\n"), @"
        refused | U0OLGA | payments | rds-postgres | AWAITING_APPROVAL | look up: not theirs to see [command]
        refused again | U0OLGA | payments | rds-postgres | AWAITING_APPROVAL | look up: not theirs to see; 359 times more until 2026-11-23T10:00:00Z [command]
        refused | U0OLGA | payments | rds-postgres | AWAITING_APPROVAL | look up: not theirs to see [command]
        refused again | U0OLGA | payments | rds-postgres | AWAITING_APPROVAL | look up: not theirs to see; 359 times more until 2026-11-23T11:00:00Z [command]
        refused | U0OLGA | payments | rds-postgres | AWAITING_APPROVAL | look up: not theirs to see [command]
        refused again | U0OLGA | payments | rds-postgres | AWAITING_APPROVAL | look up: not theirs to see; 359 times more until 2026-11-23T12:00:00Z [command]
        ");
        assert_eq!(counted(&lines), 1_080);
        assert!(company.newest_request().await.revision - before <= 6);
    })
    .await;
}

#[tokio::test]
async fn two_people_and_two_things_are_counted_apart_and_what_came_once_is_said_once() {
    run(async |company| {
        for person in [&company.olga, &company.bob, &company.olga] {
            person.runs("/provision pause").await;
        }
        company.olga.runs("/provision jobs").await;
        insta::assert_snapshot!(refusals(company).await.join("\n"), @"
        refused | U0OLGA | - | - | - | pause new requests: not an admin [command]
        refused | U0BOB | - | - | - | pause new requests: not an admin [command]
        refused | U0OLGA | - | - | - | see jobs: not an admin [command]
        ");
        company.waits("1h").await;
        insta::assert_snapshot!(refusals(company).await.join("\n"), @"
        refused | U0OLGA | - | - | - | pause new requests: not an admin [command]
        refused | U0BOB | - | - | - | pause new requests: not an admin [command]
        refused | U0OLGA | - | - | - | see jobs: not an admin [command]
        refused again | U0OLGA | - | - | - | pause new requests: not an admin; once more until 2026-11-23T10:00:00Z [command]
        ");
        company.waits("5h").await;
        company.olga.runs("/provision jobs").await;
        company.waits("5h").await;
        insta::assert_snapshot!(refusals(company).await.join("\n"), @"
        refused | U0OLGA | - | - | - | pause new requests: not an admin [command]
        refused | U0BOB | - | - | - | pause new requests: not an admin [command]
        refused | U0OLGA | - | - | - | see jobs: not an admin [command]
        refused again | U0OLGA | - | - | - | pause new requests: not an admin; once more until 2026-11-23T10:00:00Z [command]
        refused | U0OLGA | - | - | - | see jobs: not an admin [command]
        ");
    })
    .await;
}

#[tokio::test]
async fn counts_that_cannot_be_put_on_the_trail_keep_no_other_from_it() {
    run_in(Setup::new().in_a_file(), async |company| {
        for _ in 0..3 {
            company.olga.runs("/provision pause").await;
        }
        let file = rusqlite::Connection::open(company.file()).unwrap();
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
                    INSERT INTO refusals (key, until, again, body, format)";
        let rows = [
            "SELECT 'unreadable ' || i, i, 1, 'nothing', 1 FROM n",
            "SELECT 'newer ' || i, i, 1, 'nothing', 2 FROM n",
            "SELECT 'gone ' || i, i, 1, replace(body, '00000000-0000-0000-0000-000000000000',
                    'ffffffff-bf17-417a-9d85-8ebd6aa86f68'), 1 FROM n, refusals",
        ];
        for row in rows.iter().rev() {
            assert!(file.execute(&format!("{many} {row}"), []).unwrap() >= 100, "{row}");
        }
        company.waits("2h").await;
        insta::assert_snapshot!(refusals(company).await.join("\n"), @"
        refused | U0OLGA | - | - | - | pause new requests: not an admin [command]
        refused again | U0OLGA | - | - | - | pause new requests: not an admin; 2 times more until 2026-11-23T10:00:00Z [command]
        ");
        let left = "SELECT count(*) FROM refusals WHERE format = 1";
        assert_eq!(file.query_row(left, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
        let newer = "SELECT count(*) FROM refusals WHERE format = 2";
        assert_eq!(file.query_row(newer, [], |row| row.get::<_, i64>(0)).unwrap(), 100);
    })
    .await;
}
