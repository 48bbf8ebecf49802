//! Subscribers to the audit trail for automation: a webhook or a topic.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::audit::AuditEntry;

/// Receives audit entries one at a time. May receive an entry twice; its request and number identify it.
#[async_trait]
pub trait Subscriber: Debug + Send + Sync {
    /// Sends one entry. The subscriber has accepted it when this returns.
    ///
    /// # Errors
    /// If it is not accepted now.
    async fn tell(&self, entry: &AuditEntry) -> Result<(), TellError>;
}

/// Why a subscriber did not accept an entry.
#[derive(Debug, Error)]
pub enum TellError {
    /// It asks to be called again after this time.
    #[error("asked to wait {} s", .0.as_secs())]
    Wait(Duration),
    /// Any other failure; it may work later.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
