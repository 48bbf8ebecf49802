//! A clock that stands still until a test moves it.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use quartermaster::domain::period::Period;
use quartermaster::ports::clock::Clock;

/// When every journey begins.
const BEGINNING: &str = "2026-11-23T09:00:00Z";

/// The time of a company.
#[derive(Clone, Debug)]
pub(crate) struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(BEGINNING.parse().unwrap())))
    }

    /// Lets time pass, written as in the settings: `5s`, `25h`.
    pub(crate) fn advance(&self, period: &str) {
        let period: Period = period.parse().unwrap();
        *self.0.lock().unwrap() += period.duration();
    }

    /// The time, moved by some seconds.
    pub(crate) fn seconds_from_now(&self, seconds: i64) -> i64 {
        (self.now() + SignedDuration::from_secs(seconds)).as_second()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
