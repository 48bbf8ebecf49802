//! What was given comes to its end: warned about, reminded of, kept longer, torn down.

use quartermaster::domain::request::StatusName;

use crate::harness::{Company, Setup, run, run_in};

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
        assert!(!alice.can_click("Renew 30 days"));
        company.waits("1h").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        Your *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments* will be torn down 2026-12-30 09:00 UTC unless it is renewed.
        It costs about $2.15/month, us-east-1 list price of 2026-08-21.
        *Kept*: BucketKey (AWS::KMS::Key), Bucket (AWS::S3::Bucket) and BucketPolicy (AWS::S3::BucketPolicy) stay in the AWS account and may still cost money.
        [Renew 30 days] [Tear down]
        (Request `id` · Simulated: nothing real is created)
        ");
        company.waits("143h").await;
        assert_eq!(posts(company), before + 1, "one warning");
        company.waits("1h").await;
        assert!(alice.newest_dm().contains("[Renew 30 days] [Tear down]"), "{}", alice.newest_dm());
        company.waits("23h").await;
        assert_eq!(posts(company), before + 2, "one reminder");
        assert_eq!(company.newest_request().await.status.name().label(), "Active");
        company.waits("1h").await;
        insta::assert_snapshot!(alice.dms()[3..].join("\n\n"), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        Torn down 2026-12-30 09:00 UTC: its lease expired.
        (Request `id` · Simulated: nothing real is created)

        *Secure S3 Bucket v1.0* `payments-logs-dev-id` is torn down.
        Torn down 2026-12-30 09:00 UTC: its lease expired.
        *Kept*: BucketKey (AWS::KMS::Key), Bucket (AWS::S3::Bucket) and BucketPolicy (AWS::S3::BucketPolicy) were left in the AWS account and may still cost money.
        (Request `id` · Simulated: nothing real is created)
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

#[tokio::test]
async fn a_click_keeps_it_longer_and_the_warnings_begin_anew() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        let said = posts(company);
        alice.clicks("Renew 30 days").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        Renewed: it is active until 2027-01-29 09:00 UTC.
        (Request `id` · Simulated: nothing real is created)
        ");
        assert!(alice.dms()[0].contains("Active until 2027-01-29 09:00 UTC"), "{}", alice.dms()[0]);
        company.waits("719h").await;
        assert_eq!(posts(company), said, "a renewal is shown where it was clicked, and nothing more is posted");
        company.waits("1h").await;
        assert!(alice.newest_dm().contains("orn down 2027-01-29 09:00 UTC unless"), "{}", alice.newest_dm());
        company.waits("6d").await;
        alice.clicks("Renew 30 days").await;
        assert!(alice.newest_dm().contains("it is active until 2027-03-06 09:00 UTC"), "{}", alice.newest_dm());
        company.waits("30d").await;
        assert_eq!(posts(company), said + 3, "each warning once");
        company.waits("7d").await;
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        warned | clock | payments | s3-bucket | ACTIVE | ends 2026-12-30T09:00:00Z
        renewed | U0ALICE | payments | s3-bucket | ACTIVE | by 30d, ends 2027-01-29T09:00:00Z [button in D0ALICE]
        warned | clock | payments | s3-bucket | ACTIVE | ends 2027-01-29T09:00:00Z
        reminded | clock | payments | s3-bucket | ACTIVE | ends 2027-01-29T09:00:00Z
        renewed | U0ALICE | payments | s3-bucket | ACTIVE | by 30d, ends 2027-03-06T09:00:00Z [button in D0ALICE]
        warned | clock | payments | s3-bucket | ACTIVE | ends 2027-03-06T09:00:00Z
        expired | clock | payments | s3-bucket | TERMINATING
        terminated | provisioner | payments | s3-bucket | TERMINATED
        ");
    })
    .await;
}

#[tokio::test]
async fn what_ends_within_hours_comes_as_one_message_with_buttons_for_each() {
    run(async |company| {
        let alice = &company.alice;
        let logs = alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("3h").await;
        let backups = alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        company.waits("2h").await;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "data-lake")]).await;
        let said = posts(company);
        company.waits("715h").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        These 3 will be torn down soon unless they are renewed.
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        Ends 2026-12-30 09:00 UTC · about $2.15/month, us-east-1 list price of 2026-08-21
        [Renew 30 days] [Tear down]
        *Secure S3 Bucket v1.0* `payments-backups-dev-id` of team *payments*
        Ends 2026-12-30 12:00 UTC · about $2.15/month, us-east-1 list price of 2026-08-21
        [Renew 30 days] [Tear down]
        *Secure S3 Bucket v1.0* `payments-data-lake-dev-id` of team *payments*
        Ends 2026-12-30 14:00 UTC · about $2.15/month, us-east-1 list price of 2026-08-21
        [Renew 30 days] [Tear down]
        (Requests `id` `id` `id` · Simulated: nothing real is created)
        ");
        alice.clicks_for(&backups, "Renew 30 days").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        2 of these 3 will be torn down soon unless they are renewed.
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        Ends 2026-12-30 09:00 UTC · about $2.15/month, us-east-1 list price of 2026-08-21
        [Renew 30 days] [Tear down]
        *Secure S3 Bucket v1.0* `payments-backups-dev-id` of team *payments*
        Renewed: it is active until 2027-01-29 09:00 UTC, the longest this product allows at a time.
        *Secure S3 Bucket v1.0* `payments-data-lake-dev-id` of team *payments*
        Ends 2026-12-30 14:00 UTC · about $2.15/month, us-east-1 list price of 2026-08-21
        [Renew 30 days] [Tear down]
        (Requests `id` `id` `id` · Simulated: nothing real is created)
        ");
        assert!(
            alice.can_click_for(&logs, "Renew 30 days") && !alice.can_click_for(&backups, "Renew 30 days")
        );
        company.waits("1d").await;
        assert_eq!(posts(company), said + 1, "one message for all three");
        company.waits("6d").await;
        company.waits("6h").await;
        let live = company.trail().await;
        assert_eq!((live.matches("expired |").count(), live.matches("renewed |").count()), (2, 1), "{live}");
    })
    .await;
}

#[tokio::test]
async fn a_click_on_the_first_warning_counts_after_a_reminder_and_both_show_the_new_date() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        let first = alice.remembers("Renew 30 days");
        company.waits("6d").await;
        alice.presses(&first).await;
        for shown in &alice.dms()[2..] {
            assert!(shown.contains("Renewed: it is active until 2027-02-04 09:00 UTC"), "{shown}");
        }
        assert!(!alice.can_click("Renew 30 days"));
    })
    .await;
}

#[tokio::test]
async fn a_click_on_an_old_warning_says_how_things_stand_and_refreshes_it() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        let old = alice.remembers("Renew 30 days");
        company.waits("6d").await;
        alice.clicks("Renew 30 days").await;
        let trail = company.trail().await;
        alice.presses(&old).await;
        assert!(alice.is_told().starts_with("This button is out of date"), "{}", alice.is_told());
        insta::assert_snapshot!(alice.dms()[2], @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        Renewed: it is active until 2027-02-04 09:00 UTC.
        (Request `id` · Simulated: nothing real is created)
        ");
        assert_eq!(company.trail().await, trail, "nothing was renewed twice");
    })
    .await;
}

#[tokio::test]
async fn a_teardown_that_fails_keeps_the_bucket_and_its_slot() {
    let failing =
        Setup::new().with_settings("[simulated]\n", "[simulated]\nfail_teardowns = [\"s3-bucket\"]\n");
    run_in(failing, async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        company.waits("7d").await;
        insta::assert_snapshot!(alice.dms()[2..].join("\n\n"), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        The teardown failed. It is still there and keeps its quota slot.
        (Request `id` · Simulated: nothing real is created)

        *Secure S3 Bucket v1.0* `payments-logs-dev-id` could not be torn down.
        The teardown failed. It is still there and keeps its quota slot.
        It is not empty, and AWS deletes it only when it is. Empty it first, then press Try again.
        “DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty”
        Your platform team can also retain it: that leaves it as it is and frees the slot.
        [Try again] [Retain]
        (Request `id` · Simulated: nothing real is created)
        ");
        let trail = company.trail().await;
        insta::assert_snapshot!(trail.lines().last().unwrap(), @"teardown failed | provisioner | payments | s3-bucket | TEARDOWN_FAILED | DELETE_FAILED: Bucket (AWS::S3::Bucket): The bucket you tried to delete is not empty");
        let said = posts(company);
        company.waits("60d").await;
        assert_eq!(posts(company), said, "it is told once");
        alice.runs("/provision s3-bucket").await;
        assert!(alice.form().contains("1 of 10 used"), "{}", alice.form());
        company.playground.dismiss(alice.id).await.unwrap();
        alice.clicks("Try again").await;
        alice.fills(&[("name", &company.newest_request().await.resource_name())]).await;
        alice.submits().await;
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
        alice.runs("/provision s3-bucket").await;
        assert!(alice.form().contains("0 of 10 used"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn a_click_on_the_warning_tears_it_down_right_away() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        alice.clicks("Tear down").await;
        assert!(alice.form().starts_with("Tear down [Tear down] [Keep it]"), "{}", alice.form());
        assert!(company.newest_request().await.lease().is_some(), "one click alone takes nothing");
        alice.fills(&[("name", &company.newest_request().await.resource_name())]).await;
        alice.submits().await;
        alice.closes_all().await;
        company.waits("1m").await;
        let warning = &alice.dms()[2];
        assert!(warning.contains("Torn down 2026-12-23 09:00 UTC: <@U0ALICE> asked for it."), "{warning}");
        assert!(!alice.can_click("Renew 30 days") && !alice.can_click("Tear down"), "{warning}");
        let trail = company.trail().await;
        insta::assert_snapshot!(trail.lines().skip(3).collect::<Vec<_>>().join("\n"), @"
        warned | clock | payments | s3-bucket | ACTIVE | ends 2026-12-30T09:00:00Z
        teardown | U0ALICE | payments | s3-bucket | TERMINATING | [form]
        terminated | provisioner | payments | s3-bucket | TERMINATED
        ");
    })
    .await;
}

#[tokio::test]
async fn handing_over_back_and_forth_does_not_make_a_lease_endless() {
    let both = Setup::new().with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0BOB\"]");
    let setup = both.with_catalog("s3-bucket/product.yml", "max_renewals: 12", "max_renewals: 0");
    run_in(setup, async |company| {
        let (alice, bob) = (&company.alice, &company.bob);
        let id = alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("30d").await;
        for round in 0..10 {
            company.waits("156h").await;
            let (from, to) = if round % 2 == 0 { (alice, "U0BOB") } else { (bob, "U0ALICE") };
            from.runs(&format!("/provision transfer {id} <@{to}>")).await;
            company.waits("1m").await;
        }
        let status = company.newest_request().await.status.name();
        assert_ne!(status, StatusName::Active, "95 days after a lease of 37 days without renewals");
    })
    .await;
}
