//! How long to wait before another connection is tried: longer from time to time, and never for all bots alike.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Pauses of one connection that comes and goes.
#[derive(Clone, Debug)]
pub(super) struct ReconnectPauses {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl ReconnectPauses {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// Half of the pause or more, twice as long as the one before.
    pub(super) fn next(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(self.longest);
        jittered(whole)
    }

    /// The next one is as long as any.
    pub(super) fn lengthen(&mut self) {
        self.next = self.longest;
    }

    /// All is well again.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Somewhere between half of it and all of it.
fn jittered(whole: Duration) -> Duration {
    let half = whole / 2;
    let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX - 1);
    // A new state is seeded at random.
    half + Duration::from_nanos(RandomState::new().hash_one(nanos) % (nanos + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_begin_anew() {
        let [first, longest] = [Duration::from_millis(250), Duration::from_secs(1)];
        let mut pauses = ReconnectPauses::new(first, longest);
        for whole in [first, first * 2, longest, longest] {
            let pause = pauses.next();
            assert!(pause >= whole / 2 && pause <= whole, "{pause:?} of {whole:?}");
        }
        pauses.reset();
        assert!(pauses.next() <= first);
        pauses.lengthen();
        assert!(pauses.next() >= longest / 2);
    }

    #[test]
    fn two_bots_that_lost_slack_together_do_not_come_back_together() {
        let pauses: std::collections::BTreeSet<Duration> = (0..20)
            .map(|_| ReconnectPauses::new(Duration::from_secs(1), Duration::from_secs(1)).next())
            .collect();
        assert!(pauses.len() > 10, "{pauses:?}");
    }
}
