//! Executions of the workflow: starting one, and resuming one that waits.

use crate::domain::approval::ApprovalPath;
use crate::domain::event::Event;
use crate::domain::ids::{RequestId, TaskToken};
use crate::domain::job::Resume;
use crate::domain::request::{Request, Status};
use crate::portal::Portal;
use crate::portal::jobs::apply::apply;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::ports::workflow::{ExecutionInput, ResumeError};

/// The state machine's timeout is this much later than the row's deadline, and only takes effect if the row's does not.
const SAFETY_NET_SECONDS: u64 = 3600;

pub(super) async fn start_execution(
    portal: &Portal,
    id: RequestId,
    attempt: u32,
) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let is_waiting = matches!(request.status, Status::Pending | Status::Approved);
    // A later attempt or a decision has made this start obsolete.
    if request.attempt != attempt || !is_waiting {
        return Ok(Performed::Done);
    }
    // The name contains the attempt, so a second run of this job starts nothing new.
    portal.ports.workflow.start_execution(&execution_input(&request)).await?;
    Ok(Performed::Done)
}

/// Builds the input of an execution. Except for the attempt it is fixed at submission, so that a repeated start sends
/// the same input.
fn execution_input(request: &Request) -> ExecutionInput {
    let needs_approval = matches!(request.creation.path, ApprovalPath::Ask { .. });
    let timeout = request.product.approval.timeout.duration().as_secs();
    ExecutionInput {
        name: request.execution(),
        request: request.id,
        // A new attempt for an approved request must not ask the approvers again.
        auto_approve: !needs_approval || matches!(request.status, Status::Approved),
        approval_timeout_seconds: u64::try_from(timeout).unwrap_or_default() + SAFETY_NET_SECONDS,
    }
}

pub(super) async fn resume(
    portal: &Portal,
    id: RequestId,
    token: &TaskToken,
    with: &Resume,
    attempt: u32,
) -> Result<Performed, JobError> {
    let workflow = &portal.ports.workflow;
    let result = match with.error() {
        None => workflow.send_task_success(token).await,
        Some(error) => workflow.send_task_failure(token, error).await,
    };
    match result {
        Ok(()) => Ok(Performed::Done),
        // The token stays valid as long as its task waits, so another try can succeed.
        Err(ResumeError::Other(error)) => Err(JobError::Later(error)),
        Err(ResumeError::NoLongerWaiting) => {
            let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
            // Without an execution an approved request would never be provisioned: start another attempt.
            if matches!(request.status, Status::Approved) && request.attempt == attempt {
                // The token may have been used by an earlier call whose response was lost. Then the execution
                // continues.
                if workflow.is_running(&request.execution()).await? {
                    return Ok(Performed::Done);
                }
                return apply(portal, id, Event::ExecutionLost { execution: request.execution() }).await;
            }
            Ok(Performed::Done)
        }
    }
}
