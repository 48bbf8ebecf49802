//! Time by which Slack's limits are kept. Nothing is sent here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::ports::clock::Clock;

/// Time that passes at least as fast as it does for this machine, and as fast as the clock where that is moved ahead. It
/// never goes back.
#[derive(Debug)]
pub(super) struct Time {
    clock: Arc<dyn Clock>,
    begun: (Timestamp, Instant),
    ahead: Mutex<Duration>,
}

impl Time {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let begun = (clock.now(), Instant::now());
        Self { clock, begun, ahead: Mutex::default() }
    }

    pub(super) fn now(&self) -> Instant {
        let (shown, begun) = self.begun;
        let real = Instant::now();
        let by_the_clock = Duration::try_from(self.clock.now().duration_since(shown)).unwrap_or_default();
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = by_the_clock.saturating_sub(real.duration_since(begun)).max(*ahead);
        real + *ahead
    }
}
