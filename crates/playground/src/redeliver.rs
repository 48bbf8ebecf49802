//! Repeats events that the bot did not accept, as Slack does: almost at once, after a minute and after five
//! more, by the playground's clock, unless the bot says not to (docs.slack.dev/apis/events-api, 2026-11-29).
//! Commands and interactions are never repeated.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::answer::{Ack, DeliveryFailure, LedTo};
use super::payload;
use super::state::{Playground, lock};

/// The pause before each repetition.
const PAUSES: [SignedDuration; 3] =
    [SignedDuration::ZERO, SignedDuration::from_mins(1), SignedDuration::from_mins(5)];

/// How often to look for events that are due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// An event that the bot did not accept.
#[derive(Clone, Debug)]
pub(super) struct Again {
    envelope: Value,
    /// The number of the next attempt. `reason` says why the last one failed.
    pub(super) attempt: u32,
    pub(super) reason: &'static str,
    due: Timestamp,
}

/// Why an event was not accepted.
#[derive(Debug)]
pub(super) struct Untaken {
    pub(super) failure: DeliveryFailure,
    /// Whether the bot asked not to repeat it.
    pub(super) is_final: bool,
}

impl Playground {
    /// Sends an event in the envelope of the Events API, and once more immediately if the bot does not accept
    /// it.
    pub async fn send_event(&self, event: &Value) -> Result<Ack, DeliveryFailure> {
        let now = self.now();
        let envelope = self.change(|workspace| payload::event_callback(workspace, event, now));
        self.attempt(envelope, None).await
    }

    /// Sends the same event twice, the second time marked as a retry after a timeout.
    pub async fn send_event_twice(&self, event: &Value) -> Result<Ack, DeliveryFailure> {
        let now = self.now();
        let envelope = self.change(|workspace| payload::event_callback(workspace, event, now));
        self.attempt(envelope.clone(), None).await?;
        let again = Again { envelope, attempt: 1, reason: "http_timeout", due: now };
        self.attempt(again.envelope.clone(), Some(again)).await
    }

    /// Repeats all events that are due, and returns their number.
    pub async fn send_events_again(&self) -> usize {
        let now = self.now();
        let due: Vec<Again> = lock(&self.shared.untaken).extract_if(.., |again| again.due <= now).collect();
        let count = due.len();
        for again in due {
            // A failed attempt is queued again, unless it was the last.
            let _ = self.attempt(again.envelope.clone(), Some(again)).await;
        }
        count
    }

    /// Repeats events when they are due, until the playground is shut down.
    pub async fn keep_sending_events_again(&self) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        while !self.is_closed() {
            look.tick().await;
            self.send_events_again().await;
        }
    }

    /// Makes an attempt and those that follow immediately; queues later ones.
    async fn attempt(&self, envelope: Value, mut again: Option<Again>) -> Result<Ack, DeliveryFailure> {
        loop {
            let untaken = match self.deliver_event(&envelope, again.as_ref()).await {
                Ok((status, body)) => return Ok(Ack { status, body, led_to: LedTo::Nothing }),
                Err(untaken) => untaken,
            };
            let made = again.map_or(0, |again| again.attempt);
            let pause = PAUSES.get(usize::try_from(made).unwrap_or(usize::MAX));
            let Some(pause) = pause.filter(|_| !untaken.is_final) else { return Err(untaken.failure) };
            let due = self.now().checked_add(*pause).unwrap_or(Timestamp::MAX);
            let next = Again {
                envelope: envelope.clone(),
                attempt: made + 1,
                reason: reason(&untaken.failure),
                due,
            };
            // Not waited for here: the playground's clock may be moved by hand, and the caller wants its answer now.
            if !pause.is_zero() {
                lock(&self.shared.untaken).push(next);
                return Err(untaken.failure);
            }
            again = Some(next);
        }
    }
}

/// Returns Slack's value of `x-slack-retry-reason`.
fn reason(failure: &DeliveryFailure) -> &'static str {
    match failure {
        DeliveryFailure::TimedOut => "http_timeout",
        DeliveryFailure::Unreachable(_) => "connection_failed",
        DeliveryFailure::Status(_) => "http_error",
        DeliveryFailure::BadAnswer(_) | DeliveryFailure::NotThere(_) | DeliveryFailure::Incomplete(_) => {
            "unknown_error"
        }
    }
}
