//! Slack's pace: about one message a second in each conversation, in short bursts. What is sent is not known here.
//!
//! Whoever has to wait for long is sent away and told when to come back: each at another time, in the order in which they
//! came, and a little before their turn, so that the conversation never stands idle.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Messages that may go out at once before the pace holds.
const BURST: u32 = 3;

/// Longest wait inside a call; for anything longer the caller is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whoever was sent away comes back so much before their turn: nobody comes back on the dot, and when Slack asks everybody
/// to wait meanwhile there must still be room for them.
const EARLY: Duration = Duration::from_millis(1500);

/// Conversations that are remembered before old ones are forgotten.
const REMEMBERED: usize = 1000;

/// One queue a conversation.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    queues: Mutex<HashMap<String, Queue>>,
}

/// What is known of a conversation.
#[derive(Clone, Copy, Debug)]
struct Queue {
    /// When it would be free again if every message that has its turn took one interval.
    free_at: Instant,
    /// The same with those who were sent away.
    promised_until: Instant,
    /// Until when Slack has asked to wait.
    held_until: Instant,
    /// By how long all turns were moved so far because Slack asked to wait.
    moved: Duration,
}

/// A turn: how long to wait for it, as things are now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    wait: Duration,
    moved: Duration,
}

impl Pace {
    /// One message per `interval` in each conversation; zero means as fast as they come.
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, queues: Mutex::default() }
    }

    /// Waits for this conversation's turn.
    ///
    /// # Errors
    /// How long to stay away, when the queue is longer than anybody should wait in.
    pub(super) async fn turn(&self, conversation: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let mut turn = self.reserve(conversation, now)?;
        let mut at = now + turn.wait;
        while !turn.wait.is_zero() {
            tokio::time::sleep_until(at.into()).await;
            turn = self.moved_since(conversation, turn);
            at += turn.wait;
            if turn.wait > PATIENCE {
                return Err(turn.wait);
            }
        }
        Ok(())
    }

    /// Keeps everybody out of a conversation for as long as Slack asked.
    pub(super) fn hold(&self, conversation: &str, time: Duration) {
        self.hold_from(conversation, time, Instant::now());
    }

    /// Whether it is worth staying for so long.
    pub(super) fn is_short(time: Duration) -> bool {
        time <= PATIENCE
    }

    fn hold_from(&self, conversation: &str, time: Duration, now: Instant) {
        let mut queues = self.lock();
        let queue = queues.entry(conversation.to_owned()).or_insert_with(|| Queue::new(now));
        let until = now + time;
        // Several messages that are refused together hold the conversation once.
        let longer = until.saturating_duration_since(queue.held_until.max(now));
        queue.held_until = queue.held_until.max(until);
        // The burst is spent too, or the next messages would run into the same limit.
        queue.free_at = (queue.free_at + longer).max(until + self.interval * BURST);
        queue.promised_until += longer;
        queue.moved += longer;
    }

    fn reserve(&self, conversation: &str, now: Instant) -> Result<Turn, Duration> {
        let mut queues = self.lock();
        if queues.len() > REMEMBERED {
            queues.retain(|_, queue| queue.free_at.max(queue.promised_until) > now);
        }
        let queue = queues.entry(conversation.to_owned()).or_insert_with(|| Queue::new(now));
        let burst = self.interval * BURST;
        let free = queue.free_at.max(now);
        let next = free + self.interval;
        let wait = next.saturating_duration_since(now + burst);
        if wait > PATIENCE {
            queue.promised_until = queue.promised_until.max(free) + self.interval;
            return Err(queue.promised_until.saturating_duration_since(now + burst + EARLY));
        }
        queue.free_at = next;
        Ok(Turn { wait, moved: queue.moved })
    }

    /// What is still to be waited because all turns were moved since this one was given.
    fn moved_since(&self, conversation: &str, turn: Turn) -> Turn {
        let moved = self.lock().get(conversation).map_or(turn.moved, |queue| queue.moved);
        Turn { wait: moved.saturating_sub(turn.moved), moved }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn new(now: Instant) -> Self {
        Self { free_at: now, promised_until: now, held_until: now, moved: Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn wait(pace: &Pace, conversation: &str, now: Instant) -> Result<Duration, Duration> {
        pace.reserve(conversation, now).map(|turn| turn.wait)
    }

    #[test]
    fn a_burst_goes_at_once_then_one_a_second_in_each_conversation() {
        let pace = Pace::new(SECOND);
        let now = Instant::now();
        let waits: Vec<u64> = (0..6).map(|_| wait(&pace, "C1", now).unwrap().as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 3]);
        assert_eq!(wait(&pace, "C2", now), Ok(Duration::ZERO));
        assert_eq!(wait(&pace, "C1", now + SECOND * 7), Ok(Duration::ZERO));
    }

    #[test]
    fn a_long_queue_and_slacks_own_limit_send_the_caller_away() {
        let pace = Pace::new(SECOND);
        let now = Instant::now();
        let sent = (0..20).take_while(|_| wait(&pace, "C1", now).is_ok()).count();
        assert_eq!(sent, 8);
        pace.hold_from("C2", Duration::from_secs(30), now);
        assert_eq!(wait(&pace, "C2", now), Err(SECOND * 31).map_err(|wait| wait.saturating_sub(EARLY)));
        assert_eq!(wait(&pace, "C2", now + SECOND * 30), Ok(SECOND));
    }

    #[test]
    fn messages_that_slack_refuses_together_hold_their_conversation_once() {
        let pace = Pace::new(SECOND);
        let now = Instant::now();
        for _ in 0..3 {
            pace.hold_from("C1", SECOND * 30, now);
        }
        assert_eq!(wait(&pace, "C1", now + SECOND * 30), Ok(SECOND));
    }

    #[test]
    fn whoever_is_sent_away_comes_back_in_order_and_finds_their_turn_near() {
        let pace = Pace::new(SECOND);
        let now = Instant::now();
        let away: Vec<Duration> = (0..20).filter_map(|_| wait(&pace, "C1", now).err()).collect();
        assert_eq!(away.len(), 12);
        for (one, next) in away.iter().zip(away.iter().skip(1)) {
            assert_eq!(*next, *one + SECOND);
        }
        let mut idle_at = now + SECOND * 5;
        for back in away {
            let at = now + back;
            let turn = at + wait(&pace, "C1", at).unwrap();
            assert_eq!(turn, idle_at + SECOND, "neither idle nor at the same time");
            idle_at = turn;
        }
    }

    #[tokio::test]
    async fn turns_that_were_given_move_when_slack_asks_to_wait() {
        let pace = Pace::new(Duration::from_millis(10));
        let begun = Instant::now();
        for _ in 0..BURST {
            pace.turn("C1").await.unwrap();
        }
        let waiting = pace.turn("C1");
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        pace.hold("C1", Duration::from_millis(80));
        waiting.await.unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(90), "{:?}", begun.elapsed());
    }

    #[test]
    fn without_an_interval_nobody_waits() {
        let pace = Pace::new(Duration::ZERO);
        let now = Instant::now();
        assert!((0..500).all(|_| wait(&pace, "C1", now) == Ok(Duration::ZERO)));
    }
}
