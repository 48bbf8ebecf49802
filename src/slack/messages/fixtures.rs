//! Requests for tests: one with a full history, the same in every status, and one with texts of extreme lengths.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::domain::approval::{About, Answer, Approval, ApprovalPath, Consent, Renewal};
use crate::domain::audit::AuditHead;
use crate::domain::catalog::{
    ApprovalRule, Exceptions, LeaseTerms, OverBudget, Product, QuotaRule, Requesters, TeardownConfirm,
};
use crate::domain::cost::Estimate;
use crate::domain::deletion::{DeletionEffect, DeletionOutcome, deletion_effects};
use crate::domain::fixtures::order;
use crate::domain::ids::{GroupId, PersonId, ProductKey, RequestId, TaskToken, TeamName};
use crate::domain::lease::{Lease, Warned};
use crate::domain::period::Period;
use crate::domain::principal::Principal;
use crate::domain::quota::QuotaUse;
use crate::domain::request::{
    Asking, Cause, ChangeOrder, Difference, Ending, MessageSlot, Output, ProductSnapshot, Progress, Request,
    Status,
};
use crate::domain::ticket::Ticket;
use crate::ports::slack::RequestNotice;
use cloudformation::Template;

/// The task token of all fixtures that wait for approval.
pub(crate) const TOKEN: &str = "AQCsecretTaskToken";

/// User input in which Slack would format, link, mention or draw something.
pub(crate) const TYPED: [&str; 12] = [
    "*TYPED* _TYPED_ ~TYPED~ :TYPED: <!channel> <https://x|TYPED> <@U0STRANGE>",
    "*TYPED*",
    "_TYPED_",
    "~TYPED~",
    "so :TYPED: it is",
    "> QUOTED",
    "see https://TYPED",
    "see TYPED.example.com",
    "ask TYPED@example.com",
    "in #TYPED",
    "and @TYPED",
    "first\n> :TYPED:\nlast",
];

/// Returns the request with this text wherever a user could have typed something.
pub(crate) fn typed(request: &Request, text: &str) -> Request {
    fn type_in(part: &mut Value, text: &str) {
        match part {
            Value::Object(fields) => {
                for (key, value) in fields {
                    match key.as_str() {
                        "reason" | "reference" | "from" | "to" | "before" | "after" if value.is_string() => {
                            *value = text.into();
                        }
                        _ => type_in(value, text),
                    }
                }
            }
            Value::Array(parts) => parts.iter_mut().for_each(|part| type_in(part, text)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut request = request.clone();
    request.reason = text.to_owned();
    request.parameters.push(("Note".to_owned(), text.to_owned()));
    let label = "Ticket".to_owned();
    request.ticket = Some(Ticket { label, reference: text.to_owned(), link: Some("https://x".to_owned()) });
    let mut json = serde_json::to_value(&request).unwrap();
    type_in(&mut json, text);
    serde_json::from_value(json).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rule() -> ApprovalRule {
    ApprovalRule::default()
}

fn lease_terms() -> LeaseTerms {
    LeaseTerms {
        ttl: Period::days(30),
        grace: Period::days(7),
        reminders: vec![Period::days(1)],
        renew: vec![Period::days(30)],
        max_renewals: 12,
    }
}

/// A product with a small template.
pub(crate) fn product(key: &str) -> Product {
    let text = "Resources:\n  Bucket: {Type: 'AWS::S3::Bucket'}\n";
    Product {
        key: ProductKey::parse(key).unwrap(),
        name: "Secure S3 Bucket".into(),
        description: "An encrypted S3 bucket with versioning and lifecycle rules".into(),
        owner: "Platform Team".into(),
        version: "v1.0".into(),
        bind: BTreeMap::new(),
        choices: BTreeMap::new(),
        show_when: BTreeMap::new(),
        change: Vec::new(),
        approval: rule(),
        quota: QuotaRule { per_team: 3, over_budget: OverBudget::Refuse, exceptions: Exceptions::Ask },
        lease: lease_terms(),
        teardown: TeardownConfirm::Click,
        requesters: Requesters::Everyone,
        ticket: None,
        cost: Vec::new(),
        outputs: vec!["BucketName".into()],
        template: Arc::new(Template::parse(text).unwrap()),
        template_hash: "ab".repeat(32),
    }
}

/// A request by Alice for her team's bucket: approved by Morgan and half provisioned.
pub(crate) fn request() -> Request {
    let product = product("s3-bucket");
    Request {
        id: RequestId::parse("0b8f1c9e-6d6e-4a53-9b7e-3f2f5d1c7a10").unwrap(),
        revision: 1,
        requester: PersonId::new("U0ALICE"),
        owner: PersonId::new("U0ALICE"),
        team: TeamName::new("payments"),
        formerly: Vec::new(),
        stored_team: None,
        product: ProductSnapshot {
            key: product.key,
            name: product.name,
            version: product.version,
            template_hash: product.template_hash,
            approval: product.approval,
            per_team: 3,
            lease: product.lease,
            teardown: product.teardown,
            outputs: product.outputs,
            deletion_effects: deletion_effects(&product.template),
        },
        parameters: vec![
            ("Environment".into(), "dev".into()),
            ("Name".into(), "invoices <2026>".into()),
            ("TeamName".into(), "payments".into()),
        ],
        bound: vec!["TeamName".into()],
        labels: BTreeMap::from([("Environment".into(), "Development & tests".into())]),
        reason: "Invoices & receipts\n> for audit".into(),
        ticket: None,
        estimate: Some(estimate()),
        exceeds_budget: false,
        submitted_at: at("2026-11-22T09:00:00Z"),
        updated_at: at("2026-11-22T10:05:00Z"),
        activated_at: None,
        ended_at: None,
        attempt: 1,
        epoch: 1,
        status: Status::Approved,
        asking: Asking::begun(at("2026-11-22T09:00:00Z")),
        creation: Approval {
            consents: vec![approval()],
            answer: Some(Answer::Approved),
            ..Approval::new(
                About::Create,
                (PersonId::new("U0ALICE"), at("2026-11-22T09:00:00Z")),
                at("2026-11-23T09:00:00Z"),
                ApprovalPath::ask(1),
            )
        },
        later: Vec::new(),
        provisioned: None,
        progress: Progress { total: 7, done: vec!["Key".into(), "Policy".into(), "Bucket".into()] },
        billed: None,
        trouble: None,
        held_up: None,
        outputs: outputs(),
        messages: BTreeMap::new(),
        audit: AuditHead::default(),
    }
}

fn estimate() -> Estimate {
    let (region, priced_on) = ("us-east-1".into(), "2026-08-21".into());
    Estimate { monthly: Decimal::new(1455, 2), region, priced_on }
}

fn approval() -> Consent {
    Consent { by: PersonId::new("U0MORGAN"), at: at("2026-11-22T10:00:00Z"), on_behalf_of: None }
}

fn outputs() -> Vec<Output> {
    let output = |name: &str, description: &str, value: &str| Output {
        name: name.into(),
        description: description.into(),
        value: value.into(),
    };
    vec![
        output("BucketName", "Name of the bucket", "payments-in`voices"),
        output("BucketArn", "", "arn:aws:s3:::payments-invoices"),
    ]
}

/// Returns this request in each status, in lifecycle order.
pub(crate) fn in_every_status(request: &Request) -> Vec<Request> {
    let token = || TaskToken::new(TOKEN);
    let why = || "Bucket: invoices already exists".to_owned();
    let reason = request.reason.clone();
    let statuses = [
        Status::Pending,
        Status::AwaitingApproval { token: token() },
        Status::Approved,
        Status::Provisioning { token: token(), unwanted: None },
        Status::Active {
            lease: Lease {
                warn_at: at("2026-12-22T10:05:00Z"),
                expires_at: at("2026-12-29T10:05:00Z"),
                renewals: 0,
                warned: None,
                cut: false,
                handed: false,
                moved: 0,
            },
        },
        Status::Updating {
            lease: Lease {
                warn_at: at("2026-12-22T10:05:00Z"),
                expires_at: at("2026-12-29T10:05:00Z"),
                renewals: 0,
                warned: None,
                cut: false,
                handed: false,
                moved: 0,
            },
        },
        Status::Terminating { ending: Ending::Failed { why: why() }, attempt: 1 },
        Status::Denied { by: PersonId::new("U0MORGAN"), on_behalf_of: None, reason: reason.clone() },
        Status::Cancelled,
        Status::TimedOut,
        Status::Failed { why: why() },
        Status::TeardownFailed {
            why: "Bucket is not empty".into(),
            ending: Ending::Failed { why: why() },
            attempt: 1,
        },
        Status::Terminated { cause: Cause::Asked { by: PersonId::new("U0ALICE") } },
        Status::Retained { by: PersonId::new("U0ADMIN"), reason: reason.clone() },
    ];
    let shown = statuses.into_iter().map(|status| {
        let mut request = Request { status, ..request.clone() };
        let name = request.status.name();
        if name.is_undecided()
            || matches!(request.status, Status::Denied { .. } | Status::Cancelled | Status::TimedOut)
        {
            request.creation.consents.clear();
        }
        request.creation.answer = request.creation.answer_in(&request.status);
        request
    });
    shown.collect()
}

fn with(position: usize) -> Request {
    in_every_status(&request()).swap_remove(position)
}

/// Waits for approvers.
pub(crate) fn awaiting() -> Request {
    with(1)
}

/// Being provisioned: three of seven resources are complete.
pub(crate) fn provisioning() -> Request {
    with(3)
}

/// Active.
pub(crate) fn active() -> Request {
    with(4)
}

/// Active, and its owner was warned.
pub(crate) fn warned() -> Request {
    let mut request = active();
    let Status::Active { lease } = &mut request.status else { return request };
    let at = lease.warn_at;
    lease.warned = Some(Warned { first: at, covers: at });
    request
}

/// Its teardown failed after it had been active.
pub(crate) fn not_torn_down() -> Request {
    let ending = Ending::Terminated { cause: Cause::Expired };
    let status = Status::TeardownFailed { why: "The bucket is not empty".into(), ending, attempt: 1 };
    Request { status, ..active() }
}

/// Returns the request in every status, and in each of them with a waiting renewal and a waiting change that are as
/// large as the request.
pub(crate) fn in_every_question(request: &Request) -> Vec<Request> {
    let (reason, parameters) = (&request.reason, &request.parameters);
    let difference = |(name, value): &(String, String)| Difference {
        name: name.clone(),
        before: value.clone(),
        after: value.clone(),
    };
    let order = ChangeOrder {
        reason: reason.clone(),
        parameters: parameters.clone(),
        differences: parameters.iter().map(difference).collect(),
        product: request.product.clone(),
        ..order()
    };
    let (renewed, changed) = (
        Request { later: vec![renewal()], ..request.clone() },
        Request { later: vec![change(order)], ..request.clone() },
    );
    [request, &renewed, &changed].into_iter().flat_map(in_every_status).collect()
}

/// Waits for the approval of one more renewal, because the free ones are used up.
pub(crate) fn renewal_waits() -> Request {
    let mut request = warned();
    if let Status::Active { lease } = &mut request.status {
        lease.renewals = 12;
    }
    request.later = vec![renewal()];
    request
}

/// The renewal that Alice asks for when the free ones are used up.
pub(crate) fn renewal() -> Approval {
    let (asked_at, answer_by) = (at("2026-12-22T10:05:00Z"), at("2026-12-23T10:05:00Z"));
    let renewal = Renewal { period: Period::days(30), renewals: 12, holds_end: true };
    let asked = (PersonId::new("U0ALICE"), asked_at);
    Approval::new(About::Renew(renewal), asked, answer_by, ApprovalPath::ask(1))
}

/// Alice's order, which waits for approval.
pub(crate) fn change(order: ChangeOrder) -> Approval {
    let (asked_at, answer_by) = (at("2026-12-01T09:00:00Z"), at("2026-12-02T09:00:00Z"));
    let asked = (PersonId::new("U0ALICE"), asked_at);
    Approval::new(About::Change(Box::new(order)), asked, answer_by, ApprovalPath::ask(1))
}

/// Returns the deletion effects of a template with these resources.
pub(crate) fn fates_of(parts: &[(&str, &str, DeletionOutcome)]) -> Vec<DeletionEffect> {
    let fate = |(id, kind, keeps): &(&str, &str, DeletionOutcome)| DeletionEffect {
        logical_id: (*id).to_owned(),
        resource_type: (*kind).to_owned(),
        keeps: *keeps,
    };
    parts.iter().map(fate).collect()
}

/// Denied by Morgan.
pub(crate) fn denied() -> Request {
    with(7)
}

/// Every text has its maximum length and is full of characters that grow when they are escaped.
pub(crate) fn enormous() -> Request {
    let long = |length: usize| "<&>`é".repeat(length / 5);
    let mut request = request();
    request.product.name = long(500);
    request.product.version = long(500);
    request.team = TeamName::new(long(300));
    request.reason = format!("{}\n", long(50)).repeat(60);
    request.parameters = (0..90).map(|n| (format!("{n}{}", long(250)), long(4096))).collect();
    request.outputs = (0..60)
        .map(|n| Output { name: format!("{n}{}", long(255)), description: long(1024), value: long(4096) })
        .collect();
    request.product.deletion_effects =
        [DeletionOutcome::Deleted, DeletionOutcome::Kept, DeletionOutcome::Snapshot]
            .into_iter()
            .flat_map(|keeps| {
                (0..200).map(move |n| DeletionEffect {
                    logical_id: format!("{n}{}", long(255)),
                    resource_type: long(255),
                    keeps,
                })
            })
            .collect();
    request.progress = Progress { total: 500, done: (0..400).map(|n| format!("{n}{}", long(255))).collect() };
    request.creation.path = ApprovalPath::Auto { why: long(3000) };
    request
}

/// The approvers of the fixtures.
pub(crate) fn approvers() -> Vec<Principal> {
    vec![Principal::Person(PersonId::new("U0MORGAN")), Principal::Group(GroupId::new("S0LEADS"))]
}

/// More approvers than a message can name.
pub(crate) fn crowd() -> Vec<Principal> {
    (0..400).map(|n| Principal::Email(format!("{}{n}@example.com", "a".repeat(60)))).collect()
}

/// The time of the notices: active fixtures can be renewed by then.
pub(crate) fn now() -> Timestamp {
    at("2026-12-01T10:05:00Z")
}

/// The notice of a simulated installation.
pub(crate) fn notice<'a>(
    request: &'a Request,
    slot: MessageSlot,
    approvers: &'a [Principal],
) -> RequestNotice<'a> {
    RequestNotice {
        now: now(),
        slot,
        request,
        approvers,
        note: None,
        held: &[],
        quota: QuotaUse { used: 2, limit: 3 },
        is_in_channel: false,
        simulated: true,
    }
}
