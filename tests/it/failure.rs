//! Provisioning fails.

use crate::harness::{Setup, run_in};

fn failing() -> Setup {
    Setup::new().with_settings("[simulated]\n", "[simulated]\nfail_products = [\"s3-bucket\"]\n")
}

#[tokio::test]
async fn what_failed_is_cleaned_up_and_can_be_tried_again_with_the_same_form() {
    run_in(failing(), async |company| {
        let alice = &company.alice;
        let fields = [("BucketPurpose", "logs"), ("Environment", "staging"), ("reason", "Access logs")];
        alice.asks_for("s3-bucket", &fields).await;
        company.waits("1m").await;
        insta::assert_snapshot!(alice.dms().join("\n\n"), @"
        *Secure S3 Bucket v1.0* `logs` for team *payments*
        Provisioning failed. Everything was cleaned up.
        One of its resources could not be created.
        “CREATE_FAILED: Bucket (AWS::S3::Bucket): simulated failure, because `fail_products` names this product”
        [Details]
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)

        *Secure S3 Bucket v1.0* `logs` could not be provisioned. Everything was cleaned up.
        One of its resources could not be created.
        “CREATE_FAILED: Bucket (AWS::S3::Bucket): simulated failure, because `fail_products` names this product”
        [Try again]
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        provisioning failed | provisioner | payments | s3-bucket | TERMINATING | CREATE_FAILED: Bucket (AWS::S3::Bucket): simulated failure, because `fail_products` names this product
        failed | provisioner | payments | s3-bucket | FAILED | cleaned up
        ");
        alice.clicks("Try again").await;
        insta::assert_snapshot!(alice.form(), @"
        Secure S3 Bucket [Request] [Cancel]
        *Secure S3 Bucket* v1.0
        An encrypted S3 bucket with versioning and lifecycle rules
        (For team *payments*)
        # What the bucket is for
        Purpose: Logs
        Environment: Staging
        Keep objects for: Until somebody deletes them
        # Platform settings (the defaults are right for most teams)
        Access log bucket: /platform/s3/access-log-bucket
        Why do you need it?: Access logs
        ---
        *Cost*: about $2.15/month, us-east-1 list price of 2026-08-21
        *Approval*: automatic, because this product needs no approval
        *Quota*: 0 of 10 used, 10 left
        *Expires*: 2026-12-30 09:01 UTC
        (Simulated: nothing real is created)
        ");
        let (_, metrics) = company.gets("/metrics").await;
        let failures = "quartermaster_provisions_total{product=\"s3-bucket\",outcome=\"failed\"} 1\n";
        assert!(metrics.contains(failures), "{metrics}");
        let failed = company.newest_request().await;
        assert_eq!(failed.status.name().as_str(), "FAILED");
        company.clock.advance("1m");
        alice.submits().await;
        let again = company.newest_request().await;
        assert_ne!(again.id, failed.id);
        assert_eq!(again.shown_parameters().collect::<Vec<_>>(), failed.shown_parameters().collect::<Vec<_>>());
        company.waits("1m").await;
    })
    .await;
}

#[tokio::test]
async fn a_failure_is_shown_while_it_happens() {
    run_in(failing().with_settings("step = \"0s\"", "step = \"10s\""), async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        let mut seen = vec![alice.newest_dm()];
        for _ in 0..8 {
            company.waits("10s").await;
            if seen.last() != Some(&alice.newest_dm()) {
                seen.push(alice.newest_dm());
            }
        }
        let lines: Vec<&str> = seen.iter().map(|shown| shown.lines().nth(1).unwrap()).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        Provisioning: ░░░ 0 of 3
        Provisioning: ▓░░ 1 of 3 · latest: BucketKey
        Provisioning failed. Whatever was created is being cleaned up.
        One of its resources could not be created.
        ");
    })
    .await;
}
