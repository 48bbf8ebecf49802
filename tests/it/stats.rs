//! How requests went lately, for those who asked, those who answer and those who may see all.

use crate::harness::{Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

#[tokio::test]
async fn a_team_reads_how_its_requests_went_and_what_waits() {
    let long = Setup::new().with_catalog("s3-bucket/product.yml", "renew: [30d]", "renew: [30d, 90d]");
    run_in(long, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let bucket = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        let name = company.newest_request().await.resource_name();
        alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("50m").await;
        morgan.clicks("Approve").await;
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "not now")]).await;
        morgan.submits().await;
        alice.runs(&format!("/provision renew {bucket} 30d")).await;
        alice.runs(&format!("/provision teardown {bucket}")).await;
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        alice.closes_all().await;
        alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("2h").await;
        alice.runs("/provision stats").await;
        insta::assert_snapshot!(alice.is_told(), @"
        # Requests in the last 30 days
        *Team payments*: 4 requested, 1 approved, 1 approved automatically, 1 denied, 2 ready, 1 renewed, 1 torn down
        Approvers took: half within 1 hour, 95% within 1 hour
        From the form to ready: half within 5 seconds, 95% within 1 hour
        1 is waiting for an approver, since 2026-11-23 09:50 UTC
        • `id` PostgreSQL RDS Instance v1.0 of payments since 2026-11-23 09:50 UTC
        (Counted since 2026-10-25, in UTC days. Durations are rounded up to the next bucket, such as 5 or 10 minutes.)
        ");
        let hers = alice.is_told();
        company.morgan.runs("/provision stats payments").await;
        assert_eq!(company.morgan.is_told(), hers);
        company.waits("760h").await;
        alice.runs("/provision stats").await;
        assert!(!alice.is_told().contains("denied"), "{}", alice.is_told());
    })
    .await;
}

#[tokio::test]
async fn an_admin_reads_of_all_teams_and_a_stranger_of_none() {
    run(async |company| {
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.bob.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.pat.runs("/provision stats").await;
        insta::assert_snapshot!(company.pat.is_told(), @"
        # Requests in the last 30 days
        *All teams*: 2 requested, 2 approved automatically, 2 ready
        From the form to ready: half within 5 seconds, 95% within 5 seconds
        Nothing is waiting for an approver.
        *Team payments*: 1 requested, 1 approved automatically, 1 ready
        From the form to ready: half within 5 seconds, 95% within 5 seconds
        Nothing is waiting for an approver.
        *Team search*: 1 requested, 1 approved automatically, 1 ready
        From the form to ready: half within 5 seconds, 95% within 5 seconds
        Nothing is waiting for an approver.
        | Team | Asked | Approved | Automatic | Denied | Cancelled | Unanswered | Ready | Failed | Renewed | Torn down | Waiting |
        | All teams | 2 | 0 | 2 | 0 | 0 | 0 | 2 | 0 | 0 | 0 | 0 |
        | payments | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 0 | 0 | 0 | 0 |
        | search | 1 | 0 | 1 | 0 | 0 | 0 | 1 | 0 | 0 | 0 | 0 |
        (Counted since 2026-10-25, in UTC days. Durations are rounded up to the next bucket, such as 5 or 10 minutes.)
        ");
        company.olga.runs("/provision stats").await;
        insta::assert_snapshot!(company.olga.is_told(), @"You are not in a team yet. Ask your platform team to add you to one, then try again.");
        company.bob.runs("/provision stats payments").await;
        insta::assert_snapshot!(company.bob.is_told(), @"You are not a member of *payments*. Your teams: search.");
    })
    .await;
}

#[tokio::test]
async fn the_home_tab_opens_the_figures() {
    run(async |company| {
        company.bob.opens_home().await;
        company.bob.clicks_at_home("Stats").await;
        insta::assert_snapshot!(company.bob.form(), @"
        Last 30 days  [Close]
        *Team search*: nothing happened
        Nothing is waiting for an approver.
        (Counted since 2026-10-25, in UTC days. Durations are rounded up to the next bucket, such as 5 or 10 minutes.)
        ");
    })
    .await;
}
