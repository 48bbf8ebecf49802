//! Updates of an existing product: asked for, approved or denied, carried out, or withdrawn. One at a time; the lease
//! continues afterwards.

use rust_decimal::Decimal;

use super::approval_request;
use super::builder::{Transition, TransitionBuilder};
use crate::domain::approval::{About, Answer, Approval, ApprovalPath, ExceededLimits, Exception};
use crate::domain::audit::{Actor, By};
use crate::domain::event::Event;
use crate::domain::ids::RecordId;
use crate::domain::job::JobKind;
use crate::domain::lease::Lease;
use crate::domain::refusal::Refusal;
use crate::domain::request::{
    ChangeOrder, ChangeOutcome, MessageSlot, Notification, Output, Progress, Status,
};

/// Messages that show the product's parameters or version.
const ALL: [MessageSlot; 5] =
    [MessageSlot::Change, MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct, MessageSlot::Warning];

pub(super) fn ask(
    mut change: TransitionBuilder,
    by: &By,
    (order, path, exception): (&ChangeOrder, &ApprovalPath, Option<&Exception>),
    budget: Option<Decimal>,
) -> Result<Transition, Refusal> {
    change.is_not_being_changed()?;
    if change.request.lease().is_none() {
        return Err(Refusal::NothingToChange { status: change.request.status.name() });
    }
    change.nothing_else_waits()?;
    let approve_by = order.product.approval.timeout.after(change.now);
    let about = About::Change(Box::new(order.clone()));
    let mut approval = Approval::new(about, (by.person.clone(), change.now), approve_by, path.clone());
    approval.exception = exception.cloned();
    // A change that exceeds the budget is approved for exactly that, so the budget does not limit it again.
    let exceeded = ExceededLimits { budget: order.exceeds_budget, exception: exception.cloned() };
    change.takes(order.more(), if exceeded.exceeds_budget() { None } else { budget });
    change.bump_epoch();
    let actor = Actor::Person(by.clone());
    let description = order.describe();
    if let ApprovalPath::Auto { why } = path {
        approval.answer = Some(Answer::Approved);
        change.request.asks(approval);
        // The card of the change before stays as it is.
        change.request.messages.remove(&MessageSlot::Change);
        change.request.updated_at = change.now;
        change.audit("change requested", &actor, format!("{description}; auto-approved: {why}"));
        return Ok(starts(change));
    }
    Ok(approval_request::begin(change, approval, &actor, &format!("{description};")))
}

/// Starts carrying out the change.
pub(super) fn starts(mut change: TransitionBuilder) -> Transition {
    if let Some(lease) = change.request.lease().cloned() {
        change.becomes(Status::Updating { lease });
        change.job(JobKind::Update);
        change.audit("updating", &Actor::Workflow, "");
    }
    change.shows(&ALL)
}

pub(super) fn update_started(
    mut change: TransitionBuilder,
    event: &Event,
    record: &RecordId,
) -> Result<Transition, Refusal> {
    being_changed(&change, event)?;
    let Some(provisioned) = change.request.provisioned.as_mut() else {
        return Err(change.does_not_apply(event));
    };
    provisioned.record = record.clone();
    change.job(JobKind::WatchUpdate);
    Ok(change.done())
}

/// Returns the running change and the lease that continues after it. The event does not apply if there is none.
fn being_changed(change: &TransitionBuilder, event: &Event) -> Result<(Lease, ChangeOrder), Refusal> {
    match (&change.request.status, change.request.running_change()) {
        (Status::Updating { lease }, Some(order)) => Ok((lease.clone(), order.clone())),
        _ => Err(change.does_not_apply(event)),
    }
}

pub(super) fn update_succeeded(
    mut change: TransitionBuilder,
    event: &Event,
    outputs: &[Output],
) -> Result<Transition, Refusal> {
    let (lease, order) = being_changed(&change, event)?;
    let (description, less) = (order.describe(), order.less());
    change.finishes_change(ChangeOutcome::Done);
    let request = &mut change.request;
    request.product = order.product;
    request.parameters = order.parameters;
    request.bound = order.bound;
    request.labels = order.labels;
    request.estimate = order.estimate;
    request.exceeds_budget = order.exceeds_budget;
    request.outputs = outputs.to_vec();
    // An update does not report resources one by one, so the list of created resources is no longer reliable.
    request.progress = Progress::default();
    // A successful update makes a tainted product good again.
    request.trouble = None;
    change.gives_back(less);
    change.bump_epoch();
    // The new version's lease terms may be shorter.
    let adjusted = lease.within(&change.request.product.lease, change.now);
    let is_shorter = adjusted.expires_at < lease.expires_at;
    let new_end = if is_shorter { format!("; ends {:.0}", adjusted.expires_at) } else { String::new() };
    change.leases(adjusted);
    change.audit("changed", &Actor::Provisioner, description + &new_end);
    Ok(show_and_notify(change))
}

pub(super) fn update_failed(
    mut change: TransitionBuilder,
    event: &Event,
    why: &str,
) -> Result<Transition, Refusal> {
    let (lease, _) = being_changed(&change, event)?;
    change.finishes_change(ChangeOutcome::Failed { why: why.to_owned() });
    change.bump_epoch();
    // It kept running during the update, so its next step may be overdue.
    change.leases(lease);
    change.audit("change failed", &Actor::Provisioner, why);
    Ok(show_and_notify(change))
}

/// Updates all messages and notifies the owner.
fn show_and_notify(change: TransitionBuilder) -> Transition {
    let mut slots = ALL.to_vec();
    slots.push(MessageSlot::Notification(Notification::Change));
    change.shows(&slots)
}
