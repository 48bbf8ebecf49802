//! Forms that depend on what is filled in: fields that come and go, and rules that are told at once.

use playground::LedTo;

use crate::harness::{Company, Person, Setup, run, run_in};

const TOPIC: &str = "\
Parameters:
  Environment: { Type: String, AllowedValues: [dev, prod], Default: dev }
  Backup: { Type: String, AllowedValues: ['no', 'yes'], Default: 'no' }
  BackupDays: { Type: Number, MinValue: 1, Default: 7 }
  Note: { Type: String, Default: none }
Resources:
  Topic: { Type: AWS::SNS::Topic }
";

const SHOWN: &str = "\
name: Topic
approval: { mode: auto }
show_when:
  Backup: { parameter: Environment, is: [prod] }
  BackupDays: { parameter: Backup, is: ['yes'] }
";

fn topic() -> Setup {
    Setup::new().with_product("topic", SHOWN, TOPIC)
}

/// The fields of the open form with what they hold, and the warnings among them.
fn fields(person: &Person) -> String {
    let form = person.form();
    let lines = form.lines().skip(3).filter(|line| !line.starts_with("(For team"));
    lines.take_while(|line| !line.starts_with("Why do")).collect::<Vec<_>>().join("\n")
}

async fn parameters(company: &Company) -> String {
    let request = company.newest_request().await;
    let pairs = request.parameters.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_field_is_asked_for_once_another_has_the_value_for_it_and_keeps_what_was_filled_in() {
    run_in(topic(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision topic").await;
        let mut seen = vec![fields(alice)];
        alice.fills(&[("Note", "mine"), ("Environment", "prod")]).await;
        seen.push(fields(alice));
        alice.fills(&[("Backup", "yes"), ("BackupDays", "30")]).await;
        seen.push(fields(alice));
        alice.fills(&[("Environment", "dev")]).await;
        seen.push(fields(alice));
        alice.fills(&[("Environment", "prod")]).await;
        seen.push(fields(alice));
        insta::assert_snapshot!(seen.join("\n\n"), @"
        Environment: dev
        Note: none

        Environment: prod
        Backup: no
        Note: mine

        Environment: prod
        Backup: yes
        Backup days: 30
        Note: mine

        Environment: dev
        Note: mine

        Environment: prod
        Backup: yes
        Backup days: 30
        Note: mine
        ");
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
        assert_eq!(parameters(company).await, "Environment=prod Backup=yes BackupDays=30 Note=mine");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_asked_for_has_its_default_whatever_was_filled_in_or_forged() {
    run_in(topic(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision topic Environment=prod Backup=yes BackupDays=30").await;
        alice.fills(&[("Environment", "dev")]).await;
        alice
            .forges_submission(|payload| {
                let days = serde_json::json!({"value": {"type": "number_input", "value": "99"}});
                payload["view"]["state"]["values"]["param.BackupDays"] = days;
            })
            .await;
        assert_eq!(parameters(company).await, "Environment=dev Backup=no BackupDays=7 Note=none");
    })
    .await;
}

#[tokio::test]
async fn a_value_typed_for_a_field_that_is_not_asked_for_is_said_so_and_kept() {
    run_in(topic(), async |company| {
        let alice = &company.alice;
        alice.runs("/provision topic BackupDays=30 Backup=yes").await;
        insta::assert_snapshot!(fields(alice), @"
        (Backup is only asked for where Environment is prod, so it is left out for now.
        BackupDays is only asked for where Backup is yes, so it is left out for now.)
        Environment: dev
        Note: none
        ");
        alice.fills(&[("Environment", "prod")]).await;
        assert!(fields(alice).contains("Backup days: 30"), "{}", alice.form());
    })
    .await;
}

#[tokio::test]
async fn a_field_that_came_up_unseen_is_shown_before_anything_is_stored() {
    let shown = SHOWN.replace("parameter: Environment, is: [prod]", "parameter: Note, is: [more]");
    run_in(Setup::new().with_product("topic", &shown, TOPIC), async |company| {
        let alice = &company.alice;
        alice.runs("/provision topic").await;
        // A client tells of a typed text on Enter; this one has not.
        let told = alice
            .forges_submission(|payload| {
                payload["view"]["state"]["values"]["param.Note"]["value"]["value"] = "more".into();
            })
            .await;
        insta::assert_snapshot!(told.lines().take(6).collect::<Vec<_>>().join("\n"), @"
        Topic [Request] [Cancel]
        *Topic* v1.0

        (What you filled in asks for more: see the fields that are new, then go on.)
        (For team *payments*)
        Environment: _
        ");
        assert_eq!(company.trail().await, "");
    })
    .await;
}

#[tokio::test]
async fn a_rule_is_told_as_soon_as_what_is_chosen_breaks_it() {
    run(async |company| {
        let alice = &company.alice;
        alice.runs("/provision rds-postgres DatabaseName=orders").await;
        assert!(!alice.form().contains(":warning:"), "{}", alice.form());
        alice.fills(&[("InstanceSize", "large")]).await;
        insta::assert_snapshot!(fields(alice).lines().take(8).collect::<Vec<_>>().join("\n"), @"
        # The database
        Database name: orders
        Environment: Development (one zone, 7 days of backups)
        Size: Large: 2 vCPU, 4 GB (db.t4g.medium)
        :warning: A development database is small or medium. Choose staging to try a large one.
        Storage in GB: 20
        # Platform settings (the defaults are right for most teams)
        VPC: /platform/network/vpc-id
        ");
        alice.submits().await;
        assert!(alice.form().contains("  ! A development database is small or medium."), "{}", alice.form());
        alice.fills(&[("Environment", "staging")]).await;
        assert!(!alice.form().contains(":warning:"), "{}", alice.form());
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_only_aws_can_judge_is_in_nobodys_way() {
    let rules = "Rules:\n  Known: { Assertions: [{ Assert: !EachMemberIn [[!Ref Note], !RefAll 'AWS::EC2::VPC::Id'], \
                 AssertDescription: Only AWS can tell }] }\nResources:";
    let template = TOPIC.replace("Resources:", rules);
    run_in(Setup::new().with_product("topic", SHOWN, &template), async |company| {
        let alice = &company.alice;
        alice.runs("/provision topic Note=here").await;
        assert!(!alice.form().contains("Only AWS can tell"), "{}", alice.form());
        assert_eq!(alice.submits().await, LedTo::ViewsCleared);
    })
    .await;
}
