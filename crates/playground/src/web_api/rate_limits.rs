//! Rate limits of the methods, by the playground's own clock: a number of calls per minute on average, with
//! bursts of some minutes' worth.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::arguments::Arguments;
use super::table::{Method, Tier};
use crate::settings::RateLimits;

/// The size of a burst, in minutes' worth of calls: enough for a person who uses `dev`, and for one moment of
/// a test, in which the clock stands still. Slack allows bursts but does not document their size.
const BURST: i32 = 3;

impl RateLimits {
    fn of(&self, tier: Tier) -> u32 {
        match tier {
            Tier::One => self.one,
            Tier::Two => self.two,
            Tier::Three => self.three,
            Tier::Four => self.four,
            Tier::Special => self.special,
            Tier::Channel => self.channel,
        }
    }
}

impl Method {
    /// Returns the calls per minute that Slack guarantees; `None` if each channel has its own count.
    pub fn calls_a_minute(&self) -> Option<u32> {
        (self.tier != Tier::Channel).then(|| RateLimits::default().of(self.tier))
    }
}

/// The calls so far and the limits.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    limits: RateLimits,
    /// When the calls would have ended if they were spread evenly, by method, and also by channel if each has
    /// its own count.
    until: BTreeMap<(String, String), Timestamp>,
}

impl Calls {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self { limits, until: BTreeMap::new() }
    }

    /// Counts a call, or fails with the seconds to wait.
    pub(super) fn count_call(
        &mut self,
        name: &str,
        method: &Method,
        arguments: &Arguments,
        now: Timestamp,
    ) -> Result<(), u64> {
        let place = match method.tier {
            Tier::Channel => arguments.text("channel").unwrap_or_default().to_owned(),
            Tier::One | Tier::Two | Tier::Three | Tier::Four | Tier::Special => String::new(),
        };
        let a_minute = self.limits.of(method.tier);
        self.count((name.to_owned(), place), a_minute, now)
    }

    /// Counts a call that is allowed now, or returns the seconds to wait.
    fn count(&mut self, key: (String, String), a_minute: u32, now: Timestamp) -> Result<(), u64> {
        let each = SignedDuration::from_mins(1) / i32::try_from(a_minute.max(1)).unwrap_or(i32::MAX);
        let burst = SignedDuration::from_mins(1) * BURST;
        let later = |by: SignedDuration| now.checked_add(by).unwrap_or(Timestamp::MAX);
        let until = self.until.entry(key).or_insert(now);
        // Even if the clock went back, the wait never exceeds the time of one call.
        *until = (*until).clamp(now, later(burst));
        let room = later(burst.saturating_sub(each));
        if *until > room {
            let wait = until.duration_since(room);
            // Rounded up to whole seconds, so that a call after the wait is allowed.
            let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
            return Err(u64::try_from(seconds).unwrap_or(1));
        }
        *until = until.checked_add(each).unwrap_or(Timestamp::MAX);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute_after_a_burst_and_each_key_for_itself() {
        let mut calls = Calls::default();
        let begin: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let at = |seconds: i64| begin + SignedDuration::from_secs(seconds);
        let mut call = |key: &str, second: i64| calls.count((key.to_owned(), String::new()), 20, at(second));
        for n in 0..60 {
            assert_eq!(call("a", 0), Ok(()), "{n}");
        }
        assert_eq!(call("a", 0), Err(3));
        assert_eq!(call("a", 2), Err(1));
        assert_eq!(call("a", 3), Ok(()));
        assert_eq!(call("a", 3), Err(3));
        assert_eq!(call("b", 3), Ok(()));
        for n in 0..20 {
            assert_eq!(call("a", 63), Ok(()), "{n}");
        }
        assert_eq!(call("a", 63), Err(3));
        // The clock goes back by an hour.
        assert_eq!(call("a", -3600), Err(3));
        assert_eq!(call("a", -3597), Ok(()));
    }
}
