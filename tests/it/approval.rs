//! Somebody has to agree: the card, the click, and who is told what.

use playground::Group;
use quartermaster::domain::request::Status;

use crate::harness::{Setup, run, run_in};

const DATABASE: [(&str, &str); 2] = [("DatabaseName", "orders"), ("reason", "Orders & invoices")];

#[tokio::test]
async fn an_approver_sees_everything_on_the_card() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Approval needed: PostgreSQL RDS Instance
        *Requested by* <@U0ALICE>
        *Team* payments
        *Product* PostgreSQL RDS Instance v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        *Quota* 1 of 3 used, this one included
        *Why*
        “Orders & invoices”
        *Parameters*
        DatabaseName: `orders`
        Environment: `dev` — Development (one zone, 7 days of backups)
        InstanceSize: `small` — Small: 2 vCPU, 1 GB (db.t4g.micro)
        AllocatedStorage: `20`
        VpcId: `/platform/network/vpc-id`
        SubnetIds: `/platform/network/private-subnet-ids`
        AppSecurityGroupId: `/platform/network/app-security-group-id`
        Waiting for <@U0MORGAN>
        [Approve] [Deny] [Approve with changes]
        (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `orders` for team *payments*
        Waiting for approval until 2026-11-24 09:00 UTC.
        Asked since 2026-11-23 09:00 UTC: <@U0MORGAN>
        [Cancel] [Nudge] [Details]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
    })
    .await;
}

#[tokio::test]
async fn one_click_approves_and_everybody_sees_how_it_goes_on() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Active: PostgreSQL RDS Instance
        *Requested by* <@U0ALICE>
        *Team* payments
        *Product* PostgreSQL RDS Instance v1.0
        *Cost* about $15/month, us-east-1 list price of 2026-08-21
        *Quota* 1 of 3 used, this one included
        *Why*
        “Orders & invoices”
        *Parameters*
        DatabaseName: `orders`
        Environment: `dev` — Development (one zone, 7 days of backups)
        InstanceSize: `small` — Small: 2 vCPU, 1 GB (db.t4g.micro)
        AllocatedStorage: `20`
        VpcId: `/platform/network/vpc-id`
        SubnetIds: `/platform/network/private-subnet-ids`
        AppSecurityGroupId: `/platform/network/app-security-group-id`
        Approved by <@U0MORGAN> (2026-11-23 09:00 UTC)
        Active until 2026-12-30 09:00 UTC.
        (Request `id` · Simulated: nothing real is created)

        > Active until 2026-12-30 09:00 UTC.
        > Approved by <@U0MORGAN> (2026-11-23 09:00 UTC)
        > (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(alice.dms().join("\n\n"), @"
        *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` for team *payments*
        Active until 2026-12-30 09:00 UTC.
        Approved by <@U0MORGAN> (2026-11-23 09:00 UTC)
        [Details]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)

        Your request for *PostgreSQL RDS Instance v1.0* `orders` is approved.
        Approved by <@U0MORGAN> (2026-11-23 09:00 UTC)
        (Request `id` · Simulated: nothing real is created)

        *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` is ready.
        It expires 2026-12-30 09:00 UTC. You get a warning 7 days before, and can renew it then.
        *ConnectionUrl*: `postgresql://dbadmin@pg-payments-dev-id.id.us-east-1.rds.amazonaws.com:5432/orders?sslmode=require` — How to connect. The password is in the secret below, it changes every seven days.
        *PasswordSecretArn*: `arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-ID-id` — Secrets Manager secret with the user name and password. Its value is never shown here.
        *EncryptionKeyArn*: `arn:aws:kms:us-east-1:123456789012:key/ID` — ARN of the KMS key. Who reads the secret needs kms:Decrypt on it.
        *InstanceId*: `pg-payments-dev-id` — Identifier of the RDS instance.
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        approved | U0MORGAN | payments | rds-postgres | APPROVED | [button in C0PAYMENTS]
        provisioning | workflow | payments | rds-postgres | PROVISIONING
        active | provisioner | payments | rds-postgres | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn a_second_approver_is_told_who_decided() {
    let two = "approvers = [\"U0MORGAN\", \"U0ADMIN\"]";
    let setup = Setup::new().with_settings("approvers = [\"U0MORGAN\"]", two);
    run_in(setup, async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let seen_by_pat = company.pat.remembers("Approve");
        company.morgan.clicks("Approve").await;
        assert!(!company.pat.can_click("Approve"));
        let trail = company.trail().await;
        company.pat.presses(&seen_by_pat).await;
        insta::assert_snapshot!(company.pat.is_told(), @"This request is already approved by <@U0MORGAN> (2026-11-23 09:00 UTC). Nothing was changed.");
        assert_eq!(company.trail().await, trail, "losing a race is not put on the trail");
    })
    .await;
}

#[tokio::test]
async fn of_two_clicks_at_the_same_moment_the_first_one_counts() {
    let two = "approvers = [\"U0MORGAN\", \"U0ADMIN\"]";
    let setup = Setup::new().with_settings("approvers = [\"U0MORGAN\"]", two);
    run_in(setup, async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.holds_jobs(true);
        tokio::join!(company.morgan.clicks("Approve"), company.pat.clicks("Approve"));
        company.holds_jobs(false);
        company.settle().await;
        let message = [company.morgan.is_told(), company.pat.is_told()];
        assert_eq!(
            message.iter().filter(|text| text.starts_with("This request is already approved by")).count(),
            1
        );
        assert_eq!(company.trail().await.matches("approved |").count(), 1);
        assert_eq!(company.newest_request().await.creation.consents.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_product_that_needs_two_waits_for_a_second_person() {
    let two = "approvers = [\"U0MORGAN\", \"U0ADMIN\"]";
    let setup = Setup::new().with_settings("approvers = [\"U0MORGAN\"]", two).with_catalog(
        "rds-postgres/product.yml",
        "  approvers: team",
        "  approvers: team\n  needed: 2",
    );
    run_in(setup, async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.runs("/provision rds-postgres").await;
        assert!(alice.form().contains("*Approval*: 2 of <@U0MORGAN> or <@U0ADMIN>"), "{}", alice.form());
        alice.fills(&DATABASE).await;
        alice.submits().await;
        morgan.clicks("Approve").await;
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("1 of 2 approvals: <@U0MORGAN>"), "{card}");
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(morgan.is_told(), @"You have already approved this request. 1 more approval is needed.");
        pat.clicks("Approve").await;
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 2 approvals needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        approved | U0MORGAN | payments | rds-postgres | AWAITING_APPROVAL | 1 of 2 approvals [button in C0PAYMENTS]
        approved | U0ADMIN | payments | rds-postgres | APPROVED | [button in C0PAYMENTS]
        provisioning | workflow | payments | rds-postgres | PROVISIONING
        active | provisioner | payments | rds-postgres | ACTIVE
        ");
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn a_group_may_approve_and_is_asked_at_the_moment_of_the_click() {
    run(async |company| {
        let (bob, morgan, pat) = (&company.bob, &company.morgan, &company.pat);
        bob.asks_for("rds-postgres", &DATABASE).await;
        pat.clicks("Approve").await;
        assert!(pat.is_told().contains("Only its approvers"), "{}", pat.is_told());
        company.playground.change(|workspace| workspace.groups[0].members = vec!["U0ADMIN".to_owned()]);
        company.clock.advance("61s");
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(morgan.is_told(), @"Only its approvers can decide about this request: <!subteam^S0LEADS>.");
        pat.clicks("Approve").await;
        assert!(bob.newest_dm().contains("is ready"), "{}", bob.newest_dm());
        let approvals = company.newest_request().await.creation.consents;
        assert_eq!(approvals.iter().map(|one| one.by.as_str()).collect::<Vec<_>>(), ["U0ADMIN"]);
    })
    .await;
}

#[tokio::test]
async fn one_of_each_group_has_to_agree() {
    let groups = "  stages: [{approvers: [S0LEADS]}, {approvers: [S0SECURITY]}]";
    let setup = Setup::new().with_catalog("rds-postgres/product.yml", "  approvers: team", groups);
    run_in(setup, async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        company.playground.change(|workspace| {
            let members = vec!["U0ADMIN".to_owned(), "U0OLGA".to_owned()];
            workspace.groups.push(Group { id: "S0SECURITY".into(), members, ..Group::default() });
        });
        alice.asks_for("rds-postgres", &DATABASE).await;
        pat.clicks("Approve").await;
        assert!(pat.is_told().contains("Only its approvers"), "not yet: {}", pat.is_told());
        morgan.clicks("Approve").await;
        let card = morgan.reads("C0PAYMENTS");
        assert!(
            card.contains("Waiting for <!subteam^S0SECURITY>\nStep 2 of 2\n1 of 2 approvals: <@U0MORGAN>"),
            "{card}"
        );
        pat.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
        let approvals = company.newest_request().await.creation.consents;
        assert_eq!(approvals.iter().map(|one| one.by.as_str()).collect::<Vec<_>>(), ["U0MORGAN", "U0ADMIN"]);
    })
    .await;
}

#[tokio::test]
async fn a_waiting_task_is_known_by_a_token_that_the_journeys_would_recognize() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let Status::AwaitingApproval { token } = company.newest_request().await.status else { panic!() };
        assert!(company.would_recognize(&token));
    })
    .await;
}

#[tokio::test]
async fn an_approver_sees_what_the_team_has_already_and_whose_it_is() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        alice.asks_for("rds-postgres", &[("DatabaseName", "second")]).await;
        let card = morgan.reads("C0PAYMENTS");
        let lines = card.lines().skip_while(|line| *line != "*The team has*").take(2).collect::<Vec<_>>();
        insta::assert_snapshot!(lines.join("\n"), @"
        *The team has*
        `pg-payments-dev-id` · <@U0ALICE> · about $15/month
        ");
    })
    .await;
}

#[tokio::test]
async fn an_approver_types_the_name_where_the_product_wants_it() {
    let typed = "  approvers: team\n  confirm: type-the-name";
    let setup = Setup::new().with_catalog("rds-postgres/product.yml", "  approvers: team", typed);
    run_in(setup, async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("rds-postgres", &DATABASE).await;
        pat.clicks("Approve").await;
        assert!(!pat.has_a_form() && pat.is_told().contains("Only its approvers"), "{}", pat.is_told());
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(morgan.form(), @"
        Approve [Approve] [Back]
        *PostgreSQL RDS Instance v1.0* `orders` for team *payments* · about $15/month
        <@U0ALICE> asks for it · `id` · times out 2026-11-24 09:00 UTC
        “Orders & invoices”
        Type its name to confirm: _
        ");
        morgan.fills(&[("name", "rds-postgres")]).await;
        morgan.submits().await;
        assert!(morgan.form().contains("That is not its name"), "{}", morgan.form());
        let request = company.newest_request().await;
        assert!(request.waits_for_approvers() && request.creation.consents.is_empty(), "nothing counts yet");
        morgan.fills(&[("name", &request.resource_name())]).await;
        morgan.submits().await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
        assert!(company.trail().await.contains("approved | U0MORGAN"), "{}", company.trail().await);
    })
    .await;
}
