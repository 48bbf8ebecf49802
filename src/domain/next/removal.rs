//! What the provisioner says while a product is being removed.

use super::Transition;
use super::change::Change;
use crate::domain::audit::Actor;
use crate::domain::event::Event;
use crate::domain::ids::RecordId;
use crate::domain::job::JobKind;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Ending, Provisioned, Status, StatusName, Surface};

pub(super) fn termination_started(
    mut change: Change,
    event: &Event,
    record: &RecordId,
) -> Result<Transition, Refusal> {
    change.ending(event)?;
    // Provisioning may have begun without our hearing of it: what is left of that is watched all the same.
    let product = change.request.provisioned.take().and_then(|provisioned| provisioned.product);
    change.request.provisioned = Some(Provisioned { product, record: record.clone() });
    change.job(JobKind::WatchTermination);
    Ok(change.done())
}

pub(super) fn termination_succeeded(mut change: Change, event: &Event) -> Result<Transition, Refusal> {
    let Ending::Failed { why } = change.ending(event)?;
    change.becomes(Status::Failed { why });
    change.audit("failed", &Actor::Provisioner, "cleaned up");
    Ok(change.shows(&[Surface::Card, Surface::Thread, Surface::Direct, Surface::Told(StatusName::Failed)]))
}

pub(super) fn termination_failed(
    mut change: Change,
    event: &Event,
    why: &str,
) -> Result<Transition, Refusal> {
    let ending = change.ending(event)?;
    change.becomes(Status::TeardownFailed { why: why.to_owned(), ending });
    change.audit("teardown failed", &Actor::Provisioner, why);
    Ok(change.shows(&[
        Surface::Card,
        Surface::Thread,
        Surface::Direct,
        Surface::Told(StatusName::TeardownFailed),
    ]))
}
