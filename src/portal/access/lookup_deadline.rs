//! Limits on how long a user waits for a lookup of people before being asked to press again.

use anyhow::Context as _;
use tokio::time::Instant;

use crate::portal::Portal;
use crate::ports::directory::Late;
use crate::ports::outage::Side;

/// Waits for a lookup until `deadline`. A longer lookup continues in the background, so that its answer is cached when
/// the user presses again.
pub(crate) async fn answered_by<T: Send + 'static>(
    deadline: Instant,
    lookup: impl Future<Output = anyhow::Result<T>> + Send + 'static,
) -> anyhow::Result<T> {
    // Spawned, so that the lookup outlives the deadline.
    let answer = tokio::time::timeout_at(deadline, tokio::spawn(lookup)).await;
    let answer = answer.map_err(|_| Side::Slack.failed(Late.into()))?;
    // Nothing aborts the task, so a `JoinError` means that it panicked.
    answer.context("the lookup panicked")?
}

impl Portal {
    /// Returns the deadline of a lookup that starts now.
    pub(crate) fn question_deadline(&self) -> Instant {
        Instant::now() + self.limits.question
    }

    /// Waits for a lookup as long as a user can wait.
    pub(crate) async fn wait_for_answer<T: Send + 'static>(
        &self,
        lookup: impl Future<Output = anyhow::Result<T>> + Send + 'static,
    ) -> anyhow::Result<T> {
        answered_by(self.question_deadline(), lookup).await
    }

    /// Like [`Self::wait_for_answer`], but waits only briefly, for work that can continue without the answer.
    pub(crate) async fn wait_briefly<T: Send + 'static>(
        &self,
        lookup: impl Future<Output = anyhow::Result<T>> + Send + 'static,
    ) -> anyhow::Result<T> {
        answered_by(Instant::now() + self.limits.standing, lookup).await
    }
}
