//! Who is asked: the requester's manager, several one after the other, those who are not mentioned, and by which rule.

use quartermaster::domain::request::StatusName;

use crate::harness::{Company, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const FIELD: &str = "Xf0MANAGER";

/// Databases ask for approval like this.
fn asking(approval: &str) -> Setup {
    Setup::new().with_catalog("rds-postgres/product.yml", "  approvers: team\n", approval)
}

fn with_managers(approval: &str) -> Setup {
    asking(approval).with_settings("[slack]\n", &format!("[slack]\nmanager_field = \"{FIELD}\"\n"))
}

/// Somebody's profile names this person as their manager.
fn names_as_manager(company: &Company, person: &str, manager: &str) {
    company.playground.change(|workspace| {
        let person = workspace.people.iter_mut().find(|one| one.id == person).unwrap();
        person.fields.insert(FIELD.to_owned(), manager.to_owned());
    });
}

/// The lines of the card from who is waited for up to the buttons.
fn waiting(company: &Company) -> String {
    let channel = company.morgan.reads("C0PAYMENTS");
    let lines = channel.lines().skip_while(|line| !line.starts_with("Waiting for"));
    lines.take_while(|line| !line.starts_with('(')).collect::<Vec<_>>().join("\n")
}

fn approval_line(company: &Company) -> String {
    let form = company.alice.form();
    form.lines().find(|line| line.contains("*Approval*")).unwrap().to_owned()
}

const TWO_APPROVERS: &str = "approvers = [\"U0MORGAN\", \"U0ADMIN\"]";

#[tokio::test]
async fn a_manager_is_asked_only_if_they_are_an_approver_of_the_team() {
    let setup =
        with_managers("  approvers: manager\n").with_settings("approvers = [\"U0MORGAN\"]", TWO_APPROVERS);
    run_in(setup, async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        names_as_manager(company, "U0ALICE", "U0ADMIN");
        alice.asks_for("rds-postgres", &DATABASE).await;
        insta::assert_snapshot!(waiting(company), @"
        Waiting for <@U0ADMIN>
        [Approve] [Deny] [Approve with changes]
        ");
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(morgan.is_told(), @"Only its approvers can decide about this request: <@U0ADMIN>.");
        pat.clicks("Approve").await;
        assert_eq!(company.newest_request().await.creation.consents[0].by.as_str(), "U0ADMIN");
        // Whoever writes a friend into their own profile gains nothing.
        names_as_manager(company, "U0ALICE", "U0OLGA");
        company.clock.advance("61s");
        alice.runs("/provision rds-postgres").await;
        insta::assert_snapshot!(approval_line(company), @"*Approval*: <@U0MORGAN> or <@U0ADMIN>; the requester's profile names no approver of the team as manager, so the team's approvers are asked");
        alice.fills(&[("DatabaseName", "second")]).await;
        alice.submits().await;
        insta::assert_snapshot!(waiting(company), @"
        Waiting for <@U0MORGAN> or <@U0ADMIN>
        _The requester's profile names no approver of the team as manager, so the team's approvers are asked_
        [Approve] [Deny] [Approve with changes]
        ");
        company.olga.presses(&morgan.remembers("Approve")).await;
        assert!(company.olga.is_told().contains("Only its approvers"), "{}", company.olga.is_told());
        morgan.clicks("Approve").await;
        assert_eq!(company.newest_request().await.creation.consents[0].by.as_str(), "U0MORGAN");
    })
    .await;
}

#[tokio::test]
async fn as_long_as_slack_does_not_say_who_the_manager_is_a_click_waits() {
    run_in(with_managers("  approvers: manager\n"), async |company| {
        names_as_manager(company, "U0ALICE", "U0MORGAN");
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.clock.advance("61s");
        company.expects_slack_to_refuse("users.profile.get", "missing_scope");
        company.playground.change(|workspace| workspace.scopes.retain(|scope| scope != "users.profile:read"));
        company.morgan.clicks("Approve").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::AwaitingApproval);
        company.playground.change(|workspace| workspace.scopes.push("users.profile:read".to_owned()));
        company.waits("1m").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
    })
    .await;
}

const STAGES: &str = "  stages: [{approvers: team}, {approvers: [U0ADMIN, U0MORGAN]}]\n";

#[tokio::test]
async fn the_next_are_asked_once_the_first_have_agreed_and_nobody_counts_twice() {
    run_in(asking(STAGES), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.runs("/provision rds-postgres").await;
        insta::assert_snapshot!(approval_line(company), @"*Approval*: <@U0MORGAN>, then <@U0ADMIN> or <@U0MORGAN>");
        alice.fills(&DATABASE).await;
        alice.submits().await;
        let first = pat.remembers("Approve");
        insta::assert_snapshot!(waiting(company), @"
        Waiting for <@U0MORGAN>
        Step 1 of 2
        0 of 2 approvals
        [Approve] [Deny] [Approve with changes]
        ");
        pat.presses(&first).await;
        assert!(pat.is_told().contains("Only its approvers"), "not yet: {}", pat.is_told());
        company.waits("1h").await;
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(waiting(company), @"
        Waiting for <@U0ADMIN> or <@U0MORGAN>
        Step 2 of 2
        1 of 2 approvals: <@U0MORGAN>
        [Approve] [Deny] [Approve with changes]
        ");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `orders` for team *payments*
        Waiting for approval until 2026-11-24 09:00 UTC.
        Asked since 2026-11-23 10:00 UTC: <@U0ADMIN> or <@U0MORGAN>
        Step 2 of 2
        1 of 2 approvals: <@U0MORGAN>
        [Cancel] [Nudge] [Details]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(morgan.is_told(), @"You have already approved this request. 1 more approval is needed.");
        pat.presses(&first).await;
        insta::assert_snapshot!(pat.is_told(), @"This button is out of date: the request is now *Waiting for approval*. Nothing was changed; the newest message shows what you can do now.");
        pat.clicks("Approve").await;
        let request = company.newest_request().await;
        assert_eq!(request.status.name(), StatusName::Active);
        assert_eq!(request.creation.consents.len(), 2);
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 2 approvals needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        refused | U0ADMIN | payments | rds-postgres | AWAITING_APPROVAL | approve: not an approver [button in C0PAYMENTS]
        approved | U0MORGAN | payments | rds-postgres | AWAITING_APPROVAL | 1 of 2 approvals [button in C0PAYMENTS]
        approved | U0ADMIN | payments | rds-postgres | APPROVED | [button in C0PAYMENTS]
        provisioning | workflow | payments | rds-postgres | PROVISIONING
        active | provisioner | payments | rds-postgres | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn the_next_are_reminded_in_their_own_time() {
    run_in(asking(STAGES), async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("3h").await;
        company.morgan.clicks("Approve").await;
        company.waits("3h").await;
        assert_eq!(
            (company.morgan.dms().len(), company.pat.dms().len()),
            (0, 0),
            "nobody waited for 4 hours"
        );
        company.waits("1h").await;
        assert_eq!((company.morgan.dms().len(), company.pat.dms().len()), (0, 1), "whose turn it is");
    })
    .await;
}

#[tokio::test]
async fn a_silent_approver_may_approve_and_is_neither_mentioned_nor_reminded() {
    run_in(asking("  silent: [U0ADMIN]\n"), async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        assert_eq!(waiting(company).lines().next(), Some("Waiting for <@U0MORGAN>"));
        company.waits("5h").await;
        assert!(company.pat.dms().is_empty(), "{:?}", company.pat.dms());
        company.pat.clicks("Approve").await;
        assert_eq!(company.newest_request().await.creation.consents[0].by.as_str(), "U0ADMIN");
    })
    .await;
}

const RULES: &str = "  rules:
  - {when: {parameter: Environment, is: [dev], monthly_cost_at_most: 100}, mode: auto}
  - {when: {monthly_cost_above: 100}, needed: 2}
";

#[tokio::test]
async fn rules_decide_between_nobody_one_and_two_and_the_form_says_why() {
    let setup = asking(RULES).with_settings("approvers = [\"U0MORGAN\"]", TWO_APPROVERS);
    run_in(setup, async |company| {
        let alice = &company.alice;
        alice.runs("/provision rds-postgres DatabaseName=one").await;
        insta::assert_snapshot!(approval_line(company), @"*Approval*: automatic, because Environment is dev and it costs at most $100 a month");
        alice.submits().await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
        alice.runs("/provision rds-postgres DatabaseName=two Environment=prod").await;
        insta::assert_snapshot!(approval_line(company), @"*Approval*: <@U0MORGAN> or <@U0ADMIN>");
        alice.closes_all().await;
        alice.runs("/provision rds-postgres DatabaseName=three Environment=prod AllocatedStorage=900").await;
        insta::assert_snapshot!(approval_line(company), @"*Approval*: 2 of <@U0MORGAN> or <@U0ADMIN>, because it costs more than $100 a month");
        alice.submits().await;
        company.morgan.clicks("Approve").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::AwaitingApproval);
        company.pat.clicks("Approve").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
        let trail = company.trail().await;
        let submitted = trail.lines().filter(|line| line.starts_with("submitted")).collect::<Vec<_>>();
        insta::assert_snapshot!(submitted.join("\n"), @"
        submitted | U0ALICE | payments | rds-postgres | APPROVED | auto-approved: Environment is dev and it costs at most $100 a month [form]
        submitted | U0ALICE | payments | rds-postgres | PENDING | 2 approvals needed, because it costs more than $100 a month [form]
        ");
    })
    .await;
}

#[tokio::test]
async fn the_form_says_how_long_answers_take_once_there_were_three() {
    let setup = Setup::new().with_catalog("rds-postgres/product.yml", "per_team: 3", "per_team: 9");
    run_in(setup, async |company| {
        for (name, minutes) in [("one", "10m"), ("two", "40m"), ("three", "55m")] {
            company.alice.asks_for("rds-postgres", &[("DatabaseName", name)]).await;
            company.waits(minutes).await;
            company.morgan.clicks("Approve").await;
            company.alice.runs("/provision rds-postgres").await;
            if name != "three" {
                assert!(!approval_line(company).contains("usually"), "{}", approval_line(company));
            }
            company.alice.closes_all().await;
        }
        company.alice.runs("/provision rds-postgres").await;
        insta::assert_snapshot!(approval_line(company), @"*Approval*: <@U0MORGAN>; usually answered in 40 minutes");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_could_ever_approve_is_refused_with_whom_to_ask() {
    let alone = Setup::new().with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"U0ALICE\"]");
    run_in(alone, async |company| {
        company.alice.runs("/provision rds-postgres DatabaseName=orders").await;
        company.alice.submits().await;
        insta::assert_snapshot!(company.alice.form(), @"
        Not submitted  [Close]
        This could not be approved: it needs approval from somebody else, and there are not enough approvers. Ask your platform team to add more: <@U0ADMIN>.
        ");
        assert_eq!(company.trail().await, "", "nothing was stored");
        let logged = company.logged().join("\n");
        assert!(logged.contains("U0ALICE of team payments can never get rds-postgres"), "said at the start");
    })
    .await;
    let two = asking("  needed: 2\n");
    run_in(two, async |company| {
        company.alice.runs("/provision rds-postgres DatabaseName=orders").await;
        company.alice.submits().await;
        assert!(company.alice.form().contains("2 other people"), "{}", company.alice.form());
        // A group is counted when somebody asks.
        company.bob.runs("/provision rds-postgres DatabaseName=orders").await;
        company.bob.submits().await;
        assert!(company.bob.form().contains("2 other people"), "{}", company.bob.form());
    })
    .await;
}

const BY_TEAM_AND_SIZE: &str = "  rules:
  - {when: {team: [search], parameter: InstanceSize, is: [small, medium]}, mode: auto}
";

#[tokio::test]
async fn a_rule_can_be_for_one_team_and_for_small_sizes_only() {
    run_in(asking(BY_TEAM_AND_SIZE), async |company| {
        let mut paths = Vec::new();
        for (person, size) in [(&company.bob, "medium"), (&company.alice, "medium"), (&company.bob, "large")]
        {
            person
                .runs(&format!(
                    "/provision rds-postgres DatabaseName=orders Environment=staging InstanceSize={size}"
                ))
                .await;
            let form = person.form();
            paths.push(form.lines().find(|line| line.contains("*Approval*")).unwrap().to_owned());
            person.submits().await;
            let request = company.newest_request().await;
            paths.push(format!("{} {size}: {}", request.team, request.status.name().as_str()));
            company.clock.advance("1m");
        }
        insta::assert_snapshot!(paths.join("\n"), @"
        *Approval*: automatic, because InstanceSize is medium and it is for team search
        search medium: ACTIVE
        *Approval*: <@U0MORGAN>
        payments medium: AWAITING_APPROVAL
        *Approval*: <!subteam^S0LEADS>
        search large: AWAITING_APPROVAL
        ");
    })
    .await;
}
