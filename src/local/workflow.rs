//! The provisioning state machine in-process, with the same states, waits and ends as the Step Functions
//! definition. It decides nothing about a request; it only waits, and reports through the queue.
//!
//! `CheckAutoApprove` -> `RequestApproval` -> `ProvisionResource` -> `UpdateStatus`, with an end state for
//! each failure.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::database::Database;
use super::instant;
use super::queue::{LocalQueue, enqueue};
use crate::domain::ids::{ExecutionName, RequestId, TaskToken};
use crate::ports::clock::Clock;
use crate::ports::outage::Side;
use crate::ports::queue::Signal;
use crate::ports::workflow::{ExecutionInput, ResumeError, Workflow};

/// The state machine in a [`Database`].
#[derive(Clone, Debug)]
pub struct LocalWorkflow {
    database: Database,
    queue: LocalQueue,
    clock: Arc<dyn Clock>,
}

impl LocalWorkflow {
    /// Creates the state machine in this database; its signals go into `queue`.
    pub fn new(database: Database, queue: LocalQueue, clock: Arc<dyn Clock>) -> Self {
        Self { database, queue, clock }
    }

    async fn resume(&self, token: &TaskToken, answer: TaskResult) -> Result<(), ResumeError> {
        let (hash, now) = (token_hash(token), self.clock.now());
        let resumed = self
            .database
            .write(move |tx| {
                // Expiry is lazy: nothing runs when a timeout passes, so every access checks it first.
                expire(tx, now)?;
                let Some(execution) = waiting_for(tx, &hash)? else { return Ok(false) };
                execution.go_on(tx, now, &answer)?;
                anyhow::Ok(true)
            })
            .await
            .context("cannot resume an execution")?;
        // Even if nothing waits for the token, `expire` may have enqueued a signal.
        self.queue.ring();
        if resumed { Ok(()) } else { Err(ResumeError::NoLongerWaiting) }
    }
}

#[async_trait]
impl Workflow for LocalWorkflow {
    async fn start_execution(&self, input: &ExecutionInput) -> anyhow::Result<()> {
        let (input, now) = (input.clone(), self.clock.now());
        self.database.write(move |tx| start(tx, &input, now)).await.context("cannot start an execution")?;
        self.queue.ring();
        Ok(())
    }

    async fn send_task_success(&self, token: &TaskToken) -> Result<(), ResumeError> {
        self.resume(token, TaskResult::Success).await
    }

    async fn send_task_failure(&self, token: &TaskToken, error: &str) -> Result<(), ResumeError> {
        self.resume(token, TaskResult::Failure(error.to_owned())).await
    }

    async fn is_running(&self, execution: &ExecutionName) -> anyhow::Result<bool> {
        let (name, now) = (execution.to_string(), self.clock.now());
        // A write, because an execution whose time is over ends first.
        let waits = self.database.write(move |tx| {
            expire(tx, now)?;
            let sql = "SELECT 1 FROM executions WHERE name = ?1 AND token_hash IS NOT NULL";
            anyhow::Ok(tx.prepare_cached(sql)?.exists([name])?)
        });
        waits.await.context("cannot look at an execution").map_err(|error| Side::Store.failed(error))
    }

    async fn running(&self) -> anyhow::Result<Vec<ExecutionName>> {
        let now = self.clock.now();
        // A write for the same reason.
        let waiting = self.database.write(move |tx| {
            expire(tx, now)?;
            let mut statement =
                tx.prepare_cached("SELECT name FROM executions WHERE token_hash IS NOT NULL")?;
            let names = statement.query_map([], |row| row.get::<_, String>(0))?;
            anyhow::Ok(names.map(|name| name.map(ExecutionName::new)).collect::<Result<Vec<_>, _>>()?)
        });
        waiting.await.context("cannot list executions")
    }
}

enum TaskResult {
    Success,
    Failure(String),
}

/// The state of an execution, with the names of the state machine.
#[derive(Clone, Copy)]
enum ExecutionState {
    RequestApproval,
    ProvisionResource,
    UpdateStatus,
    RequestDenied,
    RequestCancelled,
    RequestTimedOut,
    ProvisioningFailed,
    /// Ended by an error that no state catches.
    Aborted,
}

impl ExecutionState {
    fn as_str(self) -> &'static str {
        match self {
            Self::RequestApproval => "RequestApproval",
            Self::ProvisionResource => "ProvisionResource",
            Self::UpdateStatus => "UpdateStatus",
            Self::RequestDenied => "RequestDenied",
            Self::RequestCancelled => "RequestCancelled",
            Self::RequestTimedOut => "RequestTimedOut",
            Self::ProvisioningFailed => "ProvisioningFailed",
            Self::Aborted => "Aborted",
        }
    }

    /// Returns the end state that catches this error.
    fn catching(error: &str) -> Self {
        match error {
            "Request.Denied" => Self::RequestDenied,
            "Request.Cancelled" => Self::RequestCancelled,
            "Request.TimedOut" => Self::RequestTimedOut,
            "Request.ProvisioningFailed" => Self::ProvisioningFailed,
            _ => Self::Aborted,
        }
    }
}

/// A stored execution that is still running.
struct RunningExecution {
    name: ExecutionName,
    request: RequestId,
    waits_for_approval: bool,
}

impl RunningExecution {
    fn go_on(&self, tx: &Connection, now: Timestamp, answer: &TaskResult) -> anyhow::Result<()> {
        match answer {
            TaskResult::Success if self.waits_for_approval => self.provision(tx, now),
            TaskResult::Success => self.end(tx, now, ExecutionState::UpdateStatus),
            TaskResult::Failure(error) => self.end(tx, now, ExecutionState::catching(error)),
        }
    }

    fn ask_approvers(&self, tx: &Connection, now: Timestamp, expires_at: Timestamp) -> anyhow::Result<()> {
        let token = self.enter(tx, ExecutionState::RequestApproval, Some(expires_at))?;
        let (request, execution) = (self.request, self.name.clone());
        enqueue(tx, now, &Signal::ApprovalRequested { request, execution, token })
    }

    fn provision(&self, tx: &Connection, now: Timestamp) -> anyhow::Result<()> {
        let token = self.enter(tx, ExecutionState::ProvisionResource, None)?;
        let (request, execution) = (self.request, self.name.clone());
        enqueue(tx, now, &Signal::ProvisionRequested { request, execution, token })
    }

    /// Enters `state` and returns the token that it waits for. Only the token's hash is stored, so that
    /// nobody can resume an execution with what is in the table.
    fn enter(
        &self,
        tx: &Connection,
        state: ExecutionState,
        expires_at: Option<Timestamp>,
    ) -> anyhow::Result<TaskToken> {
        // Two random UUIDs, because whoever can guess a token can resume the execution.
        let token = TaskToken::new(format!("{}{}", Uuid::new_v4().as_simple(), Uuid::new_v4().as_simple()));
        let expires_at = expires_at.map(instant::not_before);
        self.store(tx, state, Some((&token_hash(&token), expires_at)), None)?;
        Ok(token)
    }

    fn end(&self, tx: &Connection, now: Timestamp, state: ExecutionState) -> anyhow::Result<()> {
        self.store(tx, state, None, Some(instant::reached(now)))?;
        let (request, execution) = (self.request, self.name.clone());
        let orderly = !matches!(state, ExecutionState::Aborted);
        enqueue(tx, now, &Signal::ExecutionEnded { request, execution, orderly })
    }

    fn store(
        &self,
        tx: &Connection,
        state: ExecutionState,
        waits: Option<(&str, Option<i64>)>,
        ended_at: Option<i64>,
    ) -> anyhow::Result<()> {
        let (token_hash, expires_at) = waits.map_or((None, None), |(hash, until)| (Some(hash), until));
        tx.prepare_cached(
            "INSERT OR REPLACE INTO executions (name, request, state, token_hash, expires_at, ended_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            self.name.as_str(),
            self.request.to_string(),
            state.as_str(),
            token_hash,
            expires_at,
            ended_at
        ])?;
        Ok(())
    }
}

fn start(tx: &Connection, input: &ExecutionInput, now: Timestamp) -> anyhow::Result<()> {
    let started =
        tx.prepare_cached("SELECT 1 FROM executions WHERE name = ?1")?.exists([input.name.as_str()])?;
    // The job that starts an execution may run twice.
    if started {
        return Ok(());
    }
    let execution = RunningExecution {
        name: input.name.clone(),
        request: input.request,
        waits_for_approval: !input.auto_approve,
    };
    if input.auto_approve {
        return execution.provision(tx, now);
    }
    let seconds = i64::try_from(input.approval_timeout_seconds).unwrap_or(i64::MAX);
    let expires_at = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    execution.ask_approvers(tx, now, expires_at)
}

/// Ends executions whose approval took longer than the timeout, like the `States.Timeout` catch of the state
/// machine.
pub(super) fn expire(tx: &Connection, now: Timestamp) -> anyhow::Result<()> {
    let expired = tx
        .prepare_cached(
            "SELECT name, request, state FROM executions WHERE expires_at <= ?1 ORDER BY expires_at",
        )?
        .query_map([instant::reached(now)], columns)?
        .collect::<Result<Vec<_>, _>>()?;
    for row in expired {
        running(row)?.end(tx, now, ExecutionState::RequestTimedOut)?;
    }
    Ok(())
}

/// Returns when the next execution expires.
pub(super) fn next_expiry(connection: &Connection) -> anyhow::Result<Option<Timestamp>> {
    let expires_at: Option<i64> = connection
        .prepare_cached("SELECT min(expires_at) FROM executions WHERE expires_at IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(expires_at.map(instant::read))
}

fn waiting_for(tx: &Connection, token_hash: &str) -> anyhow::Result<Option<RunningExecution>> {
    tx.prepare_cached("SELECT name, request, state FROM executions WHERE token_hash = ?1")?
        .query_row([token_hash], columns)
        .optional()?
        .map(running)
        .transpose()
}

type Columns = (String, String, String);

fn columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn running((name, request, state): Columns) -> anyhow::Result<RunningExecution> {
    let request =
        RequestId::parse(&request).with_context(|| format!("the execution {name} belongs to `{request}`"))?;
    let waits_for_approval = state == ExecutionState::RequestApproval.as_str();
    Ok(RunningExecution { name: ExecutionName::new(name), request, waits_for_approval })
}

fn token_hash(token: &TaskToken) -> String {
    hex::encode(Sha256::digest(token.reveal()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::clock::SystemClock;
    use crate::ports::queue::Queue as _;
    use std::time::Duration;

    #[tokio::test]
    async fn the_table_of_executions_holds_no_token() {
        let database = Database::open(":memory:").unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let queue = LocalQueue::new(database.clone(), Arc::clone(&clock));
        let workflow = LocalWorkflow::new(database.clone(), queue.clone(), clock);
        let request = RequestId::random();
        let name = ExecutionName::new(format!("{request}-1"));
        let input = ExecutionInput { name, request, auto_approve: true, approval_timeout_seconds: 1 };
        workflow.start_execution(&input).await.unwrap();

        let delivery = queue.receive(Duration::ZERO).await.unwrap().remove(0);
        let Signal::ProvisionRequested { token, .. } = delivery.signal else {
            panic!("not asked to provision")
        };
        let stored: String = database
            .read(|connection| {
                Ok(connection.query_row("SELECT token_hash FROM executions", [], |row| row.get(0))?)
            })
            .await
            .unwrap();
        assert_ne!(stored, token.reveal());
        assert_eq!(stored, token_hash(&token));
        assert_eq!(token.reveal().len(), 64);
    }

    #[tokio::test]
    async fn an_execution_that_cannot_be_looked_at_is_said_to_be_the_stores_fault() {
        let database = Database::open(":memory:").unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let queue = LocalQueue::new(database.clone(), Arc::clone(&clock));
        let workflow = LocalWorkflow::new(database.clone(), queue, clock);
        database.write(|tx| anyhow::Ok(tx.execute_batch("DROP TABLE executions")?)).await.unwrap();
        let error = workflow.is_running(&ExecutionName::new("one")).await.unwrap_err();
        assert_eq!(Side::of(&error), Some(Side::Store));
    }
}
