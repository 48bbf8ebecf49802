//! Nobody answers at once: approvers are reminded, the platform team is asked, too, and the requester sees who is being
//! waited for and can press them once.

use quartermaster::domain::request::StatusName;

use crate::harness::{Company, Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

/// The lines of the thread under the newest card.
fn thread(company: &Company) -> String {
    let channel = company.morgan.reads("C0PAYMENTS");
    channel.lines().filter(|line| line.starts_with("> ")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn approvers_who_do_not_answer_are_reminded_once_in_the_thread_and_directly() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("239m").await;
        assert_eq!((thread(company).as_str(), morgan.dms().len()), ("", 0), "four hours are not over");
        company.waits("1m").await;
        insta::assert_snapshot!(thread(company), @"
        > This is waiting for <@U0MORGAN> since 2026-11-23 09:00 UTC.
        > <@U0ALICE> asks for *PostgreSQL RDS Instance v1.0* `orders` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer on the card, under *Details* or on the app's home tab.
        > [Details]
        > (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(morgan.dms().join("\n\n"), @"
        This is waiting for <@U0MORGAN> since 2026-11-23 09:00 UTC.
        <@U0ALICE> asks for *PostgreSQL RDS Instance v1.0* `orders` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer on the card, under *Details* or on the app's home tab.
        [Details]
        (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `orders` for team *payments*
        Waiting for approval until 2026-11-24 09:00 UTC.
        Asked since 2026-11-23 09:00 UTC: <@U0MORGAN>, reminded 2026-11-23 13:00 UTC
        [Cancel] [Nudge] [Details]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        company.waits("1h").await;
        assert_eq!(morgan.dms().len(), 1, "once is enough");
        // From the reminder it takes two clicks.
        morgan.clicks("Details").await;
        assert!(morgan.is_told().contains("[Approve] [Deny] [Approve with changes]"), "{}", morgan.is_told());
        morgan.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        approvers reminded | clock | payments | rds-postgres | AWAITING_APPROVAL | asked since 2026-11-23T09:00:00Z
        approved | U0MORGAN | payments | rds-postgres | APPROVED | [button in D0MORGAN]
        provisioning | workflow | payments | rds-postgres | PROVISIONING
        active | provisioner | payments | rds-postgres | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_answers_goes_to_the_platform_team_who_can_decide_from_then_on() {
    run(async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("rds-postgres", &DATABASE).await;
        let early = pat.remembers("Approve");
        pat.presses(&early).await;
        insta::assert_snapshot!(pat.is_told(), @"Only its approvers can decide about this request: <@U0MORGAN>.");
        company.waits("12h").await;
        insta::assert_snapshot!(pat.newest_dm(), @"
        This is waiting since 2026-11-23 09:00 UTC, and nobody has answered. The platform team can decide now, too: it is waiting for <@U0MORGAN> or <@U0ADMIN>.
        <@U0ALICE> asks for *PostgreSQL RDS Instance v1.0* `orders` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer on the card, under *Details* or on the app's home tab.
        [Details]
        (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)
        ");
        let card = morgan.reads("C0PAYMENTS");
        insta::assert_snapshot!(card.lines().skip_while(|line| !line.starts_with("Waiting")).take(3).collect::<Vec<_>>().join("\n"), @"
        Waiting for <@U0MORGAN> or <@U0ADMIN>
        Nobody had answered by 2026-11-23 21:00 UTC, so the platform team can decide, too.
        [Approve] [Deny] [Approve with changes]
        ");
        assert!(alice.newest_dm().contains("so the platform team can decide, too"), "{}", alice.newest_dm());
        pat.presses(&early).await;
        let request = company.newest_request().await;
        assert_eq!(request.status.name(), StatusName::Active);
        assert_eq!(request.creation.consents[0].by.as_str(), "U0ADMIN");
        assert!(request.asking.escalated_at > request.asking.since);
        let messages = (morgan.dms(), pat.dms());
        company.waits("24h").await;
        assert_eq!((morgan.dms(), pat.dms()), messages, "after the decision nobody is told anything more");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_pressed_after_an_answer() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.morgan.clicks("Deny").await;
        company.morgan.fills(&[("reason", "too big")]).await;
        company.morgan.submits().await;
        company.waits("24h").await;
        assert!(company.morgan.dms().is_empty(), "{:?}", company.morgan.dms());
        assert!(!thread(company).contains("This is waiting"), "{}", thread(company));
        let request = company.newest_request().await;
        assert_eq!((request.asking.reminded_at, request.asking.escalated_at), (None, None));
    })
    .await;
}

#[tokio::test]
async fn times_beyond_the_deadline_never_come() {
    let late = "  approvers: team\n  remind_after: 24h\n  escalate_after: 30h";
    let setup = Setup::new().with_catalog("rds-postgres/product.yml", "  approvers: team", late);
    run_in(setup, async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("24h").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::TimedOut);
        assert!(company.morgan.dms().is_empty() && company.pat.dms().is_empty());
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_can_press_the_approvers_once() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("30m").await;
        let nudge = alice.remembers("Nudge");
        alice.clicks("Nudge").await;
        insta::assert_snapshot!(morgan.newest_dm(), @"
        <@U0ALICE> asks <@U0MORGAN> to look at this.
        <@U0ALICE> asks for *PostgreSQL RDS Instance v1.0* `orders` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer on the card, under *Details* or on the app's home tab.
        [Details]
        (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `orders` for team *payments*
        Waiting for approval until 2026-11-24 09:00 UTC.
        Asked since 2026-11-23 09:00 UTC: <@U0MORGAN>, nudged 2026-11-23 09:30 UTC
        [Cancel] [Details]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        alice.presses(&nudge).await;
        insta::assert_snapshot!(alice.is_told(), @"You have already nudged the approvers (2026-11-23 09:30 UTC), which is possible once. Reminders are sent automatically.");
        morgan.presses(&nudge).await;
        insta::assert_snapshot!(morgan.is_told(), @"Only <@U0ALICE>, who is waiting for the answer, can nudge the approvers.");
        assert_eq!(morgan.dms().len(), 1, "told once");
        morgan.clicks("Approve").await;
        alice.presses(&nudge).await;
        assert!(alice.is_told().starts_with("This request is already approved by"), "{}", alice.is_told());
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        approvers nudged | U0ALICE | payments | rds-postgres | AWAITING_APPROVAL | [button in D0ALICE]
        refused | U0MORGAN | payments | rds-postgres | AWAITING_APPROVAL | nudge: not the one who waits [button in D0ALICE]
        approved | U0MORGAN | payments | rds-postgres | APPROVED | [button in C0PAYMENTS]
        provisioning | workflow | payments | rds-postgres | PROVISIONING
        active | provisioner | payments | rds-postgres | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn a_group_is_reminded_one_by_one_and_whoever_has_agreed_is_left_alone() {
    let two = "approvers = [\"U0MORGAN\", \"U0ADMIN\"]";
    let setup = Setup::new()
        .with_settings("approvers = [\"U0MORGAN\"]", two)
        .with_settings("approvers = [\"S0LEADS\"]", "approvers = [\"S0LEADS\", \"U0ADMIN\"]")
        .with_catalog("rds-postgres/product.yml", "  approvers: team", "  approvers: team\n  needed: 2");
    run_in(setup, async |company| {
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.morgan.clicks("Approve").await;
        company.waits("4h").await;
        assert_eq!(company.morgan.dms().len(), 1, "of the leads: {:?}", company.morgan.dms());
        assert_eq!(company.pat.dms().len(), 2, "of both: {:?}", company.pat.dms());
    })
    .await;
}

#[tokio::test]
async fn a_renewal_that_waits_is_not_forgotten_either() {
    let setup = Setup::new().with_catalog("rds-postgres/product.yml", "max_renewals: 12", "max_renewals: 0");
    run_in(setup, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        company.waits("1d").await;
        let id = company.newest_request().await.id;
        alice.runs(&format!("/provision renew {id}")).await;
        company.waits("4h").await;
        insta::assert_snapshot!(morgan.newest_dm(), @"
        This is waiting for <@U0MORGAN> since 2026-11-24 09:00 UTC.
        <@U0ALICE> asks to keep *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` of team *payments* 30 days longer. Answer on the card, under *Details* or on the app's home tab.
        [Details]
        (Request `id` · times out 2026-11-25 09:00 UTC · Simulated: nothing real is created)
        ");
        company.waits("8h").await;
        company.pat.clicks("Details").await;
        company.pat.clicks("Approve").await;
        let request = company.newest_request().await;
        assert_eq!(request.lease().unwrap().renewals, 1);
    })
    .await;
}
