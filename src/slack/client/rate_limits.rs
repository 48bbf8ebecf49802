//! What Slack has asked not to be called for a while: each method of the workspace on its own
//! (docs.slack.dev/apis/web-api/rate-limits: a 429 is about one method in one workspace, looked up on 2026-11-29). And the
//! rate at which home tabs are published and addresses looked up, so that Slack never has to ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pace::{Pace, Patience};
use super::time::Time;
use crate::ports::clock::Clock;

/// Methods that Slack limits in each channel on its own: "one message per second per channel"
/// (docs.slack.dev/apis/web-api/rate-limits, 2026-11-29). Those are the business of `pace`.
const BY_CHANNEL: [&str; 1] = ["chat.postMessage"];

/// Publishes a home tab; asks whose an address is.
pub(super) const PUBLISH: &str = "views.publish";
pub(super) const LOOKUP: &str = "users.lookupByEmail";

/// How often such a method is called at once, and how fast after that: together fewer times in any minute than Slack allows,
/// which is a hundred times (tier 4) and fifty times (tier 3 in slack-ruby/slack-api-ref of 2026-08-20, looked up on
/// 2026-11-29).
const PACED: [(&str, u32, Duration); 2] =
    [(PUBLISH, 35, Duration::from_secs(1)), (LOOKUP, 10, Duration::from_millis(1500))];

/// The limits of one workspace.
#[derive(Debug)]
pub(super) struct RateLimits {
    time: Time,
    held: Mutex<HashMap<String, Instant>>,
    paced: HashMap<&'static str, Pace>,
}

impl RateLimits {
    pub(super) fn new(clock: &Arc<dyn Clock>) -> Self {
        let pace = |(method, at_once, every)| {
            (method, Pace::with(every, at_once, Patience::NONE, Arc::clone(clock)))
        };
        Self {
            time: Time::new(Arc::clone(clock)),
            held: Mutex::default(),
            paced: PACED.into_iter().map(pace).collect(),
        }
    }

    /// Does not let a method be called for as long as Slack asked, unless it asked that of one channel.
    pub(super) fn hold(&self, method: &str, wait: Duration) {
        if BY_CHANNEL.contains(&method) {
            return;
        }
        let until = self.time.now() + wait;
        let mut held = self.held();
        let known = held.entry(method.to_owned()).or_insert(until);
        *known = until.max(*known);
    }

    /// Whether a method may be called.
    ///
    /// # Errors
    /// How long not.
    pub(super) fn check(&self, method: &str) -> Result<(), Duration> {
        let now = self.time.now();
        let mut held = self.held();
        match held.get(method) {
            Some(until) if *until > now => Err(*until - now),
            Some(_) => {
                held.remove(method);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes the turn of a call of this method about `subject`.
    ///
    /// # Errors
    /// When that comes, if it is not now; it is kept until then.
    pub(super) fn turn(&self, method: &str, subject: &str) -> Result<(), Duration> {
        self.paced.get(method).map_or(Ok(()), |pace| pace.turn_now(method, subject))
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::client::fake::StillClock;

    #[test]
    fn a_method_is_held_as_long_as_slack_asked_and_no_other() {
        let clock = StillClock::new();
        let limits = RateLimits::new(&(Arc::new(clock.clone()) as Arc<dyn Clock>));
        limits.hold("users.info", Duration::from_secs(37));
        limits.hold("users.info", Duration::from_secs(5));
        clock.move_by(30);
        let wait = limits.check("users.info").unwrap_err();
        assert_eq!(wait.as_millis().div_ceil(1000), 7);
        assert_eq!(limits.check("usergroups.list"), Ok(()));
        clock.move_by(8);
        assert_eq!(limits.check("users.info"), Ok(()));
    }

    /// When each of 400 calls of a method is made by those who come back when they are told to.
    fn made(method: &str) -> Vec<Duration> {
        let clock = StillClock::new();
        let limits = RateLimits::new(&(Arc::new(clock.clone()) as Arc<dyn Clock>));
        let subjects: Vec<String> = (0..400).map(|number| format!("U{number}")).collect();
        let mut due: Vec<(Duration, &String)> = subjects.iter().map(|one| (Duration::ZERO, one)).collect();
        let mut made = Vec::new();
        let mut second = Duration::ZERO;
        while !due.is_empty() {
            due = due
                .into_iter()
                .filter_map(|(at, subject)| match limits.turn(method, subject) {
                    _ if at > second => Some((at, subject)),
                    Ok(()) => {
                        made.push(second);
                        None
                    }
                    Err(wait) => Some((second + wait, subject)),
                })
                .collect();
            clock.move_by(1);
            second += Duration::from_secs(1);
        }
        made
    }

    fn most_in_a_minute(made: &[Duration]) -> usize {
        let minute = Duration::from_mins(1);
        let within = |from: &Duration| made.iter().filter(|at| *at >= from && **at < *from + minute).count();
        made.iter().map(within).max().unwrap()
    }

    #[test]
    fn of_many_home_tabs_as_many_are_published_as_slack_takes_and_each_of_the_others_in_its_turn() {
        let published = made(PUBLISH);
        assert_eq!(published.len(), 400);
        assert!(most_in_a_minute(&published) <= 100);
        assert!(published.last() <= Some(&Duration::from_secs(400)), "{published:?}");
    }

    #[test]
    fn no_more_addresses_are_looked_up_than_slack_takes() {
        let looked_up = made(LOOKUP);
        assert_eq!(looked_up.len(), 400);
        assert!(most_in_a_minute(&looked_up) <= 51, "{}", most_in_a_minute(&looked_up));
    }
}
