//! Whether users can reach any bot through Slack. While they cannot, no deadline of theirs ends anything, and deadlines
//! that passed meanwhile are moved once they can.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::error::Elapsed;

use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::JobKey;
use crate::domain::silence::Silence;
use crate::portal::commit::{ChangeOptions, applying};
use crate::portal::memory::ReachabilityState;
use crate::portal::{Error, Portal};
use crate::ports::clock::is_recent;
use crate::ports::outage::{Side, Unanswered as _};
use crate::ports::slack::SlackError;
use crate::ports::stored::is_unread;

/// How often to store that users can reach us.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How long such a record of another bot is valid.
const HOLDS_FOR: SignedDuration = SignedDuration::from_secs(150);
/// How old Slack's last answer may be when a deadline is about to end something.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// Deadlines up to this long after a silence may have to be moved.
const LOOKED_AHEAD: SignedDuration = SignedDuration::from_hours(25);
/// How many jobs to read at a time for that.
const PAGE: usize = 500;

impl Portal {
    /// Requires an open socket for users to count as able to reach us.
    pub fn needs_socket(&self) {
        self.reachability.over_sockets.store(true, Ordering::Relaxed);
    }

    /// Checks whether users can reach us. When they can again, moves their deadlines before anything ends because of
    /// one.
    ///
    /// # Errors
    /// If the store cannot be used. The next check tries again, and nothing ends until then.
    pub(super) async fn listen(&self) -> anyhow::Result<()> {
        let _guard = self.reachability.look.lock().await;
        let (now, before) = (self.now(), *self.state());
        let is_noted = before.is_reachable && is_recent(before.noted, now, NOTED_EVERY);
        // Ask Slack only as often as the result is stored, but on every check while it does not answer.
        if !self.is_connected() || !(is_noted || self.slack_answers().await) {
            self.state().lose(now);
            return Ok(());
        }
        if !before.is_reachable {
            // `until` stays the same over several attempts, so each deadline is moved only once.
            let until = *self.state().back_since.get_or_insert(now);
            // Another bot may have been reachable longer than this one; then the silence is shorter.
            let last_reachable = self.ports.store.heard_at().await?.max(before.noted);
            if let Some(from) = last_reachable.filter(|from| *from < until) {
                self.move_limits(&Silence { from, until }).await?;
            }
        }
        if !is_noted {
            self.ports.store.put_heard(now).await?;
            *self.state() = ReachabilityState {
                is_reachable: true,
                noted: Some(now),
                answered: Some(now),
                ..ReachabilityState::default()
            };
        }
        Ok(())
    }

    /// Returns whether a deadline may end something now: users can reach this bot, or they have recently reached
    /// another one since they could not reach this one.
    ///
    /// # Errors
    /// If the store cannot be used.
    pub(super) async fn any_bot_is_reachable(&self) -> anyhow::Result<bool> {
        let (now, before) = (self.now(), *self.state());
        if before.is_reachable {
            if self.is_connected() {
                if is_recent(before.answered, now, FRESH) {
                    return Ok(true);
                }
                if self.slack_answers().await {
                    self.state().answered = Some(now);
                    return Ok(true);
                }
            }
            self.state().lose(now);
        }
        // Without an answer from Slack, only a record that is newer than this bot's own silence proves anything.
        let since = *self.state().unreachable_since.get_or_insert(now);
        let noted = self.ports.store.heard_at().await?;
        Ok(noted.is_some_and(|at| at > since) && is_recent(noted, now, HOLDS_FOR))
    }

    /// Returns whether users can reach this bot, according to the last check.
    pub(super) fn is_reachable(&self) -> bool {
        self.state().is_reachable
    }

    /// Returns whether a health check succeeded, and records it for the log of outages. A rate limit counts as an
    /// answer.
    pub fn has_answered(&self, side: Side, answer: Result<anyhow::Result<()>, Elapsed>) -> bool {
        let outages = &self.ports.trouble.outages;
        let why = match answer {
            Ok(Ok(())) => {
                outages.answers(side);
                return true;
            }
            Ok(Err(error)) if matches!(error.downcast_ref(), Some(SlackError::RateLimited(_))) => {
                return true;
            }
            // The callee has logged it.
            Ok(Err(error)) if error.is_told() => return false,
            Ok(Err(error)) => format!("{error:#}"),
            Err(elapsed) => elapsed.to_string(),
        };
        outages.fails(side, &why);
        false
    }

    async fn slack_answers(&self) -> bool {
        let answer = tokio::time::timeout(self.limits.health, self.ports.slack.check()).await;
        self.has_answered(Side::Slack, answer)
    }

    fn is_connected(&self) -> bool {
        !self.reachability.over_sockets.load(Ordering::Relaxed) || self.metrics.sockets() > 0
    }

    fn state(&self) -> MutexGuard<'_, ReachabilityState> {
        self.reachability.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether a deadline of this request was moved.
    async fn move_limit(&self, id: RequestId, silence: &Silence) -> anyhow::Result<bool> {
        let event = Event::Unheard { silence: *silence };
        match self.change(id, ChangeOptions::default(), applying(&event)).await {
            Ok(_) => Ok(true),
            Err(Error::Refused(_)) => Ok(false),
            // An unreadable request must not keep others from being moved; nothing can end it either.
            Err(Error::Failed(error)) if is_unread(&error) => {
                tracing::warn!(request = %id, error = format!("{error:#}"), "cannot extend a deadline");
                Ok(false)
            }
            Err(Error::Failed(error)) => Err(error.context("cannot extend a deadline")),
        }
    }

    async fn move_limits(&self, silence: &Silence) -> anyhow::Result<()> {
        let ahead = silence.until.saturating_add(LOOKED_AHEAD).unwrap_or(Timestamp::MAX);
        let (mut moved, mut from, mut limit) = (0, Timestamp::MIN, PAGE);
        // Jobs due at the last moment of the previous page; the next page starts with that moment again.
        let mut seen: BTreeSet<JobKey> = BTreeSet::new();
        loop {
            let due = self.ports.store.due_between(from, ahead, limit).await?;
            let Some(last) = due.last().map(|(at, _)| *at) else { break };
            let is_last = due.len() < limit;
            let new = due.iter().filter(|(_, key)| !seen.contains(key));
            for id in new.filter_map(|(_, key)| key.limits()) {
                moved += usize::from(self.move_limit(id, silence).await?);
            }
            if is_last {
                break;
            }
            // More jobs are due at one moment than fit on a page, so the page has to grow.
            limit = if last == from { limit.saturating_mul(2) } else { PAGE };
            seen = due.into_iter().filter(|(at, _)| *at == last).map(|(_, key)| key).collect();
            from = last;
        }
        if moved > 0 {
            tracing::info!(
                moved,
                from = %silence.from,
                until = %silence.until,
                "people may have been unable to reach the bot; their deadlines are extended"
            );
        }
        Ok(())
    }
}
