//! An approver says yes to less than was asked for.

use quartermaster::domain::request::StatusName;
use serde_json::json;

use crate::harness::{Company, Setup, run, run_in};
use crate::provision::IMAGE;

const LARGE: [(&str, &str); 4] = [
    ("DatabaseName", "orders"),
    ("Environment", "prod"),
    ("InstanceSize", "large"),
    ("AllocatedStorage", "100"),
];
const BUTTON: &str = "Approve with changes";

/// Of Morgan and Pat both have to agree.
fn two() -> Setup {
    Setup::new()
        .with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"U0MORGAN\", \"U0ADMIN\"]")
        .with_catalog("rds-postgres/product.yml", "  approvers: team", "  approvers: team\n  needed: 2")
}

#[tokio::test]
async fn an_approver_shortens_the_lease_and_lowers_the_size_and_everybody_reads_the_difference() {
    run(async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("rds-postgres", &LARGE).await;
        pat.clicks(BUTTON).await;
        assert!(!pat.has_a_form() && pat.is_told().contains("Only its approvers"), "{}", pat.is_told());
        let before = company.newest_request().await.monthly();
        morgan.clicks(BUTTON).await;
        morgan.fills(&[("lease", "7d"), ("InstanceSize", "small"), ("AllocatedStorage", "50")]).await;
        morgan.submits().await;
        for text in [morgan.reads("C0PAYMENTS"), alice.dms().join("\n")] {
            assert!(text.contains("Lease: 30d → 7d (by <@U0MORGAN>)"), "{text}");
            assert!(text.contains("InstanceSize: large → small (by <@U0MORGAN>)"), "{text}");
            assert!(text.contains("AllocatedStorage: 100 → 50 (by <@U0MORGAN>)"), "{text}");
            assert!(text.contains("Active until 2026-12-07 09:00 UTC"), "a week and the grace: {text}");
        }
        let request = company.newest_request().await;
        assert!(request.monthly() < before, "{:?}", request.estimate);
        assert!(request.parameters.contains(&("InstanceSize".into(), "small".into())));
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        refused | U0ADMIN | payments | rds-postgres | AWAITING_APPROVAL | approve: not an approver [button in C0PAYMENTS]
        approved with changes | U0MORGAN | payments | rds-postgres | APPROVED | Lease: 30d → 7d, AllocatedStorage: 100 → 50, InstanceSize: large → small [form]
        provisioning | workflow | payments | rds-postgres | PROVISIONING
        active | provisioner | payments | rds-postgres | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn what_an_earlier_approver_made_smaller_stands_and_a_later_one_only_goes_further_down() {
    run_in(two(), async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        alice.asks_for("rds-postgres", &LARGE).await;
        pat.clicks(BUTTON).await;
        morgan.clicks(BUTTON).await;
        morgan.fills(&[("lease", "7d"), ("InstanceSize", "medium")]).await;
        morgan.submits().await;
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("1 of 2 approvals") && card.contains("InstanceSize: large → medium"), "{card}");
        // Pat's form was opened before, and still offers what was asked for.
        pat.fills(&[("lease", "15d")]).await;
        pat.submits().await;
        assert!(pat.form().contains("Lease cannot become 15d"), "{}", pat.form());
        pat.closes_all().await;
        pat.clicks(BUTTON).await;
        let form = pat.form();
        assert!(form.contains("7 days (as it stands)") && !form.contains("30 days"), "{form}");
        pat.fills(&[("InstanceSize", "small")]).await;
        pat.submits().await;
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("InstanceSize: large → medium (by <@U0MORGAN>)"), "{card}");
        assert!(card.contains("InstanceSize: medium → small (by <@U0ADMIN>)"), "{card}");
        assert!(alice.newest_dm().contains("is ready"), "{}", alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn nothing_larger_is_approved_whatever_a_client_sends() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &[("DatabaseName", "orders"), ("InstanceSize", "medium"), ("AllocatedStorage", "100")]).await;
        let before = company.newest_request().await;
        morgan.clicks(BUTTON).await;
        let selected = |value: &str| json!({"value": {"type": "static_select", "selected_option": {"text": {"type": "plain_text", "text": value}, "value": value}}});
        let typed = |value: &str| json!({"value": {"type": "number_input", "value": value}});
        let forged = [
            ("param.InstanceSize", selected("large"), "InstanceSize cannot become large"),
            ("param.InstanceSize", selected("moon"), "InstanceSize cannot become moon"),
            ("param.AllocatedStorage", typed("500"), "AllocatedStorage cannot become 500"),
            ("param.Environment", selected("prod"), "Approvers of this product cannot change"),
            ("lease", selected("90d"), "Lease cannot become 90d"),
            ("lease", selected("29d"), "Lease cannot become 29d"),
        ];
        for (block, value, refused) in forged {
            let answer = morgan
                .forges_submission(|payload| payload["view"]["state"]["values"][block] = value)
                .await;
            assert!(answer.contains(refused), "{block}: {answer}");
            let after = company.newest_request().await;
            assert_eq!(after.parameters, before.parameters);
            assert!(after.creation.consents.is_empty() && after.creation.reductions.is_empty(), "{block}");
            assert_eq!(after.product.lease, before.product.lease);
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_saved_is_free_in_the_budget_at_once() {
    let within = Setup::new().with_payments("monthly_budget = 125").with_catalog(
        "rds-postgres/product.yml",
        "per_team: 3",
        "per_team: 3, exceptions: refuse",
    );
    run_in(within, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &LARGE).await;
        let asks_for_another = async || {
            alice.runs("/provision rds-postgres DatabaseName=invoices").await;
            alice.submits().await;
        };
        asks_for_another().await;
        assert!(alice.form().contains("already uses about"), "{}", alice.form());
        alice.closes_all().await;
        morgan.clicks(BUTTON).await;
        morgan.fills(&[("InstanceSize", "small")]).await;
        morgan.submits().await;
        asks_for_another().await;
        assert_eq!(company.trail().await.matches("submitted |").count(), 2, "{}", alice.everything());
    })
    .await;
}

#[tokio::test]
async fn the_name_is_typed_with_changes_too_and_without_any_it_is_a_plain_approval() {
    let typed = "  approvers: team\n  confirm: type-the-name";
    let setup = Setup::new().with_catalog("rds-postgres/product.yml", "  approvers: team", typed);
    run_in(setup, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &LARGE).await;
        morgan.opens_home().await;
        morgan.clicks_at_home(BUTTON).await;
        morgan.fills(&[("name", "rds-postgres")]).await;
        morgan.submits().await;
        assert!(morgan.form().contains("That is not its name"), "{}", morgan.form());
        let request = company.newest_request().await;
        assert!(request.waits_for_approvers() && request.creation.consents.is_empty(), "nothing counts yet");
        morgan.fills(&[("name", &request.resource_name())]).await;
        morgan.submits().await;
        assert!(company.trail().await.contains("approved | U0MORGAN"), "{}", company.trail().await);
        assert!(company.newest_request().await.creation.reductions.is_empty());
    })
    .await;
}

/// Nobody has agreed to anything, and it stands as it was asked for.
async fn is_as_asked_for(company: &Company, key: &str, value: &str) {
    let request = company.newest_request().await;
    assert_eq!(request.status.name(), StatusName::AwaitingApproval);
    assert!(
        request.creation.consents.is_empty() && request.creation.reductions.is_empty(),
        "{:?}",
        request.creation.reductions
    );
    assert!(request.parameters.contains(&(key.into(), value.into())), "{:?}", request.parameters);
    assert!(!company.trail().await.contains("approved"), "{}", company.trail().await);
}

/// What the open form objects to.
fn objections(form: &str) -> String {
    form.lines().filter(|line| line.starts_with("  ! ")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_breaks_a_rule_of_the_template_is_refused_and_something_else_can_be_chosen() {
    let may_reduce = "  approvers: team\n  may_reduce: [DesiredCount]";
    let setup = Setup::new().with_catalog("ecs-service/product.yml", "  approvers: team", may_reduce);
    run_in(setup, async |company| {
        let morgan = &company.morgan;
        let fields =
            [("ServiceName", "checkout"), ("Image", IMAGE), ("Environment", "prod"), ("DesiredCount", "4")];
        company.alice.asks_for("ecs-service", &fields).await;
        morgan.clicks(BUTTON).await;
        morgan.fills(&[("DesiredCount", "1")]).await;
        morgan.submits().await;
        insta::assert_snapshot!(objections(&morgan.form()), @"  ! The product does not allow that: A production service runs at least two tasks. Choose 2 or more. Choose something else, or deny with a reason.");
        is_as_asked_for(company, "DesiredCount", "4").await;
        morgan.fills(&[("DesiredCount", "2")]).await;
        morgan.submits().await;
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("DesiredCount: 4 → 2 (by <@U0MORGAN>)"), "{card}");
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
    })
    .await;
}

#[tokio::test]
async fn what_would_cost_more_than_was_asked_for_is_refused() {
    // From today on small ones are the dear ones.
    let (cheap, dear) = ("small: rds.postgres.db-t4g-micro.hour", "small: rds.postgres.db-t4g-medium.hour");
    let setup = Setup::new().with_catalog("rds-postgres/product.yml", "A PostgreSQL RDS", "A PostgreSQL");
    run_in(setup, async |company| {
        let morgan = &company.morgan;
        let fields = [("DatabaseName", "orders"), ("InstanceSize", "medium")];
        company.alice.asks_for("rds-postgres", &fields).await;
        company.changes_the_catalog("rds-postgres/product.yml", cheap, dear);
        company.reloads().await;
        morgan.clicks(BUTTON).await;
        morgan.fills(&[("InstanceSize", "small")]).await;
        morgan.submits().await;
        insta::assert_snapshot!(objections(&morgan.form()), @"  ! That costs more than $26.66 a month, or its cost is unknown. Choose something else, or deny with a reason.");
        is_as_asked_for(company, "InstanceSize", "medium").await;
        morgan.fills(&[("InstanceSize", "medium"), ("lease", "7d")]).await;
        morgan.submits().await;
        let message = company.alice.newest_dm();
        assert!(message.contains("is ready") && message.contains("about $27/month"), "{message}");
    })
    .await;
}

#[tokio::test]
async fn of_a_product_that_was_changed_nothing_less_is_approved_and_the_approver_is_told_what_to_do() {
    run_in(Setup::new().in_a_file(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &LARGE).await;
        morgan.clicks(BUTTON).await;
        company.changes_the_catalog("rds-postgres/template.yml", "'17.11'", "'17.10'");
        company.restarts().await;
        // Her form is from before.
        morgan.fills(&[("lease", "7d"), ("InstanceSize", "small")]).await;
        morgan.submits().await;
        insta::assert_snapshot!(morgan.form(), @"
        Not approved  [Close]
        The product has changed since this was requested, so it can no longer be provisioned. Deny it with a reason, so that it is requested again.
        ");
        morgan.closes_all().await;
        morgan.clicks(BUTTON).await;
        assert_eq!(morgan.form(), "-", "no form of what cannot be had");
        insta::assert_snapshot!(morgan.is_told(), @"The product has changed since this was requested, so it can no longer be provisioned. Deny it with a reason, so that it is requested again.");
        is_as_asked_for(company, "InstanceSize", "large").await;
        morgan.clicks("Deny").await;
        morgan.fills(&[("reason", "There is a newer one")]).await;
        morgan.submits().await;
        alice.clicks("Ask again").await;
        assert!(alice.form().contains("Size: Large"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn what_is_no_value_is_said_to_be_none_and_not_to_be_too_large() {
    let template = "Parameters:\n  Size: { Type: Number, MinValue: 20, MaxValue: 1000, Default: 20 }\n\
                    Resources:\n  Topic: { Type: AWS::SNS::Topic }\n";
    let product = "name: Topic\napproval: { mode: required, approvers: team, may_reduce: [Size] }\n";
    run_in(Setup::new().with_product("topic", product, template), async |company| {
        let morgan = &company.morgan;
        company.alice.asks_for("topic", &[("Size", "500")]).await;
        morgan.clicks("Approve with changes").await;
        let types = async |value: &str| {
            let value = json!({"value": {"type": "number_input", "value": value}});
            morgan.forges_submission(|sent| sent["view"]["state"]["values"]["param.Size"] = value).await
        };
        for odd in ["4e2", "4,00", "NaN", "0x190", "400.5", "19", "5000", "four"] {
            let answer = types(odd).await;
            assert!(answer.contains("Must be a whole number from 20 to 1,000."), "{odd}: {answer}");
        }
        let answer = types("600").await;
        assert!(answer.contains("less than the current value, 500"), "{answer}");
        morgan.closes_all().await;
    })
    .await;
}

#[tokio::test]
async fn a_renewal_is_approved_for_less_time_than_was_asked_for() {
    let setup = Setup::new().with_catalog("s3-bucket/product.yml", "max_renewals: 12", "max_renewals: 0");
    run_in(setup, async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        company.waits("30d").await;
        alice.clicks("Renew 30 days").await;
        morgan.clicks(BUTTON).await;
        let form = morgan.form();
        assert!(form.contains("Renewal: 30 days (as it stands)"), "{form}");
        morgan.fills(&[("lease", "7d")]).await;
        morgan.submits().await;
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("asks to keep"), "{card}");
        assert!(card.contains(" 30 days longer."), "what she asked for stays: {card}");
        assert!(card.contains("Renewal: 30d → 7d (by <@U0MORGAN>)"), "{card}");
        let news = alice.dms().join("\n");
        assert!(news.contains("is approved.\n*Changed*\nRenewal: 30d → 7d"), "{news}");
        // A week from the warning on, and a week of grace.
        assert!(card.contains("Active until 2027-01-06 09:00 UTC"), "{card}");
        let trail = company.trail().await;
        assert!(trail.contains("renewal approved with changes") && trail.contains("by 7d, ends"), "{trail}");
    })
    .await;
}

#[tokio::test]
async fn a_change_is_approved_for_less_than_was_asked_for_but_never_below_what_exists() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let medium = [
            ("DatabaseName", "orders"),
            ("Environment", "staging"),
            ("InstanceSize", "medium"),
            ("AllocatedStorage", "50"),
        ];
        let id = alice.asks_for("rds-postgres", &medium).await;
        morgan.clicks("Approve").await;
        let before = company.newest_request().await;
        alice.runs(&format!("/provision change {} InstanceSize=large AllocatedStorage=200", &id[..8])).await;
        alice.fills(&[("reason", "Black Friday")]).await;
        alice.submits().await;
        let asked = company.newest_request().await;
        assert!(asked.waiting_change().is_some(), "{}", alice.form());
        alice.closes_all().await;
        let reserved = asked.held_monthly();
        morgan.clicks(BUTTON).await;
        let form = morgan.form();
        assert!(
            !form.contains("Lease:") && !form.contains("Small: 2 vCPU"),
            "nothing smaller than it is: {form}"
        );
        morgan.fills(&[("InstanceSize", "medium"), ("AllocatedStorage", "50")]).await;
        morgan.submits().await;
        assert!(morgan.form().contains("nothing would be changed"), "{}", morgan.form());
        let less = |payload: &mut serde_json::Value| {
            payload["view"]["state"]["values"]["param.AllocatedStorage"]["value"]["value"] = "30".into();
        };
        let answer = morgan.forges_submission(less).await;
        assert!(answer.contains("you can only approve less than the current value"), "{answer}");
        assert_eq!(company.newest_request().await.waiting_change().unwrap().0.consents, []);
        morgan.fills(&[("InstanceSize", "large"), ("AllocatedStorage", "100")]).await;
        morgan.submits().await;
        let request = company.newest_request().await;
        let value = |key: &str| request.parameter(key).unwrap().to_owned();
        assert_eq!((value("InstanceSize").as_str(), value("AllocatedStorage").as_str()), ("large", "100"));
        assert!(before.monthly() < request.monthly() && request.held_monthly() < reserved);
        let card = morgan.reads("C0PAYMENTS");
        assert!(card.contains("AllocatedStorage: 200 → 100 (by <@U0MORGAN>)"), "{card}");
        let trail = company.trail().await;
        assert!(trail.contains("change approved with changes"), "{trail}");
        assert!(
            trail.contains("InstanceSize medium -> large") && trail.contains("AllocatedStorage 50 -> 100"),
            "{trail}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_form_about_what_is_decided_says_so_whatever_else_could_be_reduced_now() {
    run(async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        let id =
            alice.asks_for("rds-postgres", &[("DatabaseName", "orders"), ("AllocatedStorage", "50")]).await;
        morgan.clicks("Approve").await;
        alice.runs(&format!("/provision change {} AllocatedStorage=200", &id[..8])).await;
        alice.fills(&[("reason", "Black Friday")]).await;
        alice.submits().await;
        alice.closes_all().await;
        morgan.clicks(BUTTON).await;
        alice.clicks("Withdraw the change").await;
        morgan.submits().await;
        assert!(morgan.form().contains("out of date"), "{}", morgan.form());
    })
    .await;
}
