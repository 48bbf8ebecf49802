//! How long whoever acts waits for what Slack says about people, before they are told to press again.

use anyhow::Context as _;
use tokio::time::Instant;

use super::Portal;
use crate::ports::directory::Late;
use crate::ports::outage::Side;

/// Waits for an answer about people until `deadline`. A question that takes longer continues in the background, so that its
/// answer is known when they press again.
pub(super) async fn answered_by<T: Send + 'static>(
    deadline: Instant,
    asked: impl Future<Output = anyhow::Result<T>> + Send + 'static,
) -> anyhow::Result<T> {
    let asked = tokio::time::timeout_at(deadline, tokio::spawn(asked)).await;
    let asked = asked.map_err(|_| Side::Slack.failed(Late.into()))?;
    asked.context("the question ended badly")?
}

impl Portal {
    /// When whoever begins to wait for an answer about people now is told to press again.
    pub(super) fn question_deadline(&self) -> Instant {
        Instant::now() + self.limits.question
    }

    /// Waits for an answer about people as long as a person can wait.
    pub(super) async fn wait_for_answer<T: Send + 'static>(
        &self,
        asked: impl Future<Output = anyhow::Result<T>> + Send + 'static,
    ) -> anyhow::Result<T> {
        answered_by(self.question_deadline(), asked).await
    }

    /// The same, but only for a moment, where work can continue without the answer.
    pub(super) async fn wait_briefly<T: Send + 'static>(
        &self,
        asked: impl Future<Output = anyhow::Result<T>> + Send + 'static,
    ) -> anyhow::Result<T> {
        answered_by(Instant::now() + self.limits.standing, asked).await
    }
}
