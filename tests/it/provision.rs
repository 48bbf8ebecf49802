//! The three products, from the form to what exists.

use crate::harness::run;

#[tokio::test]
async fn a_bucket_is_approved_by_itself_and_there_at_once() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision s3-bucket").await;
        insta::assert_snapshot!(alice.form(), @"
        Secure S3 Bucket [Request] [Cancel]
        *Secure S3 Bucket* v1.0
        An encrypted S3 bucket with versioning and lifecycle rules
        (For team *payments*)
        # What the bucket is for
        Purpose: _
        Environment: Development
        Keep objects for: Until somebody deletes them
        # Platform settings (the defaults are right for most teams)
        Access log bucket: /platform/s3/access-log-bucket
        Why do you need it?: _
        ---
        *Cost*: about $2.15/month, us-east-1 list price of 2026-08-21
        *Approval*: automatic, because this product needs no approval
        *Quota*: 0 of 10 used, 10 left
        *Lives until*: 2026-12-30 09:00 UTC, renewable
        (Simulated: nothing real is made)
        ");
        alice.fills(&[("BucketPurpose", "logs"), ("reason", "Access logs")]).await;
        alice.submits().await;
        insta::assert_snapshot!(alice.dms().join("\n\n"), @"
        *Secure S3 Bucket v1.0* for team *payments*
        Active until 2026-12-30 09:00 UTC.
        Approved automatically: this product needs no approval.
        [Details]
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is made)

        *Secure S3 Bucket v1.0* is ready.
        It lives until 2026-12-30 09:00 UTC. You are warned before it is torn down.
        *BucketName*: `payments-logs-dev-id` — Name of the bucket.
        *BucketArn*: `arn:aws:s3:::payments-logs-dev-id` — ARN of the bucket, for IAM policies.
        *EncryptionKeyArn*: `arn:aws:kms:us-east-1:123456789012:key/ID` — ARN of the KMS key. Who reads needs kms:Decrypt on it, who writes kms:GenerateDataKey too.
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is made)
        ");
    })
    .await;
}
