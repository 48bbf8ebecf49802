//! Applies the rate limit per user: a throttled action is not carried out, and the user is told so where they acted.
//! `rate_limiter` counts the actions.

use std::time::Duration;

use super::edge::Edge;
use super::incoming::Incoming;
use super::messages::Message;
use super::rate_limiter::seconds;
use super::reply::Ack;
use super::submissions;
use crate::portal::Received;

impl Edge {
    /// Returns how long a throttled user must wait, and counts it in the metrics; `None` if they may proceed.
    pub(super) fn throttle(&self, kind: Received, incoming: &Incoming) -> Option<Duration> {
        let person = match incoming {
            Incoming::Command(command) => &command.origin.person,
            Incoming::Click(click) => &click.origin.person,
            Incoming::Submission(submission) => &submission.origin.person,
            Incoming::Shortcut(shortcut) => &shortcut.origin.person,
            // Suggestions arrive while typing, and the others change nothing.
            Incoming::UnreadForm { .. }
            | Incoming::Suggestion(_)
            | Incoming::Event(_)
            | Incoming::Closed
            | Incoming::UrlVerification { .. }
            | Incoming::Unknown { .. } => return None,
        };
        let wait = self.allowances.retry_after(person, self.portal.now())?;
        self.portal.metrics.throttled(kind);
        tracing::debug!(actor = %person, kind = kind.as_str(), "throttled");
        Some(wait)
    }
}

/// Answers that the action was throttled.
pub(super) fn throttled(incoming: &Incoming, wait: Duration) -> Ack {
    let seconds = seconds(wait);
    not_done(incoming, &|_| format!("You're going too fast. Try again in {seconds}."))
}

/// Answers an action that was not carried out. `text` ends with how to try again.
pub(super) fn not_done(incoming: &Incoming, text: &dyn Fn(&str) -> String) -> Ack {
    let ephemeral = |again| Ack::Ephemeral(Message::plain(&text(again)));
    match incoming {
        Incoming::Submission(submission) => {
            submissions::not_now(&submission.view, &text("press the button again"))
        }
        Incoming::Command(_) => ephemeral("type it again"),
        Incoming::Click(_) => ephemeral("press again"),
        Incoming::Shortcut(_) => ephemeral("try again"),
        Incoming::UnreadForm { .. }
        | Incoming::Suggestion(_)
        | Incoming::Event(_)
        | Incoming::Closed
        | Incoming::UrlVerification { .. }
        | Incoming::Unknown { .. } => Ack::nothing(incoming),
    }
}
