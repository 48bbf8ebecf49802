//! Requests as Slack sends them: a form, signed now. Nothing of the program is used, so that a mistake of its own
//! signature check cannot hide here.

use anyhow::Context as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use quartermaster::ports::clock::{Clock as _, SystemClock};
use sha2::Sha256;

use super::slack::WORKSPACE;

/// The signing secret of every server under load.
pub(crate) const SECRET: &str = "b3nch8f742231b10e8888abcd99yyyzz";

/// Signs with one secret.
#[derive(Clone)]
pub(crate) struct Signer(Hmac<Sha256>);

impl Signer {
    /// Keyed with `secret`.
    pub(crate) fn new(secret: &str) -> anyhow::Result<Self> {
        Hmac::new_from_slice(secret.as_bytes()).map(Self).context("cannot use the signing secret")
    }

    /// A whole HTTP request with this body, signed for this second.
    pub(crate) fn request(&self, path: &str, body: &str) -> Vec<u8> {
        self.request_of(0, path, body)
    }

    /// The same as it was signed so many seconds ago.
    pub(crate) fn request_of(&self, seconds_ago: i64, path: &str, body: &str) -> Vec<u8> {
        let timestamp = SystemClock.now().as_second() - seconds_ago;
        let mut mac = self.0.clone();
        mac.update(format!("v0:{timestamp}:{body}").as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n\
             Accept: application/json,*/*\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             X-Slack-Request-Timestamp: {timestamp}\r\nX-Slack-Signature: v0={signature}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

/// The body of `/provision help`, about 450 bytes and no two alike.
pub(crate) fn help(number: usize) -> String {
    command(number, "U0BENCH00000", "help")
}

/// The body of `/provision` with these words, which need no escaping but for their blanks.
pub(crate) fn command(number: usize, person: &str, words: &str) -> String {
    let words = words.replace(' ', "+");
    format!(
        "token=legacytokenisnotusedabc&team_id={WORKSPACE}&team_domain=benchmark-workspace&channel_id=C0BENCH001\
         &channel_name=team-payments&user_id={person}&user_name=alice.adams&command=%2Fprovision&text={words}\
         &api_app_id=A0QUARTER001&is_enterprise_install=false\
         &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F{WORKSPACE}%2F{number:012}%2FAbCdEfGhIjKlMnOpQrStUvWx\
         &trigger_id={number:013}.1763800000000.0123456789abcdef0123456789abcdef"
    )
}

/// A whole HTTP request with this body that nobody signed.
pub(crate) fn unsigned(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n\
         Accept: application/json,*/*\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
