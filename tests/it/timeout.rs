//! Nobody answers.

use crate::harness::run;

#[tokio::test]
async fn a_request_that_nobody_answers_ends_after_a_day() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.waits("1439m").await;
        assert!(morgan.can_click("Approve"));
        company.waits("1m").await;
        assert!(!morgan.can_click("Approve"));
        insta::assert_snapshot!(alice.newest_dm(), @"
        Your request for *PostgreSQL RDS Instance v1.0* `orders` timed out.
        Nobody decided in time. Nothing was provisioned; you can ask again.
        [Ask again]
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Timed out: PostgreSQL RDS Instance
        *Requested by* <@U0ALICE>
        *Team* payments
        *Product* PostgreSQL RDS Instance v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        *Quota* 0 of 3 used
        *Parameters*
        DatabaseName: `orders`
        Environment: `dev` — Development (one zone, 7 days of backups)
        InstanceSize: `small` — Small: 2 vCPU, 1 GB (db.t4g.micro)
        AllocatedStorage: `20`
        VpcId: `/platform/network/vpc-id`
        SubnetIds: `/platform/network/private-subnet-ids`
        AppSecurityGroupId: `/platform/network/app-security-group-id`
        Timed out (2026-11-24 09:00 UTC): nobody decided in time.
        (Request `id` · Simulated: nothing real is created)

        > This is waiting since 2026-11-23 09:00 UTC, and nobody has answered. The platform team can decide now, too: it is waiting for <@U0MORGAN> or <@U0ADMIN>.
        > <@U0ALICE> asks for *PostgreSQL RDS Instance v1.0* `orders` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer on the card, under *Details* or on the app's home tab.
        > [Details]
        > (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)

        > Timed out (2026-11-24 09:00 UTC): nobody decided in time.
        > (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        escalated | clock | payments | rds-postgres | AWAITING_APPROVAL | asked since 2026-11-23T09:00:00Z
        timed out | clock | payments | rds-postgres | TIMED_OUT
        ");
        alice.clicks("Ask again").await;
        assert!(alice.form().contains("orders"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn a_click_after_the_deadline_is_too_late_even_before_the_timeout_was_noticed() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.holds_jobs(true);
        company.clock.advance("25h");
        company.morgan.clicks("Approve").await;
        insta::assert_snapshot!(company.morgan.is_told(), @"This request is already timed out (2026-11-24 09:00 UTC). Nothing was changed.");
        company.holds_jobs(false);
        company.settle().await;
        assert!(company.trail().await.contains("timed out | clock"), "{}", company.trail().await);
    })
    .await;
}
