//! The other bots on the same store. While a newer one is there that reads a higher format, this one leaves the jobs to it:
//! it would get some of them wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::Portal;
use crate::ports::store::Bot;
use crate::ports::stored::{FORMAT, Newer};

/// How often a bot says that it is there.
const SAID_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// One that has not said so for this time is gone.
const GONE_AFTER: SignedDuration = SignedDuration::from_secs(150);

/// What is known of them; clones share it.
#[derive(Clone, Debug)]
pub(super) struct KnownBots {
    id: Arc<str>,
    said_at: Arc<Mutex<Option<Timestamp>>>,
    newer_is_there: Arc<AtomicBool>,
}

impl Default for KnownBots {
    fn default() -> Self {
        Self {
            id: Uuid::new_v4().to_string().into(),
            said_at: Arc::default(),
            newer_is_there: Arc::default(),
        }
    }
}

impl Portal {
    /// Says that this bot is there where it is time to, and looks who else is.
    ///
    /// # Errors
    /// When the store cannot be used; then what was known stays.
    pub(super) async fn look_for_bots(&self) -> anyhow::Result<()> {
        let (now, store) = (self.now(), &self.ports.store);
        let mut said_at = self.bots.said_at.lock().await;
        if said_at.is_none_or(|said_at| now.duration_since(said_at).abs() >= SAID_EVERY) {
            let bot = Bot { id: self.bots.id.to_string(), format: FORMAT, seen_at: now };
            store.put_bot(&bot).await?;
            *said_at = Some(now);
        }
        let bots = store.bots(now.saturating_sub(GONE_AFTER).unwrap_or(Timestamp::MIN)).await?;
        let is_there = bots.iter().any(|bot| bot.format > FORMAT);
        if self.bots.newer_is_there.swap(is_there, Ordering::Relaxed) != is_there {
            if is_there {
                tracing::warn!("a newer bot works on the store: this one leaves the jobs to it");
            } else {
                tracing::info!(
                    "no newer bot works on the store any more: this one does the jobs it can read"
                );
            }
        }
        Ok(())
    }

    /// Whether jobs are left to a newer bot.
    pub(crate) fn leaves_jobs(&self) -> bool {
        self.bots.newer_is_there.load(Ordering::Relaxed)
    }

    /// Whether this is about something that a newer bot has stored; the log says so.
    pub(crate) fn is_of_a_newer_bot(&self, error: &anyhow::Error) -> bool {
        let is_newer = error.is::<Newer>();
        if is_newer {
            tracing::warn!(
                bot = &*self.bots.id,
                "met something that a newer bot has stored, and leaves it alone"
            );
        }
        is_newer
    }
}
