//! How a job ended: what the dispatcher does next depends on it.

use std::time::Duration;

use jiff::SignedDuration;
use thiserror::Error as ThisError;

use crate::domain::job::JobKind;
use crate::portal::Error;
use crate::portal::labels::JobOutcome;
use crate::ports::slack::SlackError;
use crate::ports::store::ClaimedJob;

/// The longest pause between two attempts of a failing job.
pub(super) const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// The result of a job that succeeded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Performed {
    /// It is finished.
    Done,
    /// Nothing is wrong, but it has to run again after this time.
    Again(Duration),
    /// Like [`Self::Again`], as another job.
    AgainAs(JobKind, Duration),
}

/// Why a job did not succeed.
#[derive(Debug, ThisError)]
pub(super) enum JobError {
    /// It may succeed later.
    #[error(transparent)]
    Later(#[from] anyhow::Error),
    /// It may succeed after this time.
    #[error("asked to wait {} s", .0.as_secs())]
    After(Duration),
    /// It will never succeed without help.
    #[error("{0}")]
    Never(String),
    /// The message or conversation it should update no longer exists, so there is nothing left to do.
    #[error("{0}")]
    Nowhere(String),
    /// It cannot post there now: an archived channel, or a person who takes no messages. Usually temporary, so it is
    /// retried with growing pauses for days.
    #[error("{0}")]
    Shut(String),
}

impl From<SlackError> for JobError {
    fn from(error: SlackError) -> Self {
        match error {
            SlackError::RateLimited(wait) => Self::After(wait),
            // A gone message cannot be updated, and one without a place would be posted twice.
            SlackError::Gone(_) | SlackError::Unplaced => Self::Nowhere(error.to_string()),
            SlackError::Unreachable(_) => Self::Shut(error.to_string()),
            SlackError::Refused(_) => Self::Never(error.to_string()),
            SlackError::Silence(_) => Self::Later(error.into()),
            SlackError::Other(error) => Self::Later(error),
        }
    }
}

impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            // It depends on the row alone, so another try would be refused as well.
            Error::Refused(refusal) => Self::Never(format!("refused: {refusal:?}")),
            Error::Failed(error) => Self::Later(error),
        }
    }
}

/// Returns the outcome as the metrics name it.
pub(super) fn label(performed: &Result<Performed, JobError>) -> JobOutcome {
    match performed {
        Ok(Performed::Done) | Err(JobError::Nowhere(_)) => JobOutcome::Done,
        Ok(Performed::Again(_) | Performed::AgainAs(..)) => JobOutcome::Again,
        Err(JobError::Later(_) | JobError::After(_) | JobError::Shut(_)) => JobOutcome::PutOff,
        Err(JobError::Never(_)) => JobOutcome::Parked,
    }
}

/// Returns a pause that doubles with every failure, plus up to 0.5 s by owner to spread jobs that failed together.
pub(super) fn back_off(job: &ClaimedJob) -> SignedDuration {
    // 2^10 s is far above the longest pause, and a larger shift would overflow in the end.
    let doubled = SignedDuration::from_secs(1_i64 << job.attempts.min(10)).min(LONGEST_PAUSE);
    let spread = job.claim.key.owner.to_string().bytes().map(i64::from).sum::<i64>() % 500;
    doubled.saturating_add(SignedDuration::from_millis(spread))
}
