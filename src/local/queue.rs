//! The queue in a table: messages of the state machine and the provisioner, kept until they are handled. The
//! port defines what they mean.
//!
//! Receiving hides a message for a minute, like an SQS visibility timeout; a receiver that deletes it within
//! that time has handled it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::database::Database;
use super::{instant, workflow};
use crate::domain::ids::{ExecutionName, RequestId, TaskToken};
use crate::domain::period::Period;
use crate::ports::clock::Clock;
use crate::ports::queue::{Delivery, Queue, Signal};

/// The most messages in one answer.
const BATCH: i64 = 32;
/// How long a received message stays hidden.
const HIDDEN: Period = Period::seconds(60);
/// The shortest pause between two looks, so that a clock that stands still does not cause a busy loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

/// The queue in a [`Database`]. Clones share it.
#[derive(Clone, Debug)]
pub struct LocalQueue {
    database: Database,
    clock: Arc<dyn Clock>,
    bell: Arc<Notify>,
}

impl LocalQueue {
    /// Creates the queue in this database.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock, bell: Arc::default() }
    }

    /// Wakes receivers, after a message was enqueued and committed.
    pub(super) fn ring(&self) {
        self.bell.notify_waiters();
    }

    /// Returns when the next message becomes visible or the next execution expires.
    async fn next_visible(&self) -> anyhow::Result<Option<Timestamp>> {
        self.database
            .read(|connection| {
                let visible_at: Option<i64> = connection
                    .prepare_cached(
                        // In SQLite a value that is no number sorts after all numbers, and is left out here.
                        "SELECT CAST(min(visible_at) AS INTEGER) FROM queue WHERE visible_at <= ?1",
                    )?
                    .query_row([i64::MAX], |row| row.get(0))?;
                let visible_at = visible_at.map(instant::read);
                Ok(visible_at.into_iter().chain(workflow::next_expiry(connection)?).min())
            })
            .await
    }
}

#[async_trait]
impl Queue for LocalQueue {
    async fn receive(&self, wait: Duration) -> anyhow::Result<Vec<Delivery>> {
        let deadline = Instant::now() + wait;
        loop {
            let rung = self.bell.notified();
            tokio::pin!(rung);
            // Listen before looking, so that nothing enqueued in between is missed.
            rung.as_mut().enable();
            let now = self.clock.now();
            let next = self.next_visible().await.context("cannot look into the queue")?;
            // Taking is a write, and each write costs a flush. So it is done only when there is something to take.
            if next.is_some_and(|next| next <= now) {
                let deliveries = self.database.write(move |tx| take(tx, now)).await;
                let deliveries = deliveries.context("cannot receive from the queue")?;
                if !deliveries.is_empty() {
                    return Ok(deliveries);
                }
            }
            if Instant::now() >= deadline {
                return Ok(Vec::new());
            }
            let until = next.map_or(deadline, |next| deadline.min(Instant::now() + wait_for(next, now)));
            // The next look shows whether the notification or the timeout came first.
            drop(timeout_at(until, rung).await);
        }
    }

    async fn delete(&self, receipt: &str) -> anyhow::Result<()> {
        let id: i64 = receipt.parse().context("this receipt is not of this queue")?;
        self.database
            .write(move |tx| {
                tx.prepare_cached("DELETE FROM queue WHERE id = ?1")?.execute([id])?;
                anyhow::Ok(())
            })
            .await
            .context("cannot delete from the queue")
    }
}

fn wait_for(next: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(next.duration_since(now)).unwrap_or_default().max(SHORTEST_WAIT)
}

/// Enqueues a message that becomes visible at `visible_at`, once the transaction is committed.
pub(super) fn enqueue(tx: &Connection, visible_at: Timestamp, signal: &Signal) -> anyhow::Result<()> {
    let body = serde_json::to_string(&StoredSignal::from(signal))?;
    tx.prepare_cached("INSERT INTO queue (visible_at, body) VALUES (?1, ?2)")?
        .execute(params![instant::not_before(visible_at), body])?;
    Ok(())
}

fn take(tx: &Connection, now: Timestamp) -> anyhow::Result<Vec<Delivery>> {
    // Expired executions enqueue their signals first, so that this call already returns them.
    workflow::expire(tx, now)?;
    let rows = tx
        .prepare_cached("SELECT id, body FROM queue WHERE visible_at <= ?1 ORDER BY visible_at, id LIMIT ?2")?
        .query_map(params![instant::reached(now), BATCH], |row| {
            let body = row.get_ref(1)?.as_str().ok();
            Ok((row.get::<_, i64>(0)?, body.and_then(|body| serde_json::from_str::<StoredSignal>(body).ok())))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut hide = tx.prepare_cached("UPDATE queue SET visible_at = ?2 WHERE id = ?1")?;
    let mut deliveries = Vec::new();
    for (id, message) in rows {
        hide.execute(params![id, instant::not_before(HIDDEN.after(now))])?;
        // A message of a later version or a corrupt one must not block the others; it stays and is received
        // again.
        if let Some(message) = message {
            deliveries.push(Delivery { receipt: id.to_string(), signal: message.into() });
        } else {
            tracing::error!(message = id, "cannot read a message of the local queue");
        }
    }
    Ok(deliveries)
}

/// The stored form of a signal.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum StoredSignal {
    #[serde(rename = "approval.requested")]
    ApprovalRequested { request: RequestId, execution: ExecutionName, token: TaskToken },
    #[serde(rename = "provision.requested")]
    ProvisionRequested { request: RequestId, execution: ExecutionName, token: TaskToken },
    #[serde(rename = "execution.ended")]
    ExecutionEnded { request: RequestId, execution: ExecutionName, orderly: bool },
    #[serde(rename = "resource.changed")]
    ResourceCreated { request: RequestId, logical_id: String },
}

impl From<&Signal> for StoredSignal {
    fn from(signal: &Signal) -> Self {
        match signal.clone() {
            Signal::ApprovalRequested { request, execution, token } => {
                Self::ApprovalRequested { request, execution, token }
            }
            Signal::ProvisionRequested { request, execution, token } => {
                Self::ProvisionRequested { request, execution, token }
            }
            Signal::ExecutionEnded { request, execution, orderly } => {
                Self::ExecutionEnded { request, execution, orderly }
            }
            Signal::ResourceCreated { request, logical_id } => Self::ResourceCreated { request, logical_id },
        }
    }
}

impl From<StoredSignal> for Signal {
    fn from(message: StoredSignal) -> Self {
        match message {
            StoredSignal::ApprovalRequested { request, execution, token } => {
                Self::ApprovalRequested { request, execution, token }
            }
            StoredSignal::ProvisionRequested { request, execution, token } => {
                Self::ProvisionRequested { request, execution, token }
            }
            StoredSignal::ExecutionEnded { request, execution, orderly } => {
                Self::ExecutionEnded { request, execution, orderly }
            }
            StoredSignal::ResourceCreated { request, logical_id } => {
                Self::ResourceCreated { request, logical_id }
            }
        }
    }
}
