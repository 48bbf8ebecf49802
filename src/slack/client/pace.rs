//! Slack's rate limit per conversation: about one message a second, in short bursts.
//!
//! A sender who would have to wait long is sent away and told when to come back. Each gets a different time, in order
//! of arrival and a little before their turn, so that the conversation never idles. The turn is reserved for them, and
//! moves with all others when Slack asks to wait, so that nobody overtakes them meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::ports::clock::{Clock, Time};

/// Messages that may be sent at once before the rate limit applies.
const BURST: u32 = 3;

/// Longest wait within a call; beyond it the caller is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long before their turn senders are told to come back. They never come back exactly on time, and if Slack asks to
/// wait meanwhile, there must still be room for them.
const EARLY: Duration = Duration::from_millis(1500);

/// How long to wait for a turn within a call, and how long before the turn to come back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    longest: Duration,
    early: Duration,
}

impl Patience {
    /// Never waits within a call. Senders come back exactly when their turn is.
    pub(super) const NONE: Self = Self { longest: Duration::ZERO, early: Duration::ZERO };

    const USUAL: Self = Self { longest: PATIENCE, early: EARLY };
}

/// Conversations that are tracked before idle ones are dropped.
const REMEMBERED: usize = 1000;

/// One queue per conversation.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    burst: u32,
    patience: Patience,
    queues: Mutex<HashMap<String, ChannelPace>>,
    time: Time,
}

/// The queue of a conversation.
#[derive(Debug)]
struct ChannelPace {
    /// When the conversation would be free if every message with a turn took one interval.
    free_at: Instant,
    /// The end of the wait that Slack asked for.
    held_until: Instant,
    /// How far all turns were moved so far because Slack asked to wait.
    moved: Duration,
    /// Reserved turns of senders who were sent away, by message.
    kept: HashMap<String, Instant>,
}

/// A turn, as computed when the queue had been moved by `moved`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SendTurn {
    at: Instant,
    moved: Duration,
}

impl Pace {
    /// Allows one message per `interval` in each conversation; zero means no limit.
    pub(super) fn new(interval: Duration, clock: Arc<dyn Clock>) -> Self {
        Self::with(interval, BURST, Patience::USUAL, clock)
    }

    /// Like [`Pace::new`], with this burst and patience.
    pub(super) fn with(interval: Duration, burst: u32, patience: Patience, clock: Arc<dyn Clock>) -> Self {
        Self { interval, burst, patience, queues: Mutex::default(), time: Time::new(clock) }
    }

    /// Takes a turn if it is now, without waiting.
    ///
    /// # Errors
    /// Same as [`Pace::turn`].
    pub(super) fn turn_now(&self, conversation: &str, message: &str) -> Result<(), Duration> {
        self.reserve(conversation, message, self.time.now()).map(drop)
    }

    /// Waits for a turn in this conversation. `message` identifies the message when a sender comes back for a reserved
    /// turn.
    ///
    /// # Errors
    /// How long to stay away, if the wait exceeds the patience.
    pub(super) async fn turn(&self, conversation: &str, message: &str) -> Result<(), Duration> {
        let mut now = self.time.now();
        let mut turn = self.reserve(conversation, message, now)?;
        // Slack may have asked to wait while we slept, which moves the turn.
        while turn.at > now {
            let wait = tokio::time::Instant::now() + (turn.at - now);
            tokio::time::sleep_until(wait).await;
            now = self.time.now();
            turn = self.moved_since(conversation, message, turn, now)?;
        }
        Ok(())
    }

    /// Blocks a conversation for as long as Slack asked.
    pub(super) fn hold(&self, conversation: &str, time: Duration) {
        self.hold_from(conversation, time, self.time.now());
    }

    /// Like [`Pace::hold`]; the message that Slack refused gets the first turn afterwards.
    pub(super) fn hold_and_keep(&self, conversation: &str, message: &str, time: Duration) {
        self.hold(conversation, time);
        self.keep(conversation, message);
    }

    /// Reserves the next possible turn for a message that has used its turn in vain.
    pub(super) fn keep(&self, conversation: &str, message: &str) {
        let now = self.time.now();
        if let Some(queue) = self.lock().get_mut(conversation) {
            queue.kept.insert(message.to_owned(), queue.held_until.max(now));
        }
    }

    /// Returns whether at least half of the burst of a conversation is left for others.
    pub(super) fn is_quiet(&self, conversation: &str) -> bool {
        let half = self.time.now() + self.interval * self.burst / 2;
        self.lock().get(conversation).is_none_or(|queue| queue.free_at <= half)
    }

    /// Returns whether a wait is short enough to stay within the call.
    pub(super) fn is_short(time: Duration) -> bool {
        time <= PATIENCE
    }

    fn hold_from(&self, conversation: &str, time: Duration, now: Instant) {
        let mut queues = self.lock();
        let queue = queues.entry(conversation.to_owned()).or_insert_with(|| ChannelPace::new(now));
        let until = now + time;
        // Several messages that are refused together must move the queue only once.
        let longer = until.saturating_duration_since(queue.held_until.max(now));
        queue.held_until = queue.held_until.max(until);
        // Spend the burst as well, or the next messages would exceed the same limit again.
        queue.free_at = (queue.free_at + longer).max(until + self.interval * self.burst);
        queue.moved += longer;
        for turn_at in queue.kept.values_mut() {
            *turn_at += longer;
        }
    }

    fn reserve(&self, conversation: &str, message: &str, now: Instant) -> Result<SendTurn, Duration> {
        let mut queues = self.lock();
        if queues.len() > REMEMBERED {
            // A free queue has no turns ahead, so it behaves like a new one.
            queues.retain(|_, queue| queue.free_at > now);
        }
        let queue = queues.entry(conversation.to_owned()).or_insert_with(|| ChannelPace::new(now));
        let burst = self.interval * self.burst;
        let turn_at = queue.take_kept(message, now, burst).unwrap_or_else(|| {
            queue.free_at = queue.free_at.max(now) + self.interval;
            // A turn in the past means that the burst is not used up, so it is now.
            queue.free_at.checked_sub(burst).map_or(now, |turn_at| turn_at.max(now))
        });
        queue.unless_too_far(message, turn_at, (now, self.patience))
    }

    /// Returns the turn after any moves since it was computed.
    fn moved_since(
        &self,
        conversation: &str,
        message: &str,
        turn: SendTurn,
        now: Instant,
    ) -> Result<SendTurn, Duration> {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(conversation) else { return Ok(turn) };
        let turn_at = turn.at + queue.moved.saturating_sub(turn.moved);
        queue.unless_too_far(message, turn_at, (now, self.patience))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, ChannelPace>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChannelPace {
    fn new(now: Instant) -> Self {
        Self { free_at: now, held_until: now, moved: Duration::ZERO, kept: HashMap::new() }
    }

    /// Takes the reserved turn of a message. Reservations expire one burst after their time; otherwise many senders who
    /// come back late could send at once.
    fn take_kept(&mut self, message: &str, now: Instant, burst: Duration) -> Option<Instant> {
        self.kept.retain(|_, turn_at| *turn_at + burst >= now);
        self.kept.remove(message)
    }

    /// Returns the turn, or reserves it and returns how long to stay away.
    fn unless_too_far(
        &mut self,
        message: &str,
        turn_at: Instant,
        (now, patience): (Instant, Patience),
    ) -> Result<SendTurn, Duration> {
        let wait = turn_at.saturating_duration_since(now);
        if wait > patience.longest {
            self.kept.insert(message.to_owned(), turn_at);
            return Err(wait.saturating_sub(patience.early));
        }
        Ok(SendTurn { at: turn_at, moved: self.moved })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::StillClock;
    use super::*;
    use crate::ports::clock::SystemClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(interval: Duration) -> Pace {
        Pace::new(interval, Arc::new(SystemClock))
    }

    /// Returns how long a new message waits, or how long it is sent away.
    fn wait(pace: &Pace, conversation: &str, now: Instant) -> Result<Duration, Duration> {
        waits_as(pace, conversation, &uuid::Uuid::new_v4().to_string(), now)
    }

    fn waits_as(pace: &Pace, conversation: &str, message: &str, now: Instant) -> Result<Duration, Duration> {
        pace.reserve(conversation, message, now).map(|turn| turn.at - now)
    }

    #[test]
    fn time_passes_with_the_clock_and_never_goes_back() {
        let clock = StillClock::new();
        let pace = Pace::new(SECOND, Arc::new(clock.clone()));
        let begun = pace.time.now();
        clock.move_by(60);
        let later = pace.time.now();
        assert!(later - begun > SECOND * 59, "{:?}", later - begun);
        clock.move_by(-3600);
        assert!(pace.time.now() >= later);
    }

    #[test]
    fn a_burst_goes_at_once_then_one_a_second_in_each_conversation() {
        let pace = pace(SECOND);
        let now = Instant::now();
        let waits: Vec<u64> = (0..6).map(|_| wait(&pace, "C1", now).unwrap().as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 3]);
        assert_eq!(wait(&pace, "C2", now), Ok(Duration::ZERO));
        assert_eq!(wait(&pace, "C1", now + SECOND * 7), Ok(Duration::ZERO));
    }

    #[test]
    fn a_long_queue_and_slacks_own_limit_send_the_caller_away() {
        let pace = pace(SECOND);
        let now = Instant::now();
        let sent = (0..20).take_while(|_| wait(&pace, "C1", now).is_ok()).count();
        assert_eq!(sent, 8);
        pace.hold_from("C2", Duration::from_secs(30), now);
        assert_eq!(
            waits_as(&pace, "C2", "one", now),
            Err(SECOND * 31).map_err(|wait| wait.saturating_sub(EARLY))
        );
        assert_eq!(waits_as(&pace, "C2", "one", now + SECOND * 30), Ok(SECOND));
    }

    #[test]
    fn messages_that_slack_refuses_together_hold_their_conversation_once() {
        let pace = pace(SECOND);
        let now = Instant::now();
        for _ in 0..3 {
            pace.hold_from("C1", SECOND * 30, now);
        }
        assert_eq!(wait(&pace, "C1", now + SECOND * 30), Ok(SECOND));
    }

    #[test]
    fn whoever_is_sent_away_comes_back_in_order_and_finds_their_turn_near() {
        let pace = pace(SECOND);
        let now = Instant::now();
        let away = sends_away(&pace, now);
        assert_eq!(away.len(), 12);
        for ((_, one), (_, next)) in away.iter().zip(away.iter().skip(1)) {
            assert_eq!(*next, *one + SECOND);
        }
        let mut idle_at = now + SECOND * 5;
        for (message, back) in away {
            let turn_at = now + back;
            let turn = turn_at + waits_as(&pace, "C1", &message, turn_at).unwrap();
            assert_eq!(turn, idle_at + SECOND, "neither idle nor at the same time");
            idle_at = turn;
        }
    }

    #[test]
    fn whoever_is_sent_away_keeps_their_place_when_slack_asks_to_wait() {
        let pace = pace(SECOND);
        let now = Instant::now();
        let away = sends_away(&pace, now);
        pace.hold_from("C1", SECOND * 30, now);
        let newcomer = now + wait(&pace, "C1", now).unwrap_err() + EARLY;
        let turns: Vec<Instant> = away
            .iter()
            .map(|(message, back)| {
                let again = waits_as(&pace, "C1", message, now + *back).unwrap_err();
                let turn_at = now + *back + again;
                turn_at + waits_as(&pace, "C1", message, turn_at).unwrap()
            })
            .collect();
        assert_eq!(turns.first(), Some(&(now + SECOND * 36)));
        assert!(
            turns.iter().zip(turns.iter().skip(1)).all(|(one, next)| *next == *one + SECOND),
            "{turns:?}"
        );
        assert!(turns.iter().all(|turn| *turn < newcomer));
    }

    #[test]
    fn whoever_comes_back_much_later_has_lost_their_turn() {
        let pace = pace(SECOND);
        let now = Instant::now();
        let late = now + SECOND * 60;
        let away = sends_away(&pace, now);
        let sent =
            away.iter().filter(|(message, _)| waits_as(&pace, "C1", message, late) == Ok(Duration::ZERO));
        assert_eq!(sent.count(), 3, "not all at once");
    }

    #[test]
    fn what_slack_refuses_for_long_goes_first_afterwards() {
        let pace = pace(SECOND);
        let now = Instant::now();
        let away = sends_away(&pace, now);
        pace.hold_and_keep("C1", "refused", SECOND * 30);
        let (message, _) = away.first().unwrap();
        let turn_at = now + SECOND * 30;
        assert!(
            waits_as(&pace, "C1", "refused", turn_at).unwrap()
                < waits_as(&pace, "C1", message, turn_at).unwrap_err()
        );
    }

    /// Sends 20 messages at once; returns those that are sent away, and for how long.
    fn sends_away(pace: &Pace, now: Instant) -> Vec<(String, Duration)> {
        let all = (0..20).map(|number| format!("message {number}"));
        all.filter_map(|message| waits_as(pace, "C1", &message, now).err().map(|back| (message, back)))
            .collect()
    }

    #[tokio::test]
    async fn turns_that_were_given_move_when_slack_asks_to_wait() {
        let pace = pace(Duration::from_millis(10));
        let begun = Instant::now();
        for _ in 0..BURST {
            pace.turn("C1", "one").await.unwrap();
        }
        let waiting = pace.turn("C1", "another");
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        pace.hold("C1", Duration::from_millis(80));
        waiting.await.unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(90), "{:?}", begun.elapsed());
    }

    #[test]
    fn without_an_interval_nobody_waits() {
        let pace = pace(Duration::ZERO);
        let now = Instant::now();
        assert!((0..500).all(|_| wait(&pace, "C1", now) == Ok(Duration::ZERO)));
    }
}
