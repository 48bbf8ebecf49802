//! A clock that stands still until it is moved, so that ten minutes take no longer than what happens in them.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use quartermaster::ports::clock::{Clock, SystemClock};

/// The time of the organization and of its Slack.
#[derive(Clone, Debug)]
pub(crate) struct SimulatedClock(Arc<Mutex<Timestamp>>);

impl SimulatedClock {
    /// Begins at a whole minute, with which Slack's limits are counted.
    pub(crate) fn new() -> Self {
        let minute = SystemClock.now().as_second() / 60 * 60;
        Self(Arc::new(Mutex::new(Timestamp::from_second(minute).unwrap_or_default())))
    }

    pub(crate) fn passes(&self, seconds: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += SignedDuration::from_secs(seconds);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
