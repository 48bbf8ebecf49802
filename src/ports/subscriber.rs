//! Whoever automates something and wants to hear of every change: a webhook or a topic.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::audit::AuditEntry;

/// Hears what happens, an entry of the trail at a time. Told again of one, it knows that by the entry's request and number.
#[async_trait]
pub trait Subscriber: Debug + Send + Sync {
    /// Tells it of one entry; it has taken it when this returns.
    ///
    /// # Errors
    /// Whatever keeps it from taking it now.
    async fn tell(&self, entry: &AuditEntry) -> Result<(), TellError>;
}

/// Why a subscriber did not take an entry.
#[derive(Debug, Error)]
pub enum TellError {
    /// It asks to wait for so long.
    #[error("asked to wait {} s", .0.as_secs())]
    Wait(Duration),
    /// Anything else; it may work later.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
