//! The time. Nothing else in the program asks the operating system for it.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Whether something was less than `age` ago. What a clock that was put back has in the future is no more recent for that.
pub fn is_recent(at: Option<Timestamp>, now: Timestamp, age: SignedDuration) -> bool {
    at.is_some_and(|at| now.duration_since(at).abs() < age)
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

/// The machine's clock, moved ahead by hand. Clones are one clock.
#[derive(Clone, Debug, Default)]
pub struct ShiftedClock {
    /// How far ahead of the machine's clock, in milliseconds; never less than before.
    offset: Arc<AtomicI64>,
}

impl ShiftedClock {
    /// Moves the clock ahead. It never goes back: a negative `by` leaves it where it is.
    pub fn ahead(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_millis().max(0)).unwrap_or(i64::MAX);
        let add = |offset: i64| Some(offset.saturating_add(by));
        // The closure always answers, so the update never fails.
        let _ = self.offset.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset.load(Ordering::Relaxed));
        SystemClock.now().checked_add(offset).unwrap_or(Timestamp::MAX)
    }
}

/// Time that passes at least as fast as it does for this machine, and as fast as the clock where that is moved ahead. It
/// never goes back.
#[derive(Debug)]
pub(crate) struct Time {
    clock: Arc<dyn Clock>,
    begun: (Timestamp, Instant),
    ahead: Mutex<Duration>,
}

impl Time {
    /// Time that begins to pass now.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let begun = (clock.now(), Instant::now());
        Self { clock, begun, ahead: Mutex::default() }
    }

    /// Now.
    pub(crate) fn now(&self) -> Instant {
        let (shown, begun) = self.begun;
        let real = Instant::now();
        let by_the_clock = Duration::try_from(self.clock.now().duration_since(shown)).unwrap_or_default();
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
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
        for shown in [clock.now(), clone.now()] {
            assert!(shown >= machine + 2 * DAY && shown < machine + 3 * DAY, "{shown}");
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
