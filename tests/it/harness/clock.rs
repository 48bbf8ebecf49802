//! A clock that stands still until a test moves it.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use quartermaster::domain::period::Period;
use quartermaster::ports::clock::Clock;

/// When every journey begins.
const BEGINNING: &str = "2026-11-23T09:00:00Z";

/// The time of a company. Slack always knows the right one; the bot's machine may be wrong.
#[derive(Clone, Debug)]
pub(crate) struct ManualClock(Arc<Mutex<Time>>);

#[derive(Debug)]
struct Time {
    right: Timestamp,
    /// By how much the bot's is ahead of it.
    ahead: SignedDuration,
    /// When the last form was sent.
    sent: Option<Timestamp>,
}

impl ManualClock {
    pub(crate) fn new() -> Self {
        let time = Time { right: BEGINNING.parse().unwrap(), ahead: SignedDuration::ZERO, sent: None };
        Self(Arc::new(Mutex::new(time)))
    }

    /// Lets time pass, written as in the settings: `5s`, `25h`.
    pub(crate) fn advance(&self, period: &str) {
        let period: Period = period.parse().unwrap();
        self.0.lock().unwrap().right += period.duration();
    }

    /// A form is sent. No two are at the very same time, so that a list whose newest comes first need not choose.
    pub(crate) fn sees_a_form_sent(&self) {
        let mut time = self.0.lock().unwrap();
        if time.sent == Some(time.right) {
            time.right += SignedDuration::from_millis(1);
        }
        time.sent = Some(time.right);
    }

    /// From now on the bot's machine is this many hours ahead of the right time, or behind it.
    pub(crate) fn is_wrong_by_hours(&self, hours: i64) {
        self.0.lock().unwrap().ahead = SignedDuration::from_hours(hours);
    }

    /// The right time, which Slack knows.
    pub(crate) fn right(&self) -> Timestamp {
        self.0.lock().unwrap().right
    }

    /// The time, moved by some seconds.
    pub(crate) fn seconds_from_now(&self, seconds: i64) -> i64 {
        (self.now() + SignedDuration::from_secs(seconds)).as_second()
    }
}

/// As the bot's machine has it.
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let time = self.0.lock().unwrap();
        time.right + time.ahead
    }
}
