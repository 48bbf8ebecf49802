//! Whether the store and Slack can be reached and how its jobs stand, asked at most every five seconds however often a
//! probe asks us; and whether Slack can reach us where that takes a socket.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::portal::Portal;
use crate::portal::metrics::Look;

/// How long an answer is repeated.
const REPEATED_FOR: SignedDuration = SignedDuration::from_secs(5);
/// How long the store and Slack have to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Jobs that were given up are counted up to here.
const MOST_PARKED: usize = 100;

/// Cheap to clone; all clones share one answer.
#[derive(Clone, Debug)]
pub(super) struct Readiness {
    portal: Portal,
    over_sockets: bool,
    last: Arc<Mutex<Option<Answer>>>,
}

#[derive(Clone, Debug)]
struct Answer {
    at: Timestamp,
    problems: Vec<String>,
    parked: Option<usize>,
    oldest: Option<Duration>,
}

impl Readiness {
    pub(super) fn new(portal: Portal, over_sockets: bool) -> Self {
        Self { portal, over_sockets, last: Arc::default() }
    }

    /// What is not ready; empty when all is well. Says which part, never why: the log has the reason.
    pub(super) async fn problems(&self) -> Vec<String> {
        let deaf = self.over_sockets && self.portal.metrics.sockets() == 0;
        let mut problems = self.asked().await.problems;
        problems.extend(deaf.then(|| "socket: not connected".to_owned()));
        problems
    }

    /// Has the metrics show how things are.
    pub(super) async fn show(&self) {
        let Answer { parked, oldest, .. } = self.asked().await;
        let ready = self.problems().await.is_empty();
        self.portal.metrics.show(Look { ready, parked, oldest });
    }

    /// What the store and Slack say of themselves.
    async fn asked(&self) -> Answer {
        let mut last = self.last.lock().await;
        let now = self.portal.ports.clock.now();
        if let Some(answer) = last.as_ref()
            && now.duration_since(answer.at).abs() < REPEATED_FOR
        {
            return answer.clone();
        }
        let store = &self.portal.ports.store;
        let (checked, slack, parked, due) = tokio::join!(
            tokio::time::timeout(PATIENCE, store.check()),
            tokio::time::timeout(PATIENCE, self.portal.ports.slack.check()),
            tokio::time::timeout(PATIENCE, store.parked(MOST_PARKED)),
            tokio::time::timeout(PATIENCE, store.next_due()),
        );
        let problems = [unready("store", checked), unready("slack", slack)].into_iter().flatten().collect();
        // A job that is due later has not waited at all.
        let waited = |due: Option<Timestamp>| {
            due.and_then(|due| Duration::try_from(now.duration_since(due)).ok()).unwrap_or_default()
        };
        let answer = Answer {
            at: now,
            problems,
            parked: parked.ok().and_then(Result::ok).map(|parked| parked.len()),
            oldest: due.ok().and_then(Result::ok).map(waited),
        };
        *last = Some(answer.clone());
        answer
    }
}

fn unready(what: &str, answer: Result<anyhow::Result<()>, tokio::time::error::Elapsed>) -> Option<String> {
    let why = match answer {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => format!("{error:#}"),
        Err(elapsed) => elapsed.to_string(),
    };
    tracing::warn!(what, error = why, "not ready");
    Some(format!("{what}: not ready"))
}
