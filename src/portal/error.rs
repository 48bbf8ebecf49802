//! Why a use case did not do what was requested.

use thiserror::Error as ThisError;

use crate::domain::refusal::Refusal;

/// Why a use case did not do what was requested.
#[derive(Debug, ThisError)]
pub enum Error {
    /// It is not allowed or not possible; the user reads the reason.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// Something failed; nothing was changed, and the operator reads the reason.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
