//! The birth of a request: a checked form becomes a row, its first audit entry, a quota slot and its first jobs.

use jiff::Timestamp;

use super::audit::{Actor, AuditHead, AuditSubject};
use super::catalog::Product;
use super::ids::{PersonId, RequestId, TeamName};
use super::job::JobKind;
use super::next::Transition;
use super::policy::{ApprovalPath, approval_path};
use super::quota::{QuotaChange, QuotaSlot};
use super::request::{Estimate, ProductSnapshot, Progress, Request, Status, Surface};

/// A form that passed every check.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The id the request will have.
    pub id: RequestId,
    /// Who asks.
    pub requester: PersonId,
    /// For which team; membership was checked.
    pub team: TeamName,
    /// Parameters in the template's order, bound ones included.
    pub parameters: Vec<(String, String)>,
    /// Keys of the bound ones.
    pub bound: Vec<String>,
    /// Why it is needed; may be empty.
    pub reason: String,
    /// What it will cost.
    pub estimate: Option<Estimate>,
}

/// Makes the request and everything that is committed with it.
pub fn submit(submission: Submission, product: &Product, now: Timestamp) -> Transition {
    let path = approval_path(&product.approval, &submission.parameters, submission.estimate.as_ref());
    let status = match path {
        ApprovalPath::Auto { .. } => Status::Approved,
        ApprovalPath::Ask { .. } => Status::Pending,
    };
    let mut request = new_request(submission, product, path, status, now);
    let slot = QuotaSlot { team: request.team.clone(), product: request.product.key.clone() };
    let quota = QuotaChange::Take { slot, limit: product.quota.per_team };
    let (detail, deadline) = match &request.approval {
        ApprovalPath::Auto { why } => (format!("auto-approved: {why}"), None),
        ApprovalPath::Ask { needed } => (
            format!("{needed} approval(s) needed"),
            Some(JobKind::ApprovalDeadline.due(request.id, request.approve_by)),
        ),
    };
    let subject = AuditSubject {
        request: request.id,
        team: &request.team,
        product: &request.product.key,
        status: request.status.name().word(),
    };
    let actor = Actor::Person(request.requester.clone());
    let audit = vec![request.audit.append(now, subject, "submitted", &actor, detail)];
    let mut jobs = vec![
        JobKind::StartExecution { attempt: 1 }.due(request.id, now),
        JobKind::Show(Surface::Direct).due(request.id, now),
    ];
    jobs.extend(deadline);
    Transition { request, audit, jobs, quota: Some(quota) }
}

fn new_request(
    submission: Submission,
    product: &Product,
    approval: ApprovalPath,
    status: Status,
    now: Timestamp,
) -> Request {
    Request {
        id: submission.id,
        revision: 1,
        requester: submission.requester,
        team: submission.team,
        product: snapshot(product),
        parameters: submission.parameters,
        bound: submission.bound,
        reason: submission.reason,
        estimate: submission.estimate,
        approval,
        submitted_at: now,
        updated_at: now,
        approve_by: product.approval.timeout.after(now),
        attempt: 1,
        epoch: 1,
        status,
        approvals: Vec::new(),
        provisioned: None,
        progress: Progress::default(),
        outputs: Vec::new(),
        messages: std::collections::BTreeMap::new(),
        audit: AuditHead::default(),
    }
}

fn snapshot(product: &Product) -> ProductSnapshot {
    ProductSnapshot {
        key: product.key.clone(),
        name: product.name.clone(),
        version: product.version.clone(),
        template_hash: product.template_hash.clone(),
        approval: product.approval.clone(),
        per_team: product.quota.per_team,
        lease: product.lease.clone(),
        teardown: product.teardown,
        outputs: product.outputs.clone(),
    }
}
