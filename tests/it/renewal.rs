//! Renewals beyond those that need nobody: approvers are asked, and whoever hoped for an answer loses nothing
//! meanwhile.

use crate::harness::{Company, Setup, run_in};

/// Renewed once for nothing, then somebody has to agree.
fn once() -> Setup {
    Setup::new().with_catalog("s3-bucket/product.yml", "max_renewals: 12", "max_renewals: 1")
}

/// Alice's bucket was renewed and is about to end again.
async fn is_warned_a_second_time(company: &Company) {
    company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
    company.waits("30d").await;
    company.alice.clicks("Renew 30 days").await;
    company.waits("30d").await;
}

/// As soon as she is warned, she asks to keep it.
async fn asks_for_a_second_renewal(company: &Company) {
    is_warned_a_second_time(company).await;
    company.alice.clicks("Renew 30 days").await;
}

/// Twelve hours before the end she asks to keep it.
async fn asks_for_a_second_renewal_at_the_last_moment(company: &Company) {
    is_warned_a_second_time(company).await;
    company.waits("156h").await;
    company.alice.clicks("Renew 30 days").await;
}

#[tokio::test]
async fn a_renewal_beyond_the_free_ones_is_approved_on_a_card() {
    run_in(once(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        asks_for_a_second_renewal(company).await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        Active until 2027-01-29 09:00 UTC. A renewal by 30 days is waiting for approval until 2027-01-23 09:00 UTC.
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Renewal needs approval: Secure S3 Bucket
        <@U0ALICE> asks to keep `payments-logs-dev-id` 30 days longer. It was renewed once already.
        *Owner* <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $2.15/month, us-east-1 list price of 2026-08-21
        Waiting for <@U0MORGAN>
        [Approve] [Deny] [Approve with changes]
        (Request `id` · times out 2027-01-23 09:00 UTC · Simulated: nothing real is created)
        ");
        alice.clicks("Approve").await;
        insta::assert_snapshot!(alice.is_told(), @"Only its approvers can decide about this request: <@U0MORGAN>.");
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Renewal approved: Secure S3 Bucket
        <@U0ALICE> asks to keep `payments-logs-dev-id` 30 days longer. It was renewed once already.
        *Owner* <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $2.15/month, us-east-1 list price of 2026-08-21
        Approved by <@U0MORGAN> (2027-01-22 09:00 UTC)
        Active until 2027-02-28 09:00 UTC.
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(alice.dms()[3..].join("\n\n"), @"
        *Secure S3 Bucket v1.0* `payments-logs-dev-id` of team *payments*
        Renewed: it is active until 2027-02-28 09:00 UTC.
        (Request `id` · Simulated: nothing real is created)

        Your renewal of *Secure S3 Bucket v1.0* `payments-logs-dev-id` is approved.
        Active until 2027-02-28 09:00 UTC.
        [Tear down]
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        warned | clock | payments | s3-bucket | ACTIVE | ends 2026-12-30T09:00:00Z
        renewed | U0ALICE | payments | s3-bucket | ACTIVE | by 30d, ends 2027-01-29T09:00:00Z [button in D0ALICE]
        warned | clock | payments | s3-bucket | ACTIVE | ends 2027-01-29T09:00:00Z
        renewal requested | U0ALICE | payments | s3-bucket | ACTIVE | by 30d, 1 needed [button in D0ALICE]
        refused | U0ALICE | payments | s3-bucket | ACTIVE | approve: not an approver [button in C0PAYMENTS]
        renewed | U0MORGAN | payments | s3-bucket | ACTIVE | by 30d, ends 2027-02-28T09:00:00Z [button in C0PAYMENTS]
        ");
        company.waits("720h").await;
        assert!(alice.newest_dm().contains("unless it is renewed"), "warned again: {}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_for_a_renewal_does_not_approve_it() {
    let setup = once().with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"U0MORGAN\", \"U0ALICE\"]");
    run_in(setup, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        asks_for_a_second_renewal(company).await;
        alice.clicks("Approve").await;
        insta::assert_snapshot!(alice.is_told(), @"This is your own request, so somebody else has to decide: <@U0MORGAN>.");
        let trail = company.trail().await;
        assert!(trail.lines().last().unwrap().starts_with("refused | U0ALICE"), "{trail}");
        morgan.clicks("Approve").await;
        assert!(company.trail().await.lines().last().unwrap().starts_with("renewed | U0MORGAN"));
    })
    .await;
}

#[tokio::test]
async fn a_renewal_that_is_denied_says_why_and_leaves_a_day_at_least() {
    run_in(once(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        asks_for_a_second_renewal(company).await;
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Move them to the archive")]).await;
        morgan.submits().await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        Your renewal of *Secure S3 Bucket v1.0* `payments-logs-dev-id` was denied by <@U0MORGAN>.
        “Move them to the archive”
        Active until 2027-01-29 09:00 UTC.
        [Renew 30 days] [Tear down]
        (Request `id` · about $2.15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Renewal denied: Secure S3 Bucket
        <@U0ALICE> asks to keep `payments-logs-dev-id` 30 days longer. It was renewed once already.
        *Owner* <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $2.15/month, us-east-1 list price of 2026-08-21
        Denied by <@U0MORGAN>
        “Move them to the archive”
        (Request `id` · Simulated: nothing real is created)
        ");
        assert!(!alice.can_click("Approve"));
        company.waits("168h").await;
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn a_teardown_waits_for_the_answer_and_a_day_after_a_no() {
    run_in(once(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        asks_for_a_second_renewal_at_the_last_moment(company).await;
        company.waits("23h").await;
        assert!(company.newest_request().await.lease().is_some(), "eleven hours after its end");
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Not needed")]).await;
        morgan.submits().await;
        company.waits("23h").await;
        assert!(company.newest_request().await.lease().is_some());
        company.waits("1h").await;
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn a_renewal_that_nobody_answers_is_told_and_ends_a_day_later() {
    run_in(once(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        asks_for_a_second_renewal_at_the_last_moment(company).await;
        company.waits("24h").await;
        let dms = alice.dms();
        let told = dms.iter().find(|text| text.starts_with("Nobody answered your renewal of"));
        assert!(told.is_some_and(|text| text.contains("2027-01-30 21:00 UTC")), "{dms:?}");
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.starts_with("# Renewal not answered"), "{card}");
        assert!(!morgan.can_click("Approve"));
        company.waits("23h").await;
        assert!(company.newest_request().await.lease().is_some());
        company.waits("1h").await;
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
        let trail = company.trail().await;
        insta::assert_snapshot!(trail.lines().skip(6).collect::<Vec<_>>().join("\n"), @"
        reminded | clock | payments | s3-bucket | ACTIVE | ends 2027-01-29T09:00:00Z
        renewal requested | U0ALICE | payments | s3-bucket | ACTIVE | by 30d, 1 needed [button in D0ALICE]
        renewal timed out | clock | payments | s3-bucket | ACTIVE
        reminded | clock | payments | s3-bucket | ACTIVE | ends 2027-01-30T21:00:00Z
        expired | clock | payments | s3-bucket | TERMINATING
        terminated | provisioner | payments | s3-bucket | TERMINATED
        ");
    })
    .await;
}

#[tokio::test]
async fn however_often_it_is_renewed_it_lives_no_longer_than_its_product_allows_at_a_time() {
    run_in(Setup::new(), async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        for _ in 0..12 {
            alice.runs(&format!("/provision renew {id}")).await;
        }
        insta::assert_snapshot!(alice.is_told(), @"This already runs until 2026-12-30 09:00 UTC, the longest its product allows. You can renew it from 2026-11-24 09:00 UTC. Nothing was changed.");
        alice.runs(&format!("/provision status {id}")).await;
        assert!(alice.is_told().contains("You can renew it from 2026-11-24 09:00 UTC."), "{}", alice.is_told());
        assert!(!alice.can_click("Renew 30 days"));
        alice.opens_home().await;
        assert!(!alice.home().contains("Renew"), "{}", alice.home());
        company.waits("10d").await;
        alice.opens_home().await;
        alice.clicks_at_home("Renew 30 days").await;
        alice.runs(&format!("/provision renew {id}")).await;
        assert!(alice.is_told().contains("You can renew it from 2026-12-04 09:00 UTC."), "{}", alice.is_told());
        company.waits("20d").await;
        alice.runs(&format!("/provision renew {id}")).await;
        insta::assert_snapshot!(alice.is_told(), @"Renewed: `payments-logs-dev-id` (*Secure S3 Bucket v1.0*) is active until 2027-01-29 09:00 UTC, the longest this product allows at a time.");
        let trail = company.trail().await;
        let renewed: Vec<&str> = trail.lines().filter(|line| line.starts_with("renewed")).collect();
        insta::assert_snapshot!(renewed.join("\n"), @"
        renewed | U0ALICE | payments | s3-bucket | ACTIVE | by 30d, limited to the longest allowed, ends 2027-01-09T09:00:00Z [home tab]
        renewed | U0ALICE | payments | s3-bucket | ACTIVE | by 30d, limited to the longest allowed, ends 2027-01-29T09:00:00Z [command]
        ");
    })
    .await;
}

#[tokio::test]
async fn a_renewal_that_waits_is_withdrawn_and_a_change_can_be_asked_for() {
    run_in(once(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        asks_for_a_second_renewal_at_the_last_moment(company).await;
        let id = company.newest_request().await.id;
        morgan.runs(&format!("/provision cancel {id}")).await;
        insta::assert_snapshot!(morgan.is_told(), @"Only <@U0ALICE>, who asked for it, and its owner can cancel it. An approver can deny it.");
        alice.opens_home().await;
        assert!(alice.home().contains("[Withdraw the renewal]"), "{}", alice.home());
        alice.clicks("Withdraw the renewal").await;
        insta::assert_snapshot!(alice.is_told(), @"Withdrew the renewal of *Secure S3 Bucket* (`id`).");
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Renewal withdrawn: Secure S3 Bucket
        <@U0ALICE> asks to keep `payments-logs-dev-id` 30 days longer. It was renewed once already.
        *Owner* <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $2.15/month, us-east-1 list price of 2026-08-21
        <@U0ALICE> withdrew it.
        Active until 2027-01-29 21:00 UTC.
        (Request `id` · Simulated: nothing real is created)
        ");
        assert!(!morgan.can_click("Approve"));
        assert!(!company.newest_request().await.waits_for_approvers());
        alice.runs(&format!("/provision renew {id}")).await;
        alice.runs(&format!("/provision cancel {id}")).await;
        insta::assert_snapshot!(alice.is_told(), @"Withdrew the renewal of *Secure S3 Bucket* (`id`).");
        company.waits("24h").await;
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
    })
    .await;
}
