//! Whoever does too much at once is told so, kindly and where they look; nothing of it is done, and nothing is lost silently.
//! How much is too much is the business of `allowance`.

use std::time::Duration;

use super::edge::Edge;
use super::incoming::Incoming;
use super::messages::Message;
use super::reply::Ack;
use super::submissions;
use crate::portal::Received;

/// A wait for people to read, rounded up.
pub(super) fn seconds(wait: Duration) -> String {
    match wait.as_millis().div_ceil(1000).max(1) {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

impl Edge {
    /// How long somebody has to wait who did too much at once; it is counted.
    pub(super) fn throttle(&self, what: Received, incoming: &Incoming) -> Option<Duration> {
        let person = match incoming {
            Incoming::Command(command) => &command.origin.person,
            Incoming::Click(click) => &click.origin.person,
            Incoming::Submission(submission) => &submission.origin.person,
            Incoming::Shortcut(shortcut) => &shortcut.origin.person,
            Incoming::UnreadForm { .. }
            | Incoming::Suggestion(_)
            | Incoming::Event(_)
            | Incoming::Closed
            | Incoming::UrlVerification { .. }
            | Incoming::Unknown { .. } => return None,
        };
        let wait = self.allowances.retry_after(person, self.portal.now())?;
        self.portal.metrics.throttled(what);
        tracing::debug!(actor = %person, what = what.as_str(), "too much at once");
        Some(wait)
    }
}

/// Says that it was not done.
pub(super) fn throttled(incoming: &Incoming, wait: Duration) -> Ack {
    let seconds = seconds(wait);
    not_done(incoming, &|again| {
        format!("That was a lot at once, so this was not done. Wait {seconds} and {again}.")
    })
}

/// The answer where nothing was done for now; `text` ends with how to do it again.
pub(super) fn not_done(incoming: &Incoming, text: &dyn Fn(&str) -> String) -> Ack {
    let told = |again| Ack::Ephemeral(Message::plain(&text(again)));
    match incoming {
        Incoming::Submission(submission) => {
            submissions::not_now(&submission.view, &text("press the button again"))
        }
        Incoming::Command(_) => told("type it again"),
        Incoming::Click(_) => told("press again"),
        Incoming::Shortcut(_) => told("try again"),
        Incoming::UnreadForm { .. }
        | Incoming::Suggestion(_)
        | Incoming::Event(_)
        | Incoming::Closed
        | Incoming::UrlVerification { .. }
        | Incoming::Unknown { .. } => Ack::nothing(incoming),
    }
}
