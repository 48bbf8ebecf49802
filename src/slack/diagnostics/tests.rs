//! Findings for a Slack with a single fault. `tests/it` runs the whole check against a Slack that is set up correctly.

use serde_json::json;

use super::*;
use crate::domain::ids::ChannelId;
use crate::domain::organization::Team;
use crate::domain::principal::Principal;
use crate::slack::client::fake::{FakeSlack, StillClock};

fn principals(names: &[&str]) -> Vec<Principal> {
    names.iter().map(|name| Principal::parse(name).unwrap()).collect()
}

fn organization() -> Organization {
    Organization {
        teams: vec![Team {
            members: principals(&["U0ALICE"]),
            approvers: principals(&["U0ALICE"]),
            ..Team::without_people("payments")
        }],
        admins: Vec::new(),
        auditors: Vec::new(),
        approvals_channel: ChannelId::new("C0APPROVALS"),
        workspace: None,
        manager_field: None,
        audit_channel: None,
        command: "/provision".to_owned(),
    }
}

/// Returns the findings for a fake Slack that is correct except for what `fault` changes.
async fn told(fault: impl FnOnce(&FakeSlack)) -> String {
    let clock = StillClock::new();
    let (slack, client, _) = FakeSlack::start(&clock).await;
    let scopes: Vec<&str> = SCOPES.iter().map(|scope| scope.name).collect();
    let bot = json!({ "ok": true, "team": "Play", "user_id": "U0QM", "bot_id": "B0QM" });
    slack.script("auth.test", 200, vec![("x-oauth-scopes", scopes.join(","))], &bot.to_string());
    let date = vec![("date", "Sun, 22 Nov 2026 12:00:00 GMT".to_owned())];
    slack.script("api.test", 200, date, r#"{"ok":true}"#);
    let channel = json!({ "ok": true, "channel": { "name": "approvals", "is_member": true } });
    slack.answers("conversations.info", &channel);
    slack.answers("users.info", &json!({ "ok": true, "user": { "id": "U0ALICE" } }));
    fault(&slack);
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let findings = look(&Arc::new(client), &clock, &organization(), &Catalog::default()).await;
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(!lines.join("\n").contains("xoxb-secret"), "{lines:?}");
    lines.join("\n")
}

#[tokio::test]
async fn a_token_that_is_not_taken_or_not_a_bots_is_told_with_where_to_get_one() {
    insta::assert_snapshot!(told(|slack| slack.refuses("auth.test", "token_revoked")).await, @"problem Slack token: Slack does not accept `SLACK_BOT_TOKEN`: Slack answered `token_revoked`: copy the Bot User OAuth Token from OAuth & Permissions of the app again; if there is none, press Install to Workspace first");
    insta::assert_snapshot!(told(|slack| {
        slack.answers("auth.test", &json!({ "ok": true, "team": "Play", "user_id": "U0ALICE" }));
    })
    .await, @"
    problem Slack token: `SLACK_BOT_TOKEN` is the token of a person, U0ALICE in Play: copy the Bot User OAuth Token, which begins with `xoxb-`, from OAuth & Permissions of the app
    warning Slack scopes: Slack does not list what was granted: check under OAuth & Permissions, Scopes, that they are those of manifest.yml
    ok      clock: the same as Slack's, within a minute
    ok      channels: #approvals C0APPROVALS (`approvals_channel`) can be written to
    ok      people: named people and groups that count: 1
    ");
}

#[tokio::test]
async fn a_slack_that_cannot_be_used_is_told_once() {
    insta::assert_snapshot!(told(|slack| slack.script("auth.test", 503, Vec::new(), "<html>")).await, @"problem Slack: Slack answered with HTTP status 503 Service Unavailable: check the connection from here to slack.com (proxy, firewall, DNS), and `SLACK_API_URL` if it is set");
    insta::assert_snapshot!(told(|slack| slack.refuses("auth.test", "internal_error")).await, @"problem Slack: Slack answered `internal_error`: check the connection from here to slack.com (proxy, firewall, DNS), and `SLACK_API_URL` if it is set");
}

#[tokio::test]
async fn a_clock_that_is_off_is_a_warning_and_then_a_problem() {
    let clock = async |date: &str| {
        let date = vec![("date", date.to_owned())];
        let all = told(|slack| slack.script("api.test", 200, date, r#"{"ok":true}"#)).await;
        all.lines().find(|line| line.contains(" clock: ")).unwrap().to_owned()
    };
    insta::assert_snapshot!(clock("Sun, 22 Nov 2026 12:00:50 GMT").await, @"ok      clock: the same as Slack's, within a minute");
    insta::assert_snapshot!(clock("Sun, 22 Nov 2026 12:02:00 GMT").await, @"warning clock: this machine is 120 s behind Slack: let NTP set the clock of this machine");
    insta::assert_snapshot!(clock("Sun, 22 Nov 2026 11:54:00 GMT").await, @"problem clock: this machine is 360 s ahead of Slack, so what Slack sends is refused as too old and no lease ends: let NTP set the clock of this machine");
    insta::assert_snapshot!(clock("whenever").await, @"warning clock: Slack's time is not known: Slack's answer has no readable date: try again; until Slack says what time it is, no lease ends");
}

#[tokio::test]
async fn what_slack_does_not_say_is_no_problem_but_is_told() {
    insta::assert_snapshot!(told(|slack| {
        slack.refuses("conversations.info", "internal_error");
        slack.refuses("users.info", "internal_error");
    })
    .await, @"
    ok      Slack token: the bot U0QM in Play
    ok      Slack scopes: all 3 that the settings need are granted
    ok      clock: the same as Slack's, within a minute
    warning channels: C0APPROVALS (`approvals_channel`) could not be checked: Slack answered `internal_error`: try again
    warning people: 1 of 1 could not be checked: cannot ask Slack who U0ALICE is: Slack answered `internal_error`: try again, after granting the scope if one is missing
    ");
}
