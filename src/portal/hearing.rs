//! Whether people can be heard. While they cannot, by any bot, no time limit of theirs ends anything, and those that ran out
//! meanwhile are moved as soon as they can be again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::{Error, Portal};
use crate::domain::event::Event;
use crate::domain::job::JobKey;
use crate::domain::next::next;
use crate::domain::silence::Silence;
use crate::ports::outage::Side;
use crate::ports::stored::is_unread;

/// How often it is noted that people are heard.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How old Slack's last answer may be when something is about to end.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// What is due within this time after a silence may have to be moved.
const LOOKED_AHEAD: SignedDuration = SignedDuration::from_hours(25);
/// Jobs that are looked through then; more than there are.
const MOST: usize = 1_000_000;

/// What is known of it; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ears {
    over_sockets: Arc<AtomicBool>,
    hear: Arc<AtomicBool>,
    noted: Arc<Mutex<Noted>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Noted {
    /// When it was noted last that people are heard.
    at: Option<Timestamp>,
    /// When they were last found to be heard.
    found: Option<Timestamp>,
    /// Since when this bot hears nobody, if it has looked and does not.
    deaf_since: Option<Timestamp>,
    /// Since when they can be heard again, where their time limits are not all moved yet.
    back_since: Option<Timestamp>,
}

impl Noted {
    fn is_deaf(&mut self, now: Timestamp) {
        self.deaf_since.get_or_insert(now);
        self.back_since = None;
    }

    fn hears(&mut self, now: Timestamp) {
        self.found = Some(now);
        self.deaf_since = None;
    }
}

fn is_recent(at: Option<Timestamp>, now: Timestamp, age: SignedDuration) -> bool {
    at.is_some_and(|at| now.duration_since(at).abs() < age)
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
        let mut noted = self.ears.noted.lock().await;
        let (now, heard) = (self.now(), self.ears.hear.load(Ordering::Relaxed));
        let is_noted = is_recent(noted.at, now, NOTED_EVERY);
        // Slack is asked as often as it is noted, and all the time while it does not answer.
        let can_be_heard = self.is_connected() && ((heard && is_noted) || self.slack_answers().await);
        if !can_be_heard {
            self.ears.hear.store(false, Ordering::Relaxed);
            noted.is_deaf(now);
            return Ok(());
        }
        if !heard {
            // However often it takes until all are moved, each is moved once.
            let until = *noted.back_since.get_or_insert(now);
            let before = self.ports.store.heard_at().await?.max(noted.at);
            if let Some(from) = before.filter(|from| *from < until) {
                self.move_limits(&Silence { from, until }).await?;
            }
        }
        if !(heard && is_noted) {
            self.ports.store.put_heard(now).await?;
            *noted = Noted { at: Some(now), ..Noted::default() };
            noted.hears(now);
        }
        self.ears.hear.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn is_connected(&self) -> bool {
        !self.ears.over_sockets.load(Ordering::Relaxed) || self.metrics.sockets() > 0
    }

    async fn slack_answers(&self) -> bool {
        let outages = &self.ports.trouble.outages;
        let why = match tokio::time::timeout(self.limits.health, self.ports.slack.check()).await {
            Ok(Ok(())) => {
                outages.answers(Side::Slack);
                return true;
            }
            Ok(Err(error)) => format!("{error:#}"),
            Err(elapsed) => elapsed.to_string(),
        };
        outages.fails(Side::Slack, &why);
        false
    }

    /// Whether a time limit of people may end anything now: they are heard at this moment by this bot, or since it hears
    /// nobody by another.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub(super) async fn hears_people(&self) -> anyhow::Result<bool> {
        let deaf_since = {
            let mut noted = self.ears.noted.lock().await;
            let now = self.now();
            if self.ears.hear.load(Ordering::Relaxed) {
                let is_fresh = is_recent(noted.found, now, FRESH);
                if self.is_connected() && (is_fresh || self.slack_answers().await) {
                    noted.hears(now);
                    return Ok(true);
                }
                self.ears.hear.store(false, Ordering::Relaxed);
                noted.is_deaf(now);
            }
            *noted.deaf_since.get_or_insert(now)
        };
        Ok(self.ports.store.heard_at().await?.is_some_and(|at| at > deaf_since))
    }

    /// Whether this bot hears people now, as far as it knows.
    pub(super) fn hears_now(&self) -> bool {
        self.ears.hear.load(Ordering::Relaxed)
    }

    async fn move_limits(&self, silence: &Silence) -> anyhow::Result<()> {
        let ahead = silence.until.saturating_add(LOOKED_AHEAD).unwrap_or(Timestamp::MAX);
        let mut moved = 0;
        for id in self.ports.store.due(ahead, MOST).await?.iter().filter_map(JobKey::limits) {
            let event = Event::Unheard { silence: *silence };
            match self.change(id, |request, now| next(request, &event, now)).await {
                Ok(_) => moved += 1,
                Err(Error::Refused(_)) => {}
                // One that cannot be read keeps none from being moved; nothing ends it either.
                Err(Error::Failed(error)) if is_unread(&error) => {
                    tracing::warn!(request = %id, error = format!("{error:#}"), "a time limit cannot be moved");
                }
                Err(Error::Failed(error)) => return Err(error.context("cannot move a time limit")),
            }
        }
        if moved > 0 {
            tracing::info!(
                moved,
                from = %silence.from,
                until = %silence.until,
                "nobody was heard for certain: time limits of people are moved"
            );
        }
        Ok(())
    }
}
