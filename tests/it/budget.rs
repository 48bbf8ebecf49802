//! What a team may spend: estimates of what lives count, and room comes back.

use crate::harness::{Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const LOGS: [(&str, &str); 1] = [("BucketPurpose", "logs")];

/// Room for one database and a bucket or two, and no exceptions.
fn tight() -> Setup {
    let refusing = "per_team: 3, exceptions: refuse";
    let setup = Setup::new().with_payments("monthly_budget = 20");
    setup.with_catalog("rds-postgres/product.yml", "per_team: 3", refusing)
}

#[tokio::test]
async fn a_request_above_the_budget_is_refused_with_figures() {
    run_in(tight(), async |company| {
        let alice = &company.alice;
        alice.asks_for("rds-postgres", &DATABASE).await;
        alice.runs("/provision rds-postgres DatabaseName=invoices").await;
        alice.submits().await;
        let refused = alice.form();
        assert!(refused.starts_with("Not submitted"), "{refused}");
        assert!(refused.contains("Team *payments* already uses about $14.98 of its $20"), "{refused}");
        alice.asks_for("s3-bucket", &LOGS).await;
        assert!(alice.newest_dm().contains("is ready"), "what fits is given: {}", alice.newest_dm());
        assert_eq!(company.trail().await.matches("submitted |").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_product_may_ask_for_approval_above_the_budget() {
    let asking = Setup::new().with_payments("monthly_budget = 3").with_catalog(
        "s3-bucket/product.yml",
        "quota: { per_team: 10 }",
        "quota: { per_team: 10, over_budget: ask }",
    );
    run_in(asking, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("s3-bucket", &LOGS).await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
        alice.asks_for("s3-bucket", &[("BucketPurpose", "backups")]).await;
        insta::assert_snapshot!(morgan.reads("C0PAYMENTS"), @"
        # Approval needed: Secure S3 Bucket
        *Requested by* <@U0ALICE>
        *Team* payments
        *Product* Secure S3 Bucket v1.0
        *Cost* about $2.15/month, us-east-1 list price of 2026-08-21
        *Quota* 2 of 10 used, this one included
        :warning: This exceeds the team's monthly budget.
        *The team has*
        `payments-logs-dev-id` · <@U0ALICE> · about $2.15/month
        *Parameters*
        BucketPurpose: `backups`
        Environment: `dev` — Development
        ObjectRetention: `forever` — Until somebody deletes them
        AccessLogBucket: `/platform/s3/access-log-bucket`
        Waiting for <@U0MORGAN>
        [Approve] [Deny] [Approve with changes]
        (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)
        ");
        morgan.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        submitted | U0ALICE | payments | s3-bucket | PENDING | 1 approval needed, above the team's budget [form]
        approval requested | workflow | payments | s3-bucket | AWAITING_APPROVAL
        approved | U0MORGAN | payments | s3-bucket | APPROVED | [button in C0PAYMENTS]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn there_is_room_again_once_something_has_ended() {
    run_in(tight(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Use the other one")]).await;
        morgan.submits().await;
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        alice.runs("/provision rds-postgres DatabaseName=invoices").await;
        alice.submits().await;
        assert!(alice.form().starts_with("Not submitted"), "{}", alice.form());
        company.waits("30d").await;
        company.waits("7d").await;
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
        alice.asks_for("rds-postgres", &[("DatabaseName", "invoices")]).await;
    })
    .await;
}

#[tokio::test]
async fn of_two_forms_for_the_last_money_the_first_one_counts() {
    let setup = tight().with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0ADMIN\"]");
    run_in(setup, async |company| {
        for person in [&company.alice, &company.pat] {
            person.runs("/provision rds-postgres DatabaseName=orders").await;
        }
        company.holds_jobs(true);
        tokio::join!(company.alice.submits(), company.pat.submits());
        company.holds_jobs(false);
        company.settle().await;
        let forms = [company.alice.form(), company.pat.form()];
        assert_eq!(forms.iter().filter(|form| form.starts_with("Not submitted")).count(), 1, "{forms:?}");
    })
    .await;
}

/// The bucket without prices, for a team with a budget or none.
fn unpriced(payments: &str) -> Setup {
    let prices = "cost:\n  - price: s3.standard.gb-month\n    quantity: 50\n  - price: kms.key.month\n    quantity: 1\n";
    Setup::new().with_payments(payments).with_catalog("s3-bucket/product.yml", prices, "")
}

#[tokio::test]
async fn what_has_no_estimate_counts_as_nothing_of_a_budget_says_so_and_is_asked_about() {
    run_in(unpriced("monthly_budget = 20"), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.runs("/provision s3-bucket").await;
        let form = alice.form();
        let said = "*Budget*: about $0 of $20 a month used; the cost of this is unknown, so it counts as $0, and approvers are asked";
        assert!(form.contains(said), "{form}");
        assert!(form.contains("because its cost is not known and counts as $0 of the team's budget"), "{form}");
        alice.closes_all().await;
        alice.asks_for("s3-bucket", &LOGS).await;
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("*Cost* no estimate for this product, so it counts as $0 toward the budget"), "{card}");
        morgan.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
        let trail = company.trail().await;
        assert!(trail.contains("because its cost is not known"), "{trail}");
    })
    .await;
    // Without a budget there is nothing that it could go beyond.
    run_in(unpriced(""), async |company| {
        company.alice.asks_for("s3-bucket", &LOGS).await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn whoever_a_product_names_finds_at_home_what_is_asked_only_for_its_unknown_cost() {
    let setup = unpriced("monthly_budget = 20");
    let named =
        setup.with_catalog("s3-bucket/product.yml", "mode: auto", "mode: auto\n  approvers: [U0OLGA]");
    run_in(named, async |company| {
        let (alice, olga) = (&company.alice, &company.olga);
        olga.opens_home().await;
        alice.asks_for("s3-bucket", &LOGS).await;
        company.waits("1m").await;
        olga.clicks_at_home("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
    })
    .await;
}
