//! Where a connection for Socket Mode can be opened. Slack tells whoever has the app's own token, and each address is
//! good for one connection.

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

/// An address that opens one connection; whoever has it hears what Slack tells us, so `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::slack) struct SocketUrl(Url);

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum NoConnection {
    /// Slack does not let this token, or this app, open one: its error code.
    #[error("Slack refuses to open a connection (`{0}`)")]
    Refused(String),
    /// Too many were opened.
    #[error("Slack asks to wait {} s", .0.as_secs())]
    Wait(Duration),
    /// Slack cannot be reached, or is out of order.
    #[error("{0:#}")]
    Broken(anyhow::Error),
}

/// Blames the token or the app, so that somebody has to change one of both.
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
    /// Asks for the address of one more connection; the token has to be the app's.
    pub(in crate::slack) async fn ticket(&self) -> Result<SocketUrl, NoConnection> {
        let opened: OpenedConnection =
            self.call("apps.connections.open", &json!({}), self.limits.call).await?;
        SocketUrl::read(&opened.url, &self.api)
            .ok_or_else(|| NoConnection::Broken(anyhow::anyhow!("Slack's address for a connection is none")))
    }

    /// Whom a connection beside the API trusts.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub(in crate::slack) fn tls(&self) -> anyhow::Result<ClientConfig> {
        tls(&self.api)
    }
}

impl SocketUrl {
    /// The address if it is encrypted, or has the origin of an API that is not.
    fn read(url: &str, api: &Url) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let own = || {
            let place = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
            api.scheme() == "http" && place(&url) == place(api)
        };
        let may_be_dialed = match url.scheme() {
            "wss" => url.has_host(),
            "ws" => own(),
            _ => false,
        };
        may_be_dialed.then_some(Self(url))
    }

    /// The address.
    pub(in crate::slack) fn reveal(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for SocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(not shown)")
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
        let mut told = Vec::new();
        for code in [
            "invalid_auth",
            "not_allowed_token_type",
            "missing_scope",
            "internal_error",
            "tomorrow",
            "ratelimited",
        ] {
            slack.refuses("apps.connections.open", code);
            let refused = client.ticket().await.unwrap_err();
            told.push(format!("{code}: {refused}"));
        }
        let (slack, client, _) = FakeSlack::start(&StillClock::new()).await;
        slack.answers("apps.connections.open", &json!({"ok": true, "url": "https://example.com"}));
        told.push(client.ticket().await.unwrap_err().to_string());
        insta::assert_snapshot!(told.join("\n"), @"
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
