//! Requests, products and events for the tests of the domain. Not compiled into the program.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::approval::ApprovalPath;
use super::audit::{AuditEntry, AuditHead, By, Via, follows};
use super::catalog::{
    ApprovalMode, ApprovalRule, Binding, Exceptions, LeaseTerms, OverBudget, Product, QuotaRule, Requesters,
    TeardownConfirm,
};
use super::cost::Estimate;
use super::ids::{
    ChannelId, ExecutionName, PersonId, ProductKey, ProvisionedProductId, RecordId, RequestId, TaskToken,
    TeamName,
};
use super::job::{JobKind, Resume};
use super::lease::Lease;
use super::period::Period;
use super::request::{
    Asking, Cause, ChangeOrder, Difference, Ending, MessageRef, MessageSlot, Notification, Provisioned,
    ReminderKind, Request, Status, StatusName,
};
use super::stored_click::{ClickedDecision, StoredClick};
use super::submission::{Submission, submit};
use super::transition::Transition;
use crate::domain::approval::ExceededLimits;
use crate::domain::approval::{About, Answer, Approval, Consent, Renewal};
use cloudformation::Template;

/// Part of every token in these tests, so that one search finds a leak.
pub(crate) const SECRET: &str = "AQC8-secret";

pub(crate) fn submitted_at() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// Returns the time this many minutes after submission.
pub(crate) fn minutes(minutes: u16) -> Timestamp {
    Period::minutes(minutes).after(submitted_at())
}

pub(crate) fn person(name: &str) -> PersonId {
    PersonId::new(format!("U0{}", name.to_uppercase()))
}

/// A person who clicked a button in the team's channel.
pub(crate) fn by(name: &str) -> By {
    By { person: person(name), via: Via::Message(ChannelId::new("C0PAYMENTS")) }
}

/// The token of the `n`th waiting task.
pub(crate) fn token(n: u32) -> TaskToken {
    TaskToken::new(format!("{SECRET}-{n}"))
}

/// An S3 bucket that needs `needed` approvals within a day.
pub(crate) fn product(needed: u32) -> Product {
    let template = Template::parse("Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n").unwrap();
    Product {
        key: ProductKey::parse("s3-bucket").unwrap(),
        name: "Secure S3 Bucket".into(),
        description: "An encrypted bucket".into(),
        owner: "Platform Team".into(),
        version: "v1.0".into(),
        bind: BTreeMap::from([("TeamName".into(), Binding::Team)]),
        choices: BTreeMap::new(),
        show_when: BTreeMap::new(),
        change: Vec::new(),
        approval: ApprovalRule { needed, ..ApprovalRule::default() },
        quota: QuotaRule { per_team: 10, over_budget: OverBudget::Refuse, exceptions: Exceptions::Ask },
        lease: LeaseTerms {
            ttl: Period::days(30),
            grace: Period::days(7),
            reminders: vec![Period::days(1)],
            renew: vec![Period::days(30)],
            max_renewals: 12,
        },
        teardown: TeardownConfirm::Click,
        requesters: Requesters::Everyone,
        ticket: None,
        cost: Vec::new(),
        outputs: vec!["BucketName".into()],
        template: Arc::new(template),
        template_hash: "0a1b2c".into(),
    }
}

/// The same product, auto-approved.
pub(crate) fn auto_product() -> Product {
    let mut product = product(1);
    product.approval.mode = ApprovalMode::Auto;
    product
}

/// Alice of the payments team requests a production bucket.
pub(crate) fn submission() -> Submission {
    Submission {
        id: RequestId::parse("3f2a8c1e-5b7d-4e90-8a16-0c2d4e6f8a1b").unwrap(),
        requester: person("alice"),
        owner: person("alice"),
        team: TeamName::new("payments"),
        parameters: vec![("Environment".into(), "prod".into()), ("TeamName".into(), "payments".into())],
        bound: vec!["TeamName".into()],
        reason: "logs of the checkout".into(),
        ticket: None,
        estimate: Some(Estimate {
            monthly: Decimal::new(1150, 3),
            region: "us-east-1".into(),
            priced_on: "2026-02-01".into(),
        }),
        budget: None,
        exceeded: ExceededLimits::default(),
    }
}

/// A request submitted at [`submitted_at`] that needs `needed` approvals.
pub(crate) fn born(needed: u32) -> Transition {
    submit(submission(), &product(needed), submitted_at())
}

/// Returns a status with this name; if it waits for a task, with token 1.
pub(crate) fn status(name: StatusName) -> Status {
    let why = || "no such bucket".to_owned();
    match name {
        StatusName::Pending => Status::Pending,
        StatusName::AwaitingApproval => Status::AwaitingApproval { token: token(1) },
        StatusName::Approved => Status::Approved,
        StatusName::Provisioning => Status::Provisioning { token: token(1), unwanted: None },
        StatusName::Active => Status::Active { lease: Lease::begin(&product(1).lease, minutes(30)) },
        StatusName::Updating => Status::Updating { lease: Lease::begin(&product(1).lease, minutes(30)) },
        StatusName::Terminating => Status::Terminating { ending: Ending::Failed { why: why() }, attempt: 1 },
        StatusName::Denied => {
            Status::Denied { by: person("morgan"), on_behalf_of: None, reason: "too big".into() }
        }
        StatusName::Cancelled => Status::Cancelled,
        StatusName::TimedOut => Status::TimedOut,
        StatusName::Failed => Status::Failed { why: why() },
        StatusName::TeardownFailed => Status::TeardownFailed {
            why: "the bucket is not empty".into(),
            ending: Ending::Failed { why: why() },
            attempt: 1,
        },
        StatusName::Terminated => Status::Terminated { cause: Cause::Expired },
        StatusName::Retained => {
            Status::Retained { by: person("pat"), reason: "kept for the auditors".into() }
        }
    }
}

/// Alice's request in this status, reached half an hour after submission. If it needed an approval, Morgan gave it
/// after twenty minutes.
pub(crate) fn at(name: StatusName) -> Request {
    let mut request = born(1).request;
    request.status = status(name);
    request.updated_at = minutes(30);
    request.asking = Asking::begun(minutes(1));
    let made = [
        StatusName::Provisioning,
        StatusName::Active,
        StatusName::Updating,
        StatusName::Terminating,
        StatusName::Failed,
        StatusName::TeardownFailed,
        StatusName::Terminated,
        StatusName::Retained,
    ];
    if name == StatusName::Approved || made.contains(&name) {
        request.creation.consents.push(Consent { by: person("morgan"), at: minutes(20), on_behalf_of: None });
    }
    request.creation.answer = request.creation.answer_in(&request.status);
    if made.contains(&name) {
        request.provisioned = Some(Provisioned {
            product: Some(ProvisionedProductId::new("pp-1")),
            record: RecordId::new("rec-1"),
        });
    }
    request
}

/// Returns the execution of this attempt.
pub(crate) fn execution(request: &Request, attempt: u32) -> ExecutionName {
    ExecutionName::new(format!("{}-{attempt}", request.id))
}

/// Checks that the entries are the whole trail of one request, unbroken.
pub(crate) fn verify_chain(entries: &[AuditEntry]) -> Result<(), String> {
    entries
        .iter()
        .try_fold(AuditHead::default(), |head, entry| follows(&head, entry).map(|()| AuditHead::at(entry)))?;
    Ok(())
}

/// A change to a development bucket of the same version, at half the price.
pub(crate) fn order() -> ChangeOrder {
    let request = at(StatusName::Active);
    let half =
        |estimate: &Estimate| Estimate { monthly: estimate.monthly / Decimal::TWO, ..estimate.clone() };
    ChangeOrder {
        labels: BTreeMap::new(),
        idempotency_key: "view:V1".into(),
        product: request.product.clone(),
        parameters: vec![("Environment".into(), "dev".into()), ("TeamName".into(), "payments".into())],
        bound: request.bound.clone(),
        differences: vec![Difference {
            name: "Environment".into(),
            before: "prod".into(),
            after: "dev".into(),
        }],
        reason: String::new(),
        estimate_before: request.estimate.clone(),
        estimate: request.estimate.as_ref().map(half),
        exceeds_budget: false,
        outcome: None,
    }
}

/// Alice's order, which waits for approval.
pub(crate) fn waiting_change(order: ChangeOrder) -> Approval {
    let about = About::Change(Box::new(order));
    Approval::new(about, (person("alice"), minutes(45)), minutes(50), ApprovalPath::ask(1))
}

/// Alice's order, which is being carried out.
pub(crate) fn approved_change(order: ChangeOrder) -> Approval {
    Approval { answer: Some(Answer::Approved), ..waiting_change(order) }
}

/// A renewal that waits for approval.
pub(crate) fn waiting_renewal() -> Approval {
    let renewal = Renewal { period: Period::days(30), renewals: 12, holds_end: true };
    let asked_at = minutes(60) - SignedDuration::from_hours(24);
    Approval::new(About::Renew(renewal), (person("alice"), asked_at), minutes(60), ApprovalPath::ask(1))
}

/// An example of each kind of job.
pub(crate) fn one_job_of_each_kind() -> Vec<JobKind> {
    vec![
        JobKind::StartExecution { attempt: 2 },
        JobKind::Resume { token: token(1), with: Resume::Success, attempt: 2 },
        JobKind::ApprovalDeadline,
        JobKind::Reminder { reminder: ReminderKind::Escalation, epoch: 1 },
        JobKind::FindApprovers { reminder: ReminderKind::Reminder, epoch: 1 },
        JobKind::TellApprover { reminder: ReminderKind::Nudge, epoch: 1, person: person("morgan") },
        JobKind::Show(MessageSlot::Reminder(ReminderKind::Reminder)),
        JobKind::Show(MessageSlot::Card),
        JobKind::Show(MessageSlot::Thread),
        JobKind::Show(MessageSlot::Direct),
        JobKind::Show(MessageSlot::Notification(Notification::Status(StatusName::TimedOut))),
        JobKind::Lease,
        JobKind::RenewalDeadline,
        JobKind::ChangeDeadline,
        JobKind::Update,
        JobKind::WatchUpdate,
        JobKind::Refresh {
            at: MessageRef { channel: ChannelId::new("C0PAYMENTS"), ts: "1.2".into() },
            slot: MessageSlot::Card,
        },
        JobKind::FollowUp,
        JobKind::Warn,
        JobKind::Home,
        JobKind::CopyTrail { after: 7 },
        JobKind::TellEvents { after: 7 },
        JobKind::ReadBill,
        JobKind::Reconcile { reported: vec!["one: vanished".into()] },
        JobKind::Teams {
            begun: vec![TeamName::new("payments")],
            gone: vec![TeamName::new("search")],
            unsent: vec!["one".into()],
        },
        JobKind::Provision,
        JobKind::WatchProvisioning,
        JobKind::Terminate,
        JobKind::WatchTermination,
        JobKind::JudgeClick(StoredClick {
            by: by("morgan"),
            epoch: 1,
            channel: None,
            decision: ClickedDecision::Approve,
            at: submitted_at(),
        }),
    ]
}
