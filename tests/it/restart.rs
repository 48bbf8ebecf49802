//! The bot is stopped and started again while people wait for something.

use crate::harness::{Setup, run_in};

#[tokio::test]
async fn a_warning_that_was_posted_but_never_recorded_is_given_once_more_and_both_count() {
    run_in(Setup::new().in_a_file(), async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.loses_the_next_warning();
        company.waits("30d").await;
        let lost = alice.remembers("Renew 30 days");
        company.waits("1m").await;
        assert_eq!(alice.dms().iter().filter(|text| text.contains("unless it is renewed")).count(), 2);
        alice.presses(&lost).await;
        let lease = company.newest_request().await.lease().unwrap().clone();
        assert_eq!(lease.renewals, 1);
        assert_eq!(alice.dms().iter().filter(|text| text.contains("Renewed: it is active until")).count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_request_waits_for_its_approver_through_restarts() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.restarts().await;
        company.waits("1h").await;
        company.restarts().await;
        company.morgan.clicks("Approve").await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn a_product_that_changed_while_its_request_waited_is_not_provisioned() {
    run_in(Setup::new().in_a_file(), async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.changes_the_catalog("rds-postgres/template.yml", "'17.11'", "'17.10'");
        company.restarts().await;
        company.morgan.clicks("Approve").await;
        company.waits("1m").await;
        insta::assert_snapshot!(company.alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `orders` could not be provisioned. Everything was cleaned up.
        The product has changed since you asked for it. Try again to see what is new.
        “the product was changed by its owner while the request was waiting”
        [Try again]
        (Request `id` · Simulated: nothing real is created)
        ");
    })
    .await;
}

#[tokio::test]
async fn a_bucket_under_way_gets_ready_while_the_bot_is_down() {
    run_in(Setup::new().in_a_file().with_step("10s"), async |company| {
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        assert!(company.alice.newest_dm().contains("Provisioning: "), "{}", company.alice.newest_dm());
        company.clock.advance("5m");
        company.restarts().await;
        company.settle().await;
        assert_eq!(company.alice.dms().len(), 2);
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
    })
    .await;
}
