//! Accounts that count for nothing, by whatever way they are named: guests, apps, leavers, people of other companies.

use playground::{Group, Person as Colleague};
use quartermaster::domain::request::StatusName;
use serde_json::json;

use crate::away::leaves;
use crate::harness::{Company, Person, Remembered, Setup, run, run_in};

const DATABASE: [(&str, &str); 1] = [("DatabaseName", "orders")];

/// What changes an account.
type Change = fn(&mut Colleague);

/// What makes an account count for nothing.
const KINDS: [(&str, Change); 7] = [
    ("guest", |one| one.is_restricted = true),
    ("guest of one channel", |one| one.is_ultra_restricted = true),
    ("stranger", |one| one.is_stranger = true),
    ("of another company, in a shared channel", |one| one.team_id = Some("T0THEIRS".into())),
    ("app", |one| one.is_bot = true),
    ("deactivated", |one| one.deleted = true),
    ("unknown", |one| (one.id, one.email) = ("U0GONE".into(), "gone@playground.example".into())),
];

/// The ways to name somebody: what is written in the settings.
const WAYS: [(&str, &str, &str); 4] = [
    ("by id", "U0MORGAN", "U0OLGA"),
    ("by a group", "S0SMALL", "S0SMALL"),
    ("by a large group", "S0LARGE", "S0LARGE"),
    ("by address", "morgan@playground.example", "olga@playground.example"),
];

fn with_groups(company: &Company) {
    company.playground.change(|workspace| {
        let named = ["U0MORGAN".to_owned(), "U0OLGA".to_owned()];
        let small = Group { id: "S0SMALL".into(), members: named.to_vec(), ..Group::default() };
        let many = (0..60).map(|n| format!("U0MANY{n}")).chain(named).collect();
        let large = Group { id: "S0LARGE".into(), members: many, ..Group::default() };
        workspace.groups.extend([small, large]);
    });
}

/// Slack shows no account that is gone, and writes to nobody it does not show.
fn expects_slack_to_know_nobody(company: &Company) {
    for (method, code) in [
        ("users.info", "user_not_found"),
        ("users.lookupByEmail", "users_not_found"),
        ("users.profile.get", "user_not_found"),
        ("chat.postEphemeral", "user_not_in_channel"),
        ("chat.postMessage", "channel_not_found"),
        ("conversations.open", "user_not_found"),
        ("conversations.open", "user_disabled"),
        ("views.publish", "invalid_arguments"),
        ("views.open", "invalid_trigger_id"),
    ] {
        company.expects_slack_to_refuse(method, code);
    }
}

/// The account becomes this, and what was known of it is forgotten.
fn becomes(company: &Company, id: &str, change: Change) {
    company.playground.change(|workspace| {
        change(workspace.people.iter_mut().find(|person| person.id == id).unwrap());
    });
    company.clock.advance("61s");
}

/// The account is a full member again.
fn is_put_right(company: &Company, id: &str, before: &Colleague) {
    company.playground.change(|workspace| {
        let gone = |person: &&mut Colleague| person.id == id || person.id == "U0GONE";
        *workspace.people.iter_mut().find(gone).unwrap() = before.clone();
    });
    company.clock.advance("61s");
}

fn account(company: &Company, id: &str) -> Colleague {
    let mut found = None;
    company.playground.change(|workspace| {
        found = workspace.people.iter().find(|person| person.id == id).cloned();
    });
    found.unwrap()
}

/// The button is pressed in the name of somebody whom Slack may have cut off.
async fn presses_as(company: &Company, id: &str, button: &Remembered) {
    let click = json!({
        "type": "block_actions", "user": {"id": id}, "team": {"id": "T0PLAY"}, "trigger_id": "1.2",
        "actions": [button.action], "channel": {"id": "C0PAYMENTS"},
    });
    assert_eq!(company.posts_payload("/slack/interactions", &click).await.0, 200);
    company.settle().await;
}

async fn types_as(company: &Company, id: &str, text: &str) -> String {
    let text = text.replace(' ', "+");
    let command = format!(
        "team_id=T0PLAY&user_id={id}&command=%2Fprovision&text={text}&channel_id=C0PAYMENTS&trigger_id=1.2"
    );
    let (status, body) = company.posts_signed("/slack/commands", &command).await;
    assert_eq!(status, 200);
    company.settle().await;
    body
}

#[tokio::test]
async fn an_approver_who_counts_for_nothing_approves_nothing_however_they_are_named() {
    for (way, approver, _) in WAYS {
        let named = format!("approvers = [\"{approver}\", \"U0ADMIN\"]");
        let setup = Setup::new().with_settings("approvers = [\"U0MORGAN\"]", &named);
        run_in(setup, async |company| {
            with_groups(company);
            expects_slack_to_know_nobody(company);
            company.alice.asks_for("rds-postgres", &DATABASE).await;
            let button = company.pat.remembers("Approve");
            let before = account(company, "U0MORGAN");
            for (kind, change) in KINDS {
                becomes(company, "U0MORGAN", change);
                presses_as(company, "U0MORGAN", &button).await;
                let request = company.newest_request().await;
                assert!(request.creation.consents.is_empty(), "a {kind}, named {way}, has approved");
                is_put_right(company, "U0MORGAN", &before);
            }
            let trail = company.trail().await;
            assert!(trail.contains("refused | U0MORGAN | payments"), "{trail}");
            assert!(trail.contains("approve: no full member"), "{trail}");
            presses_as(company, "U0MORGAN", &button).await;
            assert_eq!(company.newest_request().await.creation.consents[0].by.as_str(), "U0MORGAN", "{way}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_member_an_admin_and_an_auditor_who_count_for_nothing_can_do_nothing_however_they_are_named() {
    for (way, _, somebody) in WAYS {
        let setup = Setup::new()
            .with_settings(
                "admins = [\"U0ADMIN\"]",
                &format!("admins = [\"{somebody}\"]\nauditors = [\"{somebody}\"]"),
            )
            .with_settings("members = [\"U0BOB\"]", &format!("members = [\"{somebody}\"]"));
        run_in(setup, async |company| {
            with_groups(company);
            expects_slack_to_know_nobody(company);
            let id = company.alice.asks_for("rds-postgres", &DATABASE).await;
            let before = account(company, "U0OLGA");
            for (kind, change) in KINDS {
                becomes(company, "U0OLGA", change);
                let paused = types_as(company, "U0OLGA", "pause for now").await;
                assert!(paused.contains("Only the platform team"), "a {kind}, named {way}: {paused}");
                let asked = types_as(company, "U0OLGA", "s3-bucket").await;
                assert!(!asked.is_empty(), "a {kind}, named {way}, got a form");
                let audited = types_as(company, "U0OLGA", &format!("audit {}", &id[..8])).await;
                assert!(!audited.contains("submitted"), "a {kind}, named {way}: {audited}");
                is_put_right(company, "U0OLGA", &before);
            }
            company.olga.runs("/provision pause for now").await;
            assert!(
                !company.olga.is_told().contains("Only the platform team"),
                "{way}: {}",
                company.olga.is_told()
            );
        })
        .await;
    }
}

#[tokio::test]
async fn a_delegate_who_counts_for_nothing_answers_for_nobody() {
    run(async |company| {
        expects_slack_to_know_nobody(company);
        leaves(company, &company.morgan, "U0OLGA", "2026-11-30").await;
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let button = company.morgan.remembers("Approve");
        let before = account(company, "U0OLGA");
        for (kind, change) in KINDS {
            becomes(company, "U0OLGA", change);
            presses_as(company, "U0OLGA", &button).await;
            assert!(company.newest_request().await.creation.consents.is_empty(), "a {kind} has approved");
            is_put_right(company, "U0OLGA", &before);
        }
        presses_as(company, "U0OLGA", &button).await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
    })
    .await;
}

#[tokio::test]
async fn the_right_of_a_delegate_ends_with_that_of_whoever_they_answer_for() {
    let two =
        Setup::new().with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"U0MORGAN\", \"U0ADMIN\"]");
    run_in(two, async |company| {
        let (alice, morgan, olga) = (&company.alice, &company.morgan, &company.olga);
        expects_slack_to_know_nobody(company);
        leaves(company, morgan, "U0OLGA", "2026-11-30").await;
        let before = account(company, "U0MORGAN");
        alice.asks_for("rds-postgres", &DATABASE).await;
        let button = company.pat.remembers("Approve");
        // Stored while Slack is silent, judged after Morgan has left.
        company.expects_slack_to_refuse("users.info", "internal_error");
        company.clock.advance("61s");
        company.playground.fail_always("users.info", Some("internal_error"));
        olga.presses(&button).await;
        assert!(olga.is_told().contains("Your answer is saved"), "{}", olga.is_told());
        becomes(company, "U0MORGAN", |one| one.deleted = true);
        company.playground.fail_always("users.info", None);
        company.waits("1m").await;
        assert!(company.newest_request().await.creation.consents.is_empty(), "{}", company.trail().await);
        olga.presses(&button).await;
        insta::assert_snapshot!(olga.is_told(), @"Only its approvers can decide about this request: <@U0ADMIN>.");
        olga.opens_home().await;
        assert!(!olga.home().contains("You answer for"), "{}", olga.home());
        company.waits("4h").await;
        assert!(!olga.newest_dm().contains("This is waiting for"), "{}", olga.newest_dm());

        // Back in Slack and no approver any more.
        is_put_right(company, "U0MORGAN", &before);
        company.changes_the_settings("approvers = [\"U0MORGAN\", \"U0ADMIN\"]", "approvers = [\"U0ADMIN\"]");
        company.reloads().await;
        olga.presses(&button).await;
        assert!(company.newest_request().await.creation.consents.is_empty(), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn an_absence_of_somebody_who_approves_nothing_is_not_stored_and_nobody_is_written_to() {
    run(async |company| {
        let (olga, bob) = (&company.olga, &company.bob);
        insta::assert_snapshot!(leaves(company, olga, "U0BOB", "2026-11-30").await, @"
        Not saved  [Close]
        No team and no product names you as an approver, so you do not need a delegate. Nothing was saved.
        ");
        becomes(company, "U0MORGAN", |one| one.is_restricted = true);
        insta::assert_snapshot!(leaves(company, &company.morgan, "U0BOB", "2026-11-30").await, @"
        Not saved  [Close]
        You are a guest here, and guests cannot ask for AWS resources or decide about them. Ask a full member of the team you work with to do it for you.
        ");
        assert_eq!(bob.newest_dm(), "-");
        assert_eq!(company.trail().await, "");
    })
    .await;
}

#[tokio::test]
async fn a_guest_cancels_and_tears_down_nothing_of_what_they_asked_for_before() {
    run(async |company| {
        let alice = &company.alice;
        alice.asks_for("rds-postgres", &DATABASE).await;
        becomes(company, "U0ALICE", |one| one.is_restricted = true);
        alice.clicks("Cancel").await;
        assert!(alice.is_told().starts_with("You are a guest here"), "{}", alice.is_told());
        assert_eq!(company.newest_request().await.status.name(), StatusName::AwaitingApproval);
        assert!(company.trail().await.contains("cancel: no full member"), "{}", company.trail().await);
    })
    .await;
}

#[tokio::test]
async fn of_a_group_of_five_thousand_only_whoever_acts_is_looked_at() {
    let setup = Setup::new().with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"S0ALL\"]");
    run_in(setup, async |company| {
        company.playground.change(|workspace| {
            let all = ["U0ADMIN", "U0MORGAN"].map(str::to_owned).into_iter();
            let all = all.chain((0..5000).map(|n| format!("U0MANY{n}"))).collect();
            workspace.groups.push(Group { id: "S0ALL".into(), members: all, ..Group::default() });
        });
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let before = company.calls("users.info").len();
        company.morgan.clicks("Approve").await;
        assert_eq!(company.newest_request().await.creation.consents[0].by.as_str(), "U0MORGAN");
        let calls = company.calls("users.info").len() - before;
        assert!(calls <= 3, "{calls} accounts were looked at");
    })
    .await;
}

#[tokio::test]
async fn suggestions_are_for_those_who_could_open_the_form() {
    run(async |company| {
        company.expects_slack_to_refuse("users.info", "user_not_found");
        company.alice.runs("/provision s3-bucket").await;
        let view = company.playground.view("U0ALICE").unwrap();
        for (person, is_offered) in [("U0ALICE", true), ("U0OLGA", false), ("U0NOBODY", false)] {
            let asked = json!({
                "type": "block_suggestion", "user": {"id": person}, "team": {"id": "T0PLAY"},
                "action_id": "value", "block_id": "param.BucketPurpose", "value": "", "view": view,
            });
            let (status, body) = company.posts_payload("/slack/options", &asked).await;
            assert_eq!(status, 200, "{body}");
            if !is_offered {
                assert!(body.contains("\"options\":[]"), "{person}: {body}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_names_no_workspace_or_a_foreign_enterprise_is_refused() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let button = company.morgan.remembers("Approve");
        for origin in [
            json!({}),
            json!({"team": null}),
            json!({"team": null, "enterprise": {"id": "E0THEIRS"}, "is_enterprise_install": true}),
            json!({"team": {"id": ""}, "enterprise": null}),
        ] {
            let mut click = json!({
                "type": "block_actions", "user": {"id": "U0MORGAN", "team_id": "T0PLAY"}, "trigger_id": "1.2",
                "actions": [button.action], "channel": {"id": "C0PAYMENTS"},
            });
            click.as_object_mut().unwrap().extend(origin.as_object().unwrap().clone());
            assert_eq!(company.posts_payload("/slack/interactions", &click).await.0, 200);
            company.settle().await;
            assert!(company.newest_request().await.creation.consents.is_empty(), "{origin}");
        }
        let command = "user_id=U0ALICE&command=%2Fprovision&text=list&channel_id=C0X";
        let (_, body) = company.posts_signed("/slack/commands", command).await;
        assert!(
            body.contains("Slack did not say which workspace this comes from, so nothing was done."),
            "{body}"
        );
    })
    .await;
}

/// Nobody but people named by address.
fn by_address() -> Setup {
    Setup::new().with_settings("approvers = [\"U0MORGAN\"]", "approvers = [\"morgan@playground.example\"]")
}

#[tokio::test]
async fn whoever_is_named_by_address_is_mentioned_as_by_id() {
    run_in(by_address(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.runs("/provision rds-postgres").await;
        assert!(alice.form().contains("*Approval*: <@U0MORGAN>"), "{}", alice.form());
        let id = alice.asks_for("rds-postgres", &DATABASE).await;
        assert!(company.pat.reads("C0PAYMENTS").contains("Waiting for <@U0MORGAN>"));
        assert!(alice.newest_dm().contains("Asked since 2026-11-23 09:00 UTC: <@U0MORGAN>"), "{}", alice.newest_dm());
        alice.runs(&format!("/provision status {}", &id[..8])).await;
        assert!(alice.is_told().contains("<@U0MORGAN>"), "{}", alice.is_told());
        company.pat.clicks("Approve").await;
        insta::assert_snapshot!(company.pat.is_told(), @"Only its approvers can decide about this request: <@U0MORGAN>.");
        company.waits("4h").await;
        assert!(morgan.newest_dm().contains("This is waiting for <@U0MORGAN>"), "{}", morgan.newest_dm());
        for text in [company.pat.everything(), alice.everything()] {
            assert!(!text.contains("morgan@playground.example"), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_that_slack_has_not_confirmed_is_nobodys() {
    let setup = Setup::new().with_settings(
        "approvers = [\"U0MORGAN\"]",
        "approvers = [\"morgan@playground.example\", \"U0ADMIN\"]",
    );
    run_in(setup, async |company| {
        becomes(company, "U0MORGAN", |one| one.is_unconfirmed = true);
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        company.morgan.clicks("Approve").await;
        assert!(company.newest_request().await.creation.consents.is_empty());
        assert!(
            company.pat.reads("C0PAYMENTS").contains("morgan@playground.example"),
            "shown as it is written"
        );
    })
    .await;
}

/// What the form says about approval.
async fn approval_in_form(person: &Person) -> String {
    person.runs("/provision rds-postgres").await;
    let form = person.form();
    form.lines().find(|line| line.contains("*Approval*")).unwrap_or(&form).to_owned()
}

#[tokio::test]
async fn what_only_somebody_who_has_left_could_approve_is_said_in_the_form_and_refused() {
    for (kind, change) in KINDS {
        for (way, approver, _) in WAYS.into_iter().filter(|(way, ..)| *way != "by a large group") {
            let named = format!("approvers = [\"{approver}\"]");
            let setup = Setup::new().with_settings("approvers = [\"U0MORGAN\"]", &named);
            run_in(setup, async |company| {
                company.playground.change(|workspace| {
                    let members = vec!["U0MORGAN".to_owned()];
                    workspace.groups.push(Group { id: "S0SMALL".into(), members, ..Group::default() });
                });
                expects_slack_to_know_nobody(company);
                becomes(company, "U0MORGAN", change);
                let said = approval_in_form(&company.alice).await;
                assert!(said.contains("This could not be approved"), "a {kind}, named {way}: {said}");
                company.alice.fills(&DATABASE).await;
                company.alice.submits().await;
                let form = company.alice.form();
                assert!(form.contains("This could not be approved"), "a {kind}, named {way}: {form}");
                assert_eq!(company.trail().await, "");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn whoever_leaves_while_a_request_is_on_its_way_is_told_to_the_admins_at_once() {
    run(async |company| {
        company.holds_jobs(true);
        company.alice.runs("/provision rds-postgres").await;
        company.alice.fills(&DATABASE).await;
        company.alice.submits().await;
        becomes(company, "U0MORGAN", |one| one.deleted = true);
        company.holds_jobs(false);
        company.settle().await;
        let message = company.pat.newest_dm();
        assert!(message.contains("but nobody can approve it"), "{message}");
        assert!(!company.alice.newest_dm().contains("<@U0MORGAN>"), "{}", company.alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn where_no_channel_takes_the_card_the_approvers_and_admins_are_told_and_nothing_is_claimed() {
    run(async |company| {
        let (alice, morgan, pat) = (&company.alice, &company.morgan, &company.pat);
        let is_archived = |is_archived: bool| {
            company.playground.change(|workspace| {
                let closed = |id: &str| ["C0PAYMENTS", "C0APPROVALS"].contains(&id);
                for channel in workspace.channels.iter_mut().filter(|channel| closed(&channel.id)) {
                    channel.is_archived = is_archived;
                }
            });
        };
        company.expects_slack_to_refuse("chat.postMessage", "is_archived");
        is_archived(true);
        alice.asks_for("rds-postgres", &DATABASE).await;
        company.waits("1m").await;
        insta::assert_snapshot!(alice.newest_dm(), @"
        *PostgreSQL RDS Instance v1.0* `orders` for team *payments*
        Waiting for approval until 2026-11-24 09:00 UTC.
        There has been no channel to post this in since 2026-11-23 09:00 UTC. It goes to <@U0MORGAN> as a direct message, and the platform team has been notified.
        [Cancel] [Nudge] [Details]
        (Request `id` · about $15/month, us-east-1 list price of 2026-08-21 · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(morgan.newest_dm(), @"
        This is waiting for <@U0MORGAN>.
        <@U0ALICE> asks for *PostgreSQL RDS Instance v1.0* `orders` for team *payments*, about $15/month, us-east-1 list price of 2026-08-21. Answer under *Details* or on the app's home tab: there is no channel to post its card in.
        [Details]
        (Request `id` · times out 2026-11-24 09:00 UTC · Simulated: nothing real is created)
        ");
        insta::assert_snapshot!(pat.dms().join("\n"), @"Request `id` of team payments for *PostgreSQL RDS Instance* is waiting for approvers but has no card: it cannot be posted in <#C0PAYMENTS> or in <#C0APPROVALS> (is_archived). Its approvers get direct messages meanwhile. Unarchive the channel and invite the app, or set another channel in the settings.");
        is_archived(false);
        company.waits("10m").await;
        assert!(
            alice.newest_dm().contains("Asked since 2026-11-23 09:00 UTC: <@U0MORGAN>"),
            "{}",
            alice.newest_dm()
        );
        morgan.clicks("Approve").await;
        assert!(alice.newest_dm().contains("is ready"));
    })
    .await;
}

#[tokio::test]
async fn what_belongs_in_the_thread_of_an_archived_channel_is_left_out() {
    run(async |company| {
        company.alice.asks_for("rds-postgres", &DATABASE).await;
        let button = company.morgan.remembers("Approve");
        company.expects_slack_to_refuse("chat.postMessage", "is_archived");
        company.expects_slack_to_refuse("chat.update", "is_inactive");
        company.playground.change(|workspace| {
            workspace.channels.iter_mut().find(|channel| channel.id == "C0PAYMENTS").unwrap().is_archived =
                true;
        });
        company.morgan.presses(&button).await;
        company.waits("1m").await;
        assert!(company.alice.newest_dm().contains("is ready"), "{}", company.alice.newest_dm());
    })
    .await;
}

#[tokio::test]
async fn until_slack_has_said_whose_app_this_is_nothing_is_done() {
    run_in(Setup::new().in_a_file(), async |company| {
        let (alice, morgan) = (&company.alice, &company.morgan);
        alice.asks_for("rds-postgres", &DATABASE).await;
        company.expects_slack_to_refuse("auth.test", "internal_error");
        company.playground.fail_always("auth.test", Some("internal_error"));
        company.restarts().await;
        morgan.clicks("Approve").await;
        insta::assert_snapshot!(morgan.is_told(), @"Slack has not said yet which workspace this app belongs to, so nothing was done. Wait a few seconds and press again.");
        alice.runs("/provision list").await;
        insta::assert_snapshot!(alice.is_told(), @"Slack has not said yet which workspace this app belongs to, so nothing was done. Wait a few seconds and type it again.");
        assert!(company.newest_request().await.creation.consents.is_empty());
        company.playground.fail_always("auth.test", None);
        morgan.clicks("Approve").await;
        assert_eq!(company.newest_request().await.status.name(), StatusName::Active);
    })
    .await;
}
