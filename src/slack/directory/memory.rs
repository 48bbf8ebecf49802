//! A cache of Slack's answers, with the age of each.

use std::collections::HashMap;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use jiff::{SignedDuration, Timestamp};

use crate::ports::clock::Clock;
use crate::ports::directory::Freshness;
use crate::ports::slack::SlackError;

/// How long an answer may be used for decisions.
pub(super) const REMEMBERED: SignedDuration = SignedDuration::from_secs(60);

/// The error of a lookup that panicked.
const ENDED_BADLY: &str = "the lookup panicked";

/// Slack's answers by what was asked, such as a person's id.
#[derive(Debug)]
pub(super) struct AnswerCache<K, A> {
    /// Capacity. When it is exceeded, the whole cache is cleared.
    most: usize,
    /// Age from which an answer that is only shown is refreshed in the background.
    refresh_after: SignedDuration,
    slots: Mutex<HashMap<K, Arc<CacheSlot<A>>>>,
}

impl<K: Clone + Eq + Hash, A: Clone + Send + Sync + 'static> AnswerCache<K, A> {
    pub(super) fn new(most: usize, refresh_after: SignedDuration) -> Self {
        Self { most, refresh_after, slots: Mutex::default() }
    }

    /// Returns an answer that is as fresh as required. Concurrent lookups of the same key share one call, which
    /// completes even if nobody waits for it any more.
    pub(super) async fn recall(
        &self,
        (key, freshness): (&K, Freshness),
        clock: &Arc<dyn Clock>,
        ask: impl Future<Output = anyhow::Result<A>> + Send + 'static,
    ) -> anyhow::Result<A> {
        let slot = self.slot(key);
        let allowed = match freshness {
            Freshness::Fresh => REMEMBERED,
            Freshness::Known => self.refresh_after,
        };
        match slot.known(clock.now()) {
            Some((answer, age)) if age < allowed => return Ok(answer),
            Some((answer, _)) if freshness == Freshness::Known => {
                // Dropping the handle does not cancel the lookup, which refreshes the cache in the background.
                drop(slot.ask(clock, ask));
                return Ok(answer);
            }
            Some(_) | None => {}
        }
        Ok(slot.ask(clock, ask).await?)
    }

    /// Returns whether there is an answer that is as fresh as required.
    pub(super) fn has(&self, key: &K, freshness: Freshness, now: Timestamp) -> bool {
        let slot = self.lock().get(key).cloned();
        let age = slot.and_then(|slot| slot.known(now)).map(|(_, age)| age);
        age.is_some_and(|age| freshness == Freshness::Known || age < REMEMBERED)
    }

    /// Returns the answer, however old it is.
    pub(super) fn any(&self, key: &K) -> Option<A> {
        let slot = self.lock().get(key).cloned()?;
        slot.known(Timestamp::MAX).map(|(answer, _)| answer)
    }

    /// Makes [`Self::learn`] store an answer for this key.
    pub(super) fn expect(&self, key: &K) {
        self.slot(key);
    }

    /// Stores an answer that came without a lookup of its own: if someone has asked about it before, or if `is_wanted`.
    pub(super) fn learn(&self, key: &K, is_wanted: bool, asked_at: Timestamp, answer: A) {
        let asked_before = self.lock().get(key).cloned();
        let slot = if is_wanted { Some(self.slot(key)) } else { asked_before };
        if let Some(slot) = slot {
            slot.lock().remember(asked_at, answer);
        }
    }

    fn slot(&self, key: &K) -> Arc<CacheSlot<A>> {
        let mut slots = self.lock();
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        if slots.len() >= self.most {
            slots.clear();
        }
        Arc::clone(slots.entry(key.clone()).or_insert_with(|| Arc::new(CacheSlot::default())))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<CacheSlot<A>>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a lookup failed, in a form that can be shared by all who wait for it.
#[derive(Clone, Debug)]
enum LookupFailed {
    /// Slack asks to wait.
    Wait(Duration),
    /// Slack does not answer.
    Silence(String),
    /// Any other reason.
    Other(String),
}

impl From<anyhow::Error> for LookupFailed {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast_ref() {
            Some(SlackError::RateLimited(wait)) => Self::Wait(*wait),
            Some(SlackError::Silence(_)) => Self::Silence(format!("{error:#}")),
            _ => Self::Other(format!("{error:#}")),
        }
    }
}

impl From<LookupFailed> for anyhow::Error {
    fn from(why: LookupFailed) -> Self {
        match why {
            LookupFailed::Wait(wait) => SlackError::RateLimited(wait).into(),
            LookupFailed::Silence(why) => SlackError::Silence(anyhow!(why)).into(),
            LookupFailed::Other(why) => anyhow!(why),
        }
    }
}

type PendingLookup<A> = Shared<BoxFuture<'static, Result<A, LookupFailed>>>;

/// One answer, and the lookup in progress.
#[derive(Debug)]
struct CacheSlot<A>(Mutex<CacheState<A>>);

#[derive(Debug)]
struct CacheState<A> {
    known: Option<(Timestamp, A)>,
    asking: Option<PendingLookup<A>>,
}

impl<A> Default for CacheSlot<A> {
    fn default() -> Self {
        Self(Mutex::new(CacheState { known: None, asking: None }))
    }
}

impl<A> CacheSlot<A> {
    fn lock(&self) -> MutexGuard<'_, CacheState<A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Clone + Send + Sync + 'static> CacheSlot<A> {
    /// Returns the answer and its age. An age in the future, after the clock was set back, counts the same.
    fn known(&self, now: Timestamp) -> Option<(A, SignedDuration)> {
        let (asked_at, answer) = self.lock().known.clone()?;
        Some((answer, now.duration_since(asked_at).abs()))
    }

    /// Starts a lookup, or joins the one in progress.
    fn ask(
        self: &Arc<Self>,
        clock: &Arc<dyn Clock>,
        ask: impl Future<Output = anyhow::Result<A>> + Send + 'static,
    ) -> PendingLookup<A> {
        let mut state = self.lock();
        if let Some(asking) = &state.asking {
            return asking.clone();
        }
        let (slot, clock) = (Arc::clone(self), Arc::clone(clock));
        // In its own task, so that it completes even if all that wait for it are gone.
        let lookup = tokio::spawn(async move {
            let asked_at = clock.now();
            // A panic must not leave `asking` set, or no later lookup would be made.
            let answer = AssertUnwindSafe(ask).catch_unwind().await;
            let answer = answer.unwrap_or_else(|_| Err(anyhow!(ENDED_BADLY)));
            let mut state = slot.lock();
            state.asking = None;
            match &answer {
                Ok(answer) => state.remember(asked_at, answer.clone()),
                Err(error) => {
                    tracing::debug!(
                        error = format!("{error:#}"),
                        "cannot refresh what is cached about people"
                    );
                }
            }
            answer.map_err(LookupFailed::from)
        });
        let ended_badly = || LookupFailed::Other(ENDED_BADLY.to_owned());
        let asking = lookup.map(move |answer| answer.unwrap_or_else(|_| Err(ended_badly()))).boxed().shared();
        state.asking = Some(asking.clone());
        asking
    }
}

impl<A> CacheState<A> {
    /// Stores an answer unless a newer one is known. Its age counts from when the request was sent.
    fn remember(&mut self, asked_at: Timestamp, answer: A) {
        if self.known.as_ref().is_none_or(|(known_at, _)| *known_at <= asked_at) {
            self.known = Some((asked_at, answer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::client::fake::StillClock;

    #[tokio::test]
    async fn a_question_that_ends_badly_is_asked_anew_the_next_time() {
        let clock: Arc<dyn Clock> = Arc::new(StillClock::new());
        let memory: AnswerCache<u8, &str> = AnswerCache::new(1, REMEMBERED);
        for _ in 0..2 {
            let spoilt = memory.recall((&1, Freshness::Fresh), &clock, async { panic!("a mistake of ours") });
            assert_eq!(spoilt.await.unwrap_err().to_string(), ENDED_BADLY);
        }
        // Nobody awaits a background refresh, so nobody sees its panic.
        memory.learn(&1, true, clock.now() - SignedDuration::from_hours(1), "old");
        let answer = memory.recall((&1, Freshness::Known), &clock, async { panic!("a mistake of ours") });
        assert_eq!(answer.await.unwrap(), "old");
        tokio::task::yield_now().await;
        let lookup = memory.recall((&1, Freshness::Fresh), &clock, async { Ok("new") });
        assert_eq!(lookup.await.unwrap(), "new");
    }
}
