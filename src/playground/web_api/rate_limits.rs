//! How often each method may be called, by the playground's own clock: so many calls a minute in the long run, and a burst of
//! some minutes' worth at once.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::arguments::Arguments;
use super::table::{Method, Tier};
use crate::playground::{Playground, lock};

/// Minutes' worth of calls that may come at once: enough for a person who plays with `dev`, and for one moment of a journey,
/// in which the clock stands. Slack grants bursts and does not say how large.
const BURST: i32 = 3;

/// Calls a minute. Slack documents the least that it allows of each tier
/// (<https://docs.slack.dev/apis/web-api/rate-limits>, 2026-11-29).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Of a method of tier 1.
    pub one: u32,
    /// Of a method of tier 2.
    pub two: u32,
    /// Of a method of tier 3.
    pub three: u32,
    /// Of a method of tier 4.
    pub four: u32,
    /// Of a method that Slack allows hundreds of.
    pub special: u32,
    /// Messages in one channel.
    pub channel: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { one: 1, two: 20, three: 50, four: 100, special: 300, channel: 60 }
    }
}

impl RateLimits {
    /// The same for every method and channel.
    pub fn all(a_minute: u32) -> Self {
        Self {
            one: a_minute,
            two: a_minute,
            three: a_minute,
            four: a_minute,
            special: a_minute,
            channel: a_minute,
        }
    }

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
    /// How many calls a minute Slack documents at least; `None` where that is counted in each channel on its own.
    pub fn calls_a_minute(&self) -> Option<u32> {
        (self.tier != Tier::Channel).then(|| RateLimits::default().of(self.tier))
    }
}

/// The calls so far, and how many may come.
#[derive(Debug, Default)]
pub(in crate::playground) struct Calls {
    limits: RateLimits,
    /// By method, and by channel where that counts: when they would have ended, had they come evenly.
    until: BTreeMap<(String, String), Timestamp>,
}

impl Calls {
    pub(in crate::playground) fn new(limits: RateLimits) -> Self {
        Self { limits, until: BTreeMap::new() }
    }

    /// Counts a call that may be made now; else says after how many seconds it may.
    fn count(&mut self, key: (String, String), a_minute: u32, now: Timestamp) -> Result<(), u64> {
        let each = SignedDuration::from_mins(1) / i32::try_from(a_minute.max(1)).unwrap_or(i32::MAX);
        let burst = SignedDuration::from_mins(1) * BURST;
        let later = |by: SignedDuration| now.checked_add(by).unwrap_or(Timestamp::MAX);
        let until = self.until.entry(key).or_insert(now);
        // Whatever the clock did, nobody waits for longer than the time of one call.
        *until = (*until).clamp(now, later(burst));
        let room = later(burst.saturating_sub(each));
        if *until > room {
            let wait = until.duration_since(room);
            // Up to whole seconds: whoever comes back then finds room.
            let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
            return Err(u64::try_from(seconds).unwrap_or(1));
        }
        *until = until.checked_add(each).unwrap_or(Timestamp::MAX);
        Ok(())
    }
}

impl Playground {
    /// Counts a call; fails with the seconds to wait where there were too many.
    pub(super) fn count_call(&self, name: &str, method: &Method, arguments: &Arguments) -> Result<(), u64> {
        let place = match method.tier {
            Tier::Channel => arguments.text("channel").unwrap_or_default().to_owned(),
            Tier::One | Tier::Two | Tier::Three | Tier::Four | Tier::Special => String::new(),
        };
        let now = self.now();
        let mut calls = lock(&self.shared.calls);
        let a_minute = calls.limits.of(method.tier);
        calls.count((name.to_owned(), place), a_minute, now)
    }

    /// Sets how often the bot may call each method from now on.
    pub fn set_rate_limits(&self, limits: RateLimits) {
        *lock(&self.shared.calls) = Calls::new(limits);
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
        // The clock went back by an hour.
        assert_eq!(call("a", -3600), Err(3));
        assert_eq!(call("a", -3597), Ok(()));
    }
}
