//! Progress and results that the provisioner reports while it creates a product.

use super::builder::{Transition, TransitionBuilder};
use crate::domain::audit::Actor;
use crate::domain::event::Event;
use crate::domain::job::{JobKind, Resume};
use crate::domain::lease::Lease;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Cause, Ending, MessageSlot, Notification, Output, Provisioned, StatusName};

pub(super) fn provisioning_started(
    mut change: TransitionBuilder,
    event: &Event,
    provisioned: Provisioned,
    resources: usize,
) -> Result<Transition, Refusal> {
    change.being_provisioned(event)?;
    change.request.provisioned = Some(provisioned);
    change.request.progress.total = resources;
    change.job(JobKind::WatchProvisioning);
    Ok(change.shows(&[MessageSlot::Thread, MessageSlot::Direct]))
}

pub(super) fn resource_created(
    mut change: TransitionBuilder,
    event: &Event,
    logical_id: &str,
) -> Result<Transition, Refusal> {
    change.being_provisioned(event)?;
    // Progress is polled, so the same resource is reported repeatedly.
    if change.request.progress.done.iter().any(|done| done == logical_id) {
        return Err(change.does_not_apply(event));
    }
    change.request.progress.done.push(logical_id.to_owned());
    Ok(change.shows(&[MessageSlot::Thread, MessageSlot::Direct]))
}

pub(super) fn provisioning_succeeded(
    mut change: TransitionBuilder,
    event: &Event,
    outputs: &[Output],
) -> Result<Transition, Refusal> {
    let (token, unwanted) = change.being_provisioned(event)?;
    change.request.outputs = outputs.to_vec();
    change.request.activated_at = Some(change.now);
    // The execution's work is done either way; a teardown runs without it.
    change.resume(token, Resume::Success);
    if let Some(by) = unwanted {
        change.removes(Ending::Terminated { cause: Cause::Asked { by } }, 1);
        change.audit("active", &Actor::Provisioner, "torn down at once, as requested in the meantime");
        return Ok(change.shows(&[MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct]));
    }
    change.leases(Lease::begin(&change.request.product.lease, change.now));
    change.audit("active", &Actor::Provisioner, "");
    Ok(change.shows(&[
        MessageSlot::Card,
        MessageSlot::Thread,
        MessageSlot::Direct,
        MessageSlot::Notification(Notification::Status(StatusName::Active)),
    ]))
}

pub(super) fn provisioning_failed(
    mut change: TransitionBuilder,
    event: &Event,
    why: &str,
) -> Result<Transition, Refusal> {
    let (token, _) = change.being_provisioned(event)?;
    // Service Catalog keeps a failed product, and what it created, until it is terminated.
    change.removes(Ending::Failed { why: why.to_owned() }, 1);
    change.audit("provisioning failed", &Actor::Provisioner, why);
    change.resume(token, Resume::ProvisioningFailed);
    Ok(change.shows(&[MessageSlot::Card, MessageSlot::Thread, MessageSlot::Direct]))
}
