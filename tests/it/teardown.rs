//! Tearing something down before its time, what stands in the way of that, and handing it to somebody else.

use crate::harness::{Company, Setup, run, run_in};
use playground::LedTo;

const BUCKET: [(&str, &str); 1] = [("BucketPurpose", "logs")];

fn failing() -> Setup {
    Setup::new().with_settings("[simulated]\n", "[simulated]\nfail_teardowns = [\"s3-bucket\"]\n")
}

fn with_a_team_mate() -> Setup {
    Setup::new().with_settings("[\"U0ALICE\"]", "[\"U0ALICE\", \"U0BOB\"]")
}

/// Alice types the name that her open dialog asks for, and confirms.
async fn confirms(company: &Company) {
    let name = company.newest_request().await.resource_name();
    company.alice.fills(&[("name", &name)]).await;
    let led_to = company.alice.submits().await;
    assert!(matches!(led_to, LedTo::ViewsCleared | LedTo::ViewUpdated), "{}", company.alice.form());
}

#[tokio::test]
async fn an_owner_tears_down_a_bucket_after_typing_its_name() {
    run(async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision teardown {}", &id[..8])).await;
        insta::assert_snapshot!(alice.form(), @"
        Tear down [Tear down] [Keep it]
        `payments-logs-dev-id`
        *Secure S3 Bucket v1.0* of team *payments*, owned by <@U0ALICE>
        Nothing is deleted.
        *Kept*: BucketKey (AWS::KMS::Key), Bucket (AWS::S3::Bucket) and BucketPolicy (AWS::S3::BucketPolicy) stay in the AWS account and may still cost money.
        Type its name to confirm: _
        ");
        alice.fills(&[("name", "payments")]).await;
        assert!(matches!(alice.submits().await, LedTo::FieldErrors(_)));
        insta::assert_snapshot!(alice.form(), @"
        Tear down [Tear down] [Keep it]
        `payments-logs-dev-id`
        *Secure S3 Bucket v1.0* of team *payments*, owned by <@U0ALICE>
        Nothing is deleted.
        *Kept*: BucketKey (AWS::KMS::Key), Bucket (AWS::S3::Bucket) and BucketPolicy (AWS::S3::BucketPolicy) stay in the AWS account and may still cost money.
        Type its name to confirm: payments
          ! That is not its name. Type payments-logs-dev-id to confirm, or keep it.
        ");
        let name = company.newest_request().await.resource_name();
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        insta::assert_snapshot!(alice.form(), @"
        Tearing down  [Close]
        `payments-logs-dev-id` (*Secure S3 Bucket v1.0*) is being torn down. <@U0ALICE> gets a message when it is done.
        ");
        company.waits("1m").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` is torn down.
        Torn down 2026-11-23 09:00 UTC: <@U0ALICE> asked for it.
        *Kept*: BucketKey (AWS::KMS::Key), Bucket (AWS::S3::Bucket) and BucketPolicy (AWS::S3::BucketPolicy) were left in the AWS account and may still cost money.
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        teardown | U0ALICE | payments | s3-bucket | TERMINATING | [form]
        terminated | provisioner | payments | s3-bucket | TERMINATED
        ");
        alice.runs(&format!("/provision teardown {id}")).await;
        insta::assert_snapshot!(alice.is_told(), @"There is nothing to tear down: the request is *Torn down*.");
    })
    .await;
}

#[tokio::test]
async fn a_status_has_the_buttons_of_its_owner_and_a_click_answers() {
    let long = Setup::new().with_catalog("s3-bucket/product.yml", "renew: [30d]", "renew: [30d, 90d]");
    run_in(long, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision status {id}")).await;
        let renew = alice.remembers("Renew 30 days");
        alice.presses(&renew).await;
        insta::assert_snapshot!(alice.is_told(), @"Renewed: `payments-logs-dev-id` (*Secure S3 Bucket v1.0*) is active until 2027-01-29 09:00 UTC.");
        alice.presses(&renew).await;
        insta::assert_snapshot!(alice.is_told(), @"This button is out of date: it has already been renewed until 2027-01-29 09:00 UTC. Nothing was changed; the newest message shows what you can do now.");
        alice.runs(&format!("/provision renew {id} 31d")).await;
        insta::assert_snapshot!(alice.is_told(), @"It can be renewed by `30d` or `90d`. Nothing was changed.");
        alice.runs(&format!("/provision renew {id} soon")).await;
        insta::assert_snapshot!(alice.is_told(), @"`soon` is not a length of time: write a whole number and one of ms, s, m, h, d, for example `24h`.");
        morgan.runs(&format!("/provision renew {id} 30d")).await;
        insta::assert_snapshot!(morgan.is_told(), @"Renewed: `payments-logs-dev-id` (*Secure S3 Bucket v1.0*) is active until 2027-02-28 09:00 UTC.");
    })
    .await;
}

#[tokio::test]
async fn a_failed_teardown_says_why_and_is_tried_again() {
    run_in(failing(), async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision teardown {id}")).await;
        confirms(company).await;
        company.waits("1m").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` could not be torn down.
        The teardown failed. It is still there and keeps its quota slot.
        It is not empty, and AWS deletes it only when it is. Empty it first, then press Try again.
        “DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty”
        Your platform team can also retain it: that leaves it as it is and frees the slot.
        [Try again] [Retain]
        (Request `id` · Simulated: nothing real is created)
        ");
        alice.clicks("Try again").await;
        confirms(company).await;
        company.waits("1m").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` is torn down.
        Torn down 2026-11-23 09:01 UTC: <@U0ALICE> asked for it.
        *Kept*: BucketKey (AWS::KMS::Key), Bucket (AWS::S3::Bucket) and BucketPolicy (AWS::S3::BucketPolicy) were left in the AWS account and may still cost money.
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        teardown | U0ALICE | payments | s3-bucket | TERMINATING | [form]
        teardown failed | provisioner | payments | s3-bucket | TEARDOWN_FAILED | DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty
        teardown | U0ALICE | payments | s3-bucket | TERMINATING | try 2 [form]
        terminated | provisioner | payments | s3-bucket | TERMINATED
        ");
    })
    .await;
}

#[tokio::test]
async fn a_failed_teardown_is_given_up_by_an_admin_alone() {
    run_in(failing(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision teardown {id}")).await;
        confirms(company).await;
        company.waits("1m").await;
        alice.clicks("Retain").await;
        insta::assert_snapshot!(alice.is_told(), @"Only the platform team can do that.");
        pat.runs(&format!("/provision status {id}")).await;
        pat.clicks("Retain").await;
        insta::assert_snapshot!(pat.form(), @"
        Retain [Retain] [Back]
        `payments-logs-dev-id` of team *payments* could not be torn down. Retaining it leaves everything that remains in the AWS account, where it may still cost money. Its quota slot is freed, and the portal no longer manages it.
        Reason: _
        ");
        pat.fills(&[("reason", "it moves to the archive")]).await;
        pat.submits().await;
        insta::assert_snapshot!(pat.form(), @"
        Retained  [Close]
        `payments-logs-dev-id` (*Secure S3 Bucket v1.0*) is left as it is. Its quota slot is free again.
        ");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` is left as it is.
        Left as it is, by <@U0ADMIN> (2026-11-23 09:01 UTC). The portal no longer manages it.
        “it moves to the archive”
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        teardown | U0ALICE | payments | s3-bucket | TERMINATING | [form]
        teardown failed | provisioner | payments | s3-bucket | TEARDOWN_FAILED | DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty
        refused | U0ALICE | payments | s3-bucket | TEARDOWN_FAILED | retain: not an admin [button in D0ALICE]
        retained | U0ADMIN | payments | s3-bucket | RETAINED | it moves to the archive [form]
        ");
    })
    .await;
}

#[tokio::test]
async fn a_bucket_is_handed_to_a_team_mate_who_is_told() {
    run_in(with_a_team_mate(), async |company| {
        let (alice, bob) = (&company.alice, &company.bob);
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision transfer {id}")).await;
        insta::assert_snapshot!(alice.form(), @"
        Hand over [Hand over] [Back]
        Who owns `payments-logs-dev-id` from now on? They get all updates and can renew it.
        New owner: _
        ");
        alice.fills(&[("person", "U0OLGA")]).await;
        alice.submits().await;
        insta::assert_snapshot!(alice.form(), @"
        Hand over [Hand over] [Back]
        Who owns `payments-logs-dev-id` from now on? They get all updates and can renew it.
        New owner: _
          ! They are not a member of payments. Choose somebody who is.
        ");
        alice.fills(&[("person", "U0BOB")]).await;
        alice.submits().await;
        insta::assert_snapshot!(alice.form(), @"
        Handed over  [Close]
        `payments-logs-dev-id` (*Secure S3 Bucket v1.0*) belongs to <@U0BOB> now. They get a message.
        ");
        let before = alice.dms().swap_remove(0);
        assert!(before.contains(" for team *payments*, owned by <@U0BOB>"), "{before}");
        insta::assert_snapshot!(bob.newest_dm(), @"
        You now own *Secure S3 Bucket v1.0* of team *payments*: `payments-logs-dev-id`.
        Active until 2026-12-30 09:00 UTC.
        [Tear down]
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        assert_eq!(company.newest_request().await.owner.as_str(), "U0BOB");
        alice.runs(&format!("/provision transfer {id} <@U0BOB|bob>")).await;
        insta::assert_snapshot!(alice.is_told(), @"`payments-logs-dev-id` (*Secure S3 Bucket v1.0*) belongs to <@U0BOB> now. They get a message.");
        alice.runs(&format!("/provision transfer {id} <@U0ALICE|alice>")).await;
        insta::assert_snapshot!(alice.is_told(), @"Only its owner <@U0BOB>, its team's approvers and the platform team can do that.");
        bob.runs(&format!("/provision transfer {id} <@U0ALICE|alice>")).await;
        insta::assert_snapshot!(bob.is_told(), @"`payments-logs-dev-id` (*Secure S3 Bucket v1.0*) belongs to <@U0ALICE> now. They get a message.");
    })
    .await;
}

#[tokio::test]
async fn a_trail_is_for_approvers_admins_and_auditors() {
    let with_an_auditor = Setup::new().with_settings("admins =", "auditors = [\"U0OLGA\"]\nadmins =");
    run_in(with_an_auditor, async |company| {
        let (alice, morgan, olga) = (&company.alice, &company.morgan, &company.olga);
        let id = alice.asks_for("s3-bucket", &BUCKET).await;
        alice.runs(&format!("/provision audit {id}")).await;
        insta::assert_snapshot!(alice.is_told(), @"Only its approvers, the platform team and auditors can read the audit trail of a request.");
        morgan.runs(&format!("/provision audit {id}")).await;
        insta::assert_snapshot!(morgan.is_told(), @"
        # Audit trail: Secure S3 Bucket
        The chain is intact: no entry was changed, removed or forged.
        #1 2026-11-23 09:00 UTC *submitted* by <@U0ALICE> · APPROVED: auto-approved: this product needs no approval [form] `id`
        #2 2026-11-23 09:00 UTC *provisioning* by workflow · PROVISIONING `id`
        #3 2026-11-23 09:00 UTC *active* by provisioner · ACTIVE `id`
        #4 2026-11-23 09:00 UTC *refused* by <@U0ALICE> · ACTIVE: read the trail: not a reader of the trail [command] `id`
        (Request `ID` · team payments · Each line ends with the beginning of its digest.)
        ");
        let hers = morgan.is_told();
        for reader in [&company.pat, olga] {
            reader.runs(&format!("/provision audit {id}")).await;
            assert_eq!(reader.is_told(), hers);
        }
        // Whoever may read everything changes nothing.
        for word in ["renew", "teardown", "transfer", "cancel", "pause"] {
            olga.runs(&format!("/provision {word} {id}")).await;
            let message = olga.is_told();
            assert!(message.contains("can do that") || message.contains("can cancel"), "{word}: {message}");
        }
        assert!(!olga.has_a_form());
        assert_eq!(company.trail().await.matches("refused | U0OLGA").count(), 5, "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn a_database_leaves_a_last_snapshot_and_says_so_before_and_after() {
    run(async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.morgan.clicks("Approve").await;
        alice.runs(&format!("/provision teardown {id}")).await;
        let snapshot =
            "*Snapshot*: a final one is taken of Database (AWS::RDS::DBInstance), which may still cost money.";
        let form = alice.form();
        assert!(form.contains(snapshot) && form.contains("*Deleted*, and cannot be recovered:"), "{form}");
        confirms(company).await;
        company.waits("1m").await;
        let message = alice.newest_dm();
        assert!(
            message.contains("*Snapshot*: a final one was taken of Database (AWS::RDS::DBInstance)"),
            "{message}"
        );
        assert_eq!(company.newest_request().await.status.name().as_str(), "TERMINATED");
    })
    .await;
}
