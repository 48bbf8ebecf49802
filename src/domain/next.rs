//! The one place where a request changes: `(request, event, now)` gives the next request with everything that is
//! committed beside it, or a refusal.
//!
//! Every machine event may come twice, late, or for an older attempt; a waiting execution whose answer is already
//! known is always answered, so that no execution is left hanging.

use jiff::Timestamp;

use super::audit::{Actor, AuditEntry, AuditSubject};
use super::event::Event;
use super::ids::{ExecutionName, PersonId, RecordId, TaskToken};
use super::job::{Job, JobKind, Resume};
use super::lease::Lease;
use super::policy::ApprovalPath;
use super::quota::{QuotaChange, QuotaSlot};
use super::refusal::Refusal;
use super::request::{
    Approval, Ending, MessageRef, Output, Provisioned, Request, Status, StatusName, Surface,
};

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
        Event::ProvisionRequested { execution, token } => {
            provision_requested(change, event, execution, token)
        }
        Event::ExecutionLost { execution } => execution_lost(change, event, execution),
        Event::ProvisioningStarted { product, record, resources } => provisioning_started(
            change,
            event,
            Provisioned { product: product.clone(), record: record.clone() },
            *resources,
        ),
        Event::ResourceCreated { logical_id } => resource_created(change, event, logical_id),
        Event::ProvisioningSucceeded { outputs } => provisioning_succeeded(change, event, outputs),
        Event::ProvisioningFailed { why } => provisioning_failed(change, event, why),
        Event::TerminationStarted { record } => termination_started(change, event, record),
        Event::TerminationSucceeded => termination_succeeded(change, event),
        Event::TerminationFailed { why } => termination_failed(change, event, why),
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
    if let Some(answer) = known_answer(&change.request.status) {
        return Ok(change.answered(token, answer));
    }
    if change.holds(token) {
        return Err(change.does_not_apply(event));
    }
    let asked_before = change.request.status != Status::Pending;
    change.becomes(Status::AwaitingApproval { token: token.clone() });
    change.audit(
        "approval requested",
        &Actor::Workflow,
        if asked_before { "asked again by the workflow" } else { "" },
    );
    Ok(change.shows(&[Surface::Card, Surface::Direct]))
}

fn provision_requested(
    mut change: Change,
    event: &Event,
    execution: &ExecutionName,
    token: &TaskToken,
) -> Result<Transition, Refusal> {
    change.is_current(event, execution)?;
    let status = &change.request.status;
    // The row authorizes, never the message: an undecided request is not provisioned, whatever the workflow says.
    if status.name().is_undecided() || change.holds(token) {
        return Err(change.does_not_apply(event));
    }
    if matches!(status, Status::Approved) {
        change.becomes(Status::Provisioning { token: token.clone() });
        change.audit("provisioning", &Actor::Workflow, "");
        change.job(JobKind::Provision);
        return Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct]));
    }
    if matches!(status, Status::Provisioning { .. }) {
        change.becomes(Status::Provisioning { token: token.clone() });
        change.audit("provisioning", &Actor::Workflow, "asked again by the workflow");
        return Ok(change.done());
    }
    match known_answer(status) {
        Some(answer) => Ok(change.answered(token, answer)),
        None => Err(change.does_not_apply(event)),
    }
}

/// What an execution is told that waits although its request has moved on; `None` while there is nothing to tell.
fn known_answer(status: &Status) -> Option<Resume> {
    match status {
        Status::Pending | Status::AwaitingApproval { .. } => None,
        Status::Approved | Status::Provisioning { .. } | Status::Active { .. } => Some(Resume::Success),
        Status::Denied { .. } => Some(Resume::Denied),
        Status::Cancelled => Some(Resume::Cancelled),
        Status::TimedOut => Some(Resume::TimedOut),
        Status::Terminating { .. } | Status::Failed { .. } | Status::TeardownFailed { .. } => {
            Some(Resume::ProvisioningFailed)
        }
    }
}

fn execution_lost(
    mut change: Change,
    event: &Event,
    execution: &ExecutionName,
) -> Result<Transition, Refusal> {
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
        change.becomes(Status::Failed {
            why: format!("the workflow ended {MAX_ATTEMPTS} times without doing its work"),
        });
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

fn provisioning_started(
    mut change: Change,
    event: &Event,
    provisioned: Provisioned,
    resources: usize,
) -> Result<Transition, Refusal> {
    change.provisioning_token(event)?;
    change.request.provisioned = Some(provisioned);
    change.request.progress.total = resources;
    change.job(JobKind::WatchProvisioning);
    Ok(change.shows(&[Surface::Thread, Surface::Direct]))
}

fn resource_created(mut change: Change, event: &Event, logical_id: &str) -> Result<Transition, Refusal> {
    change.provisioning_token(event)?;
    if change.request.progress.done.iter().any(|done| done == logical_id) {
        return Err(change.does_not_apply(event));
    }
    change.request.progress.done.push(logical_id.to_owned());
    Ok(change.shows(&[Surface::Thread, Surface::Direct]))
}

fn provisioning_succeeded(
    mut change: Change,
    event: &Event,
    outputs: &[Output],
) -> Result<Transition, Refusal> {
    let token = change.provisioning_token(event)?;
    change.request.outputs = outputs.to_vec();
    let lease = Lease::begin(&change.request.product.lease, change.now);
    change.becomes(Status::Active { lease });
    change.audit("active", &Actor::Provisioner, "");
    change.resume(token, Resume::Success);
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::Active)]))
}

fn provisioning_failed(mut change: Change, event: &Event, why: &str) -> Result<Transition, Refusal> {
    let token = change.provisioning_token(event)?;
    change.becomes(Status::Terminating { ending: Ending::Failed { why: why.to_owned() } });
    change.audit("provisioning failed", &Actor::Provisioner, why);
    change.resume(token, Resume::ProvisioningFailed);
    change.job(JobKind::Terminate);
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct]))
}

fn termination_started(mut change: Change, event: &Event, record: &RecordId) -> Result<Transition, Refusal> {
    change.ending(event)?;
    if let Some(provisioned) = &mut change.request.provisioned {
        provisioned.record = record.clone();
    }
    change.job(JobKind::WatchTermination);
    Ok(change.done())
}

fn termination_succeeded(mut change: Change, event: &Event) -> Result<Transition, Refusal> {
    let Ending::Failed { why } = change.ending(event)?;
    change.becomes(Status::Failed { why });
    change.audit("failed", &Actor::Provisioner, "cleaned up");
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::Failed)]))
}

fn termination_failed(mut change: Change, event: &Event, why: &str) -> Result<Transition, Refusal> {
    let ending = change.ending(event)?;
    change.becomes(Status::TeardownFailed { why: why.to_owned(), ending });
    change.audit("teardown failed", &Actor::Provisioner, why);
    Ok(change.shows(&[
        Surface::Card,
        Surface::Thread,
        Surface::Direct,
        Surface::Told(StatusName::TeardownFailed),
    ]))
}

/// Notes on the trail that a person was refused something for lack of right; the request stays as it is.
pub fn note_refusal(request: &Request, by: &PersonId, tried: &str, why: &str, now: Timestamp) -> Transition {
    let mut change = Change::of(request, now);
    change.audit("refused", &Actor::Person(by.clone()), format!("{tried}: {why}"));
    change.done()
}

/// Records where a message of the request was posted.
pub fn record_message(request: &Request, surface: Surface, at: MessageRef, now: Timestamp) -> Transition {
    let mut change = Change::of(request, now);
    change.request.messages.insert(surface, at);
    // What the thread has to say may have been decided while its card was still being posted.
    let decided = !request.status.name().is_undecided();
    if surface == Surface::Card && decided { change.shows(&[Surface::Thread]) } else { change.done() }
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
        self.request.updated_at = self.now;
    }

    /// The waiting execution's token while it is being provisioned; the event does not apply at any other time.
    fn provisioning_token(&self, event: &Event) -> Result<TaskToken, Refusal> {
        let Status::Provisioning { token } = &self.request.status else {
            return Err(self.does_not_apply(event));
        };
        Ok(token.clone())
    }

    /// How the removal under way will end; the event does not apply when there is none.
    fn ending(&self, event: &Event) -> Result<Ending, Refusal> {
        let Status::Terminating { ending } = &self.request.status else {
            return Err(self.does_not_apply(event));
        };
        Ok(ending.clone())
    }

    fn holds(&self, token: &TaskToken) -> bool {
        matches!(&self.request.status, Status::AwaitingApproval { token: known } | Status::Provisioning { token: known } if known == token)
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
