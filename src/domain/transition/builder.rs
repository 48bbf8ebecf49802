//! A transition while it is being put together, and what every decision asks of it. No rule of its own.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::Transition;
use crate::domain::approve_with_changes::{ApprovedChanges, Reduction};
use crate::domain::audit::{Actor, AuditEntry, AuditSubject};
use crate::domain::event::Event;
use crate::domain::ids::{ExecutionName, PersonId, TaskToken, TeamName};
use crate::domain::job::{Job, JobKind, Resume};
use crate::domain::lease::{Lease, LeaseStep};
use crate::domain::policy::ApprovalPath;
use crate::domain::quota::{QuotaChange, QuotaSlot};
use crate::domain::refusal::Refusal;
use crate::domain::request::{
    ChangeAnswer, Ending, MessageSlot, Question, RenewalAnswer, Request, Status, StatusName,
};

/// A transition in the making.
pub(super) struct TransitionBuilder {
    was_ended: bool,
    pub(super) request: Request,
    pub(super) now: Timestamp,
    audit: Vec<AuditEntry>,
    jobs: Vec<Job>,
    /// What is added to the estimates of its slot, and within which budget.
    taken: Option<(Decimal, Option<Decimal>)>,
    /// What is taken from them.
    given_back: Decimal,
    /// The slot it had, where it is given to another team.
    moved_from: Option<QuotaSlot>,
}

impl TransitionBuilder {
    pub(super) fn of(request: &Request, now: Timestamp) -> Self {
        let was_ended = request.status.name().is_ended();
        Self {
            was_ended,
            request: request.clone(),
            now,
            audit: Vec::new(),
            jobs: Vec::new(),
            taken: None,
            given_back: Decimal::ZERO,
            moved_from: None,
        }
    }

    /// Gives it to another team, or to its own under another name, with the slot that it holds.
    pub(super) fn moves_to(&mut self, team: &TeamName) {
        self.moved_from = (!self.was_ended).then(|| self.request.slot());
        self.request.moves_to(team.clone());
        self.request.stored_team = None;
    }

    pub(super) fn becomes(&mut self, status: Status) {
        self.request.status = status;
        self.request.held_up = None;
        self.request.updated_at = self.now;
        if !self.was_ended && self.request.status.name().is_ended() {
            self.request.ended_at = Some(self.now);
        }
    }

    /// Buttons that people see mean something else from now on.
    pub(super) fn bump_epoch(&mut self) {
        self.request.epoch = self.request.epoch.saturating_add(1);
    }

    /// Makes what was asked for smaller; what became of it.
    pub(super) fn lowers(
        &mut self,
        lowered: &ApprovedChanges,
        by: &PersonId,
    ) -> Result<Vec<Reduction>, Refusal> {
        let (made, saved) = lowered.apply(&mut self.request, by)?;
        self.given_back += saved;
        Ok(made)
    }

    /// The lease that runs from now on, and the job that looks at it next.
    pub(super) fn leases(&mut self, lease: Lease) {
        let next = match lease.step(&self.request.product.lease, self.now) {
            LeaseStep::Wait(until) => until,
            LeaseStep::Warn | LeaseStep::End => self.now,
        };
        self.becomes(Status::Active { lease });
        self.later(JobKind::Lease, next);
    }

    /// Begins to remove it, or begins again.
    pub(super) fn removes(&mut self, ending: Ending, attempt: u32) {
        self.bump_epoch();
        self.becomes(Status::Terminating { ending, attempt });
        self.moots_questions();
        self.job(JobKind::Terminate);
    }

    /// Nobody has to answer a renewal or a change any more.
    pub(super) fn moots_questions(&mut self) {
        if self.request.change.as_ref().is_some_and(|order| order.answer.is_none()) {
            self.answers_change(ChangeAnswer::Moot);
        }
        if let Some(renewal) = self.request.renewal.as_mut().filter(|renewal| renewal.answer.is_none()) {
            renewal.answer = Some(RenewalAnswer::Moot);
        }
    }

    /// What came of the change; unless it is or may yet be made, what was taken of the budget for it is free again.
    pub(super) fn answers_change(&mut self, answer: ChangeAnswer) {
        let Some(order) = self.request.change.as_mut() else { return };
        let is_made = answer == ChangeAnswer::Done;
        order.answer = Some(answer);
        let more = order.more();
        if !is_made {
            self.gives_back(more);
        }
    }

    /// Adds to the estimates of its slot; refused where the budget has no room.
    pub(super) fn takes(&mut self, monthly: Decimal, budget: Option<Decimal>) {
        self.taken = (!monthly.is_zero()).then_some((monthly, budget));
    }

    /// Takes from the estimates of its slot.
    pub(super) fn gives_back(&mut self, monthly: Decimal) {
        self.given_back += monthly;
    }

    /// Refuses what has to wait until a change is made.
    pub(super) fn is_not_being_changed(&self) -> Result<(), Refusal> {
        let is_changed = matches!(self.request.status, Status::Updating { .. });
        if is_changed { Err(Refusal::BeingChanged) } else { Ok(()) }
    }

    /// Refuses a second question beside one that waits.
    pub(super) fn nothing_else_waits(&self) -> Result<(), Refusal> {
        match self.request.question() {
            Question::Request => Ok(()),
            Question::Renewal(waiting) => Err(Refusal::RenewalWaits { until: waiting.approve_by }),
            Question::Change(waiting) => Err(Refusal::ChangeWaits { until: waiting.approve_by }),
        }
    }

    /// Who wants it gone as soon as it is there, and the waiting execution's token, while it is being provisioned;
    /// the event does not apply at any other time.
    pub(super) fn being_provisioned(&self, event: &Event) -> Result<(TaskToken, Option<PersonId>), Refusal> {
        let Status::Provisioning { token, unwanted } = &self.request.status else {
            return Err(self.does_not_apply(event));
        };
        Ok((token.clone(), unwanted.clone()))
    }

    /// How the removal under way will end and which try it is; the event does not apply when there is none.
    pub(super) fn being_removed(&self, event: &Event) -> Result<(Ending, u32), Refusal> {
        let Status::Terminating { ending, attempt } = &self.request.status else {
            return Err(self.does_not_apply(event));
        };
        Ok((ending.clone(), *attempt))
    }

    pub(super) fn holds(&self, token: &TaskToken) -> bool {
        matches!(&self.request.status, Status::AwaitingApproval { token: known } | Status::Provisioning { token: known, .. } if known == token)
    }

    /// Whether nobody had to be asked, or enough approvers have agreed.
    fn was_approved(&self) -> bool {
        match self.request.approval {
            ApprovalPath::Auto { .. } => true,
            ApprovalPath::Ask { needed, .. } => {
                u32::try_from(self.request.approvals.len()).is_ok_and(|have| have >= needed)
            }
        }
    }

    pub(super) fn needed(&self) -> u32 {
        match self.request.approval {
            ApprovalPath::Auto { .. } => 1,
            ApprovalPath::Ask { needed, .. } => needed,
        }
    }

    pub(super) fn audit(&mut self, event: &str, actor: &Actor, detail: impl Into<String>) {
        let subject = AuditSubject::Request {
            id: self.request.id,
            team: &self.request.team,
            product: &self.request.product.key,
            status: self.request.status.name().as_str(),
        };
        self.audit.push(self.request.audit.append(self.now, subject, event, actor, detail));
    }

    pub(super) fn job(&mut self, kind: JobKind) {
        self.jobs.push(kind.due(self.request.id, self.now));
    }

    pub(super) fn later(&mut self, kind: JobKind, at: Timestamp) {
        self.jobs.push(kind.due(self.request.id, at));
    }

    pub(super) fn resume(&mut self, token: TaskToken, with: Resume) {
        let attempt = self.request.attempt;
        self.job(JobKind::Resume { token, with, attempt });
    }

    /// Answers an execution that waits for something already known; the request itself stays as it is.
    pub(super) fn answered(mut self, token: &TaskToken, with: Resume) -> Transition {
        self.resume(token.clone(), with);
        self.done()
    }

    pub(super) fn shows(mut self, surfaces: &[MessageSlot]) -> Transition {
        for surface in surfaces {
            self.show(*surface);
        }
        self.done()
    }

    fn show(&mut self, surface: MessageSlot) {
        let asked = matches!(self.request.approval, ApprovalPath::Ask { .. });
        let is_there = match surface {
            MessageSlot::Card | MessageSlot::Thread => asked,
            MessageSlot::Renewal => self.request.renewal.is_some(),
            MessageSlot::Change => self.request.change.is_some(),
            // The dispatcher posts warnings for all of a person's requests at once; here they are only rewritten.
            MessageSlot::Warning => self.request.messages.contains_key(&surface),
            MessageSlot::Direct => true,
            MessageSlot::Prompt(_) | MessageSlot::Notification(_) => {
                // The same news may come a second time, and then it is told a second time.
                self.request.messages.remove(&surface);
                true
            }
        };
        if is_there {
            self.job(JobKind::Show(surface));
        }
    }

    pub(super) fn done(mut self) -> Transition {
        self.request.revision += 1;
        let ends = !self.was_ended && self.request.status.name().is_ended();
        let (slot, given_back) = (self.request.slot(), self.given_back);
        let quota = if let Some(from) = self.moved_from {
            let monthly = self.request.held_monthly();
            (from != slot).then_some(QuotaChange::Move { from, to: slot, monthly })
        } else if ends {
            Some(QuotaChange::Release { slot, monthly: self.request.monthly() + given_back })
        } else if let Some((monthly, budget)) = self.taken {
            Some(QuotaChange::Grow { slot, monthly, budget })
        } else {
            (!given_back.is_zero()).then_some(QuotaChange::Shrink { slot, monthly: given_back })
        };
        Transition { request: self.request, audit: self.audit, jobs: self.jobs, quota }
    }

    pub(super) fn is_current(&self, event: &Event, execution: &ExecutionName) -> Result<(), Refusal> {
        if *execution == self.request.execution() { Ok(()) } else { Err(self.does_not_apply(event)) }
    }

    pub(super) fn does_not_apply(&self, event: &Event) -> Refusal {
        Refusal::DoesNotApply { status: self.request.status.name(), event: event.as_str() }
    }

    /// An answer after the deadline does not count, even when the timeout itself has not been noted yet.
    pub(super) fn is_in_time(&self) -> Result<(), Refusal> {
        if self.now < self.request.approve_by {
            return Ok(());
        }
        let at = self.request.approve_by;
        Err(Refusal::AlreadyDecided { status: StatusName::TimedOut, by: None, at })
    }

    pub(super) fn already_decided(&self) -> Refusal {
        let request = &self.request;
        let (decided, by, at) = match &request.status {
            Status::Pending | Status::AwaitingApproval { .. } => {
                return Refusal::stale(request);
            }
            Status::Denied { by, .. } => (StatusName::Denied, Some(by.clone()), request.updated_at),
            Status::Cancelled => (StatusName::Cancelled, Some(request.requester.clone()), request.updated_at),
            Status::TimedOut => (StatusName::TimedOut, None, request.updated_at),
            // Given up while approvers were still being asked.
            Status::Failed { .. } if !self.was_approved() => (StatusName::Failed, None, request.updated_at),
            Status::Approved
            | Status::Provisioning { .. }
            | Status::Active { .. }
            | Status::Updating { .. }
            | Status::Terminating { .. }
            | Status::Failed { .. }
            | Status::TeardownFailed { .. }
            | Status::Terminated { .. }
            | Status::Retained { .. } => {
                let last = request.approvals.last();
                let at = last.map_or(request.submitted_at, |approval| approval.at);
                (StatusName::Approved, last.map(|approval| approval.by.clone()), at)
            }
        };
        Refusal::AlreadyDecided { status: decided, by, at }
    }
}
