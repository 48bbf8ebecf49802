//! Who may do what: outsiders, strangers, approvers, and a Slack that does not say who is who.

use std::time::Duration;

use playground::{Group, Person as Colleague};
use quartermaster::ports::limits::Limits;
use serde_json::json;

use crate::harness::{Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

#[tokio::test]
async fn an_outsider_is_told_whom_to_ask() {
    run(async |company| {
        let olga = &company.olga;
        olga.runs("/provision s3-bucket").await;
        insta::assert_snapshot!(olga.is_told(), @"You are not in a team yet. Ask your platform team to add you to one, then try again.");
        olga.runs("/provision").await;
        assert!(olga.is_told().starts_with("You are not in a team yet"), "{}", olga.is_told());
        olga.runs("/provision help").await;
        assert!(olga.is_told().contains("/provision list"), "{}", olga.is_told());
        assert_eq!(olga.form(), "-");
    })
    .await;
}

#[tokio::test]
async fn a_colleague_who_is_no_approver_is_told_who_is() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.pat.clicks("Approve").await;
        insta::assert_snapshot!(company.pat.is_told(), @"Only its approvers can decide about this request: <@U0MORGAN>.");
        company.pat.clicks("Deny").await;
        assert_eq!(company.pat.form(), "-", "whoever may not deny is not asked why");
        for other in [&company.alice, &company.morgan] {
            assert_eq!(other.is_told(), "-");
            assert!(!other.everything().contains("Only its approvers"), "nobody else reads it");
        }
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        refused | U0ADMIN | payments | rds-postgres | AWAITING_APPROVAL | approve: not an approver [button in C0PAYMENTS]
        refused | U0ADMIN | payments | rds-postgres | AWAITING_APPROVAL | deny: not an approver [button in C0PAYMENTS]
        ");
    })
    .await;
}

#[tokio::test]
async fn nobody_approves_their_own_request() {
    let own = Setup::new()
        .with_settings("members = [\"U0ALICE\"]", "members = [\"U0ALICE\", \"U0MORGAN\"]")
        .with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"U0MORGAN\", \"U0ADMIN\"]");
    run_in(own, async |company| {
        company.morgan.runs("/provision rds-postgres").await;
        assert!(company.morgan.form().contains("*Approval*: <@U0ADMIN>\n"), "{}", company.morgan.form());
        company.morgan.asks_for("rds-postgres", &DATABASE).await;
        let card = company.pat.reads("C0PAYMENTS");
        assert!(card.contains("Waiting for <@U0ADMIN>\n"), "who asked is not asked: {card}");
        company.morgan.clicks("Approve").await;
        insta::assert_snapshot!(company.morgan.is_told(), @"This is your own request, so somebody else has to decide: <@U0ADMIN>.");
        assert!(company.trail().await.contains("refused | U0MORGAN"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn a_click_that_slack_cannot_judge_is_kept_and_counts_once_it_can() {
    run(async |company| {
        company.expects_slack_to_refuse("usergroups.list", "internal_error");
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        // By now it is forgotten who is in the group.
        company.clock.advance("61s");
        company.playground.fail_always("usergroups.list", Some("internal_error"));
        company.morgan.clicks("Approve").await;
        insta::assert_snapshot!(company.morgan.is_told(), @"Slack has not said yet who the approvers are. Your answer is saved and counts as soon as Slack does. You get a message if it does not count after all.");
        assert!(!company.trail().await.contains("approved | U0MORGAN"));
        company.playground.fail_always("usergroups.list", None);
        company.waits("30s").await;
        assert!(company.trail().await.contains("approved | U0MORGAN"), "{}", company.trail().await);
        assert!(company.bob.newest_dm().contains("is ready"));
    })
    .await;
}

#[tokio::test]
async fn a_click_that_cannot_be_judged_within_ten_minutes_has_to_be_made_again() {
    run(async |company| {
        company.expects_slack_to_refuse("usergroups.list", "internal_error");
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        // By now it is forgotten who is in the group.
        company.clock.advance("61s");
        company.playground.fail_always("usergroups.list", Some("internal_error"));
        company.morgan.clicks("Approve").await;
        company.playground.fail_always("usergroups.list", None);
        company.waits("11m").await;
        insta::assert_snapshot!(company.morgan.is_told(), @"Slack did not confirm in time that you may decide about this request. Press the button again.");
        assert!(!company.trail().await.contains("approved | U0MORGAN"));
        company.morgan.clicks("Approve").await;
        assert!(company.trail().await.contains("approved | U0MORGAN"));
    })
    .await;
}

#[tokio::test]
async fn a_stored_click_of_somebody_without_the_right_is_refused_later() {
    run(async |company| {
        company.expects_slack_to_refuse("usergroups.list", "internal_error");
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        // By now it is forgotten who is in the group.
        company.clock.advance("61s");
        company.playground.fail_always("usergroups.list", Some("internal_error"));
        company.pat.clicks("Approve").await;
        company.playground.fail_always("usergroups.list", None);
        company.waits("1m").await;
        insta::assert_snapshot!(company.pat.is_told(), @"Only its approvers can decide about this request: <!subteam^S0LEADS>.");
        assert!(company.trail().await.contains("refused | U0ADMIN"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn a_person_of_another_workspace_is_refused_and_noted() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let stranger = "team_id=T0OTHER&user_id=U0MORGAN&command=%2Fprovision&text=list&channel_id=C0X";
        let (status, body) = company.posts_signed("/slack/commands", stranger).await;
        assert_eq!(status, 200);
        assert!(body.contains("This app is set up for another Slack workspace"), "{body}");
        let button = company.morgan.remembers("Approve");
        let click = json!({
            "type": "block_actions", "user": {"id": "U0MORGAN"}, "team": {"id": "T0OTHER"},
            "trigger_id": "1.2", "actions": [button.action], "channel": {"id": "C0PAYMENTS"},
        });
        assert_eq!(company.posts_payload("/slack/interactions", &click).await.0, 200);
        company.waits("1h").await;
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0ALICE | payments | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | payments | rds-postgres | AWAITING_APPROVAL
        refused | U0MORGAN | - | - | - | use: of another workspace [command]
        refused again | U0MORGAN | - | - | - | use: of another workspace; once more until 2026-11-23T10:00:00Z [command]
        ");
    })
    .await;
}

#[tokio::test]
async fn a_member_by_address_counts_only_as_a_full_member() {
    let by_address = Setup::new().with_settings(
        "members = [\"U0BOB\"]",
        "members = [\"bob@playground.example\", \"olga@playground.example\"]",
    );
    run_in(by_address, async |company| {
        company.playground.change(|workspace| {
            let olga = workspace.people.iter_mut().find(|person| person.id == "U0OLGA").unwrap();
            olga.is_restricted = true;
        });
        company.bob.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        let request = company.newest_request().await;
        assert_eq!((request.requester.as_str(), request.team.as_str()), ("U0BOB", "search"));
        company.olga.runs("/provision s3-bucket").await;
        assert!(company.olga.is_told().starts_with("You are a guest here"), "{}", company.olga.is_told());
    })
    .await;
}

#[tokio::test]
async fn whoever_is_no_full_member_is_told_why_that_is_of_no_use() {
    let in_the_group =
        Setup::new().with_settings("members = [\"U0BOB\"]", "members = [\"U0BOB\", \"S0EVERYBODY\"]");
    run_in(in_the_group, async |company| {
        let is = |change: &dyn Fn(&mut Colleague)| {
            company.playground.change(|workspace| {
                let olga = workspace.people.iter_mut().find(|person| person.id == "U0OLGA").unwrap();
                (olga.is_restricted, olga.is_stranger, olga.is_bot) = (false, false, false);
                change(olga);
            });
        };
        company.playground.change(|workspace| {
            let everybody = Group { id: "S0EVERYBODY".into(), members: vec!["U0OLGA".into()], ..Group::default() };
            workspace.groups.push(everybody);
        });
        let mut told = Vec::new();
        for change in [
            (|olga: &mut Colleague| olga.is_restricted = true) as fn(&mut Colleague),
            |olga| olga.is_stranger = true,
            |olga| olga.is_bot = true,
        ] {
            is(&change);
            // What is known of a group is a minute old at most.
            company.waits("61s").await;
            company.olga.runs("/provision s3-bucket").await;
            assert!(!company.olga.has_a_form());
            told.push(company.olga.is_told());
        }
        insta::assert_snapshot!(told.join("\n"), @"
        You are a guest here, and guests cannot ask for AWS resources or decide about them. Ask a full member of the team you work with to do it for you.
        You belong to another company, and only people of this one can ask for AWS resources here or decide about them. Ask the person you work with to do it for you.
        Apps cannot ask for AWS resources or decide about them. A person has to do it.
        ");

        assert_eq!(company.trail().await, "", "nothing was asked for");

        is(&|_| {});
        company.waits("61s").await;
        company.olga.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        let request = company.newest_request().await;
        assert_eq!((request.requester.as_str(), request.team.as_str()), ("U0OLGA", "search"), "by her group");
    })
    .await;
}

#[tokio::test]
async fn a_product_for_one_team_is_neither_offered_nor_given_to_another() {
    let setup =
        Setup::new().with_catalog("ecs-service/product.yml", "requesters: everyone", "requesters: [search]");
    run_in(setup, async |company| {
        company.alice.runs("/provision").await;
        assert!(!company.alice.form().contains("ECS"), "{}", company.alice.form());
        company.alice.runs("/provision ecs-service").await;
        insta::assert_snapshot!(company.alice.is_told(), @"*ECS Fargate Service* is not offered to team *payments*. Ask the product's owner, Platform Team.");
        company.alice.runs("/provision s3-bucket BucketPurpose=logs").await;
        let forged = company.alice.forges_submission(|payload| {
            let metadata = &mut payload["view"]["private_metadata"];
            *metadata = metadata.as_str().unwrap().replace("s3-bucket", "ecs-service").into();
        });
        assert!(forged.await.starts_with("Not submitted"), "what was not offered is not given");
        insta::assert_snapshot!(company.trail().await, @"refused | U0ALICE | payments | ecs-service | - | submit: not offered to the team [form]");
        company.bob.runs("/provision ecs-service").await;
        assert!(company.bob.form().starts_with("ECS Fargate Service"), "{}", company.bob.form());
    })
    .await;
}

#[tokio::test]
async fn a_slack_that_says_nothing_at_all_keeps_no_click_waiting() {
    run(async |company| {
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        // Nobody knows who is in the group.
        company.is_held_to(Limits { standing: Duration::from_millis(20), ..Limits::NONE }).await;
        company.holds_jobs(true);
        company.playground.hang("usergroups.list", true);
        company.morgan.clicks("Approve").await;
        assert!(company.morgan.is_told().contains("Your answer is saved"), "{}", company.morgan.is_told());
        company.playground.hang("usergroups.list", false);
        company.holds_jobs(false);
        company.settle().await;
        assert!(company.trail().await.contains("approved | U0MORGAN"));
    })
    .await;
}

#[tokio::test]
async fn a_group_that_slack_cannot_list_keeps_nobody_else_from_working() {
    let setup = Setup::new().with_settings("members = [\"U0BOB\"]", "members = [\"S0LEADS\"]");
    run_in(setup, async |company| {
        company.expects_slack_to_refuse("usergroups.list", "missing_scope");
        company.playground.fail_always("usergroups.list", Some("missing_scope"));
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.everything());
        company.playground.fail_always("usergroups.list", None);
    })
    .await;
}

#[tokio::test]
async fn people_of_an_enterprise_ask_and_their_group_in_a_workspace_approves() {
    let setup =
        Setup::new().for_an_enterprise().with_settings("[slack]\n", "[slack]\nworkspace = \"T0PLAY\"\n");
    run_in(setup, async |company| {
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        company.morgan.opens_home().await;
        company.morgan.clicks("Approve").await;
        assert!(company.bob.newest_dm().contains("is ready"), "{}", company.bob.everything());
        insta::assert_snapshot!(company.trail().await, @"
        submitted | U0BOB | search | rds-postgres | PENDING | 1 approval needed [form]
        approval requested | workflow | search | rds-postgres | AWAITING_APPROVAL
        approved | U0MORGAN | search | rds-postgres | APPROVED | [button in C0SEARCH]
        provisioning | workflow | search | rds-postgres | PROVISIONING
        active | provisioner | search | rds-postgres | ACTIVE
        ");
    })
    .await;
}

#[tokio::test]
async fn without_a_workspace_a_group_of_an_enterprise_decides_nothing_and_nothing_is_lost() {
    run_in(Setup::new().for_an_enterprise(), async |company| {
        company.expects_slack_to_refuse("usergroups.list", "invalid_arguments");
        company.alice.asks_for("s3-bucket", &[("BucketPurpose", "logs")]).await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.everything());
        company.bob.asks_for("rds-postgres", &DATABASE).await;
        company.morgan.clicks("Approve").await;
        let trail = company.trail().await;
        assert!(!trail.contains("approved | U0MORGAN"), "{trail}");
        company.bob.clicks("Cancel").await;
        assert!(company.trail().await.contains("cancelled | U0BOB"), "{}", company.trail().await);
    })
    .await;
}
