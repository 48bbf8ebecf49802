//! What Prometheus reads: every metric that an operator watches, moved by what people do.

use std::collections::BTreeSet;

use crate::harness::{Company, Setup, run, run_in};

async fn metric(company: &Company, line: &str) -> String {
    let text = company.gets("/metrics").await.1;
    let found = text.lines().find(|known| known.starts_with(&format!("quartermaster_{line} ")));
    let found = found.unwrap_or_else(|| panic!("there is no {line} in\n{text}"));
    found.rsplit(' ').next().unwrap().to_owned()
}

/// The series that are written now, without their values.
async fn series(company: &Company) -> BTreeSet<String> {
    let text = company.gets("/metrics").await.1;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).map(|(series, _)| series.to_owned()).collect()
}

#[tokio::test]
async fn an_operator_sees_in_the_metrics_what_happens() {
    let long = Setup::new().with_catalog("s3-bucket/product.yml", "renew: [30d]", "renew: [30d, 90d]");
    run_in(long, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let fresh = series(company).await;
        assert_eq!(metric(company, "paused").await, "0");
        assert_eq!(metric(company, "jobs_parked").await, "0");
        company.expects_slack_to_refuse("chat.postMessage", "ratelimited");
        company.playground.fail_next("chat.postMessage", "ratelimited");
        let bucket = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.waits("2m").await;
        assert_eq!(metric(company, "slack_rate_limits_total{method=\"chat.postMessage\"}").await, "1");
        company.expects_slack_to_refuse("views.publish", "invalid_arguments");
        company.playground.fail_next("views.publish", "invalid_arguments");
        company.expects_parked_jobs(1);
        morgan.opens_home().await;
        assert_eq!(metric(company, "jobs_parked").await, "1");

        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.waits("50m").await;
        morgan.clicks("Approve").await;
        alice.runs(&format!("/provision renew {bucket} 30d")).await;
        company.morgan.runs("/provision pause").await;
        for (line, value) in [
            ("requests_total{product=\"s3-bucket\"}", "1"),
            ("decisions_total{decision=\"approved\"}", "1"),
            ("decisions_total{decision=\"auto\"}", "1"),
            ("provisions_total{product=\"rds-postgres\",outcome=\"succeeded\"}", "1"),
            ("leases_total{product=\"s3-bucket\",event=\"renewed\"}", "1"),
            ("refusals_total", "1"),
            ("jobs_total{kind=\"home\",outcome=\"parked\"}", "1"),
            ("approval_seconds_count", "1"),
            ("approval_seconds_sum", "3000.0"),
            ("approval_seconds_bucket{le=\"3600.0\"}", "1"),
            ("approval_seconds_bucket{le=\"1800.0\"}", "0"),
            ("ready_seconds_count", "2"),
            ("ready_seconds_bucket{le=\"5.0\"}", "1"),
            ("ack_seconds_count{what=\"submission\"}", "2"),
            ("ack_seconds_count{what=\"click\"}", "2"),
            ("ack_seconds_count{what=\"command\"}", "4"),
        ] {
            assert_eq!(metric(company, line).await, value, "{line}");
        }
        let born: Vec<String> = series(company).await.difference(&fresh).cloned().collect();
        assert!(born.is_empty(), "not there from the first scrape: {born:?}");
    })
    .await;
}

#[tokio::test]
async fn a_job_that_nobody_does_shows_by_its_age() {
    run(async |company| {
        company.alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        company.holds_jobs(true);
        company.alice.submits_and_looks().await;
        assert_eq!(metric(company, "jobs_oldest_seconds").await, "0");
        company.clock.advance("7m");
        assert_eq!(metric(company, "jobs_oldest_seconds").await, "420");
        company.holds_jobs(false);
        company.settle().await;
        assert_eq!(metric(company, "jobs_oldest_seconds").await, "0");
    })
    .await;
}

#[tokio::test]
async fn the_metrics_say_whether_the_bot_is_ready() {
    run(async |company| {
        assert_eq!(metric(company, "ready").await, "1");
        company.expects_slack_to_refuse("auth.test", "internal_error");
        company.playground.fail_next("auth.test", "internal_error");
        company.clock.advance("10s");
        assert_eq!(metric(company, "ready").await, "0");
        company.clock.advance("10s");
        assert_eq!(metric(company, "ready").await, "1");
    })
    .await;
}
