//! Slots where there are no exceptions: who holds them, that nobody gets past them, and when they come back.

use crate::harness::{Setup, run_in};

fn one_database() -> Setup {
    Setup::new()
        .with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0ADMIN\"]")
        .with_catalog("rds-postgres/product.yml", "per_team: 3", "per_team: 1, exceptions: refuse")
}

#[tokio::test]
async fn a_full_quota_says_who_holds_it_and_offers_nothing_to_submit() {
    run_in(one_database(), async |company| {
        company.pat.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.alice.runs("/provision rds-postgres").await;
        insta::assert_snapshot!(company.alice.form(), @"
        PostgreSQL RDS Instance  [Close]
        *PostgreSQL RDS Instance* v1.0
        A PostgreSQL RDS instance with automated backups
        Team *payments* already uses 1 of 1. Tear down one that is no longer needed, or ask your platform team for a larger quota.
        • `rds-postgres-id` <@U0ADMIN> · Waiting for approval · about $15/month · `/provision cancel id`
        ");
        // It has no field, so none is asked for when it is sent all the same.
        company.alice.submits().await;
        assert!(company.alice.form().contains("already uses 1 of 1"), "{}", company.alice.form());
        // Neither another team's nor another product's is used by that.
        for (person, product) in [(&company.bob, "rds-postgres"), (&company.alice, "s3-bucket")] {
            person.closes_all().await;
            person.runs(&format!("/provision {product}")).await;
            assert!(person.form().contains("*Quota*: 0 of "), "{}", person.form());
        }
    })
    .await;
}

#[tokio::test]
async fn the_last_slot_goes_to_the_first_of_two_open_forms() {
    run_in(one_database(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        alice.runs("/provision rds-postgres DatabaseName=orders").await;
        pat.asks_for("rds-postgres", &[("DatabaseName", "invoices")]).await;
        alice.submits().await;
        insta::assert_snapshot!(alice.form(), @"
        Not submitted  [Close]
        Team *payments* already uses 1 of 1 *rds-postgres*. Tear down one that is no longer needed, or ask your platform team for a larger quota.
        ");
    })
    .await;
}

#[tokio::test]
async fn a_submission_forged_past_a_full_quota_is_refused() {
    run_in(one_database(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        alice.runs("/provision rds-postgres DatabaseName=orders").await;
        pat.asks_for("rds-postgres", &[("DatabaseName", "invoices")]).await;
        let answer = alice.forges_submission(|payload| payload["view"]["id"] = "V0FORGED".into()).await;
        assert!(answer.contains("already uses 1 of 1"), "{answer}");
        assert_eq!(company.trail().await.matches("submitted").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_slot_comes_back_after_a_denial() {
    run_in(one_database(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        alice.runs("/provision rds-postgres").await;
        assert!(!alice.form().contains("[Request]"), "{}", alice.form());
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Not now")]).await;
        morgan.submits().await;
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
    })
    .await;
}
