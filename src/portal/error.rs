//! Why a use case did not do what was requested.

use thiserror::Error as ThisError;

use crate::domain::refusal::Refusal;

/// Why a use case did not do what was requested.
#[derive(Debug, ThisError)]
pub enum Error {
    /// It is not allowed or not possible; the user reads the reason.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something failed; nothing was changed, and the operator reads the reason.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}
