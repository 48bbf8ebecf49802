//! The environment variables: secrets and the address of Slack's Web API.

use std::fmt;
use std::path::PathBuf;

use super::{DEFAULT_FILE, SettingsProblem, Transport};

/// Slack's own Web API.
const SLACK_API_URL: &str = "https://slack.com/api/";

/// The variable with the app-level token, and how to create one.
const APP_TOKEN: &str = "SLACK_APP_TOKEN";
const WANTED_APP_TOKEN: &str = "make one that begins with `xapp-` and has the scope `connections:write` under Basic \
                                Information, App-Level Tokens, of your Slack app";

/// The variable with the secret that events are signed with, and how to create one.
const EVENTS_SECRET: &str = "QUARTERMASTER_EVENTS_SECRET";
const WANTED_EVENTS_SECRET: &str = "make one, for example with `echo whsec_$(openssl rand -base64 32)`, and give it to the receiver of \
                                    `events.webhook` as well";
/// Minimum length in characters; shorter secrets can be guessed.
const SHORTEST_SECRET: usize = 16;

/// A secret text. `Debug` prints only its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret, so that no log or `Debug` output shows it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the secret, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} characters)", self.0.len())
    }
}

/// The environment that `serve` needs.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The transport from Slack to the bot, with its credentials.
    pub inbound: Inbound,
    /// `SLACK_BOT_TOKEN`, `xoxb-…`: authorizes calls to Slack.
    pub bot_token: Secret,
    /// `SLACK_API_URL`, with a trailing slash.
    pub slack_api_url: String,
    /// `QUARTERMASTER_EVENTS_SECRET`, which signs events for a webhook; `None` without one.
    pub events_secret: Option<Secret>,
}

/// The transport from Slack to the bot, with its credentials.
#[derive(Clone, Debug)]
pub enum Inbound {
    /// Slack calls the bot over HTTP.
    Http {
        /// `SLACK_SIGNING_SECRET`: verifies that a request comes from Slack.
        signing_secret: Secret,
    },
    /// The bot opens connections to Slack (Socket Mode).
    Socket {
        /// `SLACK_APP_TOKEN`, `xapp-…`: authorizes opening connections.
        app_token: Secret,
        /// The number of connections, from the settings.
        connections: usize,
    },
}

impl Environment {
    /// Reads and checks the variables.
    ///
    /// # Errors
    /// Everything that is missing or wrong. Never contains the text of a secret.
    pub(super) fn read(transport: Transport, signs_events: bool) -> Result<Self, Vec<SettingsProblem>> {
        Self::from_lookup(transport, signs_events, &variable)
    }

    fn from_lookup(
        transport: Transport,
        signs_events: bool,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut required = |name: &str, wanted: &str| {
            let value = lookup(name).filter(|value| !value.trim().is_empty());
            if value.is_none() {
                problems
                    .push(SettingsProblem { place: name.to_owned(), text: format!("is not set: {wanted}") });
            }
            // An empty secret is never used: with any problem an error is returned.
            Secret::new(value.unwrap_or_default())
        };
        let inbound = match transport {
            Transport::Http => Inbound::Http {
                signing_secret: required(
                    "SLACK_SIGNING_SECRET",
                    "copy it from Basic Information, App Credentials, of your Slack app",
                ),
            },
            Transport::Socket { connections } => {
                Inbound::Socket { app_token: required(APP_TOKEN, WANTED_APP_TOKEN), connections }
            }
        };
        let bot_token = required(
            "SLACK_BOT_TOKEN",
            "copy the token that begins with `xoxb-` from OAuth & Permissions of your Slack app",
        );
        let events_secret = signs_events.then(|| required(EVENTS_SECRET, WANTED_EVENTS_SECRET));
        if let Some(Secret(secret)) = &events_secret
            // An empty one is reported as missing above.
            && (1..SHORTEST_SECRET).contains(&secret.trim().len())
        {
            let text = format!("is shorter than {SHORTEST_SECRET} characters: {WANTED_EVENTS_SECRET}");
            problems.push(SettingsProblem { place: EVENTS_SECRET.to_owned(), text });
        }
        if let Inbound::Socket { app_token: Secret(token), .. } = &inbound
            // An empty one is reported as missing above.
            && !token.is_empty()
            && !token.trim().starts_with("xapp-")
        {
            let text = format!("is not an app-level token: {WANTED_APP_TOKEN}");
            problems.push(SettingsProblem { place: APP_TOKEN.to_owned(), text });
        }
        let slack_api_url = lookup("SLACK_API_URL").unwrap_or_else(|| SLACK_API_URL.to_owned());
        if !is_web_url(&slack_api_url) {
            let text = "is not a URL: write for example `https://slack.com/api/`, or unset it".to_owned();
            problems.push(SettingsProblem { place: "SLACK_API_URL".to_owned(), text });
        }
        // With exactly one slash, as `is_slacks_own` compares it.
        let slack_api_url = format!("{}/", slack_api_url.trim_end_matches('/'));
        if problems.is_empty() {
            Ok(Self { inbound, bot_token, slack_api_url, events_secret })
        } else {
            Err(problems)
        }
    }

    /// Whether calls go to Slack itself rather than a stand-in.
    pub fn is_slacks_own(&self) -> bool {
        self.slack_api_url == SLACK_API_URL
    }
}

fn is_web_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Returns the path of the settings file: `--config`, else `QUARTERMASTER_CONFIG`, else [`DEFAULT_FILE`].
pub fn settings_file(option: Option<PathBuf>) -> PathBuf {
    option
        .or_else(|| variable("QUARTERMASTER_CONFIG").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(DEFAULT_FILE))
}

/// Returns `RUST_LOG`, which selects the log lines to write.
pub fn log_filter() -> Option<String> {
    variable("RUST_LOG")
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_secrets_are_all_named_with_where_to_find_them() {
        let problems = Environment::from_lookup(Transport::Http, false, &|name| {
            (name == "SLACK_API_URL").then(|| "slack".to_owned())
        })
        .unwrap_err();
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        SLACK_SIGNING_SECRET: is not set: copy it from Basic Information, App Credentials, of your Slack app
        SLACK_BOT_TOKEN: is not set: copy the token that begins with `xoxb-` from OAuth & Permissions of your Slack app
        SLACK_API_URL: is not a URL: write for example `https://slack.com/api/`, or unset it
        ");
    }

    #[test]
    fn a_socket_needs_the_apps_token_in_place_of_the_signing_secret() {
        let transport = Transport::Socket { connections: 2 };
        let read = |token: Option<&str>| {
            Environment::from_lookup(transport, false, &|name| match name {
                APP_TOKEN => token.map(str::to_owned),
                "SLACK_BOT_TOKEN" => Some("xoxb-1".to_owned()),
                _ => None,
            })
        };
        let environment = read(Some("xapp-hunter2")).unwrap();
        assert!(
            matches!(&environment.inbound, Inbound::Socket { app_token, .. } if app_token.reveal() == "xapp-hunter2")
        );
        assert!(!format!("{environment:?}").contains("hunter2"));
        let problems = [None, Some("xoxb-hunter2")].map(|token| read(token).unwrap_err()).concat();
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        SLACK_APP_TOKEN: is not set: make one that begins with `xapp-` and has the scope `connections:write` under Basic Information, App-Level Tokens, of your Slack app
        SLACK_APP_TOKEN: is not an app-level token: make one that begins with `xapp-` and has the scope `connections:write` under Basic Information, App-Level Tokens, of your Slack app
        ");
    }

    #[test]
    fn a_webhook_needs_a_secret_that_nobody_guesses() {
        let read = |secret: Option<&str>| {
            Environment::from_lookup(Transport::Http, true, &|name| match name {
                EVENTS_SECRET => secret.map(str::to_owned),
                "SLACK_API_URL" => None,
                _ => Some("x".to_owned()),
            })
        };
        assert!(read(Some("0123456789abcdef")).unwrap().events_secret.is_some());
        let problems = [None, Some("hunter2")].map(|secret| read(secret).unwrap_err()).concat();
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        QUARTERMASTER_EVENTS_SECRET: is not set: make one, for example with `echo whsec_$(openssl rand -base64 32)`, and give it to the receiver of `events.webhook` as well
        QUARTERMASTER_EVENTS_SECRET: is shorter than 16 characters: make one, for example with `echo whsec_$(openssl rand -base64 32)`, and give it to the receiver of `events.webhook` as well
        ");
    }

    #[test]
    fn secrets_never_show_in_debug() {
        let environment = Environment::from_lookup(Transport::Http, true, &|name| {
            (name.starts_with("SLACK_S") || name == EVENTS_SECRET)
                .then(|| "hunter2-and-more-of-it".to_owned())
                .or(Some("http://127.0.0.1:1/api".into()))
        })
        .unwrap();
        assert!(!format!("{environment:?}").contains("hunter2"));
        assert_eq!(environment.slack_api_url, "http://127.0.0.1:1/api/");
    }
}
