//! A change beyond its team's budget: admins are asked for an exception as for a request, and none once there is room.

use crate::harness::{Company, Person, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const WHY: &str = "The audit needs a copy";

/// Two databases of about $15 a month each, and a budget that has no room for a larger one.
async fn two_databases(company: &Company) -> [String; 2] {
    let first = company.alice.asks_for("rds-postgres", &DATABASE).await;
    company.morgan.clicks("Approve").await;
    let second = company.alice.asks_for("rds-postgres", &[("DatabaseName", "carts")]).await;
    company.morgan.clicks("Approve").await;
    [first, second]
}

/// Asks to make it larger by the form that says it takes an exception.
async fn changes_beyond(person: &Person, id: &str) {
    person.runs(&format!("/provision change {} InstanceSize=medium", &id[..8])).await;
    person.fills(&[("reason", WHY)]).await;
    person.submits().await;
    person.closes_all().await;
}

#[tokio::test]
async fn the_form_of_a_change_beyond_the_budget_asks_for_an_exception() {
    run_in(Setup::new().with_payments("monthly_budget = 40"), async |company| {
        let alice = &company.alice;
        let [_, id] = two_databases(company).await;
        alice.runs(&format!("/provision change {} InstanceSize=medium", &id[..8])).await;
        insta::assert_snapshot!(alice.form(), @"
        Change it [Ask for an exception] [Cancel]
        *PostgreSQL RDS Instance* v1.0
        `pg-payments-dev-id` of team *payments*
        :warning: Team *payments* has no room for this: budget about $29.96 of $40 a month used, this adds $11.68. Tear down something that is no longer needed, or ask for an exception for this change only: it needs a reason and an admin's approval.
        • `pg-payments-dev-id` <@U0ALICE> · Active · about $15/month · `/provision teardown id`
        • `pg-payments-dev-id` <@U0ALICE> · Active · about $15/month · `/provision teardown id`
        # The database
        Size: Medium: 2 vCPU, 2 GB (db.t4g.small)
        Storage in GB: 20
        (Unchanged: DatabaseName: `carts` · Environment: `dev` · VpcId: `/platform/network/vpc-id` · SubnetIds: `/platform/network/private-subnet-ids` · AppSecurityGroupId: `/platform/network/app-security-group-id`)
        Why is an exception needed?: _
        ---
        *Changes*
        InstanceSize: `small` → `medium`
        *Cost*: about $15/month → about $27/month
        *Approval*: <@U0MORGAN>, then <@U0ADMIN>
        *Budget*: about $30 of $40 a month used; this exceeds it, so it needs an exception
        (Some changes make AWS replace the resource, and its contents are lost. If you are not sure, ask your platform team.)
        ");
        assert!(alice.tries_to_submit().await.is_err(), "without a reason Slack does not send it");
    })
    .await;
}

#[tokio::test]
async fn a_change_beyond_the_budget_is_made_once_an_admin_has_agreed_too() {
    run_in(Setup::new().with_payments("monthly_budget = 40"), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        let [_, id] = two_databases(company).await;
        changes_beyond(alice, &id).await;
        let channel = morgan.reads("C0PAYMENTS");
        let (_, card) = channel.rsplit_once("# Change needs approval").unwrap();
        insta::assert_snapshot!(card, @"
        : PostgreSQL RDS Instance
        <@U0ALICE> asks to change `pg-payments-dev-id`.
        *Owner* <@U0ALICE>
        *Team* payments
        *Product* PostgreSQL RDS Instance v1.0
        *Cost* about $15/month → about $27/month
        :warning: *Exception: budget about $29.96 of $40 a month used, this adds $11.68*
        *Why*
        “The audit needs a copy”
        *Changes*
        InstanceSize: `small` → `medium`
        *The team has*
        `pg-payments-dev-id` · <@U0ALICE> · about $15/month
        Waiting for <@U0MORGAN>
        Step 1 of 2
        0 of 2 approvals
        [Approve] [Deny] [Approve with changes]
        (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)
        ");
        pat.clicks("Approve").await;
        assert!(pat.is_told().contains("Only its approvers can decide"), "not yet: {}", pat.is_told());
        morgan.clicks("Approve").await;
        assert!(pat.newest_dm().contains("Now this is waiting for <@U0ADMIN>."), "{}", pat.newest_dm());
        assert!(
            pat.newest_dm().contains("*Exception: budget about $29.96 of $40 a month used"),
            "{}",
            pat.newest_dm()
        );
        pat.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is changed."), "{}", alice.newest_dm());
        let trail = company.trail().await;
        assert!(
            trail.contains("2 needed, as an exception: budget about $29.96 of $40 a month used"),
            "{trail}"
        );
        let (_, metrics) = company.gets("/metrics").await;
        assert!(metrics.contains("quartermaster_exceptions_total{product=\"rds-postgres\"} 1"), "{metrics}");
    })
    .await;
}

#[tokio::test]
async fn a_change_needs_no_admin_any_more_once_there_is_room() {
    run_in(Setup::new().with_payments("monthly_budget = 40"), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let [first, second] = two_databases(company).await;
        changes_beyond(alice, &second).await;
        morgan.clicks("Approve").await;
        assert!(!alice.everything().contains("is changed."), "the admin has not agreed yet");
        alice.runs(&format!("/provision teardown {first}")).await;
        let name = company.request(&first).await.resource_name();
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        alice.closes_all().await;
        company.settle().await;
        assert!(alice.everything().contains("is changed."), "{}", alice.everything());
        let trail = company.trail().await;
        assert!(trail.contains("change exception not needed"), "{trail}");
        assert!(trail.contains("change approved | clock"), "{trail}");
    })
    .await;
}
