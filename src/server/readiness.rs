//! Readiness: whether the store and Slack can be reached, and whether Slack can reach us if that takes a socket. The
//! checks run at most every five seconds, however often a probe asks.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::portal::{Portal, Side};

/// How long a result is reused.
const REPEATED_FOR: SignedDuration = SignedDuration::from_secs(5);

/// Checks readiness. Cheap to clone; clones share one result.
#[derive(Clone, Debug)]
pub(super) struct Readiness {
    portal: Portal,
    over_sockets: bool,
    last: Arc<Mutex<Option<ReadinessBody>>>,
}

#[derive(Clone, Debug)]
struct ReadinessBody {
    at: Timestamp,
    problems: Vec<String>,
}

impl Readiness {
    pub(super) fn new(portal: Portal, over_sockets: bool) -> Self {
        Self { portal, over_sockets, last: Arc::default() }
    }

    /// Returns what is not ready; empty if all is well. Names the part but not the reason, which is logged: the route
    /// needs no authentication.
    pub(super) async fn problems(&self) -> Vec<String> {
        let deaf = self.over_sockets && self.portal.metrics.sockets() == 0;
        let mut problems = self.checked().await;
        // Not part of the shared result, because it is known without asking anybody.
        if deaf {
            problems.push("socket: not connected".to_owned());
        }
        if self.portal.leaves_jobs() {
            problems.push("store: used by a newer version, which does the jobs".to_owned());
        }
        problems
    }

    /// Checks the store and Slack, or returns the last result.
    async fn checked(&self) -> Vec<String> {
        // Held during the checks, so that concurrent probes share one check.
        let mut last = self.last.lock().await;
        let now = self.portal.ports.clock.now();
        if let Some(answer) = last.as_ref()
            && now.duration_since(answer.at).abs() < REPEATED_FOR
        {
            return answer.problems.clone();
        }
        let (store, slack) = tokio::join!(
            tokio::time::timeout(self.portal.limits.health, self.portal.ports.store.check()),
            tokio::time::timeout(self.portal.limits.health, self.portal.ports.slack.check()),
        );
        let problems: Vec<String> = [self.unready(Side::Store, store), self.unready(Side::Slack, slack)]
            .into_iter()
            .flatten()
            .collect();
        *last = Some(ReadinessBody { at: now, problems: problems.clone() });
        problems
    }

    fn unready(
        &self,
        side: Side,
        answer: Result<anyhow::Result<()>, tokio::time::error::Elapsed>,
    ) -> Option<String> {
        if self.portal.has_answered(side, answer) {
            return None;
        }
        let part = if side == Side::Store { "store" } else { "slack" };
        Some(format!("{part}: not ready"))
    }
}
