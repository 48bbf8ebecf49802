//! What has come to its end is forgotten by the store, now and then and a little at a time.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::Portal;
use super::lease::clock_is_off;
use crate::ports::outage::warn_unless;

/// How often it is looked for what has come to its end.
const EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Looks after one another while there is more, so that an old store is caught up with in the background.
const MOST_LOOKS: usize = 20;

/// When this bot looked last; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Forgetting(Arc<Mutex<Option<Timestamp>>>);

impl Portal {
    /// Has the store forget what has come to its end, where it is time to. The first time is a while after the start: what was
    /// under way when a bot ended is done first.
    ///
    /// A clock that is days ahead would forget what still counts, so nothing is forgotten while Slack's tells another time.
    ///
    /// # Errors
    /// When the store cannot be used; then it is done at the next look.
    pub(super) async fn forget(&self) -> anyhow::Result<()> {
        let now = self.now();
        let mut looked_at = self.forgetting.0.lock().await;
        let since = looked_at.get_or_insert(now);
        if now.duration_since(*since).abs() < EVERY {
            return Ok(());
        }
        if let Some(put_off) = clock_is_off(self).await {
            warn_unless!(
                self.ports.trouble.outages.explains(&put_off),
                why = format!("{put_off:#}"),
                "nothing is forgotten"
            );
            *since = now;
            return Ok(());
        }
        for _ in 0..MOST_LOOKS {
            if !self.ports.store.forget(now).await? {
                *since = now;
                break;
            }
        }
        Ok(())
    }
}
