//! The manifest of the Slack app: pasted into Slack, or opened by a link, it creates an app with every command, scope
//! and URL that the bot needs. `tests/tidy` checks it against Slack's rules.

use std::fmt::Write as _;

use super::ids::CATALOG_SHORTCUT;
use super::router::{COMMANDS, EVENTS, INTERACTIONS, OPTIONS};
use super::scopes::SCOPES;

/// Slack's page that creates an app from a manifest.
const NEW_APP: &str = "https://api.slack.com/apps?new_app=1&manifest_yaml=";

/// How Slack delivers payloads to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestTransport<'a> {
    /// Socket Mode: the bot opens connections to Slack.
    Socket,
    /// HTTP: Slack calls the bot at this base URL, which has no trailing slash.
    Http(&'a str),
}

impl ManifestTransport<'_> {
    /// Returns a line with the URL of a route; empty for Socket Mode, where Slack calls no URLs.
    fn line(self, indent: usize, key: &str, route: &str) -> String {
        match self {
            Self::Socket => String::new(),
            Self::Http(base) => format!("{:indent$}{key}: {base}{route}\n", ""),
        }
    }
}

/// The parameters of a manifest.
#[derive(Clone, Copy, Debug)]
pub struct Install<'a> {
    /// The slash command, such as `/provision`.
    pub command: &'a str,
    /// How Slack delivers payloads to the app.
    pub transport: ManifestTransport<'a>,
    /// Whether the app can be installed for a whole enterprise at once.
    pub is_for_enterprise: bool,
}

/// Returns the manifest as YAML.
pub fn manifest(install: Install<'_>) -> String {
    let Install { command, transport, .. } = install;
    let scopes = SCOPES.iter().fold(String::new(), |mut lines, scope| {
        let _ = writeln!(lines, "      - {} # {}", scope.name, scope.purpose);
        lines
    });
    [
        "_metadata:\n  major_version: 2\n  minor_version: 1\n".to_owned(),
        display(command),
        features(command, transport),
        format!("oauth_config:\n  scopes:\n    bot:\n{scopes}"),
        settings(install),
    ]
    .concat()
}

fn display(command: &str) -> String {
    format!(
        r##"display_information:
  name: Quartermaster
  description: Request AWS resources that are set up the right way, and get them approved, without leaving Slack.
  long_description: >-
    Type {command} and choose what you need: a bucket, a database, a container service. The form shows what it costs,
    who has to approve it and how much of your team's quota is left. Approvers decide with one button. You follow the
    progress in Slack and get the addresses and names when it is there. Every step is kept in an audit trail.
  background_color: "#1d3c34"
"##
    )
}

fn features(command: &str, transport: ManifestTransport<'_>) -> String {
    let url = transport.line(6, "url", COMMANDS);
    format!(
        r#"features:
  app_home:
    home_tab_enabled: true
    messages_tab_enabled: true
    messages_tab_read_only_enabled: true
  bot_user:
    display_name: Quartermaster
    always_online: true
  slash_commands:
    - command: {command}
{url}      description: Request an AWS resource, or see how a request stands
      usage_hint: "[product | list | status ID | change ID | renew ID | teardown ID | again ID | costs | help]"
      should_escape: true # so that a person named behind transfer arrives as an id
  shortcuts:
    - name: Request a resource
      type: global
      callback_id: {CATALOG_SHORTCUT}
      description: Opens the catalog of AWS resources you can request
"#
    )
}

fn settings(install: Install<'_>) -> String {
    let Install { transport, is_for_enterprise, .. } = install;
    let events = transport.line(4, "request_url", EVENTS);
    let interactions = transport.line(4, "request_url", INTERACTIONS);
    let options = transport.line(4, "message_menu_options_url", OPTIONS);
    let socket = transport == ManifestTransport::Socket;
    format!(
        "settings:
  event_subscriptions:
{events}    bot_events:
      - app_home_opened # the home tab is made when somebody looks at it
  interactivity:
    is_enabled: true
{interactions}{options}  org_deploy_enabled: {is_for_enterprise}
  socket_mode_enabled: {socket}
  token_rotation_enabled: false
"
    )
}

/// Returns the link to Slack's page that creates an app from this manifest.
pub fn install_link(manifest: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(manifest.as_bytes()).collect();
    // A plus sign means a blank only in form data, not in a query string.
    format!("{NEW_APP}{}", encoded.replace('+', "%20"))
}
