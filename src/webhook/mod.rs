//! Sends every audit entry to a webhook, each in a request of its own, signed like Slack's requests to us.
//! docs/operations.md shows how the receiver verifies the signature.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use url::Url;

use crate::domain::audit::AuditEntry;
use crate::https::{HttpResponse, Poster};
use crate::ports::clock::Clock;
use crate::ports::subscriber::{Subscriber, TellError};

/// Header with the time of the signature, in seconds since 1970.
pub const TIMESTAMP: &str = "x-quartermaster-timestamp";
/// Header with the signature: `v0=` and the HMAC-SHA256 of `v0:`, the timestamp, `:` and the body, in lower-case
/// hexadecimal digits.
pub const SIGNATURE: &str = "x-quartermaster-signature";

/// Time limit for a request, including its answer.
const LIMIT: Duration = Duration::from_secs(5);
/// Longest wait that the receiver can ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// A webhook, with its shared secret, which is never shown.
#[derive(Clone)]
pub struct Webhook {
    address: Url,
    mac: Hmac<Sha256>,
    poster: Poster,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    /// Creates a webhook for this URL.
    ///
    /// # Errors
    /// When the secret cannot be used as a key, or the system's certificates cannot be loaded.
    pub fn new(address: Url, secret: &str, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        // A secret from a file often ends with a line break.
        let mac = Hmac::new_from_slice(secret.trim().as_bytes()).context("the secret cannot sign")?;
        Ok(Self { poster: Poster::to(&address)?, address, mac, clock })
    }

    fn signed(&self, body: Vec<u8>) -> anyhow::Result<Request<Bytes>> {
        let timestamp = self.clock.now().as_second().to_string();
        let mut mac = self.mac.clone();
        for part in [b"v0:".as_slice(), timestamp.as_bytes(), b":", &body] {
            mac.update(part);
        }
        let signature = format!("v0={}", hex::encode(mac.finalize().into_bytes()));
        let request = Request::post(self.address.as_str())
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header(USER_AGENT, concat!("quartermaster/", env!("CARGO_PKG_VERSION")))
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signature);
        request.body(Bytes::from(body)).context("cannot write the request")
    }
}

#[async_trait]
impl Subscriber for Webhook {
    async fn tell(&self, entry: &AuditEntry) -> Result<(), TellError> {
        let body = serde_json::to_vec(entry).context("cannot write an entry of the trail")?;
        let answer = self.poster.post(self.signed(body)?, LIMIT).await.context("the webhook")?;
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
    let seconds = answer.headers.get(RETRY_AFTER).filter(|_| busy.contains(&answer.status))?;
    // A date instead of seconds is ignored.
    seconds.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path may contain a secret, so only the host is shown.
        f.debug_struct("Webhook").field("host", &self.address.host_str()).finish_non_exhaustive()
    }
}
