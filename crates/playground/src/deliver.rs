//! Delivers requests to the bot, signed and timed out as in Slack, and sent exactly once. Repeating events
//! that were not accepted is in `redeliver`. In Socket Mode the same is delivered over a socket.

use std::fmt::Write as _;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::Playground;
use super::answer::DeliveryFailure;
use super::redeliver::{Again, Untaken};

/// The longest answer that is read from the bot, in bytes.
const ANSWER_LIMIT: usize = 1 << 20;
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Headers of one request, by name.
type Headers<'a> = Vec<(&'a str, String)>;

/// What the bot answered to a delivery.
#[derive(Debug)]
struct Answered {
    status: u16,
    /// Whether the bot asked not to repeat an event that it did not accept.
    is_final: bool,
    body: String,
}

impl Answered {
    /// Returns status and body of a success.
    fn taken(self) -> Result<(u16, String), DeliveryFailure> {
        let is_success = (200..300).contains(&self.status);
        if is_success { Ok((self.status, self.body)) } else { Err(DeliveryFailure::Status(self.status)) }
    }
}

impl Playground {
    /// Sends arbitrary bytes to the bot with exactly these headers, for example to forge a request. Returns
    /// the status and the body.
    pub async fn post_raw(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<(u16, String), DeliveryFailure> {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let answer = self.send(path, headers.collect(), body).await?;
        Ok((answer.status, answer.body))
    }

    /// Returns the value of `X-Slack-Signature` for this body and time.
    pub fn signature(&self, timestamp: i64, body: &[u8]) -> String {
        sign(&self.settings().signing_secret, timestamp, body)
    }

    /// Delivers a slash command.
    pub(super) async fn deliver_command(
        &self,
        fields: &[(&str, &str)],
    ) -> Result<(u16, String), DeliveryFailure> {
        if self.is_on_sockets() {
            let fields: Map<_, _> =
                fields.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
            return self.deliver_envelope("slash_commands", &fields.into(), None).await;
        }
        self.deliver_form(&self.settings().paths.commands, fields).await
    }

    async fn deliver_form(
        &self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<(u16, String), DeliveryFailure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.deliver(path, FORM, body, Vec::new()).await?.taken()
    }

    /// Delivers an interaction, or a request for options.
    pub(super) async fn deliver_payload(&self, payload: &Value) -> Result<(u16, String), DeliveryFailure> {
        if self.is_on_sockets() {
            return self.deliver_envelope("interactive", payload, None).await;
        }
        let paths = &self.settings().paths;
        let path = if payload["type"] == "block_suggestion" { &paths.options } else { &paths.interactions };
        self.deliver_form(path, &[("payload", &payload.to_string())]).await
    }

    /// Delivers an event, with Slack's retry headers if it is a repetition.
    pub(super) async fn deliver_event(
        &self,
        envelope: &Value,
        again: Option<&Again>,
    ) -> Result<(u16, String), Untaken> {
        // Without an answer there is no header that could forbid a repetition.
        let failed = |failure| Untaken { failure, is_final: false };
        if self.is_on_sockets() {
            return self.deliver_envelope("events_api", envelope, again).await.map_err(failed);
        }
        let retry = again.map(|again| {
            [
                ("x-slack-retry-num", again.attempt.to_string()),
                ("x-slack-retry-reason", again.reason.to_owned()),
            ]
        });
        let retry: Vec<_> = retry.into_iter().flatten().collect();
        let path = &self.settings().paths.events;
        let answer = self.deliver(path, JSON, envelope.to_string(), retry).await.map_err(failed)?;
        let is_final = answer.is_final;
        answer.taken().map_err(|failure| Untaken { failure, is_final })
    }

    async fn deliver(
        &self,
        path: &str,
        content_type: &str,
        body: String,
        extra: Headers<'_>,
    ) -> Result<Answered, DeliveryFailure> {
        let timestamp = self.now().as_second();
        let mut headers = vec![
            ("content-type", content_type.to_owned()),
            ("user-agent", "Slackbot 1.0 (playground)".to_owned()),
            ("x-slack-request-timestamp", timestamp.to_string()),
            ("x-slack-signature", self.signature(timestamp, body.as_bytes())),
        ];
        headers.extend(extra);
        self.send(path, headers, body.into_bytes()).await
    }

    async fn send(
        &self,
        path: &str,
        headers: Headers<'_>,
        body: Vec<u8>,
    ) -> Result<Answered, DeliveryFailure> {
        tokio::time::timeout(self.settings().ack_within, self.exchange(path, headers, body))
            .await
            .unwrap_or(Err(DeliveryFailure::TimedOut))
    }

    async fn exchange(
        &self,
        path: &str,
        headers: Headers<'_>,
        body: Vec<u8>,
    ) -> Result<Answered, DeliveryFailure> {
        let url = format!("{}{path}", self.addresses().bot);
        let mut request = Request::post(url).header(header::ACCEPT, "application/json,*/*");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).map_err(unreachable)?;
        let answer = self.shared.client.request(request).await.map_err(unreachable)?;
        let status = answer.status().as_u16();
        let is_final = answer.headers().get("x-slack-no-retry").is_some_and(|value| value == "1");
        let bytes = to_bytes(Body::new(answer.into_body()), ANSWER_LIMIT).await.map_err(unreachable)?;
        Ok(Answered { status, is_final, body: String::from_utf8_lossy(&bytes).into_owned() })
    }
}

fn unreachable(error: impl std::error::Error) -> DeliveryFailure {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        // Writing to a `String` cannot fail.
        let _ = write!(chain, ": {inner}");
        cause = inner.source();
    }
    DeliveryFailure::Unreachable(chain)
}

fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    // HMAC accepts keys of any length, so this never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("v0:{timestamp}:").as_bytes());
    mac.update(body);
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_covers_time_and_body() {
        let first = sign("secret", 1, b"body");
        assert_eq!(first.len(), 3 + 64);
        assert_ne!(first, sign("secret", 2, b"body"));
        assert_ne!(first, sign("secret", 1, b"bodz"));
        assert_ne!(first, sign("other", 1, b"body"));
    }
}
