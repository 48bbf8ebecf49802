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
