//! Rate limits per method of the Web API. When Slack asks to wait, the method is not called until then; this applies to
//! one method in one workspace (docs.slack.dev/apis/web-api/rate-limits: a 429 is about one method in one workspace,
//! looked up on 2026-11-29).
//!
//! Publishing home tabs, looking up addresses and updating messages are also limited ahead of time, so that Slack need
//! not ask. An update that shows a decision, and so removes the buttons from a card, goes first. Other updates may be
//! delayed, and then show the state at that time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pace::{Pace, Patience};
use crate::ports::clock::{Clock, Time};

const UPDATE: &str = "chat.update";

/// Methods that Slack limits per channel, which `pace` handles: "one message per second per channel"
/// (docs.slack.dev/apis/web-api/rate-limits, 2026-11-29).
const BY_CHANNEL: [&str; 1] = ["chat.postMessage"];

/// Checks whether Slack answers, at most every few seconds. It must always be sent: a request to wait proves that Slack
/// answers, while a call that is held back proves nothing.
const CHECK: &str = "auth.test";

/// Publishes a home tab, and looks up the owner of an e-mail address.
pub(super) const PUBLISH: &str = "views.publish";
pub(super) const LOOKUP: &str = "users.lookupByEmail";

/// Limited methods, with their burst and the interval after it. Together these stay below what Slack allows in any
/// minute: a hundred times (tier 4) and fifty times (tier 3 in slack-ruby/slack-api-ref of 2026-08-20, looked up on
/// 2026-11-29).
const PACED: [(&str, u32, Duration); 2] =
    [(PUBLISH, 35, Duration::from_secs(1)), (LOOKUP, 8, Duration::from_millis(1500))];

/// Burst of message updates that show no decision, and the interval after it in units of Slack's pace: at most
/// thirty-five in any minute. `chat.update` allows fifty (tier 3 in slack-ruby/slack-api-ref of 2026-08-20, looked up
/// on 2026-11-29), which leaves fifteen for decisions in every minute.
const UPDATES_AT_ONCE: u32 = 15;
const UPDATE_EVERY: u32 = 3;

/// Interval between progress updates of one message, in the same units, and the delay of a progress update when there
/// are too many other updates.
const PROGRESS_EVERY: u32 = 2;
const PROGRESS_LATER: u32 = 10;

/// Messages whose shown state is remembered before old entries are dropped, and the age of an old entry.
const REMEMBERED: usize = 10_000;
const LONG_AGO: Duration = Duration::from_hours(1);

/// What an update of a message shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shows {
    /// Number of decisions, on the card where approvers make them; 0 for any other message.
    pub(super) decisions: usize,
    /// Whether the latest decision was made within the last minutes.
    pub(super) is_new: bool,
    /// Whether the state will change again soon.
    pub(super) progress: UpdateProgress,
}

/// Whether more updates will follow soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UpdateProgress {
    /// A resource is being provisioned, updated or torn down.
    UnderWay,
    /// No further update is expected soon.
    Settled,
}

/// What a message was last known to show.
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    /// When it was last sent; `None` if that failed.
    at: Option<Instant>,
    /// Number of decisions in the last update that was sent, and in the last one that arrived.
    sent: usize,
    arrived: usize,
}

/// The rate limits of one workspace.
#[derive(Debug)]
pub(super) struct RateLimits {
    updates: Pace,
    unit: Duration,
    shown: Mutex<HashMap<String, Shown>>,
    time: Time,
    held: Mutex<HashMap<String, Instant>>,
    paced: HashMap<&'static str, Pace>,
}

impl RateLimits {
    /// Creates the limits; `unit` is the interval between messages in a conversation.
    pub(super) fn new(unit: Duration, clock: &Arc<dyn Clock>) -> Self {
        let pace = |every, at_once| Pace::with(every, at_once, Patience::NONE, Arc::clone(clock));
        Self {
            updates: pace(unit * UPDATE_EVERY, UPDATES_AT_ONCE),
            unit,
            shown: Mutex::default(),
            time: Time::new(Arc::clone(clock)),
            held: Mutex::default(),
            paced: PACED.into_iter().map(|(method, at_once, every)| (method, pace(every, at_once))).collect(),
        }
    }

    /// Blocks a method for as long as Slack asked, unless Slack limits it per channel.
    pub(super) fn hold(&self, method: &str, wait: Duration) {
        if BY_CHANNEL.contains(&method) || method == CHECK {
            return;
        }
        let until = self.time.now() + wait;
        let mut blocked = self.held();
        let end = blocked.entry(method.to_owned()).or_insert(until);
        // Of concurrent answers, the longest wait counts.
        *end = until.max(*end);
        if method == UPDATE {
            // Also hold the queue of other updates, so that decisions go first afterwards.
            self.updates.hold(UPDATE, wait);
        }
    }

    /// Checks that a method may be called now.
    ///
    /// # Errors
    /// How long it is blocked.
    pub(super) fn check(&self, method: &str) -> Result<(), Duration> {
        let now = self.time.now();
        let mut blocked = self.held();
        match blocked.get(method) {
            Some(until) if *until > now => Err(*until - now),
            Some(_) => {
                blocked.remove(method);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes the turn for a call of this method about `subject`.
    ///
    /// # Errors
    /// How long until the turn, if it is not now. It is reserved until then.
    pub(super) fn turn(&self, method: &str, subject: &str) -> Result<(), Duration> {
        self.paced.get(method).map_or(Ok(()), |pace| pace.turn_now(method, subject))
    }

    /// Takes the turn for an update of this message. An update with a new decision goes first.
    ///
    /// # Errors
    /// How long until the turn, if it is not now. It is reserved until then.
    pub(super) fn update(&self, message: &str, shows: Shows) -> Result<(), Duration> {
        let (now, last) = (self.time.now(), self.shown_by(message, shows));
        let is_decision = shows.decisions > last.sent;
        let is_progress = !is_decision && shows.progress == UpdateProgress::UnderWay;
        // A decision needs no turn, because the limits of the other updates leave room for it.
        if !is_decision {
            let every = self.unit * PROGRESS_EVERY;
            if let Some(sent_at) = last.at
                && is_progress
                && sent_at + every > now
            {
                return Err(sent_at + every - now);
            }
            // Progress is out of date soon, so it must not use up turns that other updates need.
            if is_progress && !self.updates.is_quiet(UPDATE) {
                return Err(self.unit * PROGRESS_LATER);
            }
            self.updates.turn_now(UPDATE, message)?;
        }
        // Recorded before the call, so that a concurrent update does not go first for the same decision.
        self.remember(message, Shown { at: Some(now), sent: shows.decisions, ..last });
        Ok(())
    }

    /// Records that an update of this message did not arrive, and reserves its next turn.
    pub(super) fn not_shown(&self, message: &str, shows: Shows) {
        let last = self.shown_by(message, shows);
        // An update with a new decision goes first anyway.
        if shows.decisions <= last.arrived {
            self.updates.keep(UPDATE, message);
        }
        self.remember(message, Shown { at: None, sent: last.arrived, ..last });
    }

    /// Records that the message now shows this, so that progress updates can wait a little.
    pub(super) fn shown(&self, message: &str, shows: Shows) {
        let sent_at = Some(self.time.now());
        self.remember(message, Shown { at: sent_at, sent: shows.decisions, arrived: shows.decisions });
    }

    fn remember(&self, message: &str, sent: Shown) {
        let (now, mut all) = (self.time.now(), self.shown.lock().unwrap_or_else(PoisonError::into_inner));
        if all.len() >= REMEMBERED {
            all.retain(|_, state| state.at.is_some_and(|sent_at| sent_at + LONG_AGO > now));
        }
        all.insert(message.to_owned(), sent);
    }

    /// Returns what this message shows. If this process has not shown it, an old decision has been shown by another
    /// process; a new one may not have been.
    fn shown_by(&self, message: &str, shows: Shows) -> Shown {
        let last = self.shown.lock().unwrap_or_else(PoisonError::into_inner).get(message).copied();
        last.unwrap_or_else(|| {
            let before = if shows.is_new { 0 } else { shows.decisions };
            Shown { sent: before, arrived: before, ..Shown::default() }
        })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(decisions: usize, progress: UpdateProgress) -> Shows {
        Shows { decisions, is_new: true, progress }
    }

    /// A message without decisions, whose state is final for now.
    const SETTLED: Shows = Shows { decisions: 0, is_new: false, progress: UpdateProgress::Settled };
    const UNDER_WAY: Shows = Shows { decisions: 0, is_new: false, progress: UpdateProgress::UnderWay };
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

    /// Updates this message if it is its turn.
    fn update(limits: &RateLimits, message: &str, shows: Shows) -> Result<(), Duration> {
        limits.update(message, shows)?;
        limits.shown(message, shows);
        Ok(())
    }

    #[test]
    fn decisions_go_out_at_once_and_all_else_as_slack_takes_it() {
        let clock = StillClock::new();
        let limits = limits(&clock);
        let mut due: Vec<(u64, String)> = (0..60).map(|number| (0, format!("direct {number}"))).collect();
        // Waiting cards are updated too, such as after a time in which no bot ran.
        due.extend((0..60).map(|number| (0, format!("card {number}"))));
        let mut shown_count = 0;
        for second in 0..60 {
            due.retain_mut(|(due_at, message)| {
                if *due_at > second {
                    return true;
                }
                match update(&limits, message, SETTLED) {
                    Ok(()) => shown_count += 1,
                    Err(wait) => *due_at = second + wait.as_secs().max(1),
                }
                *due_at > second
            });
            if second % 3 == 0 {
                let card = format!("answered {second}");
                assert_eq!(update(&limits, &card, shows(1, UpdateProgress::Settled)), Ok(()), "one of two");
                assert_eq!(
                    update(&limits, &card, shows(2, UpdateProgress::UnderWay)),
                    Ok(()),
                    "the decision"
                );
                assert!(
                    update(&limits, &card, shows(2, UpdateProgress::UnderWay)).is_err(),
                    "what comes after it"
                );
            }
            clock.move_by(1);
        }
        assert!((30..=35).contains(&shown_count), "{shown_count}");
        let card = "answered 0";
        assert!(
            update(&limits, card, shows(2, UpdateProgress::Settled)).is_err(),
            "it is shown, however long ago"
        );
    }

    #[test]
    fn cards_that_were_decided_before_the_program_was_started_wait_for_their_turn() {
        let clock = StillClock::new();
        let limits = limits(&clock);
        let old = Shows { is_new: false, ..shows(2, UpdateProgress::Settled) };
        let mut shown_count = 0;
        for card in 0..60 {
            match limits.update(&format!("card {card}"), old) {
                Ok(()) if card % 2 == 0 => shown_count += 1,
                // An update that did not arrive does not count as a new decision when it is repeated.
                Ok(()) => limits.not_shown(&format!("card {card}"), old),
                Err(_) => {}
            }
        }
        assert!(limits.update("card 59", old).is_err(), "{shown_count}");
        assert!(shown_count < 15, "{shown_count}");
        assert_eq!(
            update(&limits, "card 0", shows(3, UpdateProgress::Settled)),
            Ok(()),
            "and then it is decided anew"
        );
    }

    #[test]
    fn a_decision_that_slack_refused_goes_first_when_it_comes_again() {
        let clock = StillClock::new();
        let limits = limits(&clock);
        for number in 0..20 {
            let _ = update(&limits, &format!("direct {number}"), SETTLED);
        }
        let decision = shows(1, UpdateProgress::UnderWay);
        for _ in 0..3 {
            assert_eq!(limits.update("card", decision), Ok(()));
            limits.not_shown("card", decision);
            limits.hold(UPDATE, Duration::from_secs(5));
            clock.move_by(6);
            assert!(update(&limits, "direct", SETTLED).is_err());
            assert_eq!(limits.check(UPDATE), Ok(()));
        }
        assert_eq!(update(&limits, "card", decision), Ok(()));
        assert!(update(&limits, "card", shows(1, UpdateProgress::Settled)).is_err(), "it shows the decision");
    }

    #[test]
    fn an_update_that_did_not_arrive_has_its_turn_still() {
        let clock = StillClock::new();
        let limits = limits(&clock);
        for number in 0..15 {
            assert_eq!(update(&limits, &format!("direct {number}"), SETTLED), Ok(()));
        }
        clock.move_by(4);
        assert_eq!(limits.update("thread", SETTLED), Ok(()));
        limits.not_shown("thread", SETTLED);
        assert!(update(&limits, "another", SETTLED).is_err());
        assert_eq!(update(&limits, "thread", SETTLED), Ok(()));
        assert!(update(&limits, "thread", SETTLED).is_err(), "once");
    }

    #[test]
    fn how_far_something_has_come_keeps_nothing_else_waiting() {
        let clock = StillClock::new();
        let limits = limits(&clock);
        limits.shown("thread", UNDER_WAY);
        assert!(update(&limits, "thread", UNDER_WAY).is_err(), "it was posted just now");
        clock.move_by(3);
        assert_eq!(update(&limits, "thread", UNDER_WAY), Ok(()), "people see soon that it begins");
        let mut shown_count = 0;
        for step in 0..60 {
            shown_count += usize::from(update(&limits, &format!("thread {step}"), UNDER_WAY).is_ok());
        }
        assert!((5..8).contains(&shown_count), "{shown_count}");
        for number in 0..7 {
            assert_eq!(
                update(&limits, &format!("direct {number}"), SETTLED),
                Ok(()),
                "half is left for others"
            );
        }
        clock.move_by(3);
        assert_eq!(limits.update("thread", UNDER_WAY), Err(Duration::from_secs(10)));
        clock.move_by(45);
        assert_eq!(update(&limits, "thread", UNDER_WAY), Ok(()));
    }

    /// Returns when each of 400 calls of a method is made if callers come back when they are told to.
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
                .filter_map(|(due_at, subject)| match limits.turn(method, subject) {
                    _ if due_at > second => Some((due_at, subject)),
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
        let within = |from: &Duration| {
            made.iter().filter(|due_at| *due_at >= from && **due_at < *from + minute).count()
        };
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
        assert!(most_in_a_minute(&looked_up) <= 50, "{}", most_in_a_minute(&looked_up));
    }
}
