//! Periodic deletion of expired records in the store, a little at a time.

use jiff::SignedDuration;

use crate::portal::Portal;
use crate::portal::jobs::lease::clock_is_off;
use crate::ports::outage::warn_unless;

/// How often to look for expired records.
const EVERY: SignedDuration = SignedDuration::from_mins(10);
/// How many batches to delete in a row. The rest follows soon, so that a large backlog does not block other work.
const MOST_LOOKS: usize = 20;

impl Portal {
    /// Deletes expired records if that is due. The first time is a while after the start, so that work which a previous
    /// bot left unfinished is done first.
    ///
    /// Deletes nothing while our clock differs from Slack's: a clock that is days ahead would delete what is still
    /// needed.
    ///
    /// # Errors
    /// If the store cannot be used; the next run tries again.
    pub(super) async fn forget(&self) -> anyhow::Result<()> {
        let now = self.now();
        // Held while deleting, so that two runs do not delete the same records.
        let mut last_run = self.forgetting.0.lock().await;
        let since = last_run.get_or_insert(now);
        // `abs`, so that a clock that was set back does not put it off for long.
        if now.duration_since(*since).abs() < EVERY {
            return Ok(());
        }
        if let Some(doubt) = clock_is_off(self).await {
            warn_unless!(
                self.ports.trouble.outages.explains(&doubt),
                why = format!("{doubt:#}"),
                "expired records are kept while the clock is in doubt"
            );
            *since = now;
            return Ok(());
        }
        // If more remain afterwards, `since` stays as it is and the next call continues.
        for _ in 0..MOST_LOOKS {
            if !self.ports.store.forget(now).await? {
                *since = now;
                break;
            }
        }
        Ok(())
    }
}
