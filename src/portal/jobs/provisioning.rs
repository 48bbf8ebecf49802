//! Creating, updating and removing what was requested: each is started by one job and watched by another.

use std::time::Duration;

use crate::domain::catalog::Product;
use crate::domain::event::Event;
use crate::domain::ids::{RecordId, RequestId};
use crate::domain::job::JobKind;
use crate::domain::request::{Output, ProductSnapshot, Request, Status};
use crate::portal::Portal;
use crate::portal::jobs::apply::apply;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::ports::provisioner::{ProvisionError, ProvisionOrder, RecordState};

pub(super) async fn provision(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    if !matches!(request.status, Status::Provisioning { .. }) {
        return Ok(Performed::Done);
    }
    // Approvers agreed to this template, so another one must not be provisioned.
    let Some(product) = offered(portal, &request.product) else {
        let why = "the product was changed by its owner while the request was waiting".to_owned();
        return apply(portal, id, Event::ProvisioningFailed { why }).await;
    };
    let tags = request.tags();
    let order = ProvisionOrder { request: id, product, parameters: &request.parameters, tags: &tags };
    match portal.ports.provisioner.provision(&order).await {
        Ok(started) => {
            let event = Event::ProvisioningStarted {
                product: started.product,
                record: started.record,
                resources: started.resources,
            };
            apply(portal, id, event).await
        }
        // The same order would be refused again.
        Err(ProvisionError::Refused(why)) => apply(portal, id, Event::ProvisioningFailed { why }).await,
        Err(ProvisionError::Other(error)) => Err(JobError::Later(error)),
    }
}

pub(super) async fn watch_provisioning(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    if !matches!(request.status, Status::Provisioning { .. }) {
        return Ok(Performed::Done);
    }
    // A bot may have stopped between starting the operation and storing its record.
    let Some(record) = record(&request) else { return Ok(begin_again(JobKind::Provision)) };
    match portal.ports.provisioner.describe(&record).await? {
        RecordState::Running => Ok(Performed::Again(portal.ports.provisioner.poll_every())),
        RecordState::Succeeded { outputs } => {
            let outputs = allowed_outputs(&request.product, outputs);
            apply(portal, id, Event::ProvisioningSucceeded { outputs }).await
        }
        RecordState::Failed { why } => apply(portal, id, Event::ProvisioningFailed { why }).await,
    }
}

pub(super) async fn update(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let Some(order) = request.running_change() else { return Ok(Performed::Done) };
    let Some(product) = offered(portal, &order.product) else {
        let why = "the product was changed by its owner while the change was waiting".to_owned();
        return apply(portal, id, Event::UpdateFailed { why }).await;
    };
    let tags = request.tags();
    let provision = ProvisionOrder { request: id, product, parameters: &order.parameters, tags: &tags };
    // The epoch cannot change during an update, so it identifies the update.
    match portal.ports.provisioner.update(&provision, request.epoch).await {
        Ok(record) => apply(portal, id, Event::UpdateStarted { record }).await,
        Err(ProvisionError::Refused(why)) => apply(portal, id, Event::UpdateFailed { why }).await,
        Err(ProvisionError::Other(error)) => Err(JobError::Later(error)),
    }
}

pub(super) async fn watch_update(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let Some(order) = request.running_change() else { return Ok(Performed::Done) };
    let Some(record) = record(&request) else { return Ok(begin_again(JobKind::Update)) };
    match portal.ports.provisioner.describe(&record).await? {
        RecordState::Running => Ok(Performed::Again(portal.ports.provisioner.poll_every())),
        RecordState::Succeeded { outputs } => {
            let outputs = allowed_outputs(&order.product, outputs);
            apply(portal, id, Event::UpdateSucceeded { outputs }).await
        }
        RecordState::Failed { why } => apply(portal, id, Event::UpdateFailed { why }).await,
    }
}

pub(super) async fn terminate(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    // The attempt makes a retry a new operation, while a second run of this job is the same one.
    let Status::Terminating { attempt, .. } = request.status else { return Ok(Performed::Done) };
    match portal.ports.provisioner.terminate(id, attempt).await {
        // Nothing exists that could be removed.
        Ok(None) => apply(portal, id, Event::TerminationSucceeded).await,
        Ok(Some(record)) => apply(portal, id, Event::TerminationStarted { record }).await,
        Err(ProvisionError::Refused(why)) => apply(portal, id, Event::TerminationFailed { why }).await,
        Err(ProvisionError::Other(error)) => Err(JobError::Later(error)),
    }
}

pub(super) async fn watch_termination(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    if !matches!(request.status, Status::Terminating { .. }) {
        return Ok(Performed::Done);
    }
    let Some(record) = record(&request) else { return Ok(begin_again(JobKind::Terminate)) };
    match portal.ports.provisioner.describe(&record).await? {
        RecordState::Running => Ok(Performed::Again(portal.ports.provisioner.poll_every())),
        RecordState::Succeeded { .. } => apply(portal, id, Event::TerminationSucceeded).await,
        RecordState::Failed { why } => apply(portal, id, Event::TerminationFailed { why }).await,
    }
}

/// Returns the product from the catalog if its template is still the one that was requested.
fn offered<'p>(portal: &'p Portal, snapshot: &ProductSnapshot) -> Option<&'p Product> {
    let product = portal.catalog.product(&snapshot.key);
    product.filter(|product| product.template_hash == snapshot.template_hash).map(|product| &**product)
}

/// Returns the outputs that the product allows users to see, in the product's order. Others may hold secrets.
fn allowed_outputs(product: &ProductSnapshot, outputs: Vec<(String, String, String)>) -> Vec<Output> {
    let mut allowed: Vec<Output> = outputs
        .into_iter()
        .filter(|(name, ..)| product.outputs.contains(name))
        .map(|(name, description, value)| Output { name, description, value })
        .collect();
    allowed.sort_by_key(|output| product.outputs.iter().position(|name| *name == output.name));
    allowed
}

/// Returns the record to poll, if the row has one.
fn record(request: &Request) -> Option<RecordId> {
    Some(request.provisioned.as_ref()?.record.clone())
}

/// Restarts the operation because the row has no record to poll. Starting is idempotent: the provisioner returns the
/// record of what it has started already.
fn begin_again(kind: JobKind) -> Performed {
    Performed::AgainAs(kind, Duration::ZERO)
}
