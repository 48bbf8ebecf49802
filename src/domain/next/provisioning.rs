//! What the provisioner says while a product is being made.

use super::Transition;
use super::change::Change;
use crate::domain::audit::Actor;
use crate::domain::event::Event;
use crate::domain::job::{JobKind, Resume};
use crate::domain::lease::Lease;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Ending, Output, Provisioned, Status, StatusName, Surface};

pub(super) fn provisioning_started(
    mut change: Change,
    event: &Event,
    provisioned: Provisioned,
    resources: usize,
) -> Result<Transition, Refusal> {
    change.provisioning_token(event)?;
    change.request.provisioned = Some(provisioned);
    change.request.progress.total = resources;
    change.job(JobKind::WatchProvisioning);
    Ok(change.shows(&[Surface::Thread, Surface::Direct]))
}

pub(super) fn resource_created(
    mut change: Change,
    event: &Event,
    logical_id: &str,
) -> Result<Transition, Refusal> {
    change.provisioning_token(event)?;
    if change.request.progress.done.iter().any(|done| done == logical_id) {
        return Err(change.does_not_apply(event));
    }
    change.request.progress.done.push(logical_id.to_owned());
    Ok(change.shows(&[Surface::Thread, Surface::Direct]))
}

pub(super) fn provisioning_succeeded(
    mut change: Change,
    event: &Event,
    outputs: &[Output],
) -> Result<Transition, Refusal> {
    let token = change.provisioning_token(event)?;
    change.request.outputs = outputs.to_vec();
    let lease = Lease::begin(&change.request.product.lease, change.now);
    change.becomes(Status::Active { lease });
    change.audit("active", &Actor::Provisioner, "");
    change.resume(token, Resume::Success);
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::Active)]))
}

pub(super) fn provisioning_failed(
    mut change: Change,
    event: &Event,
    why: &str,
) -> Result<Transition, Refusal> {
    let token = change.provisioning_token(event)?;
    change.becomes(Status::Terminating { ending: Ending::Failed { why: why.to_owned() } });
    change.audit("provisioning failed", &Actor::Provisioner, why);
    change.resume(token, Resume::ProvisioningFailed);
    change.job(JobKind::Terminate);
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct]))
}
