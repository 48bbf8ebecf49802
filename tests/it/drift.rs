//! What the portal does where its records and the account disagree.

use crate::harness::{Company, Setup, run, run_in};
use crate::stand_in::Drift;

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];
/// Between two comparisons, and a bit.
const A_LOOK: &str = "361m";

/// What the admin was told so far about differences.
fn told(company: &Company) -> Vec<String> {
    company.pat.dms().into_iter().filter(|text| text.contains("differ from AWS")).collect()
}

#[tokio::test]
async fn what_was_removed_outside_of_the_portal_ends_and_frees_its_slot() {
    run(async |company| {
        let alice = &company.alice;
        let logs = alice.asks_for("s3-bucket", &LOGS).await;
        for _ in 0..2 {
            alice.asks_for("s3-bucket", &LOGS).await;
        }
        company.drifts(&logs, Drift::Gone);
        company.waits(A_LOOK).await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` is torn down.
        Torn down 2026-11-23 15:01 UTC: it was removed in AWS, outside of this portal.
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(told(company).join("\n---\n"), @"
        The portal's records differ from AWS:
        • Request `id` no longer exists in AWS: it was removed outside of the portal.
        Records and executions have been corrected. Nothing in AWS was changed or removed.
        ");
        let trail = company.trail().await;
        assert_eq!(trail.matches("| s3-bucket | TERMINATED").count(), 1, "{trail}");
        alice.runs("/provision s3-bucket").await;
        assert!(alice.form().contains("2 of 10 used"), "{}", alice.form());
        company.waits(A_LOOK).await;
        assert_eq!(told(company).len(), 1, "once");
    })
    .await;
}

#[tokio::test]
async fn trouble_in_the_account_is_shown_until_it_is_over() {
    run(async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        let id = alice.asks_for("s3-bucket", &LOGS).await;
        company.drifts(&id, Drift::Tainted);
        company.waits(A_LOOK).await;
        let status = format!("/provision status {}", &id[..8]);
        alice.runs(&status).await;
        let text = alice.is_told();
        assert!(text.contains("*AWS reports a problem with it*\n“TAINTED”"), "{text}");
        alice.runs("/provision list").await;
        assert!(alice.is_told().contains("; AWS reports a problem"), "{}", alice.is_told());
        company.is_put_right(&id);
        for _ in 0..2 {
            company.waits(A_LOOK).await;
        }
        alice.runs(&status).await;
        assert!(!alice.is_told().contains("AWS reports"), "{}", alice.is_told());
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        troubled | provisioner | payments | s3-bucket | ACTIVE | TAINTED
        mended | provisioner | payments | s3-bucket | ACTIVE
        ");
        assert_eq!(told(company).len(), 2, "{:?}", pat.dms());
    })
    .await;
}

#[tokio::test]
async fn lost_tags_are_told_and_not_touched() {
    run(async |company| {
        let id = company.alice.asks_for("s3-bucket", &LOGS).await;
        company.drifts(&id, Drift::Tagged(vec![("Team".into(), "payments".into())]));
        company.waits(A_LOOK).await;
        insta::assert_snapshot!(told(company).join("\n---\n"), @"
        The portal's records differ from AWS:
        • Request `id` lost or changed its tags Requester, RequestId, Product, ApprovedBy, ProvisionedBy; restore them, since costs and permissions depend on them.
        Records and executions have been corrected. Nothing in AWS was changed or removed.
        ");
        company.waits(A_LOOK).await;
        assert_eq!(told(company).len(), 1, "once");
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_not_seen_ends_nothing() {
    run(async |company| {
        for _ in 0..3 {
            company.alice.asks_for("s3-bucket", &LOGS).await;
        }
        company.sees_nothing();
        company.waits(A_LOOK).await;
        insta::assert_snapshot!(told(company).join("\n---\n"), @"
        The portal's records differ from AWS:
        • Request `id` no longer exists in AWS: it was removed outside of the portal.
        • Request `id` no longer exists in AWS: it was removed outside of the portal.
        • Request `id` no longer exists in AWS: it was removed outside of the portal.
        More than half of the expected resources were not found, so no request is ended because of it. Check the account, the region and the permission servicecatalog:SearchProvisionedProducts.
        ");
        assert_eq!(company.newest_request().await.status.name().label(), "Active");
    })
    .await;
}

#[tokio::test]
async fn a_request_whose_execution_is_gone_gets_another_one() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.loses_the_execution().await;
        company.waits(A_LOOK).await;
        company.morgan.clicks("Approve").await;
        company.waits("5m").await;
        assert_eq!(company.newest_request().await.status.name().label(), "Active");
        assert_eq!(company.newest_request().await.attempt, 2);
        assert_eq!(told(company).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_was_given_up_is_sent_again() {
    let patient = Setup::new().with_catalog("rds-postgres/product.yml", "timeout: 24h", "timeout: 7d");
    run_in(patient, async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.refuses_answers(true);
        company.morgan.clicks("Approve").await;
        for _ in 0..300 {
            company.waits("301s").await;
        }
        company.expects_parked_jobs(1);
        assert_eq!(company.newest_request().await.status.name().label(), "Approved");
        company.refuses_answers(false);
        company.waits(A_LOOK).await;
        company.waits("5m").await;
        assert_eq!(company.newest_request().await.status.name().label(), "Active");
    })
    .await;
}
