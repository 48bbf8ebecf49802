//! The clock. Nothing else in the program asks the operating system for the time.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Tells the time of day: the machine's, or a test's.
pub trait Clock: Debug + Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

/// Returns whether `at` is less than `age` away from `now`. If the clock was set back, a time far in the future does
/// not count as recent.
pub fn is_recent(timestamp: Option<Timestamp>, now: Timestamp, age: SignedDuration) -> bool {
    timestamp.is_some_and(|timestamp| now.duration_since(timestamp).abs() < age)
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The machine's clock, moved ahead by hand. Clones share one offset.
#[derive(Clone, Debug, Default)]
pub struct ShiftedClock {
    /// Offset from the machine's clock in milliseconds; only ever grows.
    offset: Arc<AtomicI64>,
}

impl ShiftedClock {
    /// Moves the clock ahead. It never moves back: a negative `by` is ignored.
    pub fn ahead(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_millis().max(0)).unwrap_or(i64::MAX);
        let add = |offset: i64| Some(offset.saturating_add(by));
        // The closure always returns `Some`, so the update never fails.
        // The offset guards no other memory, so no stronger ordering is needed.
        let _ = self.offset.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset.load(Ordering::Relaxed));
        SystemClock.now().checked_add(offset).unwrap_or(Timestamp::MAX)
    }
}

/// Monotonic time for measuring durations. It passes at least as fast as on this machine, and jumps ahead with a
/// [`ShiftedClock`]; it never goes back.
#[derive(Debug)]
pub(crate) struct Time {
    clock: Arc<dyn Clock>,
    begun: (Timestamp, Instant),
    ahead: Mutex<Duration>,
}

impl Time {
    /// Starts measuring now.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let begun = (clock.now(), Instant::now());
        Self { clock, begun, ahead: Mutex::default() }
    }

    /// Returns the current instant.
    pub(crate) fn now(&self) -> Instant {
        let (begun_at, begun) = self.begun;
        let real = Instant::now();
        // Zero if the clock was set back.
        let by_the_clock = Duration::try_from(self.clock.now().duration_since(begun_at)).unwrap_or_default();
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        // The largest lead so far stays, so that an instant that was returned is never in the future.
        *ahead = by_the_clock.saturating_sub(real.duration_since(begun)).max(*ahead);
        real + *ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    #[test]
    fn a_clock_moved_ahead_runs_on_and_its_clones_with_it() {
        let clock = ShiftedClock::default();
        let clone = clock.clone();
        let machine = SystemClock.now();
        assert!(clock.now() >= machine && clock.now() < machine + DAY);
        clock.ahead(DAY);
        clone.ahead(DAY);
        for time in [clock.now(), clone.now()] {
            assert!(time >= machine + 2 * DAY && time < machine + 3 * DAY, "{time}");
        }
    }

    #[test]
    fn a_clock_goes_neither_back_nor_beyond_the_last_date() {
        let clock = ShiftedClock::default();
        let before = clock.now();
        clock.ahead(-DAY);
        assert!(clock.now() >= before);
        clock.ahead(SignedDuration::MAX);
        clock.ahead(SignedDuration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
