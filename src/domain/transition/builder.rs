//! Assembles a transition, with the operations that all decisions share. Contains no rules of its own.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::domain::approval::{About, Answer, ApprovalPath, ApprovedChanges, Reduction};
use crate::domain::audit::{Actor, AuditEntry, AuditSubject};
use crate::domain::event::Event;
use crate::domain::ids::{ExecutionName, PersonId, TaskToken, TeamName};
use crate::domain::job::{Job, JobKind, Resume};
use crate::domain::lease::{Lease, LeaseStep};
use crate::domain::quota::{QuotaChange, QuotaSlot};
use crate::domain::refusal::Refusal;
use crate::domain::request::{ChangeOrder, ChangeOutcome, Ending, MessageSlot, Request, Status, StatusName};

/// One change of a request, committed as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The request after the change.
    pub request: Request,
    /// New entries of the audit trail.
    pub audit: Vec<AuditEntry>,
    /// Jobs to perform now or later.
    pub jobs: Vec<Job>,
    /// The quota slot or budget that is taken or freed.
    pub quota: Option<QuotaChange>,
}

/// A transition under construction.
pub(super) struct TransitionBuilder {
    was_ended: bool,
    pub(super) request: Request,
    pub(super) now: Timestamp,
    audit: Vec<AuditEntry>,
    jobs: Vec<Job>,
    /// The amount added to the slot's estimates, and the budget it has to fit into.
    taken: Option<(Decimal, Option<Decimal>)>,
    /// The amount subtracted from the slot's estimates.
    given_back: Decimal,
    /// The previous slot, if the request moves to another team.
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

    /// Moves the request and its slot to another team, or to the same team under a new name.
    pub(super) fn moves_to(&mut self, team: &TeamName) {
        // An ended request holds no slot that could move.
        self.moved_from = (!self.was_ended).then(|| self.request.slot());
        self.request.moves_to(team.clone());
        self.request.stored_team = None;
    }

    pub(super) fn becomes(&mut self, status: Status) {
        self.request.status = status;
        // A missing permission belonged to the previous status's operation.
        self.request.held_up = None;
        self.request.updated_at = self.now;
        let creation = &mut self.request.creation;
        if creation.answer.is_none() {
            creation.answer = creation.answer_in(&self.request.status);
        }
        if !self.was_ended && self.request.status.name().is_ended() {
            self.request.ended_at = Some(self.now);
        }
    }

    /// Invalidates the buttons that people see, because they would mean something else from now on.
    pub(super) fn bump_epoch(&mut self) {
        self.request.epoch = self.request.epoch.saturating_add(1);
    }

    /// Applies an approver's changes and returns the reductions made.
    pub(super) fn apply_changes(
        &mut self,
        changes: &ApprovedChanges,
        by: &PersonId,
    ) -> Result<Vec<Reduction>, Refusal> {
        let (reductions, saved) = changes.apply(&mut self.request, by)?;
        self.given_back += saved;
        Ok(reductions)
    }

    /// Starts or replaces the lease, and schedules the job that checks it next.
    pub(super) fn leases(&mut self, lease: Lease) {
        let next = match lease.step(&self.request.product.lease, self.now) {
            LeaseStep::Wait(until) => until,
            // An overdue step is taken by the job as well, which checks quiet hours first.
            LeaseStep::Warn | LeaseStep::End => self.now,
        };
        self.becomes(Status::Active { lease });
        self.later(JobKind::Lease, next);
    }

    /// Starts the removal, or another attempt at it.
    pub(super) fn removes(&mut self, ending: Ending, attempt: u32) {
        self.bump_epoch();
        self.becomes(Status::Terminating { ending, attempt });
        self.close_waiting();
        self.job(JobKind::Terminate);
    }

    /// Closes a waiting renewal or change, which nobody has to answer any more.
    pub(super) fn close_waiting(&mut self) {
        let is_waiting = self.request.later.last().is_some_and(|approval| approval.answer.is_none());
        if is_waiting {
            self.answers_later(Answer::Moot);
        }
    }

    /// Records the answer to the latest renewal or change. The budget reserved for a change is freed unless it is made.
    pub(super) fn answers_later(&mut self, answer: Answer) {
        let Some(approval) = self.request.later.last_mut() else { return };
        let is_made = answer == Answer::Approved;
        approval.answer = Some(answer);
        let reserved = approval.change().map(ChangeOrder::more).unwrap_or_default();
        if !is_made {
            self.gives_back(reserved);
        }
    }

    /// Returns the change that is being carried out, to record what became of it.
    pub(super) fn running_change_mut(&mut self) -> Option<(&mut Option<Answer>, &mut ChangeOrder)> {
        self.request.later.iter_mut().find_map(|approval| match &mut approval.about {
            About::Change(order) => Some((&mut approval.answer, &mut **order)),
            About::Create | About::Renew(_) => None,
        })
    }

    /// Records what became of the change that was being carried out. The budget reserved for it is freed unless it was made.
    pub(super) fn finishes_change(&mut self, outcome: ChangeOutcome) {
        let is_made = outcome == ChangeOutcome::Done;
        let Some((_, order)) = self.running_change_mut() else { return };
        order.outcome = Some(outcome);
        let reserved = order.more();
        if !is_made {
            self.gives_back(reserved);
        }
    }

    /// Drops the change that was being carried out, because what it was about has ended.
    pub(super) fn drops_running_change(&mut self) {
        let Some((answer, order)) = self.running_change_mut() else { return };
        *answer = Some(Answer::Moot);
        let reserved = order.more();
        self.gives_back(reserved);
    }

    /// Adds to the slot's estimates. The commit is refused if the budget has no room.
    pub(super) fn takes(&mut self, monthly: Decimal, budget: Option<Decimal>) {
        // A change that costs no more has nothing to reserve.
        self.taken = (!monthly.is_zero()).then_some((monthly, budget));
    }

    /// Subtracts from the slot's estimates.
    pub(super) fn gives_back(&mut self, monthly: Decimal) {
        self.given_back += monthly;
    }

    /// Refuses anything that has to wait for a running update.
    pub(super) fn is_not_being_changed(&self) -> Result<(), Refusal> {
        let is_changed = matches!(self.request.status, Status::Updating { .. });
        if is_changed { Err(Refusal::BeingChanged) } else { Ok(()) }
    }

    /// Refuses a second approval while a renewal or a change waits.
    pub(super) fn nothing_else_waits(&self) -> Result<(), Refusal> {
        let Some(waiting) = self.request.waiting() else { return Ok(()) };
        Err(Refusal::waits(waiting))
    }

    /// Returns the task token and the person who wants a teardown as soon as provisioning is done. The event does not
    /// apply in any other status.
    pub(super) fn being_provisioned(&self, event: &Event) -> Result<(TaskToken, Option<PersonId>), Refusal> {
        let Status::Provisioning { token, unwanted } = &self.request.status else {
            return Err(self.does_not_apply(event));
        };
        Ok((token.clone(), unwanted.clone()))
    }

    /// Returns the outcome of the current removal and its attempt number. The event does not apply if there is none.
    pub(super) fn being_removed(&self, event: &Event) -> Result<(Ending, u32), Refusal> {
        let Status::Terminating { ending, attempt } = &self.request.status else {
            return Err(self.does_not_apply(event));
        };
        Ok((ending.clone(), *attempt))
    }

    pub(super) fn holds(&self, token: &TaskToken) -> bool {
        matches!(&self.request.status, Status::AwaitingApproval { token: current } | Status::Provisioning { token: current, .. } if current == token)
    }

    pub(super) fn audit(&mut self, event: &str, actor: &Actor, detail: impl Into<String>) {
        // The status as it is by now, so an entry about a new status is written after `becomes`.
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

    /// Resumes an execution that waits for a result already known; the request itself stays unchanged.
    pub(super) fn answered(mut self, token: &TaskToken, with: Resume) -> Transition {
        self.resume(token.clone(), with);
        self.done()
    }

    pub(super) fn shows(mut self, slots: &[MessageSlot]) -> Transition {
        for slot in slots {
            self.show(*slot);
        }
        self.done()
    }

    fn show(&mut self, slot: MessageSlot) {
        let has_card = matches!(self.request.creation.path, ApprovalPath::Ask { .. });
        let is_there = match slot {
            // An auto-approved request has no card, and so no thread.
            MessageSlot::Card | MessageSlot::Thread => has_card,
            MessageSlot::Renewal => self.request.renewal().is_some(),
            MessageSlot::Change => self.request.change().is_some(),
            // Only the dispatcher posts warnings, since one message covers all of a person's leases; here an existing
            // one is updated.
            MessageSlot::Warning => self.request.messages.contains_key(&slot),
            MessageSlot::Direct => true,
            MessageSlot::Reminder(_) | MessageSlot::Notification(_) => {
                // A notification of the same kind may be due again. Forgetting the previous message makes this a new
                // post, of which Slack notifies.
                self.request.messages.remove(&slot);
                true
            }
        };
        if is_there {
            self.job(JobKind::Show(slot));
        }
    }

    pub(super) fn done(mut self) -> Transition {
        // The store commits only if the row still has the previous revision.
        self.request.revision += 1;
        let ends = !self.was_ended && self.request.status.name().is_ended();
        let (slot, given_back) = (self.request.slot(), self.given_back);
        // A transition changes at most one slot, and a move carries everything the request holds.
        let quota = if let Some(from) = self.moved_from {
            let monthly = self.request.held_monthly();
            // The slot may be counted under the new name already.
            (from != slot).then_some(QuotaChange::Move { from, to: slot, monthly })
        } else if ends {
            // The slot still holds what this transition has given back; all of it has to be released.
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

    /// Refuses an answer after the deadline, even if the job that times the approval out has not run yet.
    pub(super) fn is_in_time(&self) -> Result<(), Refusal> {
        let approval = self.request.approval();
        if self.now < approval.answer_by {
            return Ok(());
        }
        match approval.about {
            About::Create => {
                let at = approval.answer_by;
                Err(Refusal::AlreadyDecided { status: StatusName::TimedOut, by: None, at })
            }
            About::Renew(_) | About::Change(_) => Err(Refusal::stale(&self.request)),
        }
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
            // The request failed while approvers were still being asked.
            Status::Failed { .. } if !request.creation.is_agreed() => (StatusName::Failed, None, request.updated_at),
            Status::Approved
            | Status::Provisioning { .. }
            | Status::Active { .. }
            | Status::Updating { .. }
            // Later statuses all imply an approval, so the last approver is the one to name.
            | Status::Terminating { .. }
            | Status::Failed { .. }
            | Status::TeardownFailed { .. }
            | Status::Terminated { .. }
            | Status::Retained { .. } => {
                // Auto-approved requests have no approval; they were decided at submission.
                let last = request.creation.consents.last();
                let at = last.map_or(request.submitted_at, |approval| approval.at);
                (StatusName::Approved, last.map(|approval| approval.by.clone()), at)
            }
        };
        Refusal::AlreadyDecided { status: decided, by, at }
    }
}
