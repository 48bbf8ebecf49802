//! The only place where a request changes: `(request, event, now)` yields the next request and everything that is
//! committed with it, or a refusal.
//!
//! Every event of the workflow or the provisioner may arrive twice, late, or for an older attempt. A waiting
//! execution whose result is already known is always resumed, so that no execution hangs.

mod approval;
mod approval_request;
mod builder;
mod lease;
mod provisioning;
mod reminders;
mod removal;
mod stuck;
mod unheard;
mod update;
mod workflow;

#[cfg(test)]
mod history;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use self::approval::{approve, cancel, deny, room_found, time_out};
pub use self::builder::Transition;
use self::builder::TransitionBuilder;
pub(crate) use self::lease::lease_step;
use self::lease::{bill, condition_seen, renew, transfer, warned};
use self::provisioning::{
    provisioning_failed, provisioning_started, provisioning_succeeded, resource_created,
};
pub(crate) use self::reminders::reminder_due;
use self::reminders::{nudge, reminded};
use self::removal::{
    lease_ended, retain, tear_down, termination_failed, termination_started, termination_succeeded, vanished,
};
pub(crate) use self::stuck::expected_jobs;
pub use self::workflow::MAX_ATTEMPTS;
use self::workflow::{approval_requested, execution_lost, provision_requested};
use super::audit::{Actor, By};
use super::event::Event;
use super::ids::TeamName;
use super::job::{Job, JobKind};
use super::refusal::Refusal;
use super::repeats::AuditLine;
use super::request::{MessageRef, MessageSlot, Provisioned, ReminderKind, Request};

/// Applies `event` to `request`.
///
/// # Errors
/// A [`Refusal`] if the event does not fit. For a person it describes the current state; for the workflow and the
/// provisioner it is [`Refusal::DoesNotApply`], and the event can be dropped.
pub fn next(request: &Request, event: &Event, now: Timestamp) -> Result<Transition, Refusal> {
    let change = TransitionBuilder::of(request, now);
    match event {
        Event::Approve { by, on_behalf_of, changes } => {
            approve(change, by, on_behalf_of.as_ref(), changes.as_deref())
        }
        Event::Deny { by, reason, on_behalf_of } => deny(change, by, reason, on_behalf_of.as_ref()),
        Event::Cancel { by } => cancel(change, by),
        Event::ApprovalDeadline => time_out(change),
        Event::RoomFound => room_found(change, event),
        Event::Reminder { reminder, epoch } => reminded(change, event, *reminder, *epoch),
        Event::Nudge { by } => nudge(change, by),
        Event::ApprovalRequested { execution, token } => approval_requested(change, event, execution, token),
        Event::ProvisionRequested { execution, token } => {
            provision_requested(change, event, execution, token)
        }
        Event::ExecutionLost { execution } => execution_lost(change, event, execution),
        Event::ProvisioningStarted { product, record, resources } => provisioning_started(
            change,
            event,
            Provisioned { product: Some(product.clone()), record: record.clone() },
            *resources,
        ),
        Event::ResourceCreated { logical_id } => resource_created(change, event, logical_id),
        Event::ProvisioningSucceeded { outputs } => provisioning_succeeded(change, event, outputs),
        Event::ProvisioningFailed { why } => provisioning_failed(change, event, why),
        Event::TerminationStarted { record } => termination_started(change, event, record),
        Event::TerminationSucceeded => termination_succeeded(change, event),
        Event::TerminationFailed { why } => termination_failed(change, event, why),
        Event::Billed { billed } => bill(change, event, billed),
        Event::Vanished => vanished(change, event),
        Event::ConditionSeen { trouble } => condition_seen(change, event, trouble.as_deref()),
        Event::Warned { owner, message } => warned(change, event, owner, message),
        Event::LeaseEnded => lease_ended(change, event),
        Event::Renew { by, period } => renew(change, by, *period),
        Event::Change { by, order, path, exception, budget } => {
            update::ask(change, by, (order, path, exception.as_ref()), *budget)
        }
        Event::UpdateStarted { record } => update::update_started(change, event, record),
        Event::UpdateSucceeded { outputs } => update::update_succeeded(change, event, outputs),
        Event::UpdateFailed { why } => update::update_failed(change, event, why),
        Event::TearDown { by } => tear_down(change, by),
        Event::LookAgain { by, lost } => stuck::look_again(change, event, by, *lost),
        Event::Unheard { silence } => unheard::unheard(change, event, silence),
        Event::JobLost => stuck::job_lost(change, event),
        Event::HeldUp { right, job } => stuck::held_up(change, event, (right, job)),
        Event::PermissionGranted { job } => stuck::permission_granted(change, event, job),
        Event::End { by } => stuck::end(change, event, by),
        Event::Retain { by, reason } => retain(change, by, reason),
        Event::Transfer { by, to, team } => transfer(change, by, to, team.as_ref()),
    }
}

/// Records refusals for missing permission in the audit trail; the request itself stays unchanged.
pub fn note_refusals(request: &Request, by: &By, lines: &[AuditLine], now: Timestamp) -> Transition {
    let mut change = TransitionBuilder::of(request, now);
    for (event, detail) in lines {
        change.audit(event, &Actor::Person(by.clone()), detail);
    }
    change.done()
}

/// Moves a request to its team's current name. Nothing changes for people, so there is no audit entry, but an open
/// approval card shows the new name.
pub fn rename_team(request: &Request, team: &TeamName, now: Timestamp) -> Transition {
    let mut change = TransitionBuilder::of(request, now);
    change.moves_to(team);
    if !request.waits_for_approvers() {
        return change.done();
    }
    change.shows(&[request.approval().about.kind().card()])
}

/// Builds the job that updates a message which the row no longer names as its current one.
pub fn refresh(request: &Request, slot: MessageSlot, at: MessageRef, now: Timestamp) -> Job {
    JobKind::Refresh { at, slot }.due(request.id, now)
}

/// Records where a message of the request was posted.
pub fn record_message(request: &Request, slot: MessageSlot, at: MessageRef, now: Timestamp) -> Transition {
    let mut change = TransitionBuilder::of(request, now);
    change.request.messages.insert(slot, at);
    if slot == request.card() && change.request.asking.unposted_at.take().is_some() {
        // The requester had been informed that the card could not be posted; that message has to be corrected.
        return change.shows(&[MessageSlot::Direct]);
    }
    // The request may have been decided while its card was being posted, when there was no thread to report it in.
    let is_decided = !request.status.name().is_undecided();
    if slot == MessageSlot::Card && is_decided { change.shows(&[MessageSlot::Thread]) } else { change.done() }
}

/// Records that the card cannot be posted in any channel: the requester is informed, and the approvers are messaged
/// one by one.
///
/// # Errors
/// If this has been recorded already, or the request does not wait for approvers.
pub fn record_unposted(request: &Request, now: Timestamp) -> Result<Transition, Refusal> {
    if request.asking.unposted_at.is_some() || !request.waits_for_approvers() {
        return Err(Refusal::stale(request));
    }
    let mut change = TransitionBuilder::of(request, now);
    change.request.asking.unposted_at = Some(now);
    // Without a card nobody is notified, so each approver is messaged directly.
    change.job(JobKind::FindApprovers { reminder: ReminderKind::Turn, epoch: request.epoch });
    Ok(change.shows(&[MessageSlot::Direct]))
}
