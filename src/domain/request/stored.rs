//! The shape in which a request is stored. It is older than [`Approval`]: a request's own approval is spread over the
//! row, and renewals and changes have one shape each. Bots of earlier versions read and write these rows at the same
//! time, so fields are only ever added, and what they do not know is optional. Such a bot drops what it does not know
//! when it writes a row again: where that would be wrong, or for a new value of an enum, which it cannot read, raise
//! `ports::stored::FORMAT`. CONTRIBUTING.md has the recipe.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Asking, Billed, ChangeOrder, ChangeOutcome, Difference, HeldUp, MessageRef, MessageSlot, Output,
    ProductSnapshot, Progress, Provisioned, Request, Status,
};
use crate::domain::approval::{
    About, Answer, Approval, ApprovalPath, Consent, Exception, Reduction, Renewal, path_of_renewal,
};
use crate::domain::audit::AuditHead;
use crate::domain::cost::Estimate;
use crate::domain::ids::{PersonId, RequestId, TeamName};
use crate::domain::period::Period;
use crate::domain::ticket::Ticket;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredRequest {
    id: RequestId,
    revision: u64,
    requester: PersonId,
    owner: PersonId,
    team: TeamName,
    // Fields with a default were added later: rows of older bots lack them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    formerly: Vec<TeamName>,
    product: ProductSnapshot,
    parameters: Vec<(String, String)>,
    bound: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    reason: String,
    #[serde(default)]
    ticket: Option<Ticket>,
    estimate: Option<Estimate>,
    exceeds_budget: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exception: Option<Exception>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room_since: Option<Timestamp>,
    approval: ApprovalPath,
    submitted_at: Timestamp,
    updated_at: Timestamp,
    approve_by: Timestamp,
    activated_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    attempt: u32,
    epoch: u32,
    status: Status,
    approvals: Vec<Consent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reductions: Vec<Reduction>,
    /// Who cancelled it; older bots take it for the requester.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withdrawn_by: Option<PersonId>,
    #[serde(default)]
    asking: Asking,
    renewal: Option<StoredRenewal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change: Option<Box<StoredChange>>,
    provisioned: Option<Provisioned>,
    progress: Progress,
    billed: Option<Billed>,
    trouble: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_up: Option<HeldUp>,
    outputs: Vec<Output>,
    messages: BTreeMap<MessageSlot, MessageRef>,
    audit: AuditHead,
}

#[derive(Serialize, Deserialize)]
struct StoredRenewal {
    by: PersonId,
    period: Period,
    renewals: u32,
    holds_end: bool,
    /// Older bots store only the deadline, from which they compute this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_at: Option<Timestamp>,
    approve_by: Timestamp,
    approvals: Vec<Consent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reductions: Vec<Reduction>,
    answer: Option<StoredRenewalAnswer>,
    /// Who withdrew it; `answer` is then `Moot`, which older bots can read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withdrawn_by: Option<PersonId>,
}

#[derive(Serialize, Deserialize)]
enum StoredRenewalAnswer {
    Granted,
    Denied {
        by: PersonId,
        #[serde(rename = "instead_of", default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<PersonId>,
        reason: String,
    },
    Unanswered,
    Moot,
}

#[derive(Serialize, Deserialize)]
struct StoredChange {
    by: PersonId,
    #[serde(rename = "once")]
    idempotency_key: String,
    product: ProductSnapshot,
    parameters: Vec<(String, String)>,
    bound: Vec<String>,
    labels: BTreeMap<String, String>,
    differences: Vec<Difference>,
    reason: String,
    estimate_before: Option<Estimate>,
    estimate: Option<Estimate>,
    exceeds_budget: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exception: Option<Exception>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room_since: Option<Timestamp>,
    approval: ApprovalPath,
    asked_at: Timestamp,
    approve_by: Timestamp,
    approvals: Vec<Consent>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reductions: Vec<Reduction>,
    answer: Option<StoredChangeAnswer>,
    /// Who withdrew it; older bots take it for the person who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withdrawn_by: Option<PersonId>,
}

#[derive(Serialize, Deserialize)]
enum StoredChangeAnswer {
    Granted,
    Done,
    Failed {
        why: String,
    },
    Denied {
        by: PersonId,
        #[serde(rename = "instead_of", default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<PersonId>,
        reason: String,
    },
    Withdrawn,
    Unanswered,
    Moot,
}

impl From<StoredRequest> for Request {
    fn from(stored: StoredRequest) -> Self {
        let mut creation = Approval {
            exception: stored.exception,
            room_since: stored.room_since,
            consents: stored.approvals,
            reductions: stored.reductions,
            ..Approval::new(
                About::Create,
                (stored.requester.clone(), stored.submitted_at),
                stored.approve_by,
                stored.approval,
            )
        };
        creation.answer = match (creation.answer_in(&stored.status), stored.withdrawn_by) {
            (Some(Answer::Withdrawn { .. }), Some(by)) => Some(Answer::Withdrawn { by }),
            (answer, _) => answer,
        };
        let renewal = stored.renewal.map(|renewal| renewal.read(&stored.product, &creation.path));
        let mut later: Vec<Approval> =
            renewal.into_iter().chain(stored.change.map(|change| change.read())).collect();
        // Which of them was asked last is told by its deadline, or by the fact that it still waits.
        later.sort_by_key(|approval| (approval.answer.is_none(), approval.answer_by));
        Self {
            id: stored.id,
            revision: stored.revision,
            requester: stored.requester,
            owner: stored.owner,
            team: stored.team,
            formerly: stored.formerly,
            stored_team: None,
            product: stored.product,
            parameters: stored.parameters,
            bound: stored.bound,
            labels: stored.labels,
            reason: stored.reason,
            ticket: stored.ticket,
            estimate: stored.estimate,
            exceeds_budget: stored.exceeds_budget,
            submitted_at: stored.submitted_at,
            updated_at: stored.updated_at,
            activated_at: stored.activated_at,
            ended_at: stored.ended_at,
            attempt: stored.attempt,
            epoch: stored.epoch,
            status: stored.status,
            asking: stored.asking,
            creation,
            later,
            provisioned: stored.provisioned,
            progress: stored.progress,
            billed: stored.billed,
            trouble: stored.trouble,
            held_up: stored.held_up,
            outputs: stored.outputs,
            messages: stored.messages,
            audit: stored.audit,
        }
    }
}

impl From<Request> for StoredRequest {
    fn from(request: Request) -> Self {
        let (mut renewal, mut change) = (None, None);
        for approval in request.later {
            match approval.about.clone() {
                About::Create => {}
                About::Renew(of) => renewal = Some(StoredRenewal::of(&of, approval)),
                About::Change(order) => change = Some(Box::new(StoredChange::of(*order, approval))),
            }
        }
        let creation = request.creation;
        let withdrawn_by = withdrawn_by(creation.answer.as_ref());
        Self {
            id: request.id,
            revision: request.revision,
            // Left out where older bots assume the same.
            withdrawn_by: withdrawn_by.filter(|by| *by != request.requester),
            requester: request.requester,
            owner: request.owner,
            team: request.team,
            formerly: request.formerly,
            product: request.product,
            parameters: request.parameters,
            bound: request.bound,
            labels: request.labels,
            reason: request.reason,
            ticket: request.ticket,
            estimate: request.estimate,
            exceeds_budget: request.exceeds_budget,
            exception: creation.exception,
            room_since: creation.room_since,
            approval: creation.path,
            submitted_at: request.submitted_at,
            updated_at: request.updated_at,
            approve_by: creation.answer_by,
            activated_at: request.activated_at,
            ended_at: request.ended_at,
            attempt: request.attempt,
            epoch: request.epoch,
            status: request.status,
            approvals: creation.consents,
            reductions: creation.reductions,
            asking: request.asking,
            renewal,
            change,
            provisioned: request.provisioned,
            progress: request.progress,
            billed: request.billed,
            trouble: request.trouble,
            held_up: request.held_up,
            outputs: request.outputs,
            messages: request.messages,
            audit: request.audit,
        }
    }
}

fn withdrawn_by(answer: Option<&Answer>) -> Option<PersonId> {
    if let Some(Answer::Withdrawn { by }) = answer { Some(by.clone()) } else { None }
}

impl StoredRenewal {
    /// A renewal is approved as the request was: by the same stages, or by the product's if nobody was asked then.
    fn read(self, product: &ProductSnapshot, of_request: &ApprovalPath) -> Approval {
        let answer = self.answer.map(|answer| match (answer, self.withdrawn_by) {
            (StoredRenewalAnswer::Granted, _) => Answer::Approved,
            (StoredRenewalAnswer::Denied { by, on_behalf_of, reason }, _) => {
                Answer::Denied { by, on_behalf_of, reason }
            }
            (StoredRenewalAnswer::Unanswered, _) => Answer::TimedOut,
            (StoredRenewalAnswer::Moot, Some(by)) => Answer::Withdrawn { by },
            (StoredRenewalAnswer::Moot, None) => Answer::Moot,
        });
        // Older bots stored the deadline alone.
        let asked_at = self.asked_at.unwrap_or_else(|| product.approval.timeout.before(self.approve_by));
        Approval {
            consents: self.approvals,
            reductions: self.reductions,
            answer,
            ..Approval::new(
                About::Renew(Renewal {
                    period: self.period,
                    renewals: self.renewals,
                    holds_end: self.holds_end,
                }),
                (self.by, asked_at),
                self.approve_by,
                path_of_renewal(&product.approval, of_request),
            )
        }
    }

    fn of(renewal: &Renewal, approval: Approval) -> Self {
        let withdrawn_by = withdrawn_by(approval.answer.as_ref());
        Self {
            by: approval.asked_by,
            period: renewal.period,
            renewals: renewal.renewals,
            holds_end: renewal.holds_end,
            asked_at: Some(approval.asked_at),
            approve_by: approval.answer_by,
            approvals: approval.consents,
            reductions: approval.reductions,
            answer: approval.answer.map(|answer| match answer {
                Answer::Approved => StoredRenewalAnswer::Granted,
                Answer::Denied { by, on_behalf_of, reason } => {
                    StoredRenewalAnswer::Denied { by, on_behalf_of, reason }
                }
                Answer::TimedOut => StoredRenewalAnswer::Unanswered,
                // Older bots know no withdrawn renewal; newer ones see it by `withdrawn_by`.
                Answer::Withdrawn { .. } | Answer::Moot => StoredRenewalAnswer::Moot,
            }),
            withdrawn_by,
        }
    }
}

impl StoredChange {
    fn read(self) -> Approval {
        // Stored as one value: what was answered, and what became of it.
        let mut outcome = None;
        let answer = self.answer.map(|answer| match answer {
            StoredChangeAnswer::Granted => Answer::Approved,
            StoredChangeAnswer::Done => {
                outcome = Some(ChangeOutcome::Done);
                Answer::Approved
            }
            StoredChangeAnswer::Failed { why } => {
                outcome = Some(ChangeOutcome::Failed { why });
                Answer::Approved
            }
            StoredChangeAnswer::Denied { by, on_behalf_of, reason } => {
                Answer::Denied { by, on_behalf_of, reason }
            }
            StoredChangeAnswer::Withdrawn => {
                Answer::Withdrawn { by: self.withdrawn_by.unwrap_or_else(|| self.by.clone()) }
            }
            StoredChangeAnswer::Unanswered => Answer::TimedOut,
            StoredChangeAnswer::Moot => Answer::Moot,
        });
        let order = ChangeOrder {
            idempotency_key: self.idempotency_key,
            product: self.product,
            parameters: self.parameters,
            bound: self.bound,
            labels: self.labels,
            differences: self.differences,
            reason: self.reason,
            estimate_before: self.estimate_before,
            estimate: self.estimate,
            exceeds_budget: self.exceeds_budget,
            outcome,
        };
        Approval {
            exception: self.exception,
            room_since: self.room_since,
            consents: self.approvals,
            reductions: self.reductions,
            answer,
            ..Approval::new(
                About::Change(Box::new(order)),
                (self.by, self.asked_at),
                self.approve_by,
                self.approval,
            )
        }
    }

    fn of(order: ChangeOrder, approval: Approval) -> Self {
        let withdrawn_by = withdrawn_by(approval.answer.as_ref()).filter(|by| *by != approval.asked_by);
        Self {
            by: approval.asked_by,
            idempotency_key: order.idempotency_key,
            product: order.product,
            parameters: order.parameters,
            bound: order.bound,
            labels: order.labels,
            differences: order.differences,
            reason: order.reason,
            estimate_before: order.estimate_before,
            estimate: order.estimate,
            exceeds_budget: order.exceeds_budget,
            exception: approval.exception,
            room_since: approval.room_since,
            approval: approval.path,
            asked_at: approval.asked_at,
            approve_by: approval.answer_by,
            approvals: approval.consents,
            reductions: approval.reductions,
            answer: approval.answer.map(|answer| match (answer, order.outcome) {
                (Answer::Approved, None) => StoredChangeAnswer::Granted,
                (Answer::Approved, Some(ChangeOutcome::Done)) => StoredChangeAnswer::Done,
                (Answer::Approved, Some(ChangeOutcome::Failed { why })) => StoredChangeAnswer::Failed { why },
                (Answer::Denied { by, on_behalf_of, reason }, _) => {
                    StoredChangeAnswer::Denied { by, on_behalf_of, reason }
                }
                (Answer::Withdrawn { .. }, _) => StoredChangeAnswer::Withdrawn,
                (Answer::TimedOut, _) => StoredChangeAnswer::Unanswered,
                (Answer::Moot, _) => StoredChangeAnswer::Moot,
            }),
            withdrawn_by,
        }
    }
}
