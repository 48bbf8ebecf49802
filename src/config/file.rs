//! The keys of `quartermaster.toml`, except those of a team.

use std::path::PathBuf;

use super::backend::{read_account, read_backend};
use super::examples::EXAMPLES;
use super::values::{channel, check_channel, is_id, principals, product_keys, refuse_secrets};
use super::{EventsTo, LogFormat, Settings, SimulationSettings, Transport, events, teams};
use crate::domain::ids::ChannelId;
use crate::domain::organization::Organization;
use crate::domain::period::Period;
use cloudformation::document::{Problem, Problems, Reader, parse_toml};

/// The default catalog folder.
const CATALOG: &str = "catalog";
/// The default number of actions that a user may take at once before being rate-limited.
const BURST: u32 = 30;
/// The default number of connections to Slack, so that one remains while the other is renewed.
const CONNECTIONS: u32 = 2;
/// Slack's limit of connections per app.
const MOST_CONNECTIONS: u32 = 10;

pub(super) fn parse(text: &str) -> Result<Settings, Vec<Problem>> {
    let document = parse_toml(text).map_err(|problem| vec![problem.into()])?;
    let problems = Problems::in_toml_like(&EXAMPLES);
    let root = Reader::new(&document, &problems);

    let server = root.section("server");
    let listen = server.text_or("listen", "127.0.0.1:3000");
    if listen.parse::<std::net::SocketAddr>().is_err() {
        server.report(
            "listen",
            format!("`server.listen` is `{listen}`"),
            "write an address and a port such as `127.0.0.1:3000`",
        );
    }
    let log = server
        .choice("log", &[("text", LogFormat::Text), ("json", LogFormat::Json)])
        .unwrap_or(LogFormat::Text);
    server.finish();

    let slack = root.section("slack");
    refuse_secrets(&slack, &SLACK_SECRETS);
    let transport = read_transport(&slack);
    let burst = slack.count("burst").unwrap_or(BURST);
    let organization = read_slack(&slack);
    slack.finish();

    let backend = read_backend(&root);
    let (catalog, catalog_named) = read_catalog(&root);
    let account = read_account(&root, &backend);
    let simulation = read_simulation(&root);
    let events = events::read(&root);
    let teams = teams::read(&root);
    // Reports the sections that nothing above has read.
    root.finish();

    problems.into_result(Settings {
        listen,
        log,
        transport,
        burst,
        backend,
        account,
        events,
        catalog,
        catalog_named,
        simulation,
        organization: Organization { teams, ..organization },
    })
}

/// The parts of a settings file that refer to things outside of it. They are checked even if the file itself
/// is wrong.
pub(super) struct Outline {
    pub(super) transport: Transport,
    pub(super) events: Option<EventsTo>,
    pub(super) catalog: (PathBuf, bool),
}

/// Reads the outline of a settings file; uses defaults if it cannot be parsed.
pub(super) fn outline(text: &str) -> Outline {
    let Ok(document) = parse_toml(text) else {
        return Outline {
            // The default of the setting, so that the secrets it needs are checked even now.
            transport: Transport::Http,
            events: None,
            catalog: (PathBuf::from(CATALOG), false),
        };
    };
    // `parse` reports the problems of the same text.
    let unheard = Problems::in_toml();
    let root = Reader::new(&document, &unheard);
    Outline {
        transport: read_transport(&root.section("slack")),
        events: events::read(&root),
        catalog: read_catalog(&root),
    }
}

fn read_transport(slack: &Reader<'_>) -> Transport {
    let is_socket = slack.choice("transport", &[("http", false), ("socket", true)]).unwrap_or(false);
    let connections = slack.count("connections");
    if !is_socket {
        if connections.is_some() {
            slack.report(
                "connections",
                "`slack.connections` is for sockets, and Slack calls this bot over HTTP",
                "remove it, or write `transport = \"socket\"`",
            );
        }
        return Transport::Http;
    }
    let connections = connections.unwrap_or(CONNECTIONS);
    if !(1..=MOST_CONNECTIONS).contains(&connections) {
        slack.report(
            "connections",
            format!("`slack.connections` is {connections}"),
            format!(
                "write a number from 1 to {MOST_CONNECTIONS}: Slack allows no more for all bots of an app"
            ),
        );
    }
    Transport::Socket { connections: connections as usize }
}

/// Secrets that users may try to put into the Slack section, and the variable of each.
const SLACK_SECRETS: [(&str, &str); 4] = [
    ("app_token", "SLACK_APP_TOKEN"),
    ("bot_token", "SLACK_BOT_TOKEN"),
    ("signing_secret", "SLACK_SIGNING_SECRET"),
    ("token", "SLACK_BOT_TOKEN"),
];

/// Reads the organization, without its teams.
fn read_slack(slack: &Reader<'_>) -> Organization {
    let manager_field = slack.text("manager_field").filter(|field| !field.trim().is_empty());
    let command = slack.text_or("command", "/provision");
    let shaped = command.len() <= 32
        && command.strip_prefix('/').is_some_and(|name| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        });
    if !shaped {
        slack.report(
            "command",
            format!("`slack.command` is `{command}`"),
            "write a slash and at most 31 lower-case letters, digits, hyphens and underscores, such as `/provision`",
        );
    }
    let approvals_channel = slack.required_text("approvals_channel");
    // `required_text` has reported an empty one.
    if !approvals_channel.trim().is_empty() {
        check_channel(slack, "approvals_channel", &approvals_channel);
    }
    Organization {
        // The teams are a section of their own, and `parse` adds them.
        teams: Vec::new(),
        workspace: workspace(slack),
        admins: principals(slack, "admins"),
        auditors: principals(slack, "auditors"),
        approvals_channel: ChannelId::new(approvals_channel),
        manager_field,
        audit_channel: channel(slack, "audit_channel"),
        command,
    }
}

fn workspace(slack: &Reader<'_>) -> Option<String> {
    let text = slack.text("workspace").filter(|text| !text.is_empty())?;
    if !is_id(&text, &['T']) {
        slack.report(
            "workspace",
            format!("`slack.workspace` is `{text}`"),
            "write the id of a workspace, such as `T0ACME`: it is in the address of Slack in a browser, behind `/client/`",
        );
    }
    Some(text)
}

fn read_catalog(root: &Reader<'_>) -> (PathBuf, bool) {
    let catalog = root.section("catalog");
    let path = catalog.text("path");
    catalog.finish();
    let named = path.is_some();
    (PathBuf::from(path.unwrap_or_else(|| CATALOG.to_owned())), named)
}

fn read_simulation(root: &Reader<'_>) -> SimulationSettings {
    let simulated = root.section("simulated");
    let step = Period::read(&simulated, "step").unwrap_or(Period::millis(500));
    let pace = Period::read(&simulated, "pace").unwrap_or(Period::seconds(1));
    let fail_products = product_keys(&simulated, "fail_products");
    let fail_teardowns = product_keys(&simulated, "fail_teardowns");
    let fail_changes = product_keys(&simulated, "fail_changes");
    simulated.finish();
    SimulationSettings { step, pace, fail_products, fail_teardowns, fail_changes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ProductKey, TeamName};
    use crate::domain::principal::Principal;

    const TEAM: &str = "[[teams]]\nname = \"a\"\nmembers = []\napprovers = []\n";

    fn problems(text: &str) -> String {
        let problems = parse(text).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_smallest_file_gets_every_default() {
        let settings = parse(
            r#"
            [slack]
            approvals_channel = "C0APPROVALS"
            [[teams]]
            name = "payments"
            members = ["U0ALICE", "S0PAYMENTS", "Ann@example.com"]
            approvers = ["U0MORGAN"]
            "#,
        )
        .unwrap();
        assert_eq!(settings.listen, "127.0.0.1:3000");
        assert_eq!(settings.backend.embedded_file(), "quartermaster.db");
        assert!(!settings.backend.uses_aws());
        assert_eq!(settings.simulation.step, Period::millis(500));
        assert_eq!(settings.organization.command, "/provision");
        assert_eq!(settings.transport, Transport::Http);
        let payments = TeamName::new("payments");
        assert_eq!(settings.organization.channel_of(&payments).as_str(), "C0APPROVALS");
        assert_eq!(settings.organization.teams[0].members[2], Principal::Email("ann@example.com".into()));
    }

    #[test]
    fn an_audit_channel_and_failing_products_are_taken_as_written() {
        let settings = parse(
            r#"
            [slack]
            approvals_channel = "C0APPROVALS"
            audit_channel = "C0AUDIT"
            [simulated]
            fail_teardowns = ["s3-bucket"]
            fail_changes = ["rds-postgres"]
            [[teams]]
            name = "payments"
            members = []
            approvers = []
            "#,
        )
        .unwrap();
        assert_eq!(settings.organization.audit_channel, Some(ChannelId::new("C0AUDIT")));
        assert_eq!(settings.simulation.fail_teardowns, [ProductKey::parse("s3-bucket").unwrap()]);
        assert_eq!(settings.simulation.fail_changes, [ProductKey::parse("rds-postgres").unwrap()]);
        assert!(settings.simulation.fail_products.is_empty());
    }

    #[test]
    fn sockets_are_two_unless_the_settings_say_how_many() {
        let with = |line: &str| format!("[slack]\napprovals_channel = \"C0APPROVALS\"\n{line}\n{TEAM}");
        let settings = parse(&with("transport = \"socket\"")).unwrap();
        assert_eq!(settings.transport, Transport::Socket { connections: 2 });
        let settings = parse(&with("transport = \"socket\"\nconnections = 3")).unwrap();
        assert_eq!(settings.transport, Transport::Socket { connections: 3 });
        let wrong =
            ["transport = \"sockets\"", "transport = \"socket\"\nconnections = 11", "connections = 2"];
        let messages: Vec<String> = wrong.iter().map(|line| problems(&with(line))).collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        line 3: `slack.transport` is `sockets`: did you mean `socket`?
        line 4: `slack.connections` is 11: write a number from 1 to 10: Slack allows no more for all bots of an app
        line 3: `slack.connections` is for sockets, and Slack calls this bot over HTTP: remove it, or write `transport = "socket"`
        "#);
    }

    #[test]
    fn the_transport_is_known_in_spite_of_other_mistakes() {
        let socket = Transport::Socket { connections: 2 };
        let transport = |text: &str| outline(text).transport;
        assert_eq!(transport("[slack]\ntransport = \"socket\"\ncommand = 1\n[nothing]\n"), socket);
        assert_eq!(transport("[slack]\ntransport = 1\n"), Transport::Http);
        assert_eq!(transport("[slack"), Transport::Http);
    }

    #[test]
    fn a_secret_in_the_file_is_refused_without_being_repeated() {
        let text = format!(
            "[slack]\napprovals_channel = \"C0APPROVALS\"\nbot_token = \"xoxb-1\"\nsigning_secret = \"shh\"\n\
             tokn = 1\n{TEAM}[events]\nsecret = \"hush\"\n"
        );
        let messages = problems(&text);
        assert!(
            !messages.contains("xoxb-1") && !messages.contains("shh") && !messages.contains("hush"),
            "{messages}"
        );
        insta::assert_snapshot!(messages, @"
        line 3: `slack.bot_token` is a secret, and secrets belong in the environment: set `SLACK_BOT_TOKEN` there, remove this line, and replace the secret if others could read the file
        line 4: `slack.signing_secret` is a secret, and secrets belong in the environment: set `SLACK_SIGNING_SECRET` there, remove this line, and replace the secret if others could read the file
        line 5: unknown key `slack.tokn`: known keys: admins, approvals_channel, audit_channel, auditors, burst, command, connections, manager_field, transport, workspace
        line 11: `events.secret` is a secret, and secrets belong in the environment: set `QUARTERMASTER_EVENTS_SECRET` there, remove this line, and replace the secret if others could read the file
        ");
    }

    #[test]
    fn every_mistake_is_listed_at_once_with_its_remedy() {
        insta::assert_snapshot!(problems(
            r#"
[server]
listen = "3000"
[slack]
approval_channel = "C0APPROVALS"
command = "provision"
admins = ["pat"]
audit_channel = "audit"
[backend]
store = "postgres:db"
[simulated]
step = "fast"
fail_teardowns = ["S3 Bucket"]
[[teams]]
name = "Payments Team"
members = ["U0ALICE"]
channel = "general"
"#
        ), @r#"
        line 3: `server.listen` is `3000`: write an address and a port such as `127.0.0.1:3000`
        line 4: `slack.approvals_channel` is missing: add a line such as `approvals_channel = "C0APPROVALS"`
        line 5: unknown key `slack.approval_channel`: did you mean `approvals_channel`?
        line 6: `slack.command` is `provision`: write a slash and at most 31 lower-case letters, digits, hyphens and underscores, such as `/provision`
        line 7: `pat` in `slack.admins` is not a person or group: write a Slack user id (`U0ALICE`), a user group id (`S0LEADS`) or an e-mail address
        line 8: `audit` is not a channel id: open the channel in Slack, choose About, and copy the id at the bottom, such as `C0APPROVALS`
        line 10: `backend.store` is `postgres:db`: write `sqlite:` and a file, such as `sqlite:quartermaster.db`, or `dynamodb:` and a table, such as `dynamodb:ProvisioningRequests`
        line 12: `simulated.step` is `fast` where a length of time (ms, s, m, h or d) should be: write for example `step = "24h"`
        line 13: `S3 Bucket` is not a product key: write names of folders in the catalog, such as `s3-bucket`
        line 14: `teams[0].approvers` is missing: add a line such as `approvers = ["U0ALICE", "S0GROUP"]`
        line 15: `Payments Team` cannot be a team's name: use at most 20 lower-case letters, digits and single hyphens, such as `payments`: it becomes part of resource names
        line 17: `general` is not a channel id: open the channel in Slack, choose About, and copy the id at the bottom, such as `C0APPROVALS`
        "#);
    }

    #[test]
    fn a_file_without_teams_or_with_two_of_one_name_is_refused() {
        insta::assert_snapshot!(problems("[slack]\napprovals_channel = \"C0APPROVALS\"\n"), @r#"line 1: there is no `[[teams]]`: add one with name, members and approvers, such as `[[teams]] name = "payments" members = ["U0ALICE"] approvers = ["U0MORGAN"]`"#);
        let twice = "[slack]\napprovals_channel = \"C0APPROVALS\"\n".to_owned() + &TEAM.repeat(2);
        insta::assert_snapshot!(problems(&twice), @"line 8: two teams are called `a`: give each team its own name");
    }
}
