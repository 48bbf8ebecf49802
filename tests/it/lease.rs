//! What was given comes to its end: warned about, reminded of, kept longer, torn down.

use crate::harness::{Company, run};

const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// How often the bot has said something that Slack notifies of.
fn posts(company: &Company) -> usize {
    company.calls("chat.postMessage").len()
}

#[tokio::test]
async fn a_bucket_that_nobody_renews_is_warned_about_reminded_of_and_torn_down() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("719h").await;
        let before = posts(company);
        assert!(!alice.can_click("Renew 30d"));
        company.waits("1h").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        This is torn down soon unless it is renewed.
        *Secure S3 Bucket v1.0* for team *payments*: `payments-logs-dev-id`
        Torn down 2026-12-30 09:00 UTC unless it is renewed. about $2.15/month, us-east-1 list price of 2026-08-21
        [Renew 30d] [Tear down]
        (`id` · Simulated: nothing real is made)
        ");
        company.waits("143h").await;
        assert_eq!(posts(company), before + 1, "one warning");
        company.waits("1h").await;
        insta::assert_snapshot!(alice.dms()[2..].join("\n\n"), @"
        This is torn down soon unless it is renewed.
        *Secure S3 Bucket v1.0* for team *payments*: `payments-logs-dev-id`
        Torn down 2026-12-30 09:00 UTC unless it is renewed. about $2.15/month, us-east-1 list price of 2026-08-21
        [Renew 30d] [Tear down]
        (`id` · Simulated: nothing real is made)

        This is torn down soon unless it is renewed.
        *Secure S3 Bucket v1.0* for team *payments*: `payments-logs-dev-id`
        Torn down 2026-12-30 09:00 UTC unless it is renewed. about $2.15/month, us-east-1 list price of 2026-08-21
        [Renew 30d] [Tear down]
        (`id` · Simulated: nothing real is made)
        ");
        company.waits("23h").await;
        assert_eq!(posts(company), before + 2, "one reminder");
        assert_eq!(company.newest_request().await.status.name().label(), "Active");
        company.waits("1h").await;
        insta::assert_snapshot!(alice.dms().join("\n\n"), @"
        *Secure S3 Bucket v1.0* for team *payments*
        Torn down 2026-12-30 09:00 UTC: its lease ran out.
        Approved automatically: this product needs no approval.
        [Details]
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is made)

        *Secure S3 Bucket v1.0* is ready.
        It lives until 2026-12-30 09:00 UTC.
        *BucketName*: `payments-logs-dev-id` — Name of the bucket.
        *BucketArn*: `arn:aws:s3:::payments-logs-dev-id` — ARN of the bucket, for IAM policies.
        *EncryptionKeyArn*: `arn:aws:kms:us-east-1:123456789012:key/ID` — ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is made)

        This is torn down soon unless it is renewed.
        *Secure S3 Bucket v1.0* for team *payments*: `payments-logs-dev-id`
        Torn down 2026-12-30 09:00 UTC unless it is renewed. about $2.15/month, us-east-1 list price of 2026-08-21
        [Renew 30d] [Tear down]
        (`id` · Simulated: nothing real is made)

        Nothing of this is about to be torn down any more.
        *Secure S3 Bucket v1.0* for team *payments*: `payments-logs-dev-id`
        Torn down 2026-12-30 09:00 UTC: its lease ran out.
        (`id` · Simulated: nothing real is made)

        *Secure S3 Bucket v1.0* is torn down.
        Torn down 2026-12-30 09:00 UTC: its lease ran out.
        (Request `id` · Simulated: nothing real is made)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        warned | clock | payments | s3-bucket | ACTIVE | ends 2026-12-30T09:00:00Z
        reminded | clock | payments | s3-bucket | ACTIVE | ends 2026-12-30T09:00:00Z
        expired | clock | payments | s3-bucket | TERMINATING
        terminated | provisioner | payments | s3-bucket | TERMINATED
        ");
        company.waits("90d").await;
        assert_eq!(posts(company), before + 3, "and nothing after that");
        alice.runs("/provision s3-bucket").await;
        assert!(alice.form().contains("0 of 10 used"), "{}", alice.form());
    })
    .await;
}
