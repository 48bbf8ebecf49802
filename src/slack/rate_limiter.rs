//! Rate limit per user: a burst, then one action a second. It is kept in the memory of each process, and nobody ever
//! has to wait longer than a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::ids::PersonId;

/// Interval between actions after a burst.
const EVERY: SignedDuration = SignedDuration::from_secs(1);
/// Most users that are tracked at once. More than that cannot all reach their limit within half a minute.
const REMEMBERED: usize = 10_000;

/// The recent activity of all users.
#[derive(Debug)]
pub(super) struct RateLimiter {
    /// How far into the future a user may be booked; `None` for no limit.
    ahead: Option<SignedDuration>,
    /// For each user, until when they would be busy if each of their actions took [`EVERY`].
    busy_until: Mutex<HashMap<PersonId, Timestamp>>,
}

impl RateLimiter {
    /// Creates a limiter that allows `burst` actions at once; 0 for no limit.
    pub(super) fn new(burst: u32) -> Self {
        let ahead = burst.checked_sub(1).map(|more| EVERY * i32::try_from(more).unwrap_or(i32::MAX));
        Self { ahead, busy_until: Mutex::default() }
    }

    /// Counts one action and returns `None`, or returns how long the user must wait.
    pub(super) fn retry_after(&self, person: &PersonId, now: Timestamp) -> Option<Duration> {
        let ahead = self.ahead?;
        let mut busy_until = self.busy_until.lock().unwrap_or_else(PoisonError::into_inner);
        // Clamping forgets idle time, and bounds the wait to one interval.
        let latest = now.saturating_add(ahead + EVERY).unwrap_or(now);
        let busy = busy_until.get(person).copied().unwrap_or(now).clamp(now, latest);
        let wait = busy.duration_since(now) - ahead;
        if wait.is_positive() {
            // Store the clamped value: after the clock was set back, users must not wait until it catches up.
            busy_until.insert(person.clone(), busy);
            return Some(Duration::try_from(wait).unwrap_or_default());
        }
        if busy_until.len() >= REMEMBERED {
            busy_until.retain(|_, until| *until > now);
        }
        // With the table full of active users, new ones are not limited, rather than refused.
        if busy_until.len() < REMEMBERED || busy_until.contains_key(person) {
            busy_until.insert(person.clone(), busy.saturating_add(EVERY).unwrap_or(busy));
        }
        None
    }
}

/// Formats a wait for users, rounded up to whole seconds.
pub(super) fn seconds(wait: Duration) -> String {
    match wait.as_millis().div_ceil(1000).max(1) {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
    }

    fn person(name: &str) -> PersonId {
        PersonId::new(name)
    }

    #[test]
    fn after_a_burst_there_is_one_more_each_second() {
        let allowances = RateLimiter::new(30);
        let alice = person("U0ALICE");
        let waits = |millis| allowances.retry_after(&alice, at(millis)).map(|wait| wait.as_millis());
        for _ in 0..30 {
            assert_eq!(waits(0), None);
        }
        assert_eq!(waits(0), Some(1_000));
        assert_eq!(waits(400), Some(600), "being refused costs nothing");
        assert_eq!(waits(1_000), None);
        assert_eq!(waits(1_000), Some(1_000));
        assert_eq!(allowances.retry_after(&person("U0BOB"), at(1_000)), None, "others are not affected");
        for _ in 0..30 {
            assert_eq!(waits(60_000), None, "a minute later everything is there again");
        }
    }

    #[test]
    fn a_clock_that_jumps_keeps_nobody_waiting_for_more_than_a_second() {
        let allowances = RateLimiter::new(2);
        let alice = person("U0ALICE");
        for millis in [0, 0, -3_600_000, -3_599_000, 7_200_000, 0] {
            let wait = allowances.retry_after(&alice, at(millis)).unwrap_or_default();
            assert!(wait <= Duration::from_secs(1), "{millis}: {wait:?}");
        }
        assert_eq!(allowances.retry_after(&alice, at(1_000)), None, "a second is always enough");
    }

    #[test]
    fn a_million_people_are_not_all_remembered_and_nobody_is_locked_out() {
        let allowances = RateLimiter::new(1);
        for number in 0..30_000 {
            assert_eq!(allowances.retry_after(&person(&format!("U{number}")), at(number / 50)), None);
        }
        assert!(allowances.busy_until.lock().unwrap().len() <= REMEMBERED);
        assert_eq!(RateLimiter::new(0).retry_after(&person("U0ALICE"), at(0)), None);
    }
}
