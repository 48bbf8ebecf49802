//! Whether people can be heard. While they cannot, by any bot, no time limit of theirs ends anything, and those that ran out
//! meanwhile are moved as soon as they can be again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::error::Elapsed;

use super::{Error, Portal};
use crate::domain::event::Event;
use crate::domain::ids::RequestId;
use crate::domain::job::JobKey;
use crate::domain::silence::Silence;
use crate::domain::transition::next;
use crate::ports::clock::is_recent;
use crate::ports::outage::{Side, Unanswered as _};
use crate::ports::slack::SlackError;
use crate::ports::stored::is_unread;

/// How often it is noted that people are heard.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// What another bot noted longer ago says nothing about now.
const HOLDS_FOR: SignedDuration = SignedDuration::from_secs(150);
/// How old Slack's last answer may be when something is about to end.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// What is due within this time after a silence may have to be moved.
const LOOKED_AHEAD: SignedDuration = SignedDuration::from_hours(25);
/// Jobs that are looked through at a time then.
const PAGE: usize = 500;

/// What is known of it; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ears {
    over_sockets: Arc<AtomicBool>,
    state: Arc<Mutex<HearingState>>,
    /// There is one look at a time.
    look: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct HearingState {
    /// Whether this bot hears people, and every time limit of theirs was moved since it did not.
    hears: bool,
    /// When it was noted last that people are heard.
    noted: Option<Timestamp>,
    /// When Slack was found to answer last.
    answered: Option<Timestamp>,
    /// Since when this bot hears nobody, if it has looked and does not.
    unheard_since: Option<Timestamp>,
    /// Since when people can be heard again, where their time limits are not all moved yet.
    back_since: Option<Timestamp>,
}

impl HearingState {
    fn hears_nobody(&mut self, now: Timestamp) {
        (self.hears, self.answered, self.back_since) = (false, None, None);
        self.unheard_since.get_or_insert(now);
    }
}

impl Portal {
    /// Has people count as heard only while a socket is connected.
    pub fn hears_over_sockets(&self) {
        self.ears.over_sockets.store(true, Ordering::Relaxed);
    }

    /// Finds out whether people can be heard. Once they can be again, moves their time limits before anything ends by one.
    ///
    /// # Errors
    /// When the store cannot be used; then it is done at the next look, and nothing ends until then.
    pub(super) async fn listen(&self) -> anyhow::Result<()> {
        let _one = self.ears.look.lock().await;
        let (now, before) = (self.now(), *self.state());
        let is_noted = before.hears && is_recent(before.noted, now, NOTED_EVERY);
        // Slack is asked as often as it is noted, and all the time while it does not answer.
        if !self.is_connected() || !(is_noted || self.slack_answers().await) {
            self.state().hears_nobody(now);
            return Ok(());
        }
        if !before.hears {
            // However often it takes until all are moved, each is moved once.
            let until = *self.state().back_since.get_or_insert(now);
            let heard_at = self.ports.store.heard_at().await?.max(before.noted);
            if let Some(from) = heard_at.filter(|from| *from < until) {
                self.move_limits(&Silence { from, until }).await?;
            }
        }
        if !is_noted {
            self.ports.store.put_heard(now).await?;
            *self.state() = HearingState {
                hears: true,
                noted: Some(now),
                answered: Some(now),
                ..HearingState::default()
            };
        }
        Ok(())
    }

    /// Whether a time limit of people may end anything now: they are heard at this moment by this bot, or since it hears
    /// nobody, and lately, by another.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub(super) async fn hears_people(&self) -> anyhow::Result<bool> {
        let (now, before) = (self.now(), *self.state());
        if before.hears {
            if self.is_connected() {
                if is_recent(before.answered, now, FRESH) {
                    return Ok(true);
                }
                if self.slack_answers().await {
                    self.state().answered = Some(now);
                    return Ok(true);
                }
            }
            self.state().hears_nobody(now);
        }
        let since = *self.state().unheard_since.get_or_insert(now);
        let noted = self.ports.store.heard_at().await?;
        Ok(noted.is_some_and(|at| at > since) && is_recent(noted, now, HOLDS_FOR))
    }

    /// Whether this bot hears people now, as far as it knows.
    pub(super) fn hears_now(&self) -> bool {
        self.state().hears
    }

    /// Whether this side has answered when it was asked whether it is well. One that asks to be asked less often has.
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
            // Whoever called has said so.
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
        !self.ears.over_sockets.load(Ordering::Relaxed) || self.metrics.sockets() > 0
    }

    fn state(&self) -> MutexGuard<'_, HearingState> {
        self.ears.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there was a time limit to move.
    async fn move_limit(&self, id: RequestId, silence: &Silence) -> anyhow::Result<bool> {
        let event = Event::Unheard { silence: *silence };
        match self.change(id, |request, now| next(request, &event, now)).await {
            Ok(_) => Ok(true),
            Err(Error::Refused(_)) => Ok(false),
            // One that cannot be read keeps none from being moved; nothing ends it either.
            Err(Error::Failed(error)) if is_unread(&error) => {
                tracing::warn!(request = %id, error = format!("{error:#}"), "a time limit cannot be moved");
                Ok(false)
            }
            Err(Error::Failed(error)) => Err(error.context("cannot move a time limit")),
        }
    }

    async fn move_limits(&self, silence: &Silence) -> anyhow::Result<()> {
        let ahead = silence.until.saturating_add(LOOKED_AHEAD).unwrap_or(Timestamp::MAX);
        let (mut moved, mut from, mut page) = (0, Timestamp::MIN, PAGE);
        // Those of the moment at which the last page ended: the next one begins with them.
        let mut seen: BTreeSet<JobKey> = BTreeSet::new();
        loop {
            let due = self.ports.store.due_between(from, ahead, page).await?;
            let Some(last) = due.last().map(|(at, _)| *at) else { break };
            let is_last = due.len() < page;
            let new = due.iter().filter(|(_, key)| !seen.contains(key));
            for id in new.filter_map(|(_, key)| key.limits()) {
                moved += usize::from(self.move_limit(id, silence).await?);
            }
            if is_last {
                break;
            }
            // More are due at one moment than a page holds.
            page = if last == from { page.saturating_mul(2) } else { PAGE };
            seen = due.into_iter().filter(|(at, _)| *at == last).map(|(_, key)| key).collect();
            from = last;
        }
        if moved > 0 {
            tracing::info!(
                moved,
                from = %silence.from,
                until = %silence.until,
                "people may not have been heard: their time limits are moved"
            );
        }
        Ok(())
    }
}
