//! The metrics route. Updates the gauges that only the store knows at most every five seconds, however often it is
//! scraped.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::readiness::Readiness;
use crate::portal::metrics::StateGauges;
use crate::portal::{Portal, Side, warn_unless};

/// How long a result is reused.
const RELIED_ON: SignedDuration = SignedDuration::from_secs(5);

/// Renders metrics. Cheap to clone; clones share the last update.
#[derive(Clone, Debug)]
pub(super) struct Scrape {
    portal: Portal,
    readiness: Readiness,
    looked_at: Arc<Mutex<Option<Timestamp>>>,
}

impl Scrape {
    pub(super) fn new(portal: Portal, readiness: Readiness) -> Self {
        Self { portal, readiness, looked_at: Arc::default() }
    }

    /// Returns all metrics in the Prometheus text format.
    ///
    /// # Errors
    /// See [`crate::portal::metrics::Metrics::render`].
    pub(super) async fn render(&self) -> anyhow::Result<String> {
        self.look().await;
        self.portal.metrics.is_ready(self.readiness.problems().await.is_empty());
        self.portal.metrics.render()
    }

    async fn look(&self) {
        // Held during the update, so that concurrent scrapes share one update.
        let mut looked_at = self.looked_at.lock().await;
        let now = self.portal.ports.clock.now();
        if looked_at.is_some_and(|time| now.duration_since(time).abs() < RELIED_ON) {
            return;
        }
        let store = &self.portal.ports.store;
        let look = async {
            let (pause, parked, due) = tokio::join!(store.pause(), store.count_parked(), store.next_due());
            let oldest = due?.map_or(0, |due| now.duration_since(due).as_secs());
            anyhow::Ok(StateGauges { paused: pause?.is_some(), parked: parked?, oldest })
        };
        let silent = |_| Err(Side::Store.failed(anyhow::anyhow!("it does not answer")));
        match tokio::time::timeout(self.portal.limits.health, look).await.unwrap_or_else(silent) {
            Ok(standing) => self.portal.metrics.stands(standing),
            Err(error) => {
                warn_unless!(
                    self.portal.ports.trouble.outages.explains(&error),
                    error = format!("{error:#}"),
                    "the metrics lack what is read from the store"
                );
            }
        }
        // Also after a failure, so that a store that does not answer is not asked more often.
        *looked_at = Some(now);
    }
}
