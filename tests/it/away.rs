//! An approver is away, and somebody else answers for them.

use quartermaster::domain::request::StatusName;

use crate::harness::{Company, Person, Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

/// Somebody leaves this person to answer for them up to a day.
pub(crate) async fn leaves(company: &Company, who: &Person, delegate: &str, until: &str) -> String {
    who.opens_home().await;
    who.clicks_at_home("Out of office").await;
    who.fills(&[("person", delegate), ("until", until)]).await;
    who.submits().await;
    let said = who.form();
    who.closes_all().await;
    company.settle().await;
    said
}

/// The lines of the card from who is waited for, or decided, up to the footer.
fn outcome(company: &Company) -> String {
    let channel = company.morgan.reads("C0PAYMENTS");
    let is_outcome = |line: &&str| line.starts_with("Waiting for") || line.starts_with("Approved by");
    let lines = channel.lines().skip_while(|line| !is_outcome(line));
    lines.take_while(|line| !line.starts_with('(')).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn whoever_is_away_is_answered_for_and_everybody_sees_for_whom() {
    run(async |company| {
        let (alice, morgan, olga) = (&company.alice, &company.morgan, &company.olga);
        insta::assert_snapshot!(leaves(company, morgan, "U0OLGA", "2026-11-30").await, @"
        Out of office  [Close]
        <@U0OLGA> answers for you until 2026-11-30.
        ");
        insta::assert_snapshot!(olga.newest_dm(), @"<@U0MORGAN> is away until 2026-11-30 and has named you as their delegate. You can approve what they could; it is listed on your home tab.");
        let home = morgan.home();
        assert!(home.contains("*You are away* until 2026-11-30. <@U0OLGA> answers"), "{home}");
        alice.asks_for("rds-postgres", &DATABASE).await;
        insta::assert_snapshot!(outcome(company), @"
        Waiting for <@U0OLGA>
        _<@U0MORGAN> is away until 2026-11-30, <@U0OLGA> answers for them_
        [Approve] [Deny] [Approve with changes]
        ");
        olga.opens_home().await;
        insta::assert_snapshot!(olga.home().lines().take(8).collect::<Vec<_>>().join("\n"), @"
        # Quartermaster
        *Welcome.* Here you get AWS resources that are set up the right way, without a ticket.
        *Request something*, or type `/provision` anywhere: the form shows what it costs and who has to approve it.
        Everything expires. You get a warning first, and renew it or tear it down with one click, here too.
        [Request something] [Costs] [Stats] [Out of office]
        (You answer for <@U0MORGAN>, who is away until 2026-11-30.)
        # Waiting for your approval
        *PostgreSQL RDS Instance v1.0* `orders` for team *payments* · about $15/month
        ");
        olga.clicks_at_home("Approve").await;
        insta::assert_snapshot!(outcome(company), @"
        Approved by <@U0OLGA> for <@U0MORGAN> (2026-11-23 09:00 UTC)
        Active until 2026-12-30 09:00 UTC.
        ");
        let request = company.newest_request().await;
        assert_eq!(request.creation.consents[0].by.as_str(), "U0OLGA");
        assert_eq!(request.creation.consents[0].on_behalf_of.as_ref().unwrap().as_str(), "U0MORGAN");
        insta::assert_snapshot!(company.trail().await, @"
        away | U0MORGAN | - | - | - | U0OLGA answers until 2026-11-30 [form]
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        approved | U0OLGA | payments | rds-postgres | APPROVED | for U0MORGAN [home tab]
        provisioning | workflow | payments | rds-postgres | PROVISIONING
        active | provisioner | payments | rds-postgres | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn an_absence_ends_with_its_day_or_with_a_button() {
    run(async |company| {
        let (alice, morgan, olga) = (&company.alice, &company.morgan, &company.olga);
        leaves(company, morgan, "U0OLGA", "2026-11-23").await;
        alice.asks_for("rds-postgres", &DATABASE).await;
        let button = morgan.remembers("Approve");
        company.waits("15h").await;
        olga.presses(&button).await;
        assert!(olga.is_told().contains("Only its approvers"), "the day is over: {}", olga.is_told());
        leaves(company, morgan, "U0OLGA", "2026-12-23").await;
        morgan.clicks_at_home("I am back").await;
        assert!(!morgan.home().contains("You are away"), "{}", morgan.home());
        olga.presses(&button).await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::AwaitingApproval);
        leaves(company, morgan, "U0OLGA", "2026-12-23").await;
        olga.presses(&button).await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
        let trail = company.trail().await;
        let absences = trail.lines().filter(|line| line.starts_with("away") || line.starts_with("back"));
        insta::assert_snapshot!(absences.collect::<Vec<_>>().join("\n"), @"
        away | U0MORGAN | - | - | - | U0OLGA answers until 2026-11-23 [form]
        away | U0MORGAN | - | - | - | U0OLGA answers until 2026-12-23 [form]
        back | U0MORGAN | - | - | - | U0OLGA no longer answers [home tab]
        away | U0MORGAN | - | - | - | U0OLGA answers until 2026-12-23 [form]
        ");
    })
    .await;
}

#[tokio::test]
async fn who_answers_for_another_does_not_answer_their_own_request() {
    run(async |company| {
        leaves(company, &company.morgan, "U0ALICE", "2026-11-30").await;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        assert_eq!(
            outcome(company).lines().next(),
            Some("Waiting for <@U0MORGAN>"),
            "who is asked all the same"
        );
        company.alice.presses(&company.morgan.remembers("Approve")).await;
        insta::assert_snapshot!(company.alice.is_told(), @"Only its approvers can decide about this request: <@U0MORGAN>.");
        assert_eq!(company.newest_request().await.status.name(), StatusName::AwaitingApproval);
    })
    .await;
}

#[tokio::test]
async fn two_answers_stay_those_of_two_approvers() {
    let two = "approvers = [\"U0MORGAN\", \"U0ADMIN\"]";
    let setup = Setup::new().with_settings("approvers = [\"U0MORGAN\"]", two).with_catalog(
        "rds-postgres/product.yml",
        "  approvers: team",
        "  approvers: team\n  needed: 2",
    );
    run_in(setup, async |company| {
        leaves(company, &company.morgan, "U0OLGA", "2026-11-30").await;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let button = company.morgan.remembers("Approve");
        company.olga.presses(&button).await;
        company.morgan.presses(&button).await;
        insta::assert_snapshot!(company.morgan.is_told(), @"<@U0OLGA> has already given that person's approval. 1 more approval is needed, from somebody else.");
        assert_eq!(company.newest_request().await.creation.consents.len(), 1);
        company.pat.presses(&button).await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
    })
    .await;
}

#[tokio::test]
async fn nobody_answers_for_themselves_as_a_guest_or_while_they_are_away() {
    let with_another = Setup::new().with_settings("approvers = [\"S0LEADS\"]", "approvers = [\"U0OLGA\"]");
    run_in(with_another, async |company| {
        let morgan = &company.morgan;
        company.playground.change(|workspace| {
            workspace.people.iter_mut().find(|one| one.id == "U0BOB").unwrap().is_restricted = true;
        });
        leaves(company, &company.olga, "U0ADMIN", "2026-11-30").await;
        let mut told = Vec::new();
        for (delegate, until) in [
            ("U0MORGAN", "2026-11-30"),
            ("U0BOB", "2026-11-30"),
            ("U0OLGA", "2026-11-30"),
            ("U0ADMIN", "2026-11-01"),
        ] {
            let form = leaves(company, morgan, delegate, until).await;
            told.extend(form.lines().filter(|line| line.contains('!')).map(str::to_owned));
        }
        insta::assert_snapshot!(told.join("\n"), @"
        ! Choose somebody other than yourself.
        ! They are not a full member of this workspace. Choose somebody who is.
        ! They are away until 2026-11-30. Choose somebody else.
        ! Choose a day from today to 366 days ahead.
        ");
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        assert_eq!(outcome(company).lines().next(), Some("Waiting for <@U0MORGAN>"));
    })
    .await;
}

#[tokio::test]
async fn an_absence_that_cannot_be_read_hides_no_other_and_is_replaced_by_the_next() {
    run_in(Setup::new().in_a_file(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let file = rusqlite::Connection::open(company.file()).unwrap();
        file.execute_batch(
            "INSERT INTO aways (person, delegate, until) VALUES ('U0BOB', 'U0PAT', 'some day'),
               (CAST(x'ff' AS TEXT), 'U0PAT', '2026-11-30'), ('U0MORGAN', x'ff', '2026-11-30')",
        )
        .unwrap();
        morgan.opens_home().await;
        assert!(!morgan.home().contains("You are away"), "{}", morgan.home());
        leaves(company, morgan, "U0OLGA", "2026-11-30").await;
        assert!(morgan.home().contains("*You are away* until 2026-11-30"), "{}", morgan.home());
        alice.asks_for("rds-postgres", &DATABASE).await;
        assert!(outcome(company).contains("<@U0OLGA> answers for them"), "{}", outcome(company));
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_ran_ahead_for_a_while_has_made_nobody_be_back() {
    run(async |company| {
        leaves(company, &company.morgan, "U0OLGA", "2026-11-30").await;
        company.clock.is_wrong_by_hours(10 * 24);
        for _ in 0..3 {
            company.waits("11m").await;
        }
        company.clock.is_wrong_by_hours(0);
        company.waits("1m").await;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        assert!(outcome(company).contains("<@U0OLGA> answers for them"), "{}", outcome(company));
    })
    .await;
}
