//! What Slack has asked not to be called for a while: each method of the workspace on its own
//! (docs.slack.dev/apis/web-api/rate-limits: a 429 is about one method in one workspace, looked up on 2026-11-29). And the
//! rates at which home tabs are published, addresses looked up and messages rewritten, so that Slack never has to ask: a
//! decision that takes the buttons off a card goes first, and whatever is not shown at once is shown as it is by then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pace::{Pace, Patience};
use crate::ports::clock::{Clock, Time};

const UPDATE: &str = "chat.update";

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

/// How many other updates of messages than decisions may go out at once, and how fast after that, in units of Slack's pace:
/// together at most thirty in any minute. `chat.update` allows fifty (tier 3 in slack-ruby/slack-api-ref of 2026-08-20, looked
/// up on 2026-11-29), so twenty decisions find room in every minute whatever else there is to show.
const UPDATES_AT_ONCE: u32 = 10;
const UPDATE_EVERY: u32 = 3;

/// How often one message shows how far something has come, in the same units.
const PROGRESS_EVERY: u32 = 10;

/// For how long it is remembered that a card shows a decision.
const DECIDED_FOR: u32 = 60;

/// What an update of a message shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    /// A card that waits for answers.
    Question,
    /// A card that is answered.
    Answered(Progress),
    /// Any other message.
    Other(Progress),
}

/// Whether there will be more to show soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Something is being made, changed or removed.
    UnderWay,
    /// This is how it stands.
    Settled,
}

/// The limits of one workspace.
#[derive(Debug)]
pub(super) struct RateLimits {
    updates: Pace,
    progress: Pace,
    decided: Pace,
    time: Time,
    held: Mutex<HashMap<String, Instant>>,
    paced: HashMap<&'static str, Pace>,
}

impl RateLimits {
    /// With a message for so much time in each conversation.
    pub(super) fn new(unit: Duration, clock: &Arc<dyn Clock>) -> Self {
        let pace = |every, at_once| Pace::with(every, at_once, Patience::NONE, Arc::clone(clock));
        Self {
            updates: pace(unit * UPDATE_EVERY, UPDATES_AT_ONCE),
            progress: pace(unit * PROGRESS_EVERY, 1),
            decided: pace(unit * DECIDED_FOR, 1),
            time: Time::new(Arc::clone(clock)),
            held: Mutex::default(),
            paced: PACED.into_iter().map(|(method, at_once, every)| (method, pace(every, at_once))).collect(),
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
        if method == UPDATE {
            // Decisions go first afterwards, too.
            self.updates.hold(UPDATE, wait);
        }
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

    /// Takes the turn of this message's update.
    ///
    /// # Errors
    /// When that comes, if it is not now; it is kept until then.
    pub(super) fn update(&self, message: &str, shows: Update) -> Result<(), Duration> {
        let progress = match shows {
            Update::Question => return Ok(()),
            Update::Answered(_) if self.decided.turn_now(message, message).is_ok() => {
                self.shown(message);
                return Ok(());
            }
            Update::Answered(progress) | Update::Other(progress) => progress,
        };
        if progress == Progress::UnderWay {
            self.progress.turn_now(message, message)?;
        }
        self.updates.turn_now(UPDATE, message)?;
        if progress == Progress::Settled {
            self.shown(message);
        }
        Ok(())
    }

    /// This message shows how things stand, so progress can wait a little.
    pub(super) fn shown(&self, message: &str) {
        // Nobody waits for this turn.
        let _ = self.progress.turn_now(message, message);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::client::fake::StillClock;

    fn limits(clock: &StillClock) -> RateLimits {
        RateLimits::new(Duration::from_secs(1), &(Arc::new(clock.clone()) as Arc<dyn Clock>))
    }

    #[test]
    fn a_method_is_held_as_long_as_slack_asked_and_no_other() {
        let clock = StillClock::new();
        let limits = limits(&clock);
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
    fn decisions_go_out_at_once_and_all_else_as_slack_takes_it() {
        let clock = StillClock::new();
        let limits = limits(&clock);
        let mut due: Vec<(u64, String)> = (0..60).map(|number| (0, format!("direct {number}"))).collect();
        let mut shown = 0;
        for second in 0..60 {
            due.retain_mut(|(at, message)| {
                if *at > second {
                    return true;
                }
                match limits.update(message, Update::Other(Progress::Settled)) {
                    Ok(()) => shown += 1,
                    Err(wait) => *at = second + wait.as_secs().max(1),
                }
                *at > second
            });
            let card = format!("card {second}");
            assert_eq!(limits.update(&card, Update::Question), Ok(()), "it still waits");
            assert_eq!(limits.update(&card, Update::Answered(Progress::UnderWay)), Ok(()), "the decision");
            assert!(
                limits.update(&card, Update::Answered(Progress::UnderWay)).is_err(),
                "what comes after it"
            );
            clock.move_by(1);
        }
        assert!((25..=30).contains(&shown), "{shown}");
        // After Slack has asked to wait as well.
        limits.hold("chat.update", Duration::from_secs(5));
        clock.move_by(5);
        assert!(limits.update("direct", Update::Other(Progress::Settled)).is_err());
        assert_eq!(limits.check("chat.update"), Ok(()));
        assert_eq!(limits.update("card", Update::Answered(Progress::Settled)), Ok(()));
    }

    #[test]
    fn how_far_something_has_come_is_shown_now_and_then_and_how_it_ended_at_once() {
        let clock = StillClock::new();
        let limits = limits(&clock);
        limits.shown("thread");
        assert!(
            limits.update("thread", Update::Other(Progress::UnderWay)).is_err(),
            "it was posted just now"
        );
        clock.move_by(11);
        assert_eq!(limits.update("thread", Update::Other(Progress::UnderWay)), Ok(()));
        let waits =
            (0..20).filter(|_| limits.update("thread", Update::Other(Progress::UnderWay)).is_err()).count();
        assert_eq!(waits, 20, "one for all of them");
        assert_eq!(limits.update("thread", Update::Other(Progress::Settled)), Ok(()));
        clock.move_by(21);
        assert_eq!(limits.update("thread", Update::Other(Progress::UnderWay)), Ok(()));
    }

    /// When each of 400 calls of a method is made by those who come back when they are told to.
    fn made(method: &str) -> Vec<Duration> {
        let clock = StillClock::new();
        let limits = limits(&clock);
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
