//! Executions that wait for people: Step Functions, or the same state machine in-process.

use std::fmt::Debug;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::ids::{ExecutionName, RequestId, TaskToken};

/// Runs the provisioning state machine. Its signals arrive through [`super::queue::Queue`].
#[async_trait]
pub trait Workflow: Debug + Send + Sync {
    /// Starts an execution. If one of this name was started before, this counts as success, even if it has ended.
    ///
    /// # Errors
    /// If it cannot be started now.
    async fn start_execution(&self, input: &ExecutionInput) -> anyhow::Result<()>;

    /// Resumes a waiting task with success.
    ///
    /// # Errors
    /// See [`ResumeError`].
    async fn send_task_success(&self, token: &TaskToken) -> Result<(), ResumeError>;

    /// Resumes a waiting task with an error that the state machine catches.
    ///
    /// # Errors
    /// See [`ResumeError`].
    async fn send_task_failure(&self, token: &TaskToken, error: &str) -> Result<(), ResumeError>;

    /// Returns whether an execution of this name was started and has not ended.
    ///
    /// # Errors
    /// If it cannot be looked up now.
    async fn is_running(&self, execution: &ExecutionName) -> anyhow::Result<bool>;

    /// Lists all executions that were started and have not ended.
    ///
    /// # Errors
    /// If any part of the list cannot be read: a partial list would look like ended executions.
    async fn running(&self) -> anyhow::Result<Vec<ExecutionName>>;
}

/// The input of an execution: ids and timeouts, but no parameters or texts, since everybody who may see the history of
/// executions can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionInput {
    /// `<request id>-<attempt>`.
    pub name: ExecutionName,
    /// The request.
    pub request: RequestId,
    /// Whether to skip approvers.
    pub auto_approve: bool,
    /// How long the state machine waits for approvers, in seconds; an hour longer than the row's deadline, which should
    /// end the request first.
    pub approval_timeout_seconds: u64,
}

/// Why a waiting task was not resumed.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// The task was answered before, timed out, or never existed: Step Functions' `TaskTimedOut`, `TaskDoesNotExist`
    /// and `InvalidToken`, which cannot be told apart reliably.
    #[error("the task no longer waits")]
    NoLongerWaiting,
    /// Any other failure; it may work later.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}
