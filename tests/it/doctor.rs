//! `doctor`, as an operator runs it: a set-up in which all is well, and each thing that can be wrong with it.

use std::process::{Command, Output};
use std::sync::Arc;

use playground::{Playground, Workspace};
use quartermaster::catalog;
use quartermaster::ports::clock::SystemClock;
use serde_json::Value;

use crate::harness::cloud::Cloud;
use crate::harness::process::{APP_TOKEN, TOKEN, slack, slack_with_sockets};
use crate::harness::{Place, said, transcript};

/// Shaped like Slack's.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An operator, their folder, and a Slack in which all is well.
struct Operator {
    place: Place,
    slack: Playground,
    origin: String,
}

impl Operator {
    async fn new() -> Self {
        Self::at(slack("127.0.0.1:1").await)
    }

    fn at((slack, origin): (Playground, String)) -> Self {
        let place = Place::new("127.0.0.1:0");
        place.replace("quartermaster.toml", "[simulated]", "admins = [\"U0ADMIN\"]\n[simulated]");
        Self { place, slack, origin }
    }

    /// Writes a line below `[slack]` or below the team.
    fn settles(&self, place: &str, lines: &str) {
        self.place.replace("quartermaster.toml", place, &format!("{lines}\n{place}"));
    }

    fn rearranges(&self, change: impl FnOnce(&mut Workspace)) {
        self.slack.change(change);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.place.command(&[&["doctor"], arguments].concat());
        command.env("SLACK_SIGNING_SECRET", SECRET).env("SLACK_BOT_TOKEN", TOKEN);
        command.env("SLACK_API_URL", format!("{}/api/", self.origin));
        command
    }

    fn asks(&self) -> String {
        told(&self.command(&[]).output().unwrap())
    }

    /// What is not as it should be.
    fn hears(&self) -> String {
        let all = self.asks();
        all.lines().filter(|line| !line.starts_with("ok ")).collect::<Vec<_>>().join("\n")
    }
}

fn told(output: &Output) -> String {
    let told = said(output);
    for secret in [SECRET, TOKEN] {
        assert!(!told.contains(secret), "a secret is printed: {told}");
    }
    told
}

fn without_scopes<'a>(scopes: &'a [&'a str]) -> impl FnOnce(&mut Workspace) + 'a {
    |workspace| workspace.scopes.retain(|granted| !scopes.contains(&granted.as_str()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_up_in_which_all_is_well_is_told_line_by_line() {
    let operator = Operator::new().await;
    insta::assert_snapshot!(operator.asks(), @"
    ok      settings: `quartermaster.toml` is good, teams: 1
    ok      settings: the secrets are set
    ok      catalog: 3 products, no problems
    ok      Slack token: the bot U0QM in Playground
    ok      Slack scopes: all 3 that the settings need are granted
    ok      clock: the same as Slack's, within a minute
    ok      channels: #approvals C0APPROVALS (`approvals_channel`) can be written to
    ok      channels: #team-payments C0PAYMENTS (team payments) can be written to
    ok      people: named people and groups that count: 3
    ok      store: `quartermaster.db` is created when the bot first starts
    problems: 0, warnings: 0
    exit 0
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_reads_the_same_as_json() {
    let operator = Operator::new().await;
    operator.rearranges(without_scopes(&["usergroups:read", "groups:read"]));
    operator.settles("[simulated]", "auditors = [\"S0LEADS\"]");
    let output = operator.command(&["--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["ok"], false);
    let of = |level: &str| {
        let findings = said["findings"].as_array().unwrap().iter();
        findings.filter(|finding| finding["level"] == level).cloned().collect::<Vec<_>>()
    };
    assert_eq!((of("problem").len(), of("warning").len()), (1, 1));
    assert_eq!(of("problem")[0]["area"], "Slack scopes");
    assert!(of("problem")[0]["remedy"].as_str().unwrap().ends_with("press Reinstall to Workspace"));
    assert!(of("ok").iter().all(|finding| finding["remedy"].is_null()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_that_were_not_granted_are_named_with_what_they_are_for() {
    let operator = Operator::new().await;
    operator.rearranges(without_scopes(&["usergroups:read", "channels:read"]));
    operator.settles("[simulated]", "auditors = [\"S0LEADS\"]");
    insta::assert_snapshot!(operator.hears(), @"
    problem Slack scopes: `usergroups:read` is not granted, for: teams and approvers that are user groups: add it under OAuth & Permissions, Scopes, Bot Token Scopes, then press Reinstall to Workspace
    warning channels: C0APPROVALS (`approvals_channel`) could not be checked: Slack answered `missing_scope: needs the scope channels:read`: grant the scope, then try again; only this check needs it
    warning channels: C0PAYMENTS (team payments) could not be checked: Slack answered `missing_scope: needs the scope channels:read`: grant the scope, then try again; only this check needs it
    warning people: 1 of 4 could not be checked: cannot ask Slack who is in group S0LEADS: Slack answered `missing_scope: needs the scope usergroups:read`: try again, after granting the scope if one is missing
    problems: 1, warnings: 3
    exit 1
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_is_missing_only_where_the_settings_or_the_catalog_need_it() {
    let operator = Operator::new().await;
    let asked_for = ["usergroups:read", "users:read.email", "users.profile:read", "groups:read", "im:write"];
    operator.rearranges(without_scopes(&asked_for));
    assert_eq!(operator.hears(), "problems: 0, warnings: 0\nexit 0", "nobody is named who needs one");
    let missing = || {
        let heard = operator.hears();
        let named =
            heard.lines().filter_map(|line| line.strip_prefix("problem Slack scopes: `")?.split_once('`'));
        named.map(|(scope, _)| scope.to_owned()).collect::<Vec<_>>()
    };
    operator.settles("[simulated]", "auditors = [\"S0LEADS\"]");
    assert_eq!(missing(), ["usergroups:read"]);
    operator.settles("[simulated]", "manager_field = \"Xf0BOSS\"");
    assert_eq!(missing(), ["usergroups:read", "users.profile:read"]);
    operator.place.replace("quartermaster.toml", "[\"S0LEADS\"]", "[\"pat@playground.example\"]");
    assert_eq!(missing(), ["users.profile:read", "users:read.email"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enterprise_is_asked_which_workspace_its_groups_belong_to() {
    let operator = Operator::new().await;
    operator.rearranges(|workspace| workspace.identity.enterprise = Some("E0GRID".to_owned()));
    assert_eq!(operator.hears(), "problems: 0, warnings: 0\nexit 0", "nobody is named by a group");
    operator.settles("[simulated]", "auditors = [\"S0LEADS\"]");
    insta::assert_snapshot!(operator.hears(), @"
    problem Slack token: the app is installed for a whole enterprise, so Slack does not know whose user groups the settings name: set `slack.workspace` to the id of the workspace that the groups belong to
    warning people: 1 of 4 could not be checked: cannot ask Slack who is in group S0LEADS: Slack refused the call: invalid_arguments: [ERROR] missing required field: team_id: try again, after granting the scope if one is missing
    problems: 1, warnings: 1
    exit 1
    ");
    operator.settles("[simulated]", "workspace = \"T0PLAY\"");
    assert_eq!(operator.hears(), "problems: 0, warnings: 0\nexit 0");
    operator.rearranges(|workspace| workspace.identity.enterprise = None);
    assert_eq!(operator.hears(), "problems: 0, warnings: 0\nexit 0", "the workspace is the token's own");
    operator.rearranges(|workspace| workspace.identity.team_id = "T0OTHER".to_owned());
    insta::assert_snapshot!(operator.hears(), @"
    problem Slack token: `slack.workspace` is T0PLAY, and the token is for T0OTHER: remove `slack.workspace`: only an app that is installed for a whole enterprise needs it
    problems: 1, warnings: 0
    exit 1
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_cannot_be_written_to_is_told_with_the_way_in() {
    let operator = Operator::new().await;
    operator.settles("[simulated]", "audit_channel = \"C0AUDIT\"");
    operator.settles(
        "[simulated]",
        "[[teams]]\nname = \"search\"\nmembers = [\"U0BOB\"]\napprovers = [\"U0MORGAN\"]\nchannel = \"C0GONE\"",
    );
    operator.rearranges(|workspace| {
        for channel in &mut workspace.channels {
            match channel.id.as_str() {
                "C0APPROVALS" => channel.members.retain(|member| member != "U0QM"),
                "C0AUDIT" => channel.is_archived = true,
                _ => {}
            }
        }
    });
    insta::assert_snapshot!(operator.hears(), @"
    problem channels: #approvals C0APPROVALS (`approvals_channel`) does not include the app (`not_in_channel`): type `/invite @Quartermaster` there
    problem channels: #audit C0AUDIT (`audit_channel`) is archived (`is_archived`): unarchive it in its settings, or name another one in the settings file
    problem channels: the app cannot see C0GONE (team search) (`channel_not_found`): type `/invite @Quartermaster` there if it is private; else copy the id again from the bottom of its About tab
    problems: 3, warnings: 0
    exit 1
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_groups_and_addresses_that_count_for_nothing_are_named_with_where_they_stand() {
    let operator = Operator::new().await;
    let approvers = "approvers = [\"U0MORGAN\"]";
    operator.place.replace("quartermaster.toml", approvers, "approvers = [\"U0MORGAN\", \"S0NOBODY\"]");
    let members = "members = [\"U0ALICE\"]";
    let more = "members = [\"U0ALICE\", \"U0TYPO\", \"Bob@playground.example\", \"bob@elsewhere.example\"]";
    operator.place.replace("quartermaster.toml", members, more);
    operator.rearranges(|workspace| {
        for person in &mut workspace.people {
            match person.id.as_str() {
                "U0MORGAN" => person.deleted = true,
                "U0ADMIN" => person.is_restricted = true,
                "U0BOB" => person.is_unconfirmed = true,
                _ => {}
            }
        }
    });
    insta::assert_snapshot!(operator.hears(), @"
    warning people: U0ADMIN (`admins`) is a guest: name somebody else
    problem people: U0TYPO (members of payments) is not known in this workspace (`user_not_found`): copy the id again: open the profile in Slack, then More, Copy member ID
    problem people: bob@playground.example (members of payments) is an address that Slack has not confirmed (`is_email_confirmed`), so it counts for nobody: have them confirm it in Slack, or write their member ID in its place
    problem people: bob@elsewhere.example (members of payments) is not the address of anybody in this workspace: write the address in their Slack profile, or their member ID
    warning people: U0MORGAN (approvers of payments) was deactivated: name somebody else
    problem people: S0NOBODY (approvers of payments) is not a user group, or has no active full member: copy the id again from the address of the group's page, or add people to it
    problem people: nobody can approve requests of the team payments: name an active full member or a user group with one in `approvers`
    problems: 5, warnings: 2
    exit 1
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_settings_missing_secrets_and_a_wrong_token_are_problems_like_any_other() {
    let operator = Operator::new().await;
    let mut wrong = operator.command(&[]);
    wrong.env("SLACK_BOT_TOKEN", "xoxb-of-somebody-else").env("SLACK_SIGNING_SECRET", "client secret");
    let wrong = told(&wrong.output().unwrap());
    let wrong: Vec<&str> = wrong.lines().filter(|line| !line.starts_with("ok ")).collect();
    insta::assert_snapshot!(wrong.join("\n"), @"
    warning settings: `SLACK_SIGNING_SECRET` is not 32 hexadecimal digits: copy the Signing Secret, not the Client Secret, from Basic Information, App Credentials
    problem Slack token: Slack does not accept `SLACK_BOT_TOKEN`: Slack answered `invalid_auth`: copy the Bot User OAuth Token from OAuth & Permissions of the app again; if there is none, press Install to Workspace first
    problems: 1, warnings: 1
    exit 1
    ");
    operator.place.replace("quartermaster.toml", "approvals_channel", "approval_channel");
    let mut without = operator.command(&[]);
    without.env_remove("SLACK_BOT_TOKEN");
    insta::assert_snapshot!(told(&without.output().unwrap()), @r#"
    problem settings: quartermaster.toml: line 4: `slack.approvals_channel` is missing: add a line such as `approvals_channel = "C0APPROVALS"`
    problem settings: quartermaster.toml: line 5: unknown key `slack.approval_channel`: did you mean `approvals_channel`?
    problem settings: SLACK_BOT_TOKEN: is not set: copy the token that begins with `xoxb-` from OAuth & Permissions of your Slack app
    problems: 3, warnings: 0
    exit 1
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_token_is_tried_where_slack_is_reached_by_sockets() {
    let operator = Operator::at(slack_with_sockets().await);
    operator.settles("approvals_channel", "transport = \"socket\"");
    let asks_with = |app_token: &str| {
        let output = operator.command(&[]).env("SLACK_APP_TOKEN", app_token).output().unwrap();
        let told = told(&output);
        assert!(!told.contains(app_token), "a secret is printed: {told}");
        told.lines().filter(|line| line.contains("app token")).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(asks_with(APP_TOKEN), @"ok      Slack app token: Slack accepts it");
    insta::assert_snapshot!(asks_with("xapp-of-another-app"), @"problem Slack app token: Slack does not accept `SLACK_APP_TOKEN`: `invalid_auth`: copy it again from Basic Information, App-Level Tokens, of your Slack app; it needs the scope `connections:write`, and the app needs Socket Mode switched on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_the_catalog_and_the_store_is_told_too() {
    let operator = Operator::new().await;
    operator.place.replace("catalog/s3-bucket/product.yml", "description:", "descripton:");
    operator.place.replace("catalog/ecs-service/product.yml", "requesters: everyone", "requesters: [web]");
    operator.settles("[simulated]", "[backend]\nstore = \"sqlite:rows/quartermaster.db\"");
    insta::assert_snapshot!(operator.hears(), @"
    problem catalog: catalog/s3-bucket/product.yml: line 3: unknown key `descripton`: did you mean `description`?
    warning catalog: `ecs-service` is for the team `web`, which the settings do not have: correct `requesters` in its product.yml, or add the team
    problem store: there is no folder `rows` for `rows/quartermaster.db`: create the folder, or name another file in `backend.store`
    problems: 2, warnings: 1
    exit 1
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_were_given_up_or_wait_for_a_bot_are_told() {
    let operator = Operator::new().await;
    assert!(operator.place.runs(&["reconcile"]).status.success(), "it makes the store");
    let file = rusqlite::Connection::open(operator.place.file("quartermaster.db")).unwrap();
    file.execute_batch(
        "INSERT INTO jobs (of, name, kind, due_at, parked, last_error, written_at) VALUES
         ('U0ALICE', 'show:home', '\"Home\"', 0, 1, 'Slack refused the call: invalid_blocks', 0),
         ('-', 'bill', '\"ReadBill\"', 1767225600000000, 0, NULL, 1767225600000000)",
    )
    .unwrap();
    insta::assert_snapshot!(operator.hears(), @"
    warning jobs: `show:home` of U0ALICE has failed: Slack refused the call: invalid_blocks: fix the cause, then run `quartermaster jobs retry`
    warning jobs: a job due at 2026-01-01T00:00:00Z has not been done yet: check that the bot is running, and its log
    problems: 0, warnings: 2
    exit 0
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_is_told() {
    let operator = Operator::new().await;
    assert!(operator.place.runs(&["reconcile"]).status.success(), "it makes the store");
    assert!(operator.place.runs(&["pause", "--message", "We move house."]).status.success());
    let told = operator.hears();
    assert!(told.starts_with("warning requests: new ones are paused since 20"), "{told}");
    assert!(
        told.contains(" by operator: We move house.: `quartermaster resume` allows them again"),
        "{told}"
    );
    assert!(told.ends_with("problems: 0, warnings: 1\nexit 0"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_renamed_and_removed_teams_have_left_is_told_with_what_to_write() {
    let operator = Operator::new().await;
    assert!(operator.place.runs(&["reconcile"]).status.success(), "it makes the store");
    let about_teams = || {
        let told = operator.asks();
        told.lines()
            .filter(|line| line.get(8..).is_some_and(|line| line.starts_with("teams: ")))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(about_teams(), "");
    let file = rusqlite::Connection::open(operator.place.file("quartermaster.db")).unwrap();
    file.execute_batch(
        "INSERT INTO quota VALUES ('checkout', 's3-bucket', 2, 430), ('ended', 's3-bucket', 0, 0);
         INSERT INTO counted VALUES ('cash', '2026-11-20', '{\"submitted\":1}');
         INSERT INTO requests (id, revision, owner, team, product, status, waits, submitted_at, body)
         VALUES ('0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10', 1, 'U0ALICE', 'pay', 's3-bucket', 'ACTIVE', 0, 1, '{}')",
    )
    .unwrap();
    operator.settles("members = ", "formerly = [\"pay\", \"money\", \"cash\"]");
    insta::assert_snapshot!(about_teams(), @r#"
    warning teams: team `checkout` is no longer in the settings but has 2 requests that have not ended (0 waiting for approvers): add `formerly = ["checkout"]` to the team that takes its place, or add team `checkout` again
    warning teams: 1 requests of `payments` are left under `pay`: leave `pay` in `formerly` while the bot moves them to `payments`, which takes minutes
    ok      teams: nothing is left under `money`: you can remove it from `formerly` of `payments`
    warning teams: counts of `payments` are left under `cash`: leave `cash` in `formerly` while the bot moves them to `payments`, which takes minutes
    "#);
}

/// The operator of a bot on AWS asks.
fn asks_on(cloud: &Cloud, operator: &Operator) -> String {
    let mut command = operator.command(&[]);
    command.env("AWS_ENDPOINT_URL", cloud.url()).env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let told = transcript::steady(&told(&command.output().unwrap()));
    // The queue's address names a port that is another one every time.
    let lines = cloud.lines("simulated");
    let (_, queue) = lines.split_once("queue = \"http://").unwrap();
    told.replace(queue.split('/').next().unwrap(), "EMULATOR")
}

fn about_aws(told: &str) -> String {
    let lines = told.lines().filter(|line| line.contains(" AWS: ") || line.contains(" store: "));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "wants the emulator: .ci/aws"]
async fn the_account_is_looked_at_as_at_the_start_of_the_bot() {
    let cloud = Cloud::open(Arc::new(SystemClock)).await;
    cloud.stand_in.publishes(&catalog::built_in().unwrap());
    let operator = Operator::new().await;
    operator.settles("[[teams]]", &cloud.lines("service-catalog"));
    insta::assert_snapshot!(about_aws(&asks_on(&cloud, &operator)), @"
    ok      AWS: calls go to us-east-1
    ok      AWS: the tables `ID.ProvisioningRequests` and `ID.ProvisioningEvents` with their indexes
    ok      AWS: the state machine `arn:aws:states:us-east-1:123456789012:stateMachine:ID`
    ok      AWS: the queue `http://EMULATOR/123456789012/ID`
    ok      AWS: the 3 products of the catalog in the portfolio `port-standin`
    ok      store: the tables can be read and written
    ");

    cloud.stand_in.refuses_next("SearchProductsAsAdmin", "AccessDeniedException");
    operator.place.replace("quartermaster.toml", "dynamodb:", "dynamodb:no");
    operator.place.replace("quartermaster.toml", "stateMachine:", "stateMachine:no");
    operator.place.replace("quartermaster.toml", "/123456789012/", "/123456789012/no");
    insta::assert_snapshot!(about_aws(&asks_on(&cloud, &operator)), @r#"
    ok      AWS: calls go to us-east-1
    problem AWS: there is no table `noID.ProvisioningRequests`: correct `backend.store`, or deploy the stack of `infra/portal.yml` with `infra/deploy.sh`
    problem AWS: there is no state machine `arn:aws:states:us-east-1:123456789012:stateMachine:noID`: correct `backend.workflow` and the region, or deploy the stack of `infra/portal.yml` with `infra/deploy.sh`
    problem AWS: there is no queue `http://EMULATOR/123456789012/noID`: correct `backend.queue`, or deploy the stack of `infra/portal.yml` with `infra/deploy.sh`
    problem AWS: cannot look into the portfolio: the right `servicecatalog:SearchProductsAsAdmin` is missing: service error: unhandled error (AccessDeniedException): Error { code: "AccessDeniedException", message: "told by the stand-in" }: allow `servicecatalog:SearchProductsAsAdmin` to the role of the bot, as `infra/portal.yml` does
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_cannot_be_called_at_all_is_told_once() {
    let operator = Operator::new().await;
    operator.settles(
        "[simulated]",
        "[backend]\nstore = \"dynamodb:Rows\"\nqueue = \"http://127.0.0.1:1/1/q\"\n\
         workflow = \"step-functions:arn:aws:states:us-east-1:123456789012:stateMachine:M\"",
    );
    let mut command = operator.command(&[]);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", operator.place.file("."));
    insta::assert_snapshot!(about_aws(&told(&command.output().unwrap())), @"
    problem AWS: no region is chosen: set `AWS_REGION`, such as `us-east-1`, or `region` in the profile
    problem AWS: there are no credentials: the credential provider was not enabled: no credentials found in chain: give the machine a role, or set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`
    ");
}
