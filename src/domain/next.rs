//! The one place where a request changes: `(request, event, now)` gives the next request with everything that is
//! committed beside it, or a refusal.
//!
//! Every machine event may come twice, late, or for an older attempt; a waiting execution whose answer is already
//! known is always answered, so that no execution is left hanging.

use jiff::Timestamp;

use super::audit::{Actor, AuditEntry, AuditSubject};
use super::event::Event;
use super::ids::{ExecutionName, PersonId, TaskToken};
use super::job::{Job, JobKind, Resume};
use super::lease::Lease;
use super::policy::ApprovalPath;
use super::quota::{QuotaChange, QuotaSlot};
use super::refusal::Refusal;
use super::request::{Approval, Ending, Progress, Provisioned, Request, Status, StatusName, Surface};

/// Executions that are started for one request before it is given up.
pub const MAX_ATTEMPTS: u32 = 5;

/// One change, to be committed whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The request after it.
    pub request: Request,
    /// What it adds to the audit trail.
    pub audit: Vec<AuditEntry>,
    /// What has to be done now or later.
    pub jobs: Vec<Job>,
    /// The quota slot that is taken or given back.
    pub quota: Option<QuotaChange>,
}

/// Decides what `event` makes of `request`.
///
/// # Errors
/// A [`Refusal`] when the event does not fit: for a person it says how things stand, for the machine it is
/// [`Refusal::DoesNotApply`] and means "drop it".
pub fn next(request: &Request, event: &Event, now: Timestamp) -> Result<Transition, Refusal> {
    let change = Change::of(request, now);
    match event {
        Event::Approve { by } => approve(change, by),
        Event::Deny { by, reason } => deny(change, by, reason),
        Event::Cancel { by } => cancel(change, by),
        Event::ApprovalDeadline => time_out(change),
        Event::ApprovalRequested { execution, token } => approval_requested(change, event, execution, token),
        Event::ProvisionRequested { execution, token } => provision_requested(change, event, execution, token),
        Event::ExecutionLost { execution } => execution_lost(change, event, execution),
        Event::ProvisioningStarted { .. }
        | Event::ResourceCreated { .. }
        | Event::ProvisioningSucceeded { .. }
        | Event::ProvisioningFailed { .. } => provisioning(change, event),
        Event::TerminationStarted { .. } | Event::TerminationSucceeded | Event::TerminationFailed { .. } => {
            terminating(change, event)
        }
    }
}

fn approve(mut change: Change, by: &PersonId) -> Result<Transition, Refusal> {
    let Status::AwaitingApproval { token } = change.request.status.clone() else {
        return Err(change.already_decided());
    };
    let needed = change.needed();
    let have = u32::try_from(change.request.approvals.len()).unwrap_or(u32::MAX);
    if change.request.approvals.iter().any(|approval| approval.by == *by) {
        return Err(Refusal::AlreadyApprovedByYou { missing: needed.saturating_sub(have) });
    }
    change.request.approvals.push(Approval { by: by.clone(), at: change.now });
    let actor = Actor::Person(by.clone());
    if have + 1 < needed {
        change.audit("approved", &actor, format!("{} of {needed} approvals", have + 1));
        return Ok(change.shows(&[Surface::Card, Surface::Direct]));
    }
    change.becomes(Status::Approved);
    change.audit("approved", &actor, "");
    change.resume(token, Resume::Success);
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::Approved)]))
}

fn deny(mut change: Change, by: &PersonId, reason: &str) -> Result<Transition, Refusal> {
    let Status::AwaitingApproval { token } = change.request.status.clone() else {
        return Err(change.already_decided());
    };
    change.becomes(Status::Denied { by: by.clone(), reason: reason.to_owned() });
    change.audit("denied", &Actor::Person(by.clone()), reason);
    change.resume(token, Resume::Denied);
    Ok(change.shows(&[Surface::Card, Surface::Direct, Surface::Told(StatusName::Denied)]))
}

fn cancel(mut change: Change, by: &PersonId) -> Result<Transition, Refusal> {
    if *by != change.request.requester {
        return Err(Refusal::NotTheRequester { requester: change.request.requester });
    }
    match change.request.status.clone() {
        Status::Pending => {}
        Status::AwaitingApproval { token } => change.resume(token, Resume::Cancelled),
        Status::Approved
        | Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::TeardownFailed { .. } => {
            return Err(Refusal::TooLateToCancel { status: change.request.status.name() });
        }
    }
    change.becomes(Status::Cancelled);
    change.audit("cancelled", &Actor::Person(by.clone()), "");
    Ok(change.shows(&[Surface::Card, Surface::Direct]))
}

fn time_out(mut change: Change) -> Result<Transition, Refusal> {
    let undecided = change.request.status.name().is_undecided();
    if !undecided || change.now < change.request.approve_by {
        return Err(change.does_not_apply(&Event::ApprovalDeadline));
    }
    if let Status::AwaitingApproval { token } = change.request.status.clone() {
        change.resume(token, Resume::TimedOut);
    }
    change.becomes(Status::TimedOut);
    change.audit("timed out", &Actor::Clock, "");
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::TimedOut)]))
}

fn approval_requested(
    mut change: Change,
    event: &Event,
    execution: &ExecutionName,
    token: &TaskToken,
) -> Result<Transition, Refusal> {
    change.is_current(event, execution)?;
    match &change.request.status {
        Status::Pending => {
            change.becomes(Status::AwaitingApproval { token: token.clone() });
            change.audit("approval requested", &Actor::Workflow, "");
            Ok(change.shows(&[Surface::Card, Surface::Direct]))
        }
        Status::AwaitingApproval { token: known } if known == token => Err(change.does_not_apply(event)),
        Status::AwaitingApproval { .. } => {
            change.becomes(Status::AwaitingApproval { token: token.clone() });
            change.audit("approval requested", &Actor::Workflow, "asked again by the workflow");
            Ok(change.done())
        }
        status => {
            let answer = answer_to_waiting(status);
            Ok(change.answered(token, answer))
        }
    }
}

fn provision_requested(
    mut change: Change,
    event: &Event,
    execution: &ExecutionName,
    token: &TaskToken,
) -> Result<Transition, Refusal> {
    change.is_current(event, execution)?;
    match &change.request.status {
        Status::Approved => {
            change.becomes(Status::Provisioning { token: token.clone() });
            change.audit("provisioning", &Actor::Workflow, "");
            change.job(JobKind::Provision);
            Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct]))
        }
        Status::Provisioning { token: known } if known == token => Err(change.does_not_apply(event)),
        Status::Provisioning { .. } => {
            change.becomes(Status::Provisioning { token: token.clone() });
            change.audit("provisioning", &Actor::Workflow, "asked again by the workflow");
            Ok(change.done())
        }
        // The row authorizes, never the message: an undecided request is not provisioned, whatever the workflow says.
        Status::Pending | Status::AwaitingApproval { .. } => Err(change.does_not_apply(event)),
        status => {
            let answer = answer_to_waiting(status);
            Ok(change.answered(token, answer))
        }
    }
}

/// What an execution is told that waits although its request has moved on.
fn answer_to_waiting(status: &Status) -> Resume {
    match status {
        Status::Denied { .. } => Resume::Denied,
        Status::Cancelled => Resume::Cancelled,
        Status::TimedOut => Resume::TimedOut,
        Status::Terminating { .. } | Status::Failed { .. } | Status::TeardownFailed { .. } => {
            Resume::ProvisioningFailed
        }
        Status::Pending
        | Status::AwaitingApproval { .. }
        | Status::Approved
        | Status::Provisioning { .. }
        | Status::Active { .. } => Resume::Success,
    }
}

fn execution_lost(mut change: Change, event: &Event, execution: &ExecutionName) -> Result<Transition, Refusal> {
    change.is_current(event, execution)?;
    let again = match change.request.status {
        Status::Pending | Status::AwaitingApproval { .. } => Status::Pending,
        Status::Approved => Status::Approved,
        Status::Provisioning { .. }
        | Status::Active { .. }
        | Status::Terminating { .. }
        | Status::Denied { .. }
        | Status::Cancelled
        | Status::TimedOut
        | Status::Failed { .. }
        | Status::TeardownFailed { .. } => return Err(change.does_not_apply(event)),
    };
    if change.request.attempt >= MAX_ATTEMPTS {
        change.becomes(Status::Failed { why: format!("the workflow ended {MAX_ATTEMPTS} times without doing its work") });
        change.audit("failed", &Actor::Workflow, "execution lost");
        return Ok(change.shows(&[Surface::Card, Surface::Direct, Surface::Told(StatusName::Failed)]));
    }
    change.request.attempt += 1;
    change.becomes(again);
    let attempt = change.request.attempt;
    change.audit("execution lost", &Actor::Workflow, format!("attempt {attempt} starts"));
    change.job(JobKind::StartExecution { attempt });
    Ok(change.done())
}

fn provisioning(mut change: Change, event: &Event) -> Result<Transition, Refusal> {
    let Status::Provisioning { token } = change.request.status.clone() else {
        return Err(change.does_not_apply(event));
    };
    match event {
        Event::ProvisioningStarted { product, record, resources } => {
            change.request.provisioned = Some(Provisioned { product: product.clone(), record: record.clone() });
            change.request.progress = Progress { total: *resources, done: Vec::new() };
            change.job(JobKind::WatchProvisioning);
            Ok(change.shows(&[Surface::Thread, Surface::Direct]))
        }
        Event::ResourceCreated { logical_id } => {
            if change.request.progress.done.contains(logical_id) {
                return Err(change.does_not_apply(event));
            }
            change.request.progress.done.push(logical_id.clone());
            Ok(change.shows(&[Surface::Thread, Surface::Direct]))
        }
        Event::ProvisioningSucceeded { outputs } => {
            change.request.outputs.clone_from(outputs);
            let lease = Lease::begin(&change.request.product.lease, change.now);
            change.becomes(Status::Active { lease });
            change.audit("active", &Actor::Provisioner, "");
            change.resume(token, Resume::Success);
            Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::Active)]))
        }
        Event::ProvisioningFailed { why } => {
            change.becomes(Status::Terminating { ending: Ending::Failed { why: why.clone() } });
            change.audit("provisioning failed", &Actor::Provisioner, why);
            change.resume(token, Resume::ProvisioningFailed);
            change.job(JobKind::Terminate);
            Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct]))
        }
        _ => Err(change.does_not_apply(event)),
    }
}

fn terminating(mut change: Change, event: &Event) -> Result<Transition, Refusal> {
    let Status::Terminating { ending } = change.request.status.clone() else {
        return Err(change.does_not_apply(event));
    };
    match event {
        Event::TerminationStarted { record } => {
            if let Some(provisioned) = &mut change.request.provisioned {
                provisioned.record = record.clone();
            }
            change.job(JobKind::WatchTermination);
            Ok(change.done())
        }
        Event::TerminationSucceeded => {
            let Ending::Failed { why } = ending;
            change.becomes(Status::Failed { why });
            change.audit("failed", &Actor::Provisioner, "cleaned up");
            Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::Failed)]))
        }
        Event::TerminationFailed { why } => {
            change.becomes(Status::TeardownFailed { why: why.clone(), ending });
            change.audit("teardown failed", &Actor::Provisioner, why);
            Ok(change.shows(&[
                Surface::Card,
                Surface::Thread,
                Surface::Direct,
                Surface::Told(StatusName::TeardownFailed),
            ]))
        }
        _ => Err(change.does_not_apply(event)),
    }
}

/// A transition in the making.
struct Change {
    was_ended: bool,
    request: Request,
    now: Timestamp,
    audit: Vec<AuditEntry>,
    jobs: Vec<Job>,
}

impl Change {
    fn of(request: &Request, now: Timestamp) -> Self {
        let was_ended = request.status.name().is_ended();
        Self { was_ended, request: request.clone(), now, audit: Vec::new(), jobs: Vec::new() }
    }

    fn becomes(&mut self, status: Status) {
        self.request.status = status;
    }

    fn needed(&self) -> u32 {
        match self.request.approval {
            ApprovalPath::Auto { .. } => 1,
            ApprovalPath::Ask { needed } => needed,
        }
    }

    fn audit(&mut self, event: &str, actor: &Actor, detail: impl Into<String>) {
        let subject = AuditSubject {
            request: self.request.id,
            team: &self.request.team,
            product: &self.request.product.key,
            status: self.request.status.name().word(),
        };
        self.audit.push(self.request.audit.append(self.now, subject, event, actor, detail));
    }

    fn job(&mut self, kind: JobKind) {
        self.jobs.push(kind.due(self.request.id, self.now));
    }

    fn resume(&mut self, token: TaskToken, with: Resume) {
        let attempt = self.request.attempt;
        self.job(JobKind::Resume { token, with, attempt });
    }

    /// Answers an execution that waits for something already known; the request itself stays as it is.
    fn answered(mut self, token: &TaskToken, with: Resume) -> Transition {
        self.resume(token.clone(), with);
        self.done()
    }

    fn shows(mut self, surfaces: &[Surface]) -> Transition {
        let asked = matches!(self.request.approval, ApprovalPath::Ask { .. });
        for surface in surfaces {
            if asked || !matches!(surface, Surface::Card | Surface::Thread) {
                self.job(JobKind::Show(*surface));
            }
        }
        self.done()
    }

    fn done(mut self) -> Transition {
        self.request.revision += 1;
        self.request.updated_at = self.now;
        let ends = !self.was_ended && self.request.status.name().is_ended();
        let quota = ends.then(|| QuotaChange::Release {
            slot: QuotaSlot { team: self.request.team.clone(), product: self.request.product.key.clone() },
        });
        Transition { request: self.request, audit: self.audit, jobs: self.jobs, quota }
    }

    fn is_current(&self, event: &Event, execution: &ExecutionName) -> Result<(), Refusal> {
        if *execution == self.request.execution() { Ok(()) } else { Err(self.does_not_apply(event)) }
    }

    fn does_not_apply(&self, event: &Event) -> Refusal {
        Refusal::DoesNotApply { status: self.request.status.name(), event: event.word() }
    }

    fn already_decided(&self) -> Refusal {
        let request = &self.request;
        let (decided, by, at) = match &request.status {
            Status::Pending | Status::AwaitingApproval { .. } => {
                return Refusal::StaleButton { status: request.status.name() };
            }
            Status::Denied { by, .. } => (StatusName::Denied, Some(by.clone()), request.updated_at),
            Status::Cancelled => (StatusName::Cancelled, Some(request.requester.clone()), request.updated_at),
            Status::TimedOut => (StatusName::TimedOut, None, request.updated_at),
            Status::Approved
            | Status::Provisioning { .. }
            | Status::Active { .. }
            | Status::Terminating { .. }
            | Status::Failed { .. }
            | Status::TeardownFailed { .. } => {
                let last = request.approvals.last();
                let at = last.map_or(request.submitted_at, |approval| approval.at);
                (StatusName::Approved, last.map(|approval| approval.by.clone()), at)
            }
        };
        Refusal::AlreadyDecided { status: decided, by, at }
    }
}
