//! What whoever watches the bot sees of it: its metrics.

use crate::harness::{Company, run};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

/// What a metric says.
async fn metric(company: &Company, name: &str) -> u64 {
    let (status, text) = company.gets("/metrics").await;
    assert_eq!(status, 200);
    let said = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    said.unwrap_or_else(|| panic!("no {name} in:\n{text}")).parse().unwrap()
}

#[tokio::test]
async fn the_metrics_say_how_the_bot_is() {
    run(async |company| {
        assert_eq!(metric(company, "quartermaster_ready").await, 1);
        assert_eq!(metric(company, "quartermaster_ack_seconds_count").await, 0);

        // Slack does not take the message to her, nor the card.
        company.expects_slack_to_refuse("chat.postMessage", "invalid_blocks");
        company.expects_parked_jobs(2);
        company.playground.fail_next("chat.postMessage", "invalid_blocks");
        company.playground.fail_next("chat.postMessage", "invalid_blocks");
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        assert_eq!(
            metric(company, "quartermaster_jobs_parked").await,
            1,
            "her message comes again with the next change"
        );
        assert_eq!(metric(company, "quartermaster_jobs_oldest_seconds").await, 0);
        let answers = metric(company, "quartermaster_ack_seconds_count").await;
        assert!(answers >= 2, "the command and the form: {answers}");

        // Jobs stand still, and time goes on.
        company.holds_jobs(true);
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.clock.advance("10m");
        let oldest = metric(company, "quartermaster_jobs_oldest_seconds").await;
        assert!((600..610).contains(&oldest), "{oldest}");
        company.holds_jobs(false);
        company.settle().await;
        assert_eq!(metric(company, "quartermaster_jobs_oldest_seconds").await, 0);

        company.expects_slack_to_refuse("auth.test", "internal_error");
        company.playground.fail_next("auth.test", "internal_error");
        assert_eq!(metric(company, "quartermaster_ready").await, 0);
        assert_eq!(metric(company, "quartermaster_ready").await, 1);
    })
    .await;
}
