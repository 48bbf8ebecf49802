//! Requests to the bot: signed as Slack signs them, given as long as Slack gives them, and sent exactly once. Where
//! Socket Mode is on, the same goes over a socket.

use std::fmt::Write as _;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use hmac::{Hmac, KeyInit, Mac};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::Playground;
use super::answer::DeliveryFailure;

/// Longest answer read from the bot, in bytes.
const ANSWER_LIMIT: usize = 1 << 20;
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const RETRY: [(&str, &str); 2] = [("x-slack-retry-num", "1"), ("x-slack-retry-reason", "http_timeout")];

pub(super) type Client = HyperClient<HttpConnector, Body>;

pub(super) fn client() -> Client {
    HyperClient::builder(TokioExecutor::new()).build_http()
}

/// Headers of one request, by name.
type Headers<'a> = Vec<(&'a str, String)>;

impl Playground {
    /// Sends any bytes to the bot with exactly these headers, for example to forge a request.
    ///
    /// Answers the status and the body.
    pub async fn post_raw(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<(u16, String), DeliveryFailure> {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        self.send(path, headers.collect(), body).await
    }

    /// The value of `X-Slack-Signature` for this body at this time.
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
            return self.deliver_envelope("slash_commands", &fields.into(), false).await;
        }
        self.deliver_form(&self.settings().paths.commands, fields).await
    }

    async fn deliver_form(
        &self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<(u16, String), DeliveryFailure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.deliver(path, FORM, body, &[]).await
    }

    /// Delivers an interaction, or a request for options.
    pub(super) async fn deliver_payload(&self, payload: &Value) -> Result<(u16, String), DeliveryFailure> {
        if self.is_on_sockets() {
            return self.deliver_envelope("interactive", payload, false).await;
        }
        let paths = &self.settings().paths;
        let path = if payload["type"] == "block_suggestion" { &paths.options } else { &paths.interactions };
        self.deliver_form(path, &[("payload", &payload.to_string())]).await
    }

    /// Delivers an event, marked as Slack marks a retry after a timeout if it comes again.
    pub(super) async fn deliver_event(
        &self,
        envelope: &Value,
        again: bool,
    ) -> Result<(u16, String), DeliveryFailure> {
        if self.is_on_sockets() {
            return self.deliver_envelope("events_api", envelope, again).await;
        }
        let retry: &[_] = if again { &RETRY } else { &[] };
        self.deliver(&self.settings().paths.events, JSON, envelope.to_string(), retry).await
    }

    async fn deliver(
        &self,
        path: &str,
        content_type: &str,
        body: String,
        extra: &[(&str, &str)],
    ) -> Result<(u16, String), DeliveryFailure> {
        let timestamp = self.now().as_second();
        let mut headers = vec![
            ("content-type", content_type.to_owned()),
            ("user-agent", "Slackbot 1.0 (playground)".to_owned()),
            ("x-slack-request-timestamp", timestamp.to_string()),
            ("x-slack-signature", self.signature(timestamp, body.as_bytes())),
        ];
        headers.extend(extra.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let (status, answer) = self.send(path, headers, body.into_bytes()).await?;
        if (200..300).contains(&status) { Ok((status, answer)) } else { Err(DeliveryFailure::Status(status)) }
    }

    async fn send(
        &self,
        path: &str,
        headers: Headers<'_>,
        body: Vec<u8>,
    ) -> Result<(u16, String), DeliveryFailure> {
        tokio::time::timeout(self.settings().ack_within, self.exchange(path, headers, body))
            .await
            .unwrap_or(Err(DeliveryFailure::TimedOut))
    }

    async fn exchange(
        &self,
        path: &str,
        headers: Headers<'_>,
        body: Vec<u8>,
    ) -> Result<(u16, String), DeliveryFailure> {
        let url = format!("{}{path}", self.addresses().bot);
        let mut request = Request::post(url).header(header::ACCEPT, "application/json,*/*");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).map_err(unreachable)?;
        let answer = self.shared.client.request(request).await.map_err(unreachable)?;
        let status = answer.status().as_u16();
        let bytes = to_bytes(Body::new(answer.into_body()), ANSWER_LIMIT).await.map_err(unreachable)?;
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

fn unreachable(error: impl std::error::Error) -> DeliveryFailure {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        // Writing to a String cannot fail.
        let _ = write!(chain, ": {inner}");
        cause = inner.source();
    }
    DeliveryFailure::Unreachable(chain)
}

fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    // HMAC takes a key of any length, so the empty answer never happens.
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
