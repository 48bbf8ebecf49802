//! Other bots on the same store. While a bot runs that can read a higher format, this one leaves all jobs to it, since
//! it would get some of them wrong.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};

use crate::portal::Portal;
use crate::ports::store::Bot;
use crate::ports::stored::{FORMAT, Newer};

/// How often a bot reports that it is alive.
const SAID_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// When a bot that has not reported counts as gone.
const GONE_AFTER: SignedDuration = SignedDuration::from_secs(150);

impl Portal {
    /// Reports that this bot is alive, if that is due, and looks for newer bots.
    ///
    /// # Errors
    /// If the store cannot be used; the previous result stays in force.
    pub(super) async fn look_for_bots(&self) -> anyhow::Result<()> {
        let (now, store) = (self.now(), &self.ports.store);
        let mut said_at = self.bots.said_at.lock().await;
        // `abs`, so that a clock that was set back does not make this bot look gone.
        if said_at.is_none_or(|said_at| now.duration_since(said_at).abs() >= SAID_EVERY) {
            let bot = Bot { id: self.bots.id.to_string(), format: FORMAT, seen_at: now };
            store.put_bot(&bot).await?;
            *said_at = Some(now);
        }
        let bots = store.bots(now.saturating_sub(GONE_AFTER).unwrap_or(Timestamp::MIN)).await?;
        // Bots of the same or an older format share the jobs by claims.
        let is_there = bots.iter().any(|bot| bot.format > FORMAT);
        if self.bots.newer_is_there.swap(is_there, Ordering::Relaxed) != is_there {
            if is_there {
                tracing::warn!("a newer bot is running on this store; leaving all jobs to it");
            } else {
                tracing::info!("no newer bot is running on this store any more; running jobs again");
            }
        }
        Ok(())
    }

    /// Returns whether jobs are left to a newer bot.
    pub(crate) fn leaves_jobs(&self) -> bool {
        self.bots.newer_is_there.load(Ordering::Relaxed)
    }

    /// Returns whether this error is about data that a newer bot has stored, and logs that.
    pub(crate) fn is_of_a_newer_bot(&self, error: &anyhow::Error) -> bool {
        let is_newer = error.is::<Newer>();
        if is_newer {
            tracing::warn!(
                bot = &*self.bots.id,
                "found data that only a newer bot can read; leaving it alone"
            );
        }
        is_newer
    }
}
