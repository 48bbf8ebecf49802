//! Creates a request: a checked form becomes a row, its first audit entry, a quota slot and its first jobs.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::approval::{ApprovalPath, ExceededLimits, path_within_limits};
use super::audit::{Actor, AuditHead, AuditSubject, By, Via};
use super::catalog::{ApprovalRule, Product};
use super::cost::Estimate;
use super::deletion::deletion_effects;
use super::ids::{PersonId, RequestId, TeamName};
use super::job::JobKind;
use super::quota::QuotaChange;
use super::request::{Asking, MessageSlot, ProductSnapshot, Progress, Request, Status};
use super::ticket::Ticket;
use super::transition::Transition;
use crate::domain::approval::{About, Approval};

/// A form that has passed all checks.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The id of the new request.
    pub id: RequestId,
    /// The person who submitted the form.
    pub requester: PersonId,
    /// The future owner: the requester, or a team-mate of theirs.
    pub owner: PersonId,
    /// The team; membership has been checked.
    pub team: TeamName,
    /// All parameters in the template's order, including bound ones.
    pub parameters: Vec<(String, String)>,
    /// Keys of the bound parameters.
    pub bound: Vec<String>,
    /// The reason; may be empty.
    pub reason: String,
    /// The ticket, if one was named.
    pub ticket: Option<Ticket>,
    /// The estimate, if the catalog has one.
    pub estimate: Option<Estimate>,
    /// The team's budget, US dollars a month; `None` if it has none.
    pub budget: Option<Decimal>,
    /// The limits that it exceeds.
    pub exceeded: ExceededLimits,
}

impl Submission {
    /// Returns the approval path.
    pub fn path(&self, rule: &ApprovalRule) -> ApprovalPath {
        let (team, estimate) = (&self.team, self.estimate.as_ref());
        let path = path_within_limits(rule, team, &self.parameters, estimate, self.budget.is_some());
        self.exceeded.path(rule, path)
    }

    /// Returns the quota and the budget that the store enforces. Limits that the request may exceed are `None`.
    fn limits(&self, product: &Product) -> (Option<u32>, Option<Decimal>) {
        let exceeds_quota =
            self.exceeded.exception.as_ref().is_some_and(|exception| exception.quota.is_some());
        let slots = if exceeds_quota { None } else { Some(product.quota.per_team) };
        (slots, if self.exceeded.exceeds_budget() { None } else { self.budget })
    }
}

/// Creates the request and everything that is committed with it.
pub fn submit(submission: Submission, product: &Product, now: Timestamp) -> Transition {
    let path = submission.path(&product.approval);
    let status = match path {
        // The execution still starts, and continues at once when it asks for approval.
        ApprovalPath::Auto { .. } => Status::Approved,
        ApprovalPath::Ask { .. } => Status::Pending,
    };
    let (limit, budget) = submission.limits(product);
    let by = By { person: submission.requester.clone(), via: Via::Form };
    let mut request = new_request(submission, product, path, status, now);
    // The store refuses the commit if there is no room, so two forms cannot take the last slot.
    let quota = QuotaChange::Take { slot: request.slot(), limit, monthly: request.monthly(), budget };
    let for_whom =
        if request.owner == request.requester { String::new() } else { format!(", for {}", request.owner) };
    let (detail, deadline) = match &request.creation.path {
        ApprovalPath::Auto { why } => (format!("auto-approved: {why}{for_whom}"), None),
        ApprovalPath::Ask { needed, why, .. } => (
            format!("{}{for_whom}", needs(*needed, why.as_deref(), &beyond(&request))),
            Some(JobKind::ApprovalDeadline.due(request.id, request.creation.answer_by)),
        ),
    };
    let subject = AuditSubject::Request {
        id: request.id,
        team: &request.team,
        product: &request.product.key,
        status: request.status.name().as_str(),
    };
    let audit = vec![request.audit.append(now, subject, "submitted", &Actor::Person(by), detail)];
    let mut jobs = vec![
        JobKind::StartExecution { attempt: 1 }.due(request.id, now),
        // The approvers' card follows when the workflow asks for approval.
        JobKind::Show(MessageSlot::Direct).due(request.id, now),
    ];
    jobs.extend(deadline);
    Transition { request, audit, jobs, quota: Some(quota) }
}

/// Describes the limits it exceeds, worded to follow a comma.
fn beyond(request: &Request) -> String {
    let above = if request.exceeds_budget { ", above the team's budget" } else { "" };
    format!("{above}{}", request.as_exception(&request.creation))
}

/// Describes how many approvals are needed, and why.
fn needs(needed: u32, why: Option<&str>, above: &str) -> String {
    let plural = if needed == 1 { "" } else { "s" };
    let why = why.map(|why| format!(", because {why}")).unwrap_or_default();
    format!("{needed} approval{plural} needed{why}{above}")
}

fn new_request(
    submission: Submission,
    product: &Product,
    approval: ApprovalPath,
    status: Status,
    now: Timestamp,
) -> Request {
    let asked_by = (submission.requester.clone(), now);
    let mut creation = Approval::new(About::Create, asked_by, product.approval.timeout.after(now), approval);
    creation.exception = submission.exceeded.exception;
    creation.answer = creation.answer_in(&status);
    Request {
        // Kept in the row, since later catalogs may call the values differently.
        labels: product.labels(&submission.parameters),
        id: submission.id,
        revision: 1,
        requester: submission.requester,
        owner: submission.owner,
        team: submission.team,
        formerly: Vec::new(),
        stored_team: None,
        product: snapshot(product, &submission.parameters),
        parameters: submission.parameters,
        bound: submission.bound,
        reason: submission.reason,
        ticket: submission.ticket,
        estimate: submission.estimate,
        exceeds_budget: submission.exceeded.budget,
        submitted_at: now,
        updated_at: now,
        activated_at: None,
        ended_at: None,
        attempt: 1,
        epoch: 1,
        status,
        asking: Asking::default(),
        creation,
        later: Vec::new(),
        provisioned: None,
        progress: Progress::default(),
        billed: None,
        trouble: None,
        held_up: None,
        outputs: Vec::new(),
        messages: std::collections::BTreeMap::new(),
        audit: AuditHead::default(),
    }
}

/// Returns the product's present rules, with deletion effects evaluated for these parameters.
pub fn snapshot(product: &Product, parameters: &[(String, String)]) -> ProductSnapshot {
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
        deletion_effects: deletion_effects(&product.template.with_values(parameters)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::approval::Exception;
    use crate::domain::catalog::{Approvers, Condition};
    use crate::domain::fixtures::{auto_product, born, minutes, product, submission, submitted_at};
    use crate::domain::job::Job;
    use crate::domain::quota::QuotaUse;
    use cloudformation::Template;

    fn due(jobs: &[Job]) -> Vec<(&str, Timestamp)> {
        jobs.iter().map(|job| (job.key.name.as_str(), job.due_at)).collect()
    }

    #[test]
    fn a_request_that_needs_approvers_waits_for_the_workflow_and_has_a_deadline() {
        let birth = born(2);
        let request = &birth.request;
        assert_eq!(request.status, Status::Pending);
        assert_eq!(request.creation.path, ApprovalPath::ask(2));
        assert_eq!(request.creation.answer_by, minutes(24 * 60));
        assert_eq!(
            due(&birth.jobs),
            [
                ("start", submitted_at()),
                ("show:direct", submitted_at()),
                ("deadline", request.creation.answer_by)
            ]
        );
    }

    #[test]
    fn a_request_that_needs_nobody_is_born_approved_and_has_no_deadline() {
        let birth = submit(submission(), &auto_product(), submitted_at());
        assert_eq!(birth.request.status, Status::Approved);
        assert_eq!(birth.request.creation.consents, []);
        assert_eq!(due(&birth.jobs), [("start", submitted_at()), ("show:direct", submitted_at())]);
        assert_eq!(birth.audit[0].detail, "auto-approved: this product needs no approval [form]");
        assert_eq!(birth.audit[0].status, "APPROVED");
    }

    #[test]
    fn a_condition_of_the_product_can_spare_the_approvers() {
        let mut cheap = product(2);
        cheap.approval.auto_when = vec![Condition::MonthlyCostAtMost(5.into())];
        let birth = submit(submission(), &cheap, submitted_at());
        assert_eq!(birth.request.status, Status::Approved);
        assert_eq!(birth.audit[0].detail, "auto-approved: it costs at most $5 a month [form]");
    }

    #[test]
    fn a_birth_takes_one_slot_of_the_team_and_begins_the_trail() {
        let birth = born(1);
        let request = &birth.request;
        let (slot, monthly) = (request.slot(), Decimal::new(1150, 3));
        assert_eq!(birth.quota, Some(QuotaChange::Take { slot, limit: Some(10), monthly, budget: None }));
        let [entry] = &birth.audit[..] else { panic!("one entry") };
        assert_eq!((entry.seq, entry.prev.as_str()), (1, ""));
        assert_eq!((entry.event.as_str(), entry.actor.as_str()), ("submitted", "U0ALICE"));
        assert_eq!((entry.team.as_str(), entry.product.as_str()), ("payments", "s3-bucket"));
        assert_eq!((entry.status.as_str(), entry.detail.as_str()), ("PENDING", "1 approval needed [form]"));
        assert_eq!((request.audit.seq, &request.audit.digest), (1, &entry.digest));
        assert_eq!((request.revision, request.attempt, request.epoch), (1, 1, 1));
        assert_eq!((request.submitted_at, request.updated_at), (submitted_at(), submitted_at()));
    }

    #[test]
    fn a_request_keeps_what_the_form_called_its_values() {
        let mut product = product(1);
        let text = "Metadata: {ParameterAllowedValueLabels: {Environment: {prod: Production}, Size: {s: Small}}}\n\
                    Parameters: {Environment: {Type: String}, Size: {Type: String}}\nResources: {B: {Type: AWS::S3::Bucket}}";
        product.template = Template::parse(text).unwrap().into();
        let offered =
            vec![("s".to_owned(), "s".to_owned()), ("l".to_owned(), "As large as can be".to_owned())];
        product.choices.insert("Size".to_owned(), offered);
        let labels = |size: &str| {
            let mut form = submission();
            form.parameters.push(("Size".to_owned(), size.to_owned()));
            let request = submit(form, &product, submitted_at()).request;
            request.labels.iter().map(|(key, label)| format!("{key}: {label}")).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(labels("s"), "Environment: Production", "what the form offers counts, not the template");
        assert_eq!(labels("l"), "Environment: Production, Size: As large as can be");
    }

    #[test]
    fn an_exception_is_never_automatic_lifts_only_what_it_names_and_is_no_ones_own_to_grant() {
        let quota = QuotaUse { used: 10, limit: 10 };
        let exception = Some(Exception { quota: Some(quota), budget: None });
        let form = Submission {
            exceeded: ExceededLimits { exception, ..ExceededLimits::default() },
            budget: Some(20.into()),
            ..submission()
        };
        let mut product = auto_product();
        product.approval.self_approval = true;
        let birth = submit(form, &product, submitted_at());
        let request = &birth.request;
        assert_eq!(request.status, Status::Pending);
        assert_eq!(request.stages().last().unwrap().approvers, Approvers::Admins);
        let Some(QuotaChange::Take { limit: None, budget: Some(_), .. }) = birth.quota else {
            panic!("{:?}", birth.quota)
        };
        let wanted = "1 approval needed, as an exception: quota 10 of 10 used [form]";
        assert_eq!(birth.audit[0].detail, wanted);
        assert!(request.cannot_approve().contains(&&request.requester));
    }

    #[test]
    fn a_request_keeps_what_the_form_and_the_product_said_that_day() {
        let (form, product) = (submission(), product(3));
        let request = submit(form.clone(), &product, submitted_at()).request;
        assert_eq!((request.id, request.requester.as_str()), (form.id, "U0ALICE"));
        assert_eq!((&request.parameters, &request.bound), (&form.parameters, &form.bound));
        assert_eq!((&request.reason, &request.estimate), (&form.reason, &form.estimate));
        assert_eq!(request.shown_parameters().collect::<Vec<_>>(), [("Environment", "prod")]);
        let kept = request.product;
        assert_eq!((kept.key, kept.name, kept.version), (product.key, product.name, product.version));
        assert_eq!((kept.template_hash, kept.per_team), (product.template_hash, 10));
        assert_eq!((kept.approval, kept.lease), (product.approval, product.lease));
        assert_eq!((kept.teardown, kept.outputs), (product.teardown, product.outputs));
        assert_eq!(kept.deletion_effects, deletion_effects(&product.template));
    }
}
