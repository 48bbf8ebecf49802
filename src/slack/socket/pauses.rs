//! Pauses between attempts to connect: exponential backoff with jitter, so that several bots do not reconnect at the
//! same moment.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// The pauses of one connection.
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

    /// Returns a pause between half and all of the current length, which doubles each time.
    pub(super) fn next(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(self.longest);
        jittered(whole)
    }

    /// Makes the next pause the longest.
    pub(super) fn lengthen(&mut self) {
        self.next = self.longest;
    }

    /// Resets the pauses after a stable connection.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Returns a random duration between half of `whole` and all of it.
fn jittered(whole: Duration) -> Duration {
    let half = whole / 2;
    let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX - 1);
    // A new `RandomState` has random keys, which is enough randomness and needs no crate.
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
