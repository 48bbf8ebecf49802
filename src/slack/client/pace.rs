//! Slack's pace: about one message a second in each conversation, in short bursts. What is sent is not known here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Messages that may go out at once before the pace holds.
const BURST: u32 = 3;

/// Longest wait inside a call; for anything longer the caller is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Conversations that are remembered before old ones are forgotten.
const REMEMBERED: usize = 1000;

/// One queue a conversation.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    /// When each conversation would be free again if every message took one interval.
    free_at: Mutex<HashMap<String, Instant>>,
}

impl Pace {
    /// One message per `interval` in each conversation; zero means as fast as they come.
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, free_at: Mutex::default() }
    }

    /// Waits for this conversation's turn.
    ///
    /// # Errors
    /// How long to stay away, when the queue is longer than anybody should wait in.
    pub(super) async fn turn(&self, conversation: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let wait = self.reserve(conversation, now)?;
        if !wait.is_zero() {
            tokio::time::sleep_until((now + wait).into()).await;
        }
        Ok(())
    }

    /// Keeps everybody out of a conversation for as long as Slack asked.
    pub(super) fn hold(&self, conversation: &str, time: Duration) {
        self.hold_from(conversation, time, Instant::now());
    }

    fn hold_from(&self, conversation: &str, time: Duration, now: Instant) {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        // The burst is spent too, or the next messages would run into the same limit.
        free_at.insert(conversation.to_owned(), now + time + self.interval * BURST);
    }

    fn reserve(&self, conversation: &str, now: Instant) -> Result<Duration, Duration> {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        if free_at.len() > REMEMBERED {
            free_at.retain(|_, free| *free > now);
        }
        let free = free_at.get(conversation).copied().filter(|free| *free > now).unwrap_or(now);
        let next = free + self.interval;
        let wait = next.saturating_duration_since(now + self.interval * BURST);
        if wait > PATIENCE {
            return Err(wait);
        }
        free_at.insert(conversation.to_owned(), next);
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_goes_at_once_then_one_a_second_in_each_conversation() {
        let pace = Pace::new(SECOND);
        let now = Instant::now();
        let waits: Vec<u64> = (0..6).map(|_| pace.reserve("C1", now).unwrap().as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 3]);
        assert_eq!(pace.reserve("C2", now), Ok(Duration::ZERO));
        assert_eq!(pace.reserve("C1", now + SECOND * 7), Ok(Duration::ZERO));
    }

    #[test]
    fn a_long_queue_and_slacks_own_limit_send_the_caller_away() {
        let pace = Pace::new(SECOND);
        let now = Instant::now();
        let sent = (0..20).take_while(|_| pace.reserve("C1", now).is_ok()).count();
        assert_eq!(sent, 8);
        pace.hold_from("C2", Duration::from_secs(30), now);
        assert_eq!(pace.reserve("C2", now), Err(Duration::from_secs(31)));
        assert_eq!(pace.reserve("C2", now + SECOND * 30), Ok(SECOND));
    }

    #[test]
    fn without_an_interval_nobody_waits() {
        let pace = Pace::new(Duration::ZERO);
        let now = Instant::now();
        assert!((0..500).all(|_| pace.reserve("C1", now) == Ok(Duration::ZERO)));
    }
}
