//! How Slack watches its pace in one channel: a bucket that a message takes from, and moments at which it refuses
//! everybody for a second whatever is in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::rig::slack::Call;

/// Messages that may come at once before the pace holds.
pub(super) const BURST: usize = 3;
/// As many again are let pass, since the way here takes sometimes longer and sometimes shorter.
const GRACE: u32 = 3;
/// Times that it refuses everybody.
pub(super) const HOLDS: usize = 3;
/// For how long: the shortest that Slack can say.
pub(super) const HELD_FOR: Duration = Duration::from_secs(1);

pub(super) struct Gate {
    channel: &'static str,
    pace: Duration,
    /// Messages after which it refuses everybody.
    hold_after: Vec<usize>,
    let_in: usize,
    /// When the bucket would be full again.
    full_at: Option<Instant>,
    closed_until: Option<Instant>,
    counts: Counts,
}

/// What happened at the gate.
#[derive(Clone, Default)]
pub(super) struct Counts(Arc<Mutex<(Duration, usize)>>);

impl Counts {
    /// How long nobody was let in.
    pub(super) fn held(&self) -> Duration {
        self.lock().0
    }

    /// How many were sent away.
    pub(super) fn refused(&self) -> usize {
        self.lock().1
    }

    fn lock(&self) -> MutexGuard<'_, (Duration, usize)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    pub(super) fn new(channel: &'static str, pace: Duration, cards: usize) -> (Self, Counts) {
        let counts = Counts::default();
        let hold_after = (1..=HOLDS).map(|hold| cards * hold / (HOLDS + 1)).collect();
        let gate = Self {
            channel,
            pace,
            hold_after,
            let_in: 0,
            full_at: None,
            closed_until: None,
            counts: counts.clone(),
        };
        (gate, counts)
    }

    pub(super) fn boxed(mut self) -> crate::rig::slack::Gate {
        Box::new(move |call| self.look_at(call))
    }

    /// For how many seconds this call is sent away.
    fn look_at(&mut self, call: &Call) -> Option<u64> {
        if call.body["channel"] != self.channel || !call.method.starts_with("chat.") {
            return None;
        }
        let refused = self.is_refused(call.at);
        if refused {
            self.counts.lock().1 += 1;
            return Some(HELD_FOR.as_secs());
        }
        self.let_in += 1;
        None
    }

    fn is_refused(&mut self, now: Instant) -> bool {
        if self.hold_after.first().is_some_and(|after| *after <= self.let_in) {
            self.hold_after.remove(0);
            self.closed_until = Some(now + HELD_FOR);
            self.counts.lock().0 += HELD_FOR;
        }
        if self.closed_until.is_some_and(|until| now < until) {
            return true;
        }
        let full_at = self.full_at.map_or(now, |full| full.max(now)) + self.pace;
        let burst = self.pace * (GRACE + u32::try_from(BURST).unwrap_or_default());
        if full_at > now + burst {
            return true;
        }
        self.full_at = Some(full_at);
        false
    }
}
