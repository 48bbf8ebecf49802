//! What lives is changed: other parameters, a newer version, asked for, agreed to, made or taken back.

use crate::harness::{Company, Setup, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];
const SERVICE: [(&str, &str); 2] = [("ServiceName", "checkout"), ("Image", IMAGE)];
const IMAGE: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/checkout-api@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// Alice has a small database.
async fn has_a_database(company: &Company) -> String {
    let id = company.alice.asks_for("rds-postgres", &DATABASE).await;
    company.morgan.clicks("Approve").await;
    assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
    id
}

/// She asks for a larger one.
async fn asks_for_more(company: &Company, id: &str) {
    let alice = &company.alice;
    alice.runs(&format!("/provision change {} InstanceSize=medium", &id[..8])).await;
    alice.fills(&[("reason", "Black Friday")]).await;
    alice.submits().await;
    alice.closes_all().await;
}

async fn value(company: &Company, key: &str) -> String {
    let request = company.newest_request().await;
    let found = request.parameters.iter().find(|(own, _)| own == key);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// What the team uses of its budget, as a form says it.
async fn budget(company: &Company) -> String {
    company.alice.runs("/provision s3-bucket").await;
    let form = company.alice.form();
    company.alice.closes_all().await;
    form.lines().find(|line| line.starts_with("*Budget*")).unwrap_or(&form).to_owned()
}

async fn newest_trail(company: &Company, skip: usize) -> String {
    company.trail().await.lines().skip(skip).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_change_that_needs_nobody_is_made_at_once_and_keeps_the_lease() {
    run_in(Setup::new(), async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("ecs-service", &SERVICE).await;
        let before = company.newest_request().await;
        alice.runs(&format!("/provision status {}", &id[..8])).await;
        alice.clicks("Change").await;
        insta::assert_snapshot!(alice.form(), @"
        Change it [Change] [Cancel]
        *ECS Fargate Service* v1.0
        `payments-checkout-dev-id` of team *payments*
        # The service
        Container image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/checkout-api@sha256:id
        # Size
        Task size: XS: 0.25 vCPU, 0.5 GB
        Number of tasks: 1
        (Unchanged: ServiceName: `checkout` · Environment: `dev` · ContainerPort: `8080` · VpcId: `/platform/network/vpc-id` · SubnetIds: `/platform/network/private-subnet-ids` · AppSecurityGroupId: `/platform/network/app-security-group-id`)
        Why do you need it?: _
        ---
        *Changes*: nothing yet
        *Cost*: about $8.21/month, as before
        *Approval*: automatic, because Environment is dev
        (Some changes make AWS replace the resource, and its contents are lost. If you are not sure, ask your platform team.)
        ");
        alice.fills(&[("DesiredCount", "2")]).await;
        assert!(alice.form().contains("DesiredCount: `1` → `2`"), "{}", alice.form());
        alice.submits().await;
        let after = company.newest_request().await;
        assert_eq!(value(company, "DesiredCount").await, "2");
        assert_eq!(after.lease(), before.lease());
        assert!(after.monthly() > before.monthly());
        alice.closes_all().await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *ECS Fargate Service v1.0* `payments-checkout-dev-id` is changed.
        DesiredCount: `1` → `2`
        Active until 2026-12-30 09:00 UTC.
        [Tear down]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(newest_trail(company, 3).await, @"
        change requested | U0ALICE | payments | ecs-service | ACTIVE | DesiredCount 1 -> 2; auto-approved: Environment is dev [form]
        updating | workflow | payments | ecs-service | UPDATING
        changed | provisioner | payments | ecs-service | ACTIVE | DesiredCount 1 -> 2
        ");
    })
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "the card before and after, word for word")]
async fn approvers_see_what_becomes_different_before_they_agree() {
    run_in(Setup::new(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = has_a_database(company).await;
        asks_for_more(company, &id).await;
        let card = morgan.reads("C0PAYMENTS");
        insta::assert_snapshot!(card.split("\n\n").last().unwrap(), @"
        # Change needs approval: PostgreSQL RDS Instance
        <@U0ALICE> asks to change `pg-payments-dev-id`.
        *Owner* <@U0ALICE>
        *Team* payments
        *Product* PostgreSQL RDS Instance v1.0
        *Cost* about $15/month → about $27/month
        *Why*
        “Black Friday”
        *Changes*
        InstanceSize: `small` → `medium`
        Waiting for <@U0MORGAN>
        [Approve] [Deny] [Approve with changes]
        (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(alice.dms()[0], @"
        *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` for team *payments*
        Active until 2026-12-30 09:00 UTC. A change is waiting for approval until 2026-11-24 09:00 UTC.
        Asked since 2026-11-23 09:00 UTC: <@U0MORGAN>
        Approved by <@U0MORGAN> (2026-11-23 09:00 UTC)
        [Withdraw the change] [Nudge] [Details]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        alice.clicks("Approve").await;
        insta::assert_snapshot!(alice.is_told(), @"Only its approvers can decide about this request: <@U0MORGAN>.");
        assert_eq!(value(company, "InstanceSize").await, "small", "not before somebody agrees");
        morgan.clicks("Approve").await;
        assert_eq!(value(company, "InstanceSize").await, "medium");
        let card = morgan.reads("C0PAYMENTS");
        insta::assert_snapshot!(card.split("\n\n").last().unwrap(), @"
        # Changed: PostgreSQL RDS Instance
        <@U0ALICE> asks to change `pg-payments-dev-id`.
        *Owner* <@U0ALICE>
        *Team* payments
        *Product* PostgreSQL RDS Instance v1.0
        *Cost* about $15/month → about $27/month
        *Why*
        “Black Friday”
        *Changes*
        InstanceSize: `small` → `medium`
        Approved by <@U0MORGAN> (2026-11-23 09:00 UTC)
        It is done.
        (Request `id` · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` is changed.
        InstanceSize: `small` → `medium`
        Active until 2026-12-30 09:00 UTC.
        [Tear down]
        (Request `id` · about $27/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(newest_trail(company, 5).await, @"
        change requested | U0ALICE | payments | rds-postgres | ACTIVE | InstanceSize small -> medium; 1 needed [form]
        refused | U0ALICE | payments | rds-postgres | ACTIVE | approve: not an approver [button in C0PAYMENTS]
        change approved | U0MORGAN | payments | rds-postgres | ACTIVE | [button in C0PAYMENTS]
        updating | workflow | payments | rds-postgres | UPDATING
        changed | provisioner | payments | rds-postgres | ACTIVE | InstanceSize small -> medium
        ");
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_denied_leaves_everything_as_it_was() {
    run_in(Setup::new().with_payments("monthly_budget = 100"), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = has_a_database(company).await;
        let before = budget(company).await;
        asks_for_more(company, &id).await;
        assert_ne!(budget(company).await, before, "room is kept for it while it waits");
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "Tune the queries first")]).await;
        morgan.submits().await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        The change of *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` was denied by <@U0MORGAN>.
        “Tune the queries first”
        Active until 2026-12-30 09:00 UTC.
        [Tear down]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        assert_eq!(value(company, "InstanceSize").await, "small");
        assert_eq!(budget(company).await, before);
        assert!(!morgan.can_click("Approve"));
    })
    .await;
}

#[tokio::test]
async fn a_change_that_nobody_answers_ends_and_one_that_is_withdrawn_too() {
    run_in(Setup::new(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = has_a_database(company).await;
        asks_for_more(company, &id).await;
        company.waits("24h").await;
        assert!(alice.newest_dm().starts_with("Nobody answered the change of"), "{}", alice.newest_dm());
        asks_for_more(company, &id).await;
        morgan.runs(&format!("/provision cancel {}", &id[..8])).await;
        insta::assert_snapshot!(morgan.is_told(), @"Only <@U0ALICE>, who asked for it, and its owner can cancel it. An approver can deny it.");
        alice.clicks("Withdraw the change").await;
        assert!(alice.is_told().starts_with("Withdrew the change of"), "{}", alice.is_told());
        assert!(morgan.reads("C0PAYMENTS").contains("# Change withdrawn"), "{}", morgan.reads("C0PAYMENTS"));
        assert_eq!(value(company, "InstanceSize").await, "small");
    })
    .await;
}

#[tokio::test]
async fn a_change_that_fails_is_taken_back_and_says_why() {
    let failing = Setup::new()
        .with_settings("[simulated]\n", "[simulated]\nfail_changes = [\"rds-postgres\"]\n")
        .with_payments("monthly_budget = 100");
    run_in(failing, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = has_a_database(company).await;
        let (before, lease) = (budget(company).await, company.newest_request().await.lease().cloned());
        asks_for_more(company, &id).await;
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `pg-payments-dev-id` could not be changed and is as it was before.
        “UPDATE_FAILED: DatabaseKey (AWS::KMS::Key): simulated failure, because `fail_changes` names this product”
        Active until 2026-12-30 09:00 UTC.
        [Tear down]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        let request = company.newest_request().await;
        assert_eq!((value(company, "InstanceSize").await, request.lease().cloned()), ("small".to_owned(), lease));
        assert_eq!(budget(company).await, before);
        asks_for_more(company, &id).await;
        assert!(morgan.can_click("Approve"), "it can be asked for again");
    })
    .await;
}

#[tokio::test]
async fn what_lives_is_brought_to_the_version_that_the_catalog_has_now() {
    let own =
        Setup::new().with_catalog("s3-bucket/product.yml", "An encrypted S3 bucket", "An encrypted bucket");
    run_in(own.in_a_file(), async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        alice.runs(&format!("/provision change {}", &id[..8])).await;
        insta::assert_snapshot!(alice.is_told(), @"*Secure S3 Bucket* cannot be changed once it is provisioned, and this is already the newest version. Request another one instead.");
        company.changes_the_catalog("s3-bucket/product.yml", "version: v1.0", "version: v1.1");
        company.changes_the_catalog("s3-bucket/template.yml", "AWSTemplateFormatVersion:", "# Newer.\nAWSTemplateFormatVersion:");
        company.restarts().await;
        alice.runs(&format!("/provision status {}", &id[..8])).await;
        assert!(alice.is_told().contains("*Product* Secure S3 Bucket v1.0"), "it stays what it is: {}", alice.is_told());
        assert_eq!(company.newest_request().await.product.version, "v1.0");
        alice.runs(&format!("/provision change {}", &id[..8])).await;
        assert!(alice.form().contains("v1.0 → v1.1"), "{}", alice.form());
        alice.submits().await;
        alice.closes_all().await;
        let request = company.newest_request().await;
        assert_eq!(request.product.version, "v1.1");
        assert!(alice.newest_dm().contains("Version: `v1.0` → `v1.1`"), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn a_form_that_changes_nothing_says_so_and_a_wrong_hand_opens_none() {
    run_in(Setup::new(), async |company| {
        let (alice, bob) = (&company.alice, &company.bob);
        let id = has_a_database(company).await;
        alice.runs(&format!("/provision change {}", &id[..8])).await;
        alice.submits().await;
        assert!(alice.form().contains("You have not changed anything."), "{}", alice.form());
        alice.fills(&[("AllocatedStorage", "40")]).await;
        alice
            .forges_submission(|payload| {
                payload["view"]["state"]["values"]["param.Environment"] =
                    serde_json::json!({"value": {"type": "plain_text_input", "value": "prod"}});
            })
            .await;
        assert_eq!(value(company, "Environment").await, "dev", "what is fixed stays");
        alice.submits().await;
        alice.closes_all().await;
        bob.runs(&format!("/provision change {}", &id[..8])).await;
        assert!(bob.is_told().starts_with("There is no request"), "{}", bob.is_told());
        let trail = company.trail().await;
        assert!(trail.contains("refused | U0ALICE") && trail.contains("change: "), "{trail}");
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_changes_it_once_and_one_change_waits_at_a_time() {
    let long = Setup::new().with_catalog("rds-postgres/product.yml", "renew: [30d]", "renew: [30d, 90d]");
    run_in(long, async |company| {
        let alice = &company.alice;
        let id = has_a_database(company).await;
        alice.runs(&format!("/provision change {} InstanceSize=medium", &id[..8])).await;
        let twice = alice.forges_submission(|_| {}).await;
        alice.submits().await;
        alice.closes_all().await;
        assert!(!twice.contains("Not changed"), "{twice}");
        assert_eq!(company.trail().await.matches("change requested |").count(), 1);
        alice.runs(&format!("/provision change {}", &id[..8])).await;
        insta::assert_snapshot!(alice.is_told(), @"A change is already waiting for approval, until 2026-11-24 09:00 UTC. Nothing was done; the person who asked for it can withdraw it, and so can the owner.");
        alice.runs(&format!("/provision renew {}", &id[..8])).await;
        assert!(alice.is_told().starts_with("Renewed:"), "{}", alice.is_told());
        company.morgan.clicks("Approve").await;
        assert_eq!(value(company, "InstanceSize").await, "medium", "the card goes on");
    })
    .await;
}

#[tokio::test]
async fn a_teardown_ends_a_change_that_waits_and_waits_for_one_that_is_made() {
    run_in(Setup::new().with_step("10s").with_payments("monthly_budget = 100"), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id = alice.asks_for("ecs-service", &SERVICE).await;
        company.waits("10m").await;
        alice.runs(&format!("/provision change {} DesiredCount=2", &id[..8])).await;
        alice.submits().await;
        alice.closes_all().await;
        for command in ["teardown", "renew", "transfer", "change"] {
            alice.runs(&format!("/provision {command} {}", &id[..8])).await;
            assert!(
                alice.is_told().starts_with("It is being changed right now."),
                "{command}: {}",
                alice.is_told()
            );
        }
        company.waits("10m").await;
        assert_eq!(value(company, "DesiredCount").await, "2");

        let id = alice.asks_for("rds-postgres", &DATABASE).await;
        morgan.clicks("Approve").await;
        company.waits("10m").await;
        asks_for_more(company, &id).await;
        let name = company.newest_request().await.resource_name();
        alice.runs(&format!("/provision teardown {}", &id[..8])).await;
        alice.fills(&[("name", &name)]).await;
        alice.submits().await;
        alice.closes_all().await;
        assert!(
            morgan.reads("C0PAYMENTS").contains("# Change no longer needed"),
            "{}",
            morgan.reads("C0PAYMENTS")
        );
        company.waits("10m").await;
        assert!(alice.newest_dm().contains("is torn down."), "{}", alice.newest_dm());
        assert!(
            budget(company).await.contains("about $15 of"),
            "only the service is left: {}",
            budget(company).await
        );
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_runs_out_during_a_change_ends_right_after_it() {
    run_in(Setup::new().with_step("2h"), async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("ecs-service", &SERVICE).await;
        company.waits("2d").await;
        company.waits("30d").await;
        company.waits("164h").await;
        assert!(company.newest_request().await.lease().is_some());
        alice.runs(&format!("/provision change {} DesiredCount=2", &id[..8])).await;
        alice.submits().await;
        alice.closes_all().await;
        company.waits("6h").await;
        assert_eq!(company.newest_request().await.status.name().as_str(), "UPDATING");
        company.waits("24h").await;
        let trail = company.trail().await;
        let ends = trail.lines().position(|line| line.starts_with("expired |"));
        let changed = trail.lines().position(|line| line.starts_with("changed |"));
        assert!(changed.is_some() && changed < ends, "{trail}");
    })
    .await;
}

#[tokio::test]
async fn a_change_beyond_the_budget_is_refused_with_figures() {
    let setup = Setup::new().with_payments("monthly_budget = 20").with_catalog(
        "rds-postgres/product.yml",
        "per_team: 3",
        "per_team: 3, exceptions: refuse",
    );
    run_in(setup, async |company| {
        let alice = &company.alice;
        let id = has_a_database(company).await;
        alice.runs(&format!("/provision change {} InstanceSize=medium", &id[..8])).await;
        assert!(alice.form().contains("this does not fit"), "{}", alice.form());
        alice.submits().await;
        assert!(alice.form().contains("already uses about $14.98 of its $20"), "{}", alice.form());
        alice.closes_all().await;
        assert!(!company.trail().await.contains("change requested"));
    })
    .await;
}

#[tokio::test]
async fn the_default_of_a_secret_is_no_change_and_is_shown_nowhere() {
    let template = "Parameters:\n  Note: { Type: String, Default: none }\n  \
                    Secret: { Type: String, NoEcho: true, Default: hunter2 }\n\
                    Resources:\n  Topic: { Type: AWS::SNS::Topic }\n\
                    Outputs:\n  Login: { Value: !Sub '${Note}:${Secret}' }\n  Note: { Value: !Ref Note }\n";
    let product = "name: Topic\napproval: { mode: auto }\nquota: { per_team: 100 }\noutputs: [Login, Note]\nchange: [Note]\n";
    run_in(Setup::new().with_product("topic", product, template), async |company| {
        let alice = &company.alice;
        let id = alice.asks_for("topic", &[("Note", "mine")]).await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *Topic v1.0* `mine` is ready.
        It expires 2026-12-30 09:00 UTC. You get a warning 7 days before, and can renew it then.
        *Login*: `not known in the simulation ('Secret' is a secret)`
        *Note*: `mine`
        (Request `id` · no estimate for this product, so it counts as $0 toward the budget · Simulated: nothing real is created)
        ");
        alice.runs(&format!("/provision change {} Note=ours", &id[..8])).await;
        let form = alice.form();
        assert!(form.contains("Note: `mine` → `ours`") && !form.contains("Secret"), "{form}");
        alice.submits().await;
        alice.closes_all().await;
        let trail = newest_trail(company, 3).await;
        assert!(trail.contains("Note mine -> ours") && !trail.contains("Secret"), "{trail}");
        for command in ["status", "again", "list", "change"] {
            alice.runs(&format!("/provision {command} {}", &id[..8])).await;
            alice.closes_all().await;
        }
        assert!(!alice.everything().contains("hunter2"), "{}", alice.everything());
        assert!(!company.trail().await.contains("hunter2"), "{}", company.trail().await);
        assert!(company.newest_request().await.parameters.iter().all(|(key, _)| key != "Secret"));
    })
    .await;
}
