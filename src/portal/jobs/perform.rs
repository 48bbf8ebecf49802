//! Performs one job. Together with `show` the only place where the portal changes something outside.

use std::time::Duration;

use jiff::Timestamp;

use thiserror::Error as ThisError;

use crate::domain::catalog::Product;
use crate::domain::event::Event;
use crate::domain::ids::{RecordId, RequestId, TaskToken};
use crate::domain::job::{JobKind, JobOwner, Resume};
use crate::domain::policy::ApprovalPath;
use crate::domain::request::{Output, ProductSnapshot, Request, Status};
use crate::domain::transition::next;
use crate::portal::jobs::actual_costs::read_bill;
use crate::portal::jobs::events::tell;
use crate::portal::jobs::home::{find_all_homes, find_homes, publish};
use crate::portal::jobs::lease::{look_at_lease, warn};
use crate::portal::jobs::reconcile::reconcile;
use crate::portal::jobs::reminders::{find_approvers, prompt, tell_approver};
use crate::portal::jobs::show::{refresh, show};
use crate::portal::jobs::teams::{TakeoverProgress, look_at_teams};
use crate::portal::people::decide::judge_click;
use crate::portal::people::trail::copy;
use crate::portal::{Error, Portal};
use crate::ports::provisioner::{ProvisionError, ProvisionOrder, RecordState};
use crate::ports::slack::SlackError;
use crate::ports::workflow::{ExecutionInput, ResumeError};

/// The state machine's timeout is this much later than the row's deadline, and only takes effect if the row's does not.
const SAFETY_NET_SECONDS: u64 = 3600;

/// When to check again a deadline that passed while no bot could receive events from Slack.
pub(super) const UNTIL_HEARD: Duration = Duration::from_mins(5);

/// The result of a job that succeeded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Performed {
    /// It is finished.
    Done,
    /// Nothing is wrong, but it has to run again after this time.
    Again(Duration),
    /// Like [`Self::Again`], as another job.
    AgainAs(JobKind, Duration),
}

/// Why a job did not succeed.
#[derive(Debug, ThisError)]
pub(crate) enum JobError {
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
            Error::Refused(refusal) => Self::Never(refusal.to_string()),
            Error::Failed(error) => Self::Later(error),
        }
    }
}

pub(super) async fn perform(portal: &Portal, of: &JobOwner, kind: &JobKind) -> Result<Performed, JobError> {
    match (of, kind) {
        (JobOwner::Request(id), kind) => of_request(portal, *id, kind).await,
        (JobOwner::Person(person), JobKind::Warn) => warn(portal, person).await,
        (JobOwner::Person(person), JobKind::Home) => publish(portal, person).await,
        (JobOwner::Portal, JobKind::CopyTrail { after }) => copy(portal, *after).await,
        (JobOwner::Portal, JobKind::TellEvents { after }) => tell(portal, *after).await,
        (JobOwner::Portal, JobKind::FindHomes) => find_all_homes(portal).await,
        (JobOwner::Portal, JobKind::ReadBill) => Ok(read_bill(portal).await),
        (JobOwner::Portal, JobKind::Reconcile { told }) => reconcile(portal, told).await,
        (JobOwner::Portal, JobKind::Teams { begun, gone, news }) => {
            look_at_teams(portal, TakeoverProgress { begun, gone, news }).await
        }
        (JobOwner::Person(_) | JobOwner::Portal, kind) => misplaced(of, kind),
    }
}

fn misplaced(of: &JobOwner, kind: &JobKind) -> Result<Performed, JobError> {
    Err(JobError::Never(format!("there is no job `{}` of {of}", kind.as_str())))
}

async fn of_request(portal: &Portal, id: RequestId, kind: &JobKind) -> Result<Performed, JobError> {
    match kind {
        JobKind::Show(surface) => show(portal, id, *surface).await,
        JobKind::Refresh { at, surface } => refresh(portal, id, *surface, at).await,
        JobKind::Lease => look_at_lease(portal, id).await,
        JobKind::RenewalDeadline => {
            let deadline = |request: &Request| request.waiting_renewal().map(|renewal| renewal.approve_by);
            at_deadline(portal, id, Event::RenewalDeadline, deadline).await
        }
        JobKind::ChangeDeadline => {
            let deadline = |request: &Request| request.waiting_change().map(|order| order.approve_by);
            at_deadline(portal, id, Event::ChangeDeadline, deadline).await
        }
        JobKind::Update => update(portal, id).await,
        JobKind::WatchUpdate => watch_update(portal, id).await,
        JobKind::Prompt { prompt: kind, epoch } => prompt(portal, id, *kind, *epoch).await,
        JobKind::FindApprovers { prompt, epoch } => find_approvers(portal, id, *prompt, *epoch).await,
        JobKind::TellApprover { prompt, epoch, person } => {
            tell_approver(portal, id, (*prompt, *epoch), person).await
        }
        JobKind::FindHomes => find_homes(portal, id).await,
        JobKind::Warn
        | JobKind::Home
        | JobKind::CopyTrail { .. }
        | JobKind::TellEvents { .. }
        | JobKind::ReadBill
        | JobKind::Teams { .. }
        | JobKind::Reconcile { .. } => misplaced(&JobOwner::Request(id), kind),
        JobKind::JudgeClick(click) => judge_click(portal, id, click).await,
        JobKind::ApprovalDeadline => {
            let deadline =
                |request: &Request| request.status.name().is_undecided().then_some(request.approve_by);
            at_deadline(portal, id, Event::ApprovalDeadline, deadline).await
        }
        JobKind::StartExecution { attempt } => start_execution(portal, id, *attempt).await,
        JobKind::Resume { token, with, attempt } => resume(portal, id, token, with, *attempt).await,
        JobKind::Provision => provision(portal, id).await,
        JobKind::WatchProvisioning => watch_provisioning(portal, id).await,
        JobKind::Terminate => terminate(portal, id).await,
        JobKind::WatchTermination => watch_termination(portal, id).await,
    }
}

/// Applies an event; one that no longer fits the request's status has nothing left to do.
pub(super) async fn apply(portal: &Portal, id: RequestId, event: Event) -> Result<Performed, JobError> {
    match portal.change(id, |request, now| next(request, &event, now)).await {
        Ok(_) | Err(Error::Refused(_)) => Ok(Performed::Done),
        Err(Error::Failed(error)) => Err(JobError::Later(error)),
    }
}

/// Applies an event if its deadline has passed. The clock may have been set back since the job became due.
async fn at_deadline(
    portal: &Portal,
    id: RequestId,
    event: Event,
    deadline: impl Fn(&Request) -> Option<Timestamp>,
) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let left = deadline(&request).map(|deadline| deadline.duration_since(portal.now()));
    match left.map(Duration::try_from) {
        Some(Ok(left)) if !left.is_zero() => Ok(Performed::Again(left)),
        // Nobody could answer while Slack's events did not arrive, so wait.
        _ if !portal.hears_people().await? => Ok(Performed::Again(UNTIL_HEARD)),
        _ => apply(portal, id, event).await,
    }
}

async fn start_execution(portal: &Portal, id: RequestId, attempt: u32) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let waits = matches!(request.status, Status::Pending | Status::Approved);
    // A later attempt or a decision has made this start obsolete.
    if request.attempt != attempt || !waits {
        return Ok(Performed::Done);
    }
    portal.ports.workflow.start_execution(&execution_input(&request)).await?;
    Ok(Performed::Done)
}

/// Builds the input of an execution. Except for the attempt it is fixed at submission, so that a repeated start sends
/// the same input.
fn execution_input(request: &Request) -> ExecutionInput {
    let asked = matches!(request.approval, ApprovalPath::Ask { .. });
    let timeout = request.product.approval.timeout.duration().as_secs();
    ExecutionInput {
        name: request.execution(),
        request: request.id,
        // A new attempt for an approved request must not ask the approvers again.
        auto_approve: !asked || matches!(request.status, Status::Approved),
        approval_timeout_seconds: u64::try_from(timeout).unwrap_or_default() + SAFETY_NET_SECONDS,
    }
}

async fn resume(
    portal: &Portal,
    id: RequestId,
    token: &TaskToken,
    with: &Resume,
    attempt: u32,
) -> Result<Performed, JobError> {
    let workflow = &portal.ports.workflow;
    let sent = match with.error() {
        None => workflow.send_task_success(token).await,
        Some(error) => workflow.send_task_failure(token, error).await,
    };
    match sent {
        Ok(()) => Ok(Performed::Done),
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

async fn provision(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    if !matches!(request.status, Status::Provisioning { .. }) {
        return Ok(Performed::Done);
    }
    let Some(product) = offered(portal, &request.product) else {
        let why = "the product was changed by its owner while the request was waiting".to_owned();
        return apply(portal, id, Event::ProvisioningFailed { why }).await;
    };
    let tags = request.tags();
    let order = ProvisionOrder { request: id, product, parameters: &request.parameters, tags: &tags };
    match portal.ports.provisioner.provision(&order).await {
        Ok(started) => {
            let event = Event::ProvisioningStarted {
                product: started.product,
                record: started.record,
                resources: started.resources,
            };
            apply(portal, id, event).await
        }
        Err(ProvisionError::Refused(why)) => apply(portal, id, Event::ProvisioningFailed { why }).await,
        Err(ProvisionError::Other(error)) => Err(JobError::Later(error)),
    }
}

/// Returns the product from the catalog if its template is still the one that was requested.
fn offered<'p>(portal: &'p Portal, asked: &ProductSnapshot) -> Option<&'p Product> {
    let product = portal.catalog.product(&asked.key);
    product.filter(|product| product.template_hash == asked.template_hash).map(|product| &**product)
}

async fn update(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let Some(order) = request.running_change() else { return Ok(Performed::Done) };
    let Some(product) = offered(portal, &order.product) else {
        let why = "the product was changed by its owner while the change was waiting".to_owned();
        return apply(portal, id, Event::UpdateFailed { why }).await;
    };
    let tags = request.tags();
    let provision = ProvisionOrder { request: id, product, parameters: &order.parameters, tags: &tags };
    // The epoch cannot change during an update, so it identifies the update.
    match portal.ports.provisioner.update(&provision, request.epoch).await {
        Ok(record) => apply(portal, id, Event::UpdateStarted { record }).await,
        Err(ProvisionError::Refused(why)) => apply(portal, id, Event::UpdateFailed { why }).await,
        Err(ProvisionError::Other(error)) => Err(JobError::Later(error)),
    }
}

async fn watch_update(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let Some(order) = request.running_change() else { return Ok(Performed::Done) };
    let Some(record) = record(&request) else { return Ok(begin_again(JobKind::Update)) };
    match portal.ports.provisioner.describe(&record).await? {
        RecordState::Running => Ok(Performed::Again(portal.ports.provisioner.poll_every())),
        RecordState::Succeeded { outputs } => {
            let outputs = allowed_outputs(&order.product, outputs);
            apply(portal, id, Event::UpdateSucceeded { outputs }).await
        }
        RecordState::Failed { why } => apply(portal, id, Event::UpdateFailed { why }).await,
    }
}

async fn watch_provisioning(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    if !matches!(request.status, Status::Provisioning { .. }) {
        return Ok(Performed::Done);
    }
    let Some(record) = record(&request) else { return Ok(begin_again(JobKind::Provision)) };
    match portal.ports.provisioner.describe(&record).await? {
        RecordState::Running => Ok(Performed::Again(portal.ports.provisioner.poll_every())),
        RecordState::Succeeded { outputs } => {
            let outputs = allowed_outputs(&request.product, outputs);
            apply(portal, id, Event::ProvisioningSucceeded { outputs }).await
        }
        RecordState::Failed { why } => apply(portal, id, Event::ProvisioningFailed { why }).await,
    }
}

/// Returns the outputs that the product allows users to see, in the product's order. Others may hold secrets.
fn allowed_outputs(product: &ProductSnapshot, outputs: Vec<(String, String, String)>) -> Vec<Output> {
    let mut shown: Vec<Output> = outputs
        .into_iter()
        .filter(|(name, ..)| product.outputs.contains(name))
        .map(|(name, description, value)| Output { name, description, value })
        .collect();
    shown.sort_by_key(|output| product.outputs.iter().position(|name| *name == output.name));
    shown
}

async fn terminate(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let Status::Terminating { attempt, .. } = request.status else { return Ok(Performed::Done) };
    match portal.ports.provisioner.terminate(id, attempt).await {
        // Nothing exists that could be removed.
        Ok(None) => apply(portal, id, Event::TerminationSucceeded).await,
        Ok(Some(record)) => apply(portal, id, Event::TerminationStarted { record }).await,
        Err(ProvisionError::Refused(why)) => apply(portal, id, Event::TerminationFailed { why }).await,
        Err(ProvisionError::Other(error)) => Err(JobError::Later(error)),
    }
}

async fn watch_termination(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    if !matches!(request.status, Status::Terminating { .. }) {
        return Ok(Performed::Done);
    }
    let Some(record) = record(&request) else { return Ok(begin_again(JobKind::Terminate)) };
    match portal.ports.provisioner.describe(&record).await? {
        RecordState::Running => Ok(Performed::Again(portal.ports.provisioner.poll_every())),
        RecordState::Succeeded { .. } => apply(portal, id, Event::TerminationSucceeded).await,
        RecordState::Failed { why } => apply(portal, id, Event::TerminationFailed { why }).await,
    }
}

/// Returns the record to poll, if the row has one.
fn record(request: &Request) -> Option<RecordId> {
    Some(request.provisioned.as_ref()?.record.clone())
}

/// Restarts the operation because the row has no record to poll. Starting is idempotent: the provisioner returns the
/// record of what it has started already.
fn begin_again(kind: JobKind) -> Performed {
    Performed::AgainAs(kind, Duration::ZERO)
}
