//! Sends every audit entry to a webhook, each in a request of its own, signed as Standard Webhooks asks for.
//! docs/operations.md shows how the receiver verifies the signature.

mod key;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use url::Url;

use self::key::WebhookKey;
use crate::domain::audit::AuditEntry;
use crate::https::{HttpResponse, Poster};
use crate::ports::clock::Clock;
use crate::ports::subscriber::{Subscriber, TellError};

/// Header with the id of the entry, the same each time that it is sent: its request, `-` and its number.
pub const ID: &str = "webhook-id";
/// Header with the time of the signature, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Header with the signature of id, time and body, as in Standard Webhooks.
pub const SIGNATURE: &str = "webhook-signature";
/// Header with the time once more, from before Standard Webhooks. Goes with [`LEGACY_SIGNATURE`].
pub const LEGACY_TIMESTAMP: &str = "x-quartermaster-timestamp";
/// Header with the signature from before Standard Webhooks, which version 0.4 no longer sends: `v0=` and the HMAC-SHA256 of
/// `v0:`, the timestamp, `:` and the body, in lower-case hexadecimal digits.
pub const LEGACY_SIGNATURE: &str = "x-quartermaster-signature";

/// Time limit for a request, including its answer.
const LIMIT: Duration = Duration::from_secs(5);
/// Longest wait that the receiver can ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// A webhook, with its shared secret, which is never shown.
#[derive(Clone)]
pub struct Webhook {
    address: Url,
    key: WebhookKey,
    poster: Poster,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    /// Creates a webhook for this URL.
    ///
    /// # Errors
    /// When the secret holds no key, or the system's certificates cannot be loaded.
    pub fn new(address: Url, secret: &str, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let key = WebhookKey::from_secret(secret).context("cannot sign for `events.webhook`")?;
        Ok(Self { poster: Poster::to(&address)?, address, key, clock })
    }

    fn signed(&self, entry: &AuditEntry) -> anyhow::Result<Request<Bytes>> {
        let id = format!("{}-{}", entry.request, entry.seq);
        let timestamp = self.clock.now().as_second().to_string();
        let body = serde_json::to_vec(entry).context("cannot write an entry of the trail")?;
        let request = Request::post(self.address.as_str())
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header(USER_AGENT, concat!("quartermaster/", env!("CARGO_PKG_VERSION")))
            .header(SIGNATURE, self.key.sign(&id, &timestamp, &body))
            .header(ID, id)
            // For receivers that do not verify the standard signature yet.
            .header(LEGACY_SIGNATURE, self.key.sign_legacy(&timestamp, &body))
            .header(LEGACY_TIMESTAMP, &timestamp)
            .header(TIMESTAMP, timestamp);
        request.body(Bytes::from(body)).context("cannot write the request")
    }
}

#[async_trait]
impl Subscriber for Webhook {
    async fn tell(&self, entry: &AuditEntry) -> Result<(), TellError> {
        let answer = self.poster.post(self.signed(entry)?, LIMIT).await.context("the webhook")?;
        if answer.status.is_success() {
            return Ok(());
        }
        if let Some(wait) = asked_to_wait(&answer) {
            return Err(TellError::Wait(wait.min(LONGEST_WAIT)));
        }
        // The body of the answer is not logged, because it may contain anything.
        Err(anyhow!("the webhook answered {}", answer.status).into())
    }
}

/// Returns how long the receiver asks to wait, if it does.
fn asked_to_wait(answer: &HttpResponse) -> Option<Duration> {
    let busy = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
    if !busy.contains(&answer.status) {
        return None;
    }
    let seconds = answer.headers.get(RETRY_AFTER)?;
    // A date instead of seconds is ignored.
    seconds.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path may contain a secret, so only the host is shown.
        f.debug_struct("Webhook").field("host", &self.address.host_str()).finish_non_exhaustive()
    }
}
