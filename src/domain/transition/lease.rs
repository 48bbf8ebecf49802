//! The lease of an existing product: warnings, renewals, transfers.

use jiff::Timestamp;

use super::builder::{Transition, TransitionBuilder};
use super::{approval_request, reminders};
use crate::domain::approval::path_of_renewal;
use crate::domain::approval::{About, Approval, Renewal};
use crate::domain::audit::{Actor, By};
use crate::domain::event::Event;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::job::JobKind;
use crate::domain::lease::{Lease, LeaseStep};
use crate::domain::period::Period;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Billed, MessageRef, MessageSlot, Notification, Request};

/// Time left at least after a renewal was not granted, so that the owner can still save their data.
const AFTER_A_NO: Period = Period::days(1);

/// Messages that show the end of the lease.
const DATED: [MessageSlot; 5] =
    [MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct, MessageSlot::Warning, MessageSlot::Change];

pub(super) fn warned(
    mut change: TransitionBuilder,
    event: &Event,
    owner: &PersonId,
    message: &MessageRef,
) -> Result<Transition, Refusal> {
    let terms = change.request.product.lease.clone();
    // A transfer may overtake the delivery; the new owner has not been warned then.
    let is_theirs = change.request.owner == *owner;
    let lease = change.request.lease().filter(|lease| is_theirs && lease.is_warned_with(&terms, change.now));
    let Some(lease) = lease else { return Err(change.does_not_apply(event)) };
    let is_first = lease.warned.is_none();
    let lease = lease.after_warning(&terms, change.now);
    let end = format!("ends {:.0}", lease.expires_at);
    change.request.messages.insert(MessageSlot::Warning, message.clone());
    change.audit(if is_first { "warned" } else { "reminded" }, &Actor::Clock, end);
    change.leases(lease);
    // The first warning starts the grace period, which may move the end that the other message shows.
    Ok(change.shows(&[MessageSlot::Direct]))
}

pub(super) fn renew(mut change: TransitionBuilder, by: &By, period: Period) -> Result<Transition, Refusal> {
    let terms = change.request.product.lease.clone();
    change.is_not_being_changed()?;
    let Some(lease) = change.request.lease().cloned() else {
        return Err(Refusal::NothingToRenew { status: change.request.status.name() });
    };
    if !terms.renew.contains(&period) {
        return Err(Refusal::NotARenewal { offered: terms.renew });
    }
    if let Some((waiting, _)) = change.request.waiting_renewal() {
        return Err(Refusal::waits(waiting));
    }
    if !lease.can_renew(&terms, period, change.now) {
        let (from, until) = (lease.renewable_from(&terms, period), lease.expires_at);
        return Err(Refusal::RenewsTooLittle { from, until });
    }
    let actor = Actor::Person(by.clone());
    change.bump_epoch();
    if lease.renewals < terms.max_renewals {
        extend(&mut change, period, &actor);
        // A waiting change's reminders carry the epoch, which has just changed.
        reminders::schedule(&mut change);
        return Ok(change.shows(&DATED));
    }
    change.nothing_else_waits()?;
    let approve_by = change.request.product.approval.timeout.after(change.now);
    // Only the first request for a renewal delays the end; otherwise repeated requests would postpone it for ever.
    let last = change.request.renewal();
    let holds_end = last.is_none_or(|(_, last)| last.renewals != lease.renewals);
    let about = About::Renew(Renewal { period, renewals: lease.renewals, holds_end });
    let path = path_of_renewal(&change.request.product.approval, &change.request.creation.path);
    let approval = Approval::new(about, (by.person.clone(), change.now), approve_by, path);
    Ok(approval_request::begin(change, approval, &actor, &format!("by {period},")))
}

/// Extends the lease and records it.
pub(super) fn extend(change: &mut TransitionBuilder, period: Period, actor: &Actor) {
    let Some(lease) = change.request.lease() else { return };
    let renewed = lease.renewed(&change.request.product.lease, period, change.now);
    let limited = if renewed.cut { ", limited to the longest allowed" } else { "" };
    let detail = format!("by {period}{limited}, ends {:.0}", renewed.expires_at);
    change.leases(renewed);
    change.audit("renewed", actor, detail);
}

/// Continues the lease after a renewal that was not granted. If a teardown was delayed by it (`held_end`), the original end
/// may have passed already, so some time is left from now.
pub(super) fn resumes(change: &mut TransitionBuilder, held_end: bool) {
    let Some(mut lease) = change.request.lease().cloned() else { return };
    if held_end {
        let left = AFTER_A_NO.min(change.request.product.lease.grace);
        lease = lease.at_least(left, change.now);
    }
    change.leases(lease);
}

/// Records what AWS has charged. This neither notifies anyone nor adds an audit entry: costs are no event in the
/// request's life.
pub(super) fn bill(
    mut change: TransitionBuilder,
    event: &Event,
    billed: &Billed,
) -> Result<Transition, Refusal> {
    if change.request.provisioned.is_none() || change.request.billed.as_ref() == Some(billed) {
        return Err(change.does_not_apply(event));
    }
    change.request.billed = Some(billed.clone());
    Ok(change.done())
}

/// Records that AWS reports a problem with the product, or that the problem is gone. The lease continues: only the
/// owner can say whether the product is still of use.
pub(super) fn condition_seen(
    mut change: TransitionBuilder,
    event: &Event,
    trouble: Option<&str>,
) -> Result<Transition, Refusal> {
    if change.request.lease().is_none() || change.request.trouble.as_deref() == trouble {
        return Err(change.does_not_apply(event));
    }
    change.request.trouble = trouble.map(str::to_owned);
    change.request.updated_at = change.now;
    let entry = if trouble.is_some() { "troubled" } else { "mended" };
    change.audit(entry, &Actor::Provisioner, trouble.unwrap_or_default());
    Ok(change.shows(&DATED))
}

pub(super) fn transfer(
    mut change: TransitionBuilder,
    by: &By,
    new_owner: &PersonId,
    team: Option<&TeamName>,
) -> Result<Transition, Refusal> {
    change.is_not_being_changed()?;
    if !change.request.status.name().is_there() {
        return Err(Refusal::NothingToTransfer { status: change.request.status.name() });
    }
    if *new_owner == change.request.owner && team.is_none() {
        return Err(Refusal::AlreadyTheirs { owner: new_owner.clone() });
    }
    let old_owner = std::mem::replace(&mut change.request.owner, new_owner.clone());
    change.request.updated_at = change.now;
    // The old owner's buttons must not work any more.
    change.bump_epoch();
    // Scheduled reminders carry the epoch, which has just changed.
    reminders::schedule(&mut change);
    // A warning to the old owner does not count for the new one.
    let lease = change.request.lease().and_then(Lease::handed_over);
    if let Some(lease) = lease {
        change.leases(lease);
    }
    let mut detail = format!("from {old_owner} to {new_owner}");
    if let Some(team) = team {
        detail = format!("{detail}, from team {} to team {team}", change.request.team);
        change.moves_to(team);
    }
    change.audit("transferred", &Actor::Person(by.clone()), detail);
    // The new owner gets messages of their own; the old owner's are updated to name the new owner.
    for slot in [MessageSlot::Direct, MessageSlot::Warning] {
        if let Some(at) = change.request.messages.remove(&slot) {
            change.job(JobKind::Refresh { at, slot });
        }
    }
    Ok(change.shows(&[
        MessageSlot::Renewal,
        MessageSlot::Change,
        MessageSlot::Direct,
        MessageSlot::Notification(Notification::Handed),
    ]))
}

/// Returns the lease's next step, taking into account a renewal that delays the end.
pub(crate) fn lease_step(request: &Request, now: Timestamp) -> Option<LeaseStep> {
    let step = request.lease()?.step(&request.product.lease, now);
    match (step, request.waiting_renewal()) {
        (LeaseStep::End, Some((waiting, renewal))) if renewal.holds_end => {
            Some(LeaseStep::Wait(waiting.answer_by))
        }
        _ => Some(step),
    }
}
