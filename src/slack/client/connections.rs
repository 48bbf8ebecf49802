//! Asks Slack for Socket Mode URLs. This needs the app-level token, and each URL is good for one connection.

use std::fmt;
use std::time::Duration;

use rustls::ClientConfig;
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;
use url::Url;

use super::SlackClient;
use super::failure::CallFailure;
use crate::https::tls;
use crate::ports::slack::SlackError;

/// The URL of one connection. Anyone who has it receives our payloads, so `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::slack) struct SocketUrl(Url);

/// Why no connection could be opened.
#[derive(Debug, Error)]
pub enum NoConnection {
    /// Slack refuses the token or the app; holds Slack's error code.
    #[error("Slack refuses to open a connection (`{0}`)")]
    Refused(String),
    /// Too many connections were opened; holds how long Slack asks to wait.
    #[error("Slack asks to wait {} s", .0.as_secs())]
    Wait(Duration),
    /// Slack cannot be reached, or reports an internal error.
    #[error("{0:#}")]
    Broken(anyhow::Error),
}

/// Error codes that concern the token or the app, so that waiting does not help and an operator must act.
const REFUSED: [&str; 10] = [
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "not_allowed_token_type",
    "missing_scope",
    "forbidden_team",
    "insecure_request",
    "missing_args",
];

#[derive(Debug, Deserialize)]
struct OpenedConnection {
    url: String,
}

impl SlackClient {
    /// Asks for the URL of one more connection. The client must hold the app-level token.
    pub(in crate::slack) async fn socket_url(&self) -> Result<SocketUrl, NoConnection> {
        let opened: OpenedConnection =
            self.call("apps.connections.open", &json!({}), self.limits.call).await?;
        SocketUrl::read(&opened.url, &self.api)
            .ok_or_else(|| NoConnection::Broken(anyhow::anyhow!("Slack's address for a connection is none")))
    }

    /// Returns the TLS configuration for connections besides the API's.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub(in crate::slack) fn tls(&self) -> anyhow::Result<ClientConfig> {
        tls(&self.api)
    }
}

impl SocketUrl {
    /// Parses a URL. It must be encrypted, or have the origin of an unencrypted API, such as the playground.
    fn read(url: &str, api: &Url) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let is_of_the_api = || {
            let place = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
            api.scheme() == "http" && place(&url) == place(api)
        };
        let may_be_dialed = match url.scheme() {
            "wss" => url.has_host(),
            "ws" => is_of_the_api(),
            _ => false,
        };
        if may_be_dialed { Some(Self(url)) } else { None }
    }

    /// Returns the URL, for the one place that connects to it.
    pub(in crate::slack) fn reveal(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for SocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketUrl(not shown)")
    }
}

impl From<CallFailure> for NoConnection {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::RateLimited(wait) => Self::Wait(wait),
            CallFailure::Api { code, .. } if REFUSED.contains(&code.as_str()) => Self::Refused(code),
            failure @ (CallFailure::Api { .. } | CallFailure::Trouble(_)) => {
                Self::Broken(SlackError::from(failure).into())
            }
            CallFailure::Silence(error) | CallFailure::Unusable(error) => Self::Broken(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{FakeSlack, StillClock};
    use super::*;

    #[test]
    fn only_an_encrypted_address_or_one_of_the_configured_api_is_dialed() {
        let slack = Url::parse("https://slack.com/api/").unwrap();
        let local = Url::parse("http://127.0.0.1:4000/api/").unwrap();
        let link = "wss://wss-primary.slack.com/link/?ticket=1&app_id=2";
        assert!(SocketUrl::read(link, &slack).is_some());
        assert!(SocketUrl::read("ws://127.0.0.1:4000/link?ticket=1", &local).is_some());
        for (bad, api) in [
            ("ws://wss-primary.slack.com/link/?ticket=1", &slack),
            ("ws://127.0.0.1:4001/link", &local),
            ("ws://localhost:4000/link", &local),
            ("ws://slack.com/link", &slack),
            ("https://slack.com/link", &slack),
            ("wss:", &slack),
            ("", &slack),
        ] {
            assert!(SocketUrl::read(bad, api).is_none(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_token_that_slack_refuses_is_told_apart_from_a_slack_that_is_out_of_order() {
        let (slack, client, _) = FakeSlack::start(&StillClock::new()).await;
        let mut failures = Vec::new();
        for code in [
            "invalid_auth",
            "not_allowed_token_type",
            "missing_scope",
            "internal_error",
            "tomorrow",
            "ratelimited",
        ] {
            slack.refuses("apps.connections.open", code);
            let refused = client.socket_url().await.unwrap_err();
            failures.push(format!("{code}: {refused}"));
        }
        let (slack, client, _) = FakeSlack::start(&StillClock::new()).await;
        slack.answers("apps.connections.open", &json!({"ok": true, "url": "https://example.com"}));
        failures.push(client.socket_url().await.unwrap_err().to_string());
        insta::assert_snapshot!(failures.join("\n"), @"
        invalid_auth: Slack refuses to open a connection (`invalid_auth`)
        not_allowed_token_type: Slack refuses to open a connection (`not_allowed_token_type`)
        missing_scope: Slack refuses to open a connection (`missing_scope`)
        internal_error: Slack answered `internal_error`
        tomorrow: Slack answered `tomorrow`
        ratelimited: Slack asks to wait 20 s
        Slack's address for a connection is none
        ");
    }

    #[test]
    fn a_ticket_never_shows_itself() {
        let slack = Url::parse("https://slack.com/api/").unwrap();
        let ticket = SocketUrl::read("wss://wss-primary.slack.com/link/?ticket=hunter2", &slack).unwrap();
        assert!(!format!("{ticket:?}").contains("hunter2"));
    }
}
