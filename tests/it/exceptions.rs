//! Beyond a quota or a budget: admins are asked for an exception, for one request only, and nobody slips past them.

use playground::LedTo;
use quartermaster::domain::request::StatusName;
use serde_json::Value;

use crate::harness::{Company, Person, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const WHY: &str = "The audit needs a copy";

/// One database for team payments, and two of its members.
fn one_database() -> Setup {
    Setup::new()
        .with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0ADMIN\"]")
        .with_catalog("rds-postgres/product.yml", "per_team: 3", "per_team: 1")
}

/// One bucket, which needs nobody's approval.
fn one_bucket() -> Setup {
    Setup::new().with_catalog("s3-bucket/product.yml", "per_team: 10", "per_team: 1")
}

/// Asks for a second database by the form that says it takes an exception.
async fn asks_beyond(person: &Person) {
    person.runs("/provision rds-postgres DatabaseName=copy").await;
    person.fills(&[("reason", WHY)]).await;
    assert_eq!(person.submits().await, LedTo::ViewsCleared, "{}", person.form());
}

/// What the form of the database says of the quota now.
async fn quota(company: &Company) -> String {
    company.alice.runs("/provision rds-postgres").await;
    let form = company.alice.form();
    company.alice.closes_all().await;
    form.lines().find(|line| line.starts_with("*Quota*")).unwrap_or(&form).to_owned()
}

#[tokio::test]
async fn beyond_a_full_quota_an_admin_is_asked_after_the_approvers_and_then_it_is_made() {
    run_in(one_database(), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        alice.runs("/provision rds-postgres DatabaseName=copy").await;
        let form = alice.form();
        let (top, rest) = form.split_once("(For team *payments*)").unwrap();
        insta::assert_snapshot!(top, @"
        PostgreSQL RDS Instance [Ask for an exception] [Cancel]
        *PostgreSQL RDS Instance* v1.0
        A PostgreSQL RDS instance with automated backups
        :warning: Team *payments* has no room for this: quota 1 of 1 used. Tear down something that is no longer needed, or ask for an exception for this request only: it needs a reason and an admin's approval.
        • `pg-payments-dev-id` <@U0ALICE> · Active · about $15/month · `/provision teardown id`
        ");
        assert!(rest.contains("Why is an exception needed?: "), "it is no optional field: {rest}");
        assert!(rest.contains("*Approval*: <@U0MORGAN>, then <@U0ADMIN>"), "{rest}");
        assert!(alice.tries_to_submit().await.is_err(), "without a reason Slack does not send it");
        alice.fills(&[("reason", WHY)]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());

        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains(":warning: *Exception: quota 1 of 1 used*"), "{card}");
        assert!(card.contains("*Quota* 2 of 1 used, this one included"), "{card}");
        assert!(card.contains("`pg-payments-dev-id` · <@U0ALICE> · about $15/month"), "what could go: {card}");
        pat.clicks("Approve").await;
        assert!(pat.is_told().contains("Only its approvers can decide"), "not yet: {}", pat.is_told());
        morgan.clicks("Approve").await;
        assert!(alice.newest_dm().contains("Asked since"), "an approver is not enough: {}", alice.newest_dm());
        let message = pat.newest_dm();
        assert!(message.contains("Now this is waiting for <@U0ADMIN>."), "{message}");
        assert!(message.contains("*Exception: quota 1 of 1 used*"), "{message}");
        company.waits("13h").await;
        assert_eq!(pat.newest_dm().matches("can decide").count(), 0, "they are asked anyway: {}", pat.newest_dm());
        pat.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
        assert_eq!(quota(company).await, "*Quota*: 2 of 1 used, 0 left");
        let trail = company.trail().await;
        let submitted = "submitted | U0ALICE | payments | rds-postgres | PENDING | 2 approvals needed, as an exception: quota 1 of 1 used [form]";
        assert!(trail.contains(submitted), "{trail}");
        let (_, metrics) = company.gets("/metrics").await;
        assert!(metrics.contains("quartermaster_exceptions_total{product=\"rds-postgres\"} 1"), "{metrics}");
    })
    .await;
}

#[tokio::test]
async fn what_needs_no_approval_needs_an_admins_for_an_exception_who_is_told_directly() {
    run_in(one_bucket(), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        alice.asks_for("s3-bucket", &[("BucketPurpose", "backups"), ("reason", WHY)]).await;
        assert!(alice.newest_dm().contains("Exception: quota 1 of 1 used"), "{}", alice.newest_dm());
        let message = pat.newest_dm();
        assert!(message.starts_with("This is waiting for <@U0ADMIN>."), "{message}");
        assert!(message.contains("*Exception: quota 1 of 1 used*"), "{message}");
        morgan.clicks("Approve").await;
        assert!(morgan.is_told().contains("Only its approvers can decide"), "{}", morgan.is_told());
        pat.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn nobody_grants_their_own_exception() {
    let setup = one_bucket()
        .with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0ADMIN\"]")
        .with_settings("admins = [\"U0ADMIN\"]", "admins = [\"U0ADMIN\", \"U0MORGAN\"]")
        .with_catalog("s3-bucket/product.yml", "mode: auto", "mode: auto\n  self_approval: true");
    run_in(setup, async |company| {
        let (pat, morgan) = (&company.pat, &company.morgan);
        pat.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        pat.asks_for("s3-bucket", &[("BucketPurpose", "backups"), ("reason", WHY)]).await;
        pat.clicks("Approve").await;
        assert!(pat.is_told().starts_with("This is your own request"), "{}", pat.is_told());
        morgan.clicks("Approve").await;
        assert!(pat.newest_dm().contains("is ready"), "{}", pat.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn the_only_admin_is_told_that_nobody_could_grant_them_an_exception() {
    run_in(one_database(), async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.pat.runs("/provision rds-postgres DatabaseName=copy").await;
        company.pat.fills(&[("reason", WHY)]).await;
        company.pat.submits().await;
        insta::assert_snapshot!(company.pat.form(), @"
        Not submitted  [Close]
        This exception could not be granted: it needs approval from 2 other people, the last of them an admin, and there are not enough. Have another admin added to the settings, in `slack.admins`.
        ");
        assert_eq!(company.trail().await.matches("submitted |").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_was_overtaken_asks_for_an_exception_and_loses_nothing() {
    run_in(one_database(), async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        alice.runs("/provision rds-postgres DatabaseName=orders").await;
        alice.fills(&[("AllocatedStorage", "40"), ("reason", WHY)]).await;
        assert!(alice.form().contains("[Request]"), "{}", alice.form());
        pat.asks_for("rds-postgres", &[("DatabaseName", "invoices")]).await;
        alice.submits().await;
        let form = alice.form();
        assert!(form.contains("[Ask for an exception]"), "{form}");
        assert!(form.contains("there is no room for it any more (quota 1 of 1 used)"), "{form}");
        assert_eq!(company.trail().await.matches("submitted |").count(), 1, "nothing was stored");
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        let request = company.newest_request().await;
        assert_eq!(request.reason, WHY);
        let filled: Vec<_> = request.shown_parameters().take(4).map(|(_, value)| value).collect();
        assert_eq!(filled, ["orders", "dev", "small", "40"]);
        assert_eq!(
            request.creation.exception.and_then(|exception| exception.quota).map(|quota| quota.used),
            Some(1)
        );
    })
    .await;
}

#[tokio::test]
async fn where_room_came_free_meanwhile_it_is_a_request_as_any_other() {
    run_in(one_database(), async |company| {
        let (alice, pat, morgan) = (&company.alice, &company.pat, &company.morgan);
        pat.asks_for("rds-postgres", &DATABASE).await;
        alice.runs("/provision rds-postgres DatabaseName=copy").await;
        assert!(alice.form().contains("[Ask for an exception]"), "{}", alice.form());
        pat.clicks("Cancel").await;
        alice.fills(&[("reason", WHY)]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        assert_eq!(company.newest_request().await.creation.exception, None);
        morgan.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn a_denied_exception_gives_its_slot_back_and_makes_no_room_for_others() {
    run_in(one_database(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        asks_beyond(alice).await;
        assert_eq!(quota(company).await, "*Quota*: 2 of 1 used, 0 left");
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Use the other one")]).await;
        morgan.submits().await;
        assert_eq!(quota(company).await, "*Quota*: 1 of 1 used, 0 left");
    })
    .await;
}

#[tokio::test]
async fn a_form_forged_into_an_exception_gets_nobody_past_an_admin_or_a_reason() {
    run_in(one_database(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision rds-postgres DatabaseName=copy").await;
        let forged = |payload: &mut Value| {
            let metadata = payload["view"]["private_metadata"].as_str().unwrap();
            let mut metadata: Value = serde_json::from_str(metadata).unwrap();
            metadata["exception"] = true.into();
            payload["view"]["private_metadata"] = metadata.to_string().into();
        };
        // An ordinary form with a free slot stays an ordinary request, whatever it says of itself.
        alice.forges_submission(forged).await;
        assert_eq!(company.newest_request().await.creation.exception, None);
        alice.closes_all().await;
        alice.runs("/provision rds-postgres DatabaseName=copy").await;
        let answer = alice.forges_submission(|_| {}).await;
        assert!(answer.contains("Say why the exception is needed"), "{answer}");
        assert_eq!(company.trail().await.matches("submitted |").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_form_forged_into_an_exception_that_the_product_does_not_have_is_refused() {
    let setup = one_database().with_catalog(
        "rds-postgres/product.yml",
        "per_team: 1",
        "per_team: 1, exceptions: refuse",
    );
    run_in(setup, async |company| {
        let (alice, pat) = (&company.alice, &company.pat);
        alice.runs("/provision rds-postgres DatabaseName=copy").await;
        alice.fills(&[("reason", WHY)]).await;
        pat.asks_for("rds-postgres", &DATABASE).await;
        let answer = alice
            .forges_submission(|payload| {
                let metadata = payload["view"]["private_metadata"].as_str().unwrap();
                let forged = metadata.replacen('{', "{\"exception\":true,", 1);
                payload["view"]["private_metadata"] = forged.into();
            })
            .await;
        assert!(answer.contains("already uses 1 of 1"), "{answer}");
        assert_eq!(company.trail().await.matches("submitted |").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn beyond_the_budget_the_form_says_what_costs_most_and_the_card_how_much_this_adds() {
    run_in(Setup::new().with_payments("monthly_budget = 20"), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        alice.runs("/provision rds-postgres DatabaseName=copy").await;
        let form = alice.form();
        assert!(form.contains("budget about $17.13 of $20 a month used, this adds $14.98"), "{form}");
        let lines: Vec<&str> = form.lines().filter(|line| line.starts_with('•')).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        • `pg-payments-dev-id` <@U0ALICE> · Active · about $15/month · `/provision teardown id`
        • `payments-logs-dev-id` <@U0ALICE> · Active · about $2.15/month · `/provision teardown id`
        ");
        alice.fills(&[("reason", WHY)]).await;
        assert_eq!(alice.submits().await, LedTo::ViewsCleared, "{}", alice.form());
        let card = morgan.reads("C0PAYMENTS");
        let exception = "*Exception: budget about $17.13 of $20 a month used, this adds $14.98*";
        assert!(card.contains(exception), "{card}");
        morgan.clicks("Approve").await;
        pat.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
        alice.runs("/provision s3-bucket BucketPurpose=backups").await;
        let next = alice.form();
        assert!(
            next.contains("budget about $32.11 of $20 a month used"),
            "the next one needs its own: {next}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_form_asks_for_an_exception_as_soon_as_what_is_chosen_needs_one() {
    run_in(Setup::new().with_payments("monthly_budget = 20"), async |company| {
        let alice = &company.alice;
        alice.runs("/provision rds-postgres DatabaseName=orders").await;
        assert!(alice.form().contains("[Request]"), "{}", alice.form());
        alice.fills(&[("InstanceSize", "large")]).await;
        assert!(alice.form().contains("[Ask for an exception]"), "{}", alice.form());
        assert!(alice.form().contains("this exceeds it, so it needs an exception"), "{}", alice.form());
        alice.fills(&[("InstanceSize", "small")]).await;
        assert!(alice.form().contains("[Request]"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn what_lives_has_its_slot_and_is_changed_as_ever_though_the_quota_is_full() {
    run_in(one_database(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        alice.runs(&format!("/provision change {} InstanceSize=medium", &id[..8])).await;
        let form = alice.form();
        assert!(form.contains("[Change]") && !form.contains("exception"), "{form}");
        alice.submits().await;
        alice.closes_all().await;
        morgan.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is changed"), "{}", alice.newest_dm());
        assert_eq!(quota(company).await, "*Quota*: 1 of 1 used, 0 left");
    })
    .await;
}

#[tokio::test]
async fn an_exception_becomes_an_ordinary_request_when_room_comes_free() {
    run_in(one_database(), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        let first = alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        asks_beyond(alice).await;
        alice.runs(&format!("/provision teardown {first}")).await;
        let name = company.request(&first).await.resource_name();
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        alice.closes_all().await;
        company.settle().await;
        let copy = company.newest_request().await;
        assert_eq!((copy.creation.exception, copy.status.name()), (None, StatusName::AwaitingApproval));
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("This is no longer an exception: room became free on 2026-11-23 09:00 UTC."), "{card}");
        assert!(card.contains("1 of 1 used, this one included"), "{card}");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` is torn down.
        Torn down 2026-11-23 09:00 UTC: <@U0ALICE> asked for it.
        *Kept*: DatabaseKey (AWS::KMS::Key) was left in the AWS account and may still cost money.
        *Snapshot*: a final one was taken of Database (AWS::RDS::DBInstance), which may still cost money.
        (Request `id` · Simulated: nothing real is created)
        ");
        pat.clicks("Approve").await;
        insta::assert_snapshot!(pat.is_told(), @"Only its approvers can decide about this request: <@U0MORGAN>.");
        morgan.clicks("Approve").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
        assert!(quota(company).await.contains("1 of 1 used"), "{}", quota(company).await);
        let trail = company.trail().await;
        let entries: Vec<&str> = trail.lines().filter(|line| line.starts_with("exception")).collect();
        insta::assert_snapshot!(entries.join("\n"), @"exception not needed | clock | payments | rds-postgres | AWAITING_APPROVAL | room is available now; it was quota 1 of 1 used");
    })
    .await;
}

#[tokio::test]
async fn where_all_others_have_agreed_room_that_comes_free_approves_the_exception() {
    run_in(one_bucket(), async |company| {
        let alice = &company.alice;
        let first = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        alice.runs("/provision s3-bucket BucketPurpose=backups").await;
        alice.fills(&[("reason", WHY)]).await;
        alice.submits().await;
        alice.runs(&format!("/provision teardown {first}")).await;
        let name = company.request(&first).await.resource_name();
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        alice.closes_all().await;
        company.settle().await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | s3-bucket | APPROVED | auto-approved: this product needs no approval [form]
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        submitted | U0ALICE | payments | s3-bucket | PENDING | 1 approval needed, as an exception: quota 1 of 1 used [form]
        approval requested | workflow | payments | s3-bucket | AWAITING_APPROVAL
        teardown | U0ALICE | payments | s3-bucket | TERMINATING | [form]
        terminated | provisioner | payments | s3-bucket | TERMINATED
        exception not needed | clock | payments | s3-bucket | AWAITING_APPROVAL | room is available now; it was quota 1 of 1 used
        approved | clock | payments | s3-bucket | APPROVED | all other approvals had been given
        provisioning | workflow | payments | s3-bucket | PROVISIONING
        active | provisioner | payments | s3-bucket | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn one_slot_that_comes_free_makes_room_for_one_exception_the_one_that_waited_longest() {
    run_in(one_database(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let first = alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        let mut waiting = Vec::new();
        for _ in 0..3 {
            company.waits("1s").await;
            asks_beyond(alice).await;
            waiting.push(company.newest_request().await.id);
        }
        // Two become free, the second of them by a withdrawal, and everybody looks at once.
        company.holds_jobs(true);
        alice.runs(&format!("/provision teardown {first}")).await;
        let name = company.request(&first).await.resource_name();
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        alice.closes_all().await;
        alice.runs(&format!("/provision cancel {}", waiting[1])).await;
        company.holds_jobs(false);
        company.settle().await;
        let mut exceptions = Vec::new();
        for id in &waiting {
            exceptions.push(company.request(&id.to_string()).await.creation.exception.is_some());
        }
        assert_eq!(exceptions, [false, true, true], "the first in the row, and no other");
        morgan.clicks_for(&waiting[0].to_string(), "Approve").await;
        assert!(
            company.request(&waiting[2].to_string()).await.creation.exception.is_some(),
            "it holds the slot now"
        );
        alice.runs(&format!("/provision cancel {}", waiting[2])).await;
    })
    .await;
}
