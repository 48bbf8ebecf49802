//! Executions that wait for people: Step Functions, or the same machine in-process.

use std::fmt::Debug;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::ids::{ExecutionName, RequestId, TaskToken};

/// Runs the provisioning state machine. What it says arrives through [`super::queue::Queue`].
#[async_trait]
pub trait Workflow: Debug + Send + Sync {
    /// Starts an execution; one of this name that runs or has run counts as started.
    ///
    /// # Errors
    /// Whatever keeps it from starting now.
    async fn start_execution(&self, input: &ExecutionInput) -> anyhow::Result<()>;

    /// Resumes a waiting task with success.
    ///
    /// # Errors
    /// See [`ResumeError`].
    async fn send_task_success(&self, token: &TaskToken) -> Result<(), ResumeError>;

    /// Resumes a waiting task with an error of the machine's Catch list.
    ///
    /// # Errors
    /// See [`ResumeError`].
    async fn send_task_failure(&self, token: &TaskToken, error: &str) -> Result<(), ResumeError>;

    /// Whether an execution of this name was started and has not ended.
    ///
    /// # Errors
    /// Whatever keeps it from being looked at now.
    async fn is_running(&self, execution: &ExecutionName) -> anyhow::Result<bool>;

    /// Every execution that was started and has not ended.
    ///
    /// # Errors
    /// Whatever keeps any of them from being listed: half a list is none.
    async fn running(&self) -> anyhow::Result<Vec<ExecutionName>>;
}

/// What an execution starts with: ids and timeouts, never parameters or texts, since executions can be read by
/// anyone with the right to see their history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionInput {
    /// `<request id>-<attempt>`.
    pub name: ExecutionName,
    /// The request.
    pub request: RequestId,
    /// Whether approvers are skipped.
    pub auto_approve: bool,
    /// When the machine gives up waiting for approvers by itself, in seconds; an hour past the row's own deadline.
    pub approval_timeout_seconds: u64,
}

/// Why a waiting task was not resumed.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// The task was answered before, timed out, or never was: Step Functions' `TaskTimedOut`, `TaskDoesNotExist`
    /// and `InvalidToken`, which cannot be told apart reliably.
    #[error("the task no longer waits")]
    NoLongerWaiting,
    /// It may work later.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
