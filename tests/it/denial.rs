//! An approver says no, and why.

use quartermaster::domain::approval::Answer;
use quartermaster::domain::ids::PersonId;
use quartermaster::domain::request::Status;

use crate::away::leaves;
use crate::harness::{Company, Setup, run, run_in};

#[tokio::test]
async fn a_denial_says_who_and_why_and_frees_the_slot() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders"), ("reason", "Trying it out")]).await;
        morgan.clicks("Deny").await;
        insta::assert_snapshot!(morgan.form(), @"
        Deny the request [Deny] [Back]
        <@U0ALICE> asks for *PostgreSQL RDS Instance*. They will read your reason.
        Reason: _
        ");
        morgan.fills(&[("reason", "Use the shared *staging* database: <http://wiki>")]).await;
        morgan.submits().await;
        assert_eq!(morgan.form(), "-");
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Denied: PostgreSQL RDS Instance
        *Requested by* <@U0ALICE>
        *Team* payments
        *Product* PostgreSQL RDS Instance v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        *Quota* 0 of 3 used
        *Why*
        “Trying it out”
        *Parameters*
        DatabaseName: `orders`
        Environment: `dev` — Development (one zone, 7 days of backups)
        InstanceSize: `small` — Small: 2 vCPU, 1 GB (db.t4g.micro)
        AllocatedStorage: `20`
        VpcId: `/platform/network/vpc-id`
        SubnetIds: `/platform/network/private-subnet-ids`
        AppSecurityGroupId: `/platform/network/app-security-group-id`
        Denied by <@U0MORGAN> (2026-11-23 09:00 UTC)
        “Use the shared *staging* database: <http://wiki>”
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(alice.newest_dm(), @"
        Your request for *PostgreSQL RDS Instance v1.0* `orders` was denied.
        Denied by <@U0MORGAN> (2026-11-23 09:00 UTC)
        “Use the shared *staging* database: <http://wiki>”
        [Ask again]
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        denied | U0MORGAN | payments | rds-postgres | DENIED | Use the shared *staging* database: <http://wiki> [form]
        ");
        alice.runs("/provision rds-postgres").await;
        assert!(alice.form().contains("*Quota*: 0 of 3 used"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn a_denial_needs_a_reason() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        company.morgan.clicks("Deny").await;
        assert!(company.morgan.tries_to_submit().await.is_err(), "Slack's own client asks for it");
        company.morgan.fills(&[("reason", "   ")]).await;
        company.morgan.submits().await;
        insta::assert_snapshot!(company.morgan.form(), @"
        Deny the request [Deny] [Back]
        <@U0ALICE> asks for *PostgreSQL RDS Instance*. They will read your reason.
        Reason:    
          ! Write a reason of 3 to 1,000 characters.
        ");
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_again_after_a_denial_finds_the_form_as_it_was() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let fields = [("DatabaseName", "orders"), ("InstanceSize", "medium"), ("reason", "Trying it out")];
        alice.asks_for("rds-postgres", &fields).await;
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Too large")]).await;
        morgan.submits().await;
        alice.clicks("Ask again").await;
        insta::assert_snapshot!(alice.form(), @"
        PostgreSQL RDS Instance [Request] [Cancel]
        *PostgreSQL RDS Instance* v1.0
        A PostgreSQL RDS instance with automated backups
        (For team *payments*)
        # The database
        Database name: orders
        Environment: Development (one zone, 7 days of backups)
        Size: Medium: 2 vCPU, 2 GB (db.t4g.small)
        Storage in GB: 20
        # Platform settings (the defaults are right for most teams)
        VPC: /platform/network/vpc-id
        Private subnets: /platform/network/private-subnet-ids
        Application security group: /platform/network/app-security-group-id
        Why do you need it?: Trying it out
        ---
        *Cost*: about $27/month, us-east-1 list price of 2026-08-21
        *Approval*: <@U0MORGAN>
        *Quota*: 0 of 3 used, 3 left
        *Expires*: 2026-12-30 09:00 UTC
        (Simulated: nothing real is created)
        ");
    })
    .await;
}

#[tokio::test]
async fn a_denial_that_comes_after_an_approval_is_told_so() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        let approve = morgan.remembers("Approve");
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Too late")]).await;
        morgan.presses(&approve).await;
        morgan.submits().await;
        insta::assert_snapshot!(morgan.form(), @"
        Not denied  [Close]
        This request is already approved by <@U0MORGAN> (2026-11-23 09:00 UTC). Nothing was changed.
        ");
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
    })
    .await;
}

/// Olga, who answers for Morgan, says no to what waits on the home tab.
async fn olga_denies(company: &Company, reason: &str) {
    company.olga.opens_home().await;
    company.olga.clicks_at_home("Deny").await;
    company.olga.fills(&[("reason", reason)]).await;
    company.olga.submits().await;
    assert_eq!(company.olga.form(), "-");
}

/// As above, about what lives: Alice's message and the card say for whom.
async fn olga_denies_and_both_read_it(company: &Company, reason: &str) {
    olga_denies(company, reason).await;
    let message = company.alice.newest_dm();
    assert!(message.contains(&format!("was denied by <@U0OLGA> for <@U0MORGAN>.\n“{reason}”")), "{message}");
    let card = company.morgan.reads("C0PAYMENTS");
    assert!(card.contains(&format!("Denied by <@U0OLGA> for <@U0MORGAN>\n“{reason}”")), "{card}");
}

#[tokio::test]
async fn a_denial_by_a_delegate_says_for_whom_it_is_to_everybody() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        leaves(company, morgan, "U0OLGA", "2026-11-30").await;
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        olga_denies(company, "Use the shared one").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        Your request for *PostgreSQL RDS Instance v1.0* `orders` was denied.
        Denied by <@U0OLGA> for <@U0MORGAN> (2026-11-23 09:00 UTC)
        “Use the shared one”
        [Ask again]
        (Request `id` · Simulated: nothing real is created)
        ");
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("Denied by <@U0OLGA> for <@U0MORGAN> (2026-11-23 09:00 UTC)"), "{card}");
        let Status::Denied { by, on_behalf_of, reason } = company.newest_request().await.status else {
            panic!("{}", company.trail().await)
        };
        assert_eq!((by.as_str(), &*reason), ("U0OLGA", "Use the shared one"));
        assert_eq!(on_behalf_of.as_ref().map(PersonId::as_str), Some("U0MORGAN"));
        let trail = company.trail().await;
        insta::assert_snapshot!(trail.lines().last().unwrap(), @"denied | U0OLGA | payments | rds-postgres | DENIED | Use the shared one, for U0MORGAN [form]");
    })
    .await;
}

#[tokio::test]
async fn a_delegate_who_denies_a_renewal_or_a_change_is_named_with_for_whom() {
    let setup = Setup::new().with_catalog("rds-postgres/product.yml", "max_renewals: 12", "max_renewals: 0");
    run_in(setup, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("rds-postgres", &[("DatabaseName", "orders")]).await;
        morgan.clicks("Approve").await;
        leaves(company, morgan, "U0OLGA", "2026-11-30").await;

        company.waits("24h").await;
        alice.runs(&format!("/provision renew {id}")).await;
        olga_denies_and_both_read_it(company, "Ask again in a month").await;
        let answer = company.newest_request().await.renewal().unwrap().0.answer.clone().unwrap();
        assert!(matches!(answer, Answer::Denied { on_behalf_of: Some(of), .. } if of.as_str() == "U0MORGAN"));

        alice.runs(&format!("/provision change {id} InstanceSize=medium")).await;
        alice.submits().await;
        alice.closes_all().await;
        olga_denies_and_both_read_it(company, "Tune the queries").await;
        let answer = company.newest_request().await.change().unwrap().0.answer.clone().unwrap();
        assert!(matches!(answer, Answer::Denied { on_behalf_of: Some(of), .. } if of.as_str() == "U0MORGAN"));
    })
    .await;
}
