//! Updates of an existing product: asked for, approved or denied, carried out, or withdrawn. One at a time; the lease
//! continues afterwards.

use rust_decimal::Decimal;

use super::Transition;
use super::approval::{add, goes_on};
use super::builder::TransitionBuilder;
use super::reminders;
use crate::domain::audit::{Actor, By, answered};
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, RecordId};
use crate::domain::job::JobKind;
use crate::domain::lease::Lease;
use crate::domain::policy::ApprovalPath;
use crate::domain::refusal::Refusal;
use crate::domain::request::{
    ChangeAnswer, ChangeOrder, MessageSlot, Notification, Output, Progress, Status,
};

/// Messages that show the product's parameters or version.
const ALL: [MessageSlot; 5] =
    [MessageSlot::Change, MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct, MessageSlot::Warning];

pub(super) fn ask(
    mut change: TransitionBuilder,
    by: &By,
    order: &ChangeOrder,
    budget: Option<Decimal>,
) -> Result<Transition, Refusal> {
    change.is_not_being_changed()?;
    let Some(lease) = change.request.lease().cloned() else {
        return Err(Refusal::NothingToChange { status: change.request.status.name() });
    };
    change.nothing_else_waits()?;
    let mut order = ChangeOrder {
        by: by.person.clone(),
        asked_at: change.now,
        approve_by: order.product.approval.timeout.after(change.now),
        approvals: Vec::new(),
        answer: None,
        ..order.clone()
    };
    // A change that exceeds the budget is approved for exactly that, so the budget does not limit it again.
    change.takes(order.more(), budget.filter(|_| !order.exceeds_budget));
    change.bump_epoch();
    // The previous change's card stays in its channel with its outcome; this change gets a new one.
    change.request.messages.remove(&MessageSlot::Change);
    change.request.updated_at = change.now;
    let actor = Actor::Person(by.clone());
    let what = order.describe();
    if let ApprovalPath::Auto { why } = &order.approval {
        let detail = format!("{what}; auto-approved: {why}");
        order.answer = Some(ChangeAnswer::Granted);
        change.request.change = Some(Box::new(order));
        change.audit("change requested", &actor, detail);
        return Ok(starts(change, lease).shows(&ALL));
    }
    let approve_by = order.approve_by;
    change.request.change = Some(Box::new(order));
    change.later(JobKind::ChangeDeadline, approve_by);
    reminders::begin(&mut change);
    let needed = change.request.needed_for_answer();
    change.audit("change requested", &actor, format!("{what}; {needed} needed"));
    Ok(change.shows(&[MessageSlot::Change, MessageSlot::Direct, MessageSlot::Warning]))
}

/// Starts carrying out the change.
fn starts(mut change: TransitionBuilder, lease: Lease) -> TransitionBuilder {
    change.becomes(Status::Updating { lease });
    change.job(JobKind::Update);
    change.audit("updating", &Actor::Workflow, "");
    change
}

/// Returns the waiting change and the running lease, unless the change's deadline has passed.
fn waiting(change: &TransitionBuilder) -> Result<(Lease, ChangeOrder), Refusal> {
    let waiting = change.request.waiting_change().filter(|order| change.now < order.approve_by);
    match (change.request.lease(), waiting) {
        (Some(lease), Some(order)) => Ok((lease.clone(), order.clone())),
        _ => Err(Refusal::stale(&change.request)),
    }
}

pub(super) fn approve(
    mut change: TransitionBuilder,
    by: &By,
    instead_of: Option<&PersonId>,
) -> Result<Transition, Refusal> {
    let (lease, mut order) = waiting(&change)?;
    let needed = change.request.needed_for_answer();
    let have = add(&mut order.approvals, needed, (&by.person, instead_of), change.now)?;
    let actor = Actor::Person(by.clone());
    if have < needed {
        change.request.change = Some(Box::new(order));
        let count = format!("{have} of {needed} approvals");
        change.audit("change approved", &actor, answered(&count, instead_of));
        return Ok(goes_on(change, MessageSlot::Change));
    }
    order.answer = Some(ChangeAnswer::Granted);
    change.request.change = Some(Box::new(order));
    change.bump_epoch();
    change.audit("change approved", &actor, answered("", instead_of));
    Ok(starts(change, lease).shows(&ALL))
}

pub(super) fn deny(
    change: TransitionBuilder,
    by: &By,
    reason: &str,
    instead_of: Option<&PersonId>,
) -> Result<Transition, Refusal> {
    waiting(&change)?;
    let answer = ChangeAnswer::Denied {
        by: by.person.clone(),
        instead_of: instead_of.cloned(),
        reason: reason.to_owned(),
    };
    Ok(not_made(change, answer, "change denied", &Actor::Person(by.clone()), &answered(reason, instead_of)))
}

pub(super) fn withdraw(change: TransitionBuilder, by: &By) -> Result<Transition, Refusal> {
    let (_, order) = waiting(&change)?;
    if by.person != order.by {
        return Err(Refusal::NotTheRequester { requester: order.by });
    }
    Ok(not_made(change, ChangeAnswer::Withdrawn, "change withdrawn", &Actor::Person(by.clone()), ""))
}

pub(super) fn deadline(change: TransitionBuilder, event: &Event) -> Result<Transition, Refusal> {
    if change.request.waiting_change().is_none_or(|order| change.now < order.approve_by) {
        return Err(change.does_not_apply(event));
    }
    Ok(not_made(change, ChangeAnswer::Unanswered, "change timed out", &Actor::Clock, ""))
}

/// Closes a change that is not going to be made; the product stays unchanged.
fn not_made(
    mut change: TransitionBuilder,
    answer: ChangeAnswer,
    word: &str,
    actor: &Actor,
    detail: &str,
) -> Transition {
    // Withdrawing is no decision, so nobody is notified of it.
    let is_news = answer != ChangeAnswer::Withdrawn;
    change.answers_change(answer);
    change.bump_epoch();
    change.request.updated_at = change.now;
    change.audit(word, actor, detail);
    let mut surfaces = vec![MessageSlot::Change, MessageSlot::Direct, MessageSlot::Warning];
    surfaces.extend(is_news.then_some(MessageSlot::Notification(Notification::Change)));
    change.shows(&surfaces)
}

pub(super) fn update_started(
    mut change: TransitionBuilder,
    event: &Event,
    record: &RecordId,
) -> Result<Transition, Refusal> {
    being_changed(&change, event)?;
    let provisioned = change.request.provisioned.as_mut();
    let Some(provisioned) = provisioned else { return Err(change.does_not_apply(event)) };
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
    let (what, less) = (order.describe(), order.less());
    change.answers_change(ChangeAnswer::Done);
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
    let within = lease.within(&change.request.product.lease, change.now);
    let is_cut = within.expires_at < lease.expires_at;
    let cut = if is_cut { format!("; ends {:.0}", within.expires_at) } else { String::new() };
    change.leases(within);
    change.audit("changed", &Actor::Provisioner, what + &cut);
    Ok(told(change))
}

pub(super) fn update_failed(
    mut change: TransitionBuilder,
    event: &Event,
    why: &str,
) -> Result<Transition, Refusal> {
    let (lease, _) = being_changed(&change, event)?;
    change.answers_change(ChangeAnswer::Failed { why: why.to_owned() });
    change.bump_epoch();
    change.leases(lease);
    change.audit("change failed", &Actor::Provisioner, why);
    Ok(told(change))
}

/// Updates all messages and notifies the owner.
fn told(change: TransitionBuilder) -> Transition {
    let mut surfaces = ALL.to_vec();
    surfaces.push(MessageSlot::Notification(Notification::Change));
    change.shows(&surfaces)
}
