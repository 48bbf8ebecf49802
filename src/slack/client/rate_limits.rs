//! What Slack has asked not to be called for a while: each method of the workspace on its own
//! (docs.slack.dev/apis/web-api/rate-limits: a 429 is about one method in one workspace, looked up on 2026-11-29). And the
//! rate at which home tabs are published, so that Slack never has to ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pace::{Pace, Patience};
use crate::ports::clock::{Clock, Time};

/// Methods that Slack limits in each channel on its own: "one message per second per channel"
/// (docs.slack.dev/apis/web-api/rate-limits, 2026-11-29). Those are the business of `pace`.
const BY_CHANNEL: [&str; 1] = ["chat.postMessage"];

/// How many home tabs may be published at once, and how fast after that: together at most 95 in any minute, where
/// `views.publish` allows a hundred (tier 4 in slack-ruby/slack-api-ref of 2026-08-20, looked up on 2026-11-29).
const PUBLICATIONS_AT_ONCE: u32 = 35;
const PUBLICATION_EVERY: Duration = Duration::from_secs(1);

/// The limits of one workspace.
#[derive(Debug)]
pub(super) struct RateLimits {
    time: Time,
    held: Mutex<HashMap<String, Instant>>,
    publications: Pace,
}

impl RateLimits {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            time: Time::new(Arc::clone(&clock)),
            held: Mutex::default(),
            publications: Pace::with(PUBLICATION_EVERY, PUBLICATIONS_AT_ONCE, Patience::NONE, clock),
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

    /// Takes the turn of this person's home tab.
    ///
    /// # Errors
    /// When that comes, if it is not now; it is kept until then.
    pub(super) fn publication(&self, person: &str) -> Result<(), Duration> {
        self.publications.turn_now("views.publish", person)
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
        let limits = RateLimits::new(Arc::new(clock.clone()));
        limits.hold("users.info", Duration::from_secs(37));
        limits.hold("users.info", Duration::from_secs(5));
        clock.move_by(30);
        let wait = limits.check("users.info").unwrap_err();
        assert_eq!(wait.as_millis().div_ceil(1000), 7);
        assert_eq!(limits.check("usergroups.list"), Ok(()));
        clock.move_by(8);
        assert_eq!(limits.check("users.info"), Ok(()));
    }

    #[test]
    fn of_many_home_tabs_as_many_are_published_as_slack_takes_and_each_of_the_others_in_its_turn() {
        let clock = StillClock::new();
        let limits = RateLimits::new(Arc::new(clock.clone()));
        let people: Vec<String> = (0..400).map(|number| format!("U{number}")).collect();
        let mut due: Vec<(Duration, &String)> = people.iter().map(|one| (Duration::ZERO, one)).collect();
        let mut published = Vec::new();
        let mut second = Duration::ZERO;
        while !due.is_empty() {
            due = due
                .into_iter()
                .filter_map(|(at, person)| match limits.publication(person) {
                    _ if at > second => Some((at, person)),
                    Ok(()) => {
                        published.push(second);
                        None
                    }
                    Err(wait) => Some((second + wait, person)),
                })
                .collect();
            clock.move_by(1);
            second += Duration::from_secs(1);
        }
        assert_eq!(published.len(), 400);
        let minute = Duration::from_mins(1);
        let most = published
            .iter()
            .map(|from| published.iter().filter(|at| **at >= *from && **at < *from + minute).count());
        assert!(most.max() <= Some(100));
        assert!(second <= Duration::from_secs(400), "{second:?}");
    }
}
