//! A request that stands still because its job was given up: admins have it looked at again, end it, or leave it.

use quartermaster::domain::request::StatusName;

use crate::harness::{Company, Setup, run, run_in};

/// Her database is approved, but nobody could tell the workflow for a day and more.
async fn is_stuck(company: &Company) -> String {
    let id = company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
    company.refuses_answers(true);
    company.morgan.clicks("Approve").await;
    for _ in 0..300 {
        company.waits("301s").await;
    }
    company.expects_parked_jobs(1);
    company.refuses_answers(false);
    assert_eq!(company.newest_request().await.status.name(), StatusName::Approved);
    id
}

fn patient() -> Setup {
    Setup::new().with_catalog("rds-postgres/product.yml", "timeout: 24h", "timeout: 7d")
}

#[tokio::test]
async fn an_admin_has_what_stands_still_looked_at_again_and_it_goes_on() {
    run_in(patient(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        let id = is_stuck(company).await;
        let message = pat.newest_dm();
        assert!(message.contains("offers you Look again, End it and Leave it."), "{message}");
        alice.runs(&format!("/provision status {id}")).await;
        assert!(!alice.can_click("Look again"), "only for admins");
        pat.runs(&format!("/provision status {id}")).await;
        let button = pat.remembers("Look again");
        alice.presses(&button).await;
        insta::assert_snapshot!(alice.is_told(), @"Only the platform team can do that.");
        pat.presses(&button).await;
        insta::assert_snapshot!(pat.is_told(), @"Checking `rds-postgres-id` (*PostgreSQL RDS Instance v1.0*) again. Provisioning starts in a moment.");
        company.waits("5m").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
        let trail = company.trail().await;
        assert!(trail.contains("looked at again | U0ADMIN"), "{trail}");
    })
    .await;
}

#[tokio::test]
async fn an_admin_ends_what_stands_still_and_its_slot_is_free() {
    run_in(patient(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        let id = is_stuck(company).await;
        pat.runs("/provision jobs").await;
        pat.clicks("Drop").await;
        pat.runs(&format!("/provision status {id}")).await;
        pat.clicks("End it").await;
        insta::assert_snapshot!(pat.is_told(), @"Ended the operation that `rds-postgres-id` (*PostgreSQL RDS Instance v1.0*) was waiting for. Provisioning failed. Everything was cleaned up.");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `orders` could not be provisioned. Everything was cleaned up.
        One of its resources could not be created.
        “the platform team ended it because it was stuck”
        [Try again]
        (Request `id` · Simulated: nothing real is created)
        ");
        assert_eq!(company.newest_request().await.status.name(), StatusName::Failed);
        company.waits("7d").await;
    })
    .await;
}

#[tokio::test]
async fn an_old_end_it_does_not_tear_down_what_has_become_active() {
    run(async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        company.holds_jobs(true);
        let id = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        pat.runs(&format!("/provision status {id}")).await;
        let button = pat.remembers("End it");
        company.holds_jobs(false);
        company.waits("5m").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
        pat.presses(&button).await;
        let message = pat.is_told();
        company.waits("5m").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active, "{message}");
    })
    .await;
}
