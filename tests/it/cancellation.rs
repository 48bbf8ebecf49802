//! The requester changes their mind.

use crate::harness::run;

#[tokio::test]
async fn a_requester_cancels_with_the_button_while_nobody_has_decided() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        alice.clicks("Cancel").await;
        insta::assert_snapshot!(alice.is_told(), @"Cancelled your request for *PostgreSQL RDS Instance* (`id`).");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `orders` for team *payments*
        Cancelled by <@U0ALICE> (2026-11-23 09:00 UTC)
        [Details]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        assert!(!morgan.can_click("Approve"));
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Cancelled: PostgreSQL RDS Instance
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
        Cancelled by <@U0ALICE> (2026-11-23 09:00 UTC)
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        cancelled | U0ALICE | payments | rds-postgres | CANCELLED | [button in D0ALICE]
        ");
    })
    .await;
}

#[tokio::test]
async fn a_requester_cancels_by_command_with_the_first_characters_of_the_id() {
    run(async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        alice.runs(&format!("/provision cancel {}", &id[..8])).await;
        insta::assert_snapshot!(alice.is_told(), @"Cancelled your request for *PostgreSQL RDS Instance* (`id`).");
        alice.runs(&format!("/provision cancel {id}")).await;
        insta::assert_snapshot!(alice.is_told(), @"This request is already cancelled by <@U0ALICE> (2026-11-23 09:00 UTC). Nothing was changed.");
        alice.runs("/provision cancel").await;
        insta::assert_snapshot!(alice.is_told(), @"Which request? Type `/provision cancel &lt;id&gt;` with the first 8 characters of its id. `/provision list` shows yours.");
    })
    .await;
}

#[tokio::test]
async fn it_is_too_late_to_cancel_once_somebody_has_approved() {
    run(async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.morgan.clicks("Approve").await;
        alice.runs(&format!("/provision cancel {id}")).await;
        insta::assert_snapshot!(alice.is_told(), @"It is too late to cancel this request: it is now *Active*. Nothing was changed; `status` shows its progress.");
    })
    .await;
}

#[tokio::test]
async fn only_the_requester_cancels_and_the_attempt_of_another_is_on_the_trail() {
    run(async |company| {
        let id = company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.morgan.runs(&format!("/provision cancel {id}")).await;
        insta::assert_snapshot!(company.morgan.is_told(), @"Only <@U0ALICE>, who asked for it, and its owner can cancel it. An approver can deny it.");
        assert!(company.trail().await.contains("refused | U0MORGAN"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn a_request_can_be_cancelled_before_its_approvers_were_asked() {
    run(async |company| {
        let alice = &company.alice;
        company.holds_jobs(true);
        let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        alice.runs(&format!("/provision cancel {id}")).await;
        company.holds_jobs(false);
        company.settle().await;
        assert_eq!(company.morgan.reads("C0PAYMENTS"), "", "nobody was asked");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        cancelled | U0ALICE | payments | rds-postgres | CANCELLED | [command]
        ");
    })
    .await;
}
