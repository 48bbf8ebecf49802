//! A simulation of Service Catalog: it evaluates the product's template, lets time pass for each resource,
//! and invents the outputs. Ids come from `physical_ids`; nothing real is created.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;

use super::database::Database;
use super::injected_failures::InjectedFailures;
use super::instant;
use super::physical_ids::{ACCOUNT, PhysicalIds, REGION};
use super::queue::{LocalQueue, enqueue};
use super::records::{Kind, Record, RecordOutcome, describe, existing};
use super::update::Update;
use crate::domain::drift::ProvisionedRecord;
use crate::domain::ids::{ProductKey, RecordId, RequestId};
use crate::domain::period::Period;
use crate::ports::clock::Clock;
use crate::ports::provisioner::{ProvisionError, ProvisionOrder, Provisioner, RecordState, Started};
use crate::ports::queue::Signal;
use cloudformation::evaluate::{EvaluatedOutput, Evaluation, Inputs, LiveResource};

/// Settings of the simulation.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The time to create one resource; its removal takes half of that.
    pub step: Period,
    /// Products whose provisioning fails after half of their resources.
    pub fail_products: Vec<ProductKey>,
    /// Products whose first attempt at a removal fails.
    pub fail_teardowns: Vec<ProductKey>,
    /// Products whose updates fail and are rolled back.
    pub fail_changes: Vec<ProductKey>,
}

/// The simulated provisioner in a [`Database`].
#[derive(Clone, Debug)]
pub struct SimulatedProvisioner {
    database: Database,
    queue: LocalQueue,
    clock: Arc<dyn Clock>,
    simulation: Simulation,
}

impl SimulatedProvisioner {
    /// Creates the simulation in this database; it reports resources through `queue`.
    pub fn new(database: Database, queue: LocalQueue, clock: Arc<dyn Clock>, simulation: Simulation) -> Self {
        Self { database, queue, clock, simulation }
    }
}

#[async_trait]
impl Provisioner for SimulatedProvisioner {
    async fn provision(&self, order: &ProvisionOrder<'_>) -> Result<Started, ProvisionError> {
        check(order)?;
        let plan = SimulatedPlan::of(order, &self.simulation);
        let now = self.clock.now();
        let started =
            self.database.write(move |tx| plan.begin(tx, now)).await.context("cannot begin to provision")?;
        self.queue.ring();
        Ok(started)
    }

    async fn update(&self, order: &ProvisionOrder<'_>, change: u32) -> Result<RecordId, ProvisionError> {
        check(order)?;
        let (update, now) = (Update::of(order, change, &self.simulation), self.clock.now());
        let begun =
            self.database.write(move |tx| update.begin(tx, now)).await.context("cannot begin to change")?;
        begun.ok_or_else(|| ProvisionError::Refused("There is nothing to change".to_owned()))
    }

    async fn describe(&self, record: &RecordId) -> anyhow::Result<RecordState> {
        let (record, now) = (record.clone(), self.clock.now());
        self.database.read(move |connection| describe(connection, &record, now)).await
    }

    async fn terminate(&self, request: RequestId, attempt: u32) -> Result<Option<RecordId>, ProvisionError> {
        let (now, simulation) = (self.clock.now(), self.simulation.clone());
        let removal = Removal { request, attempt, now, simulation };
        let record = self.database.write(move |tx| removal.begin(tx)).await;
        Ok(record.context("cannot begin to remove")?)
    }

    async fn survey(&self) -> anyhow::Result<Vec<ProvisionedRecord>> {
        let now = self.clock.now();
        self.database
            .read(move |connection| existing(connection, now))
            .await
            .context("cannot list what was made")
    }

    async fn exists(&self, request: RequestId) -> anyhow::Result<bool> {
        Ok(self.survey().await?.iter().any(|existing| existing.request == request))
    }

    fn poll_every(&self) -> Duration {
        let step = Duration::try_from(self.simulation.step.duration()).unwrap_or_default();
        step.clamp(Duration::from_millis(100), Duration::from_secs(5))
    }

    fn is_simulated(&self) -> bool {
        true
    }
}

/// Refuses what CloudFormation would refuse at once, in its words.
fn check(order: &ProvisionOrder<'_>) -> Result<(), ProvisionError> {
    let template = &order.product.template;
    let is_given = |key: &str| order.parameters.iter().any(|(name, _)| name == key);
    let missing: Vec<&str> = template
        .parameters
        .iter()
        .filter(|parameter| parameter.default.is_none() && !is_given(&parameter.key))
        .map(|parameter| parameter.key.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(ProvisionError::Refused(format!(
            "Parameters: [{}] must have values",
            missing.join(", ")
        )));
    }
    let unknown: Vec<&str> = order
        .parameters
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| template.parameter(key).is_none())
        .collect();
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        return Err(ProvisionError::Refused(format!("Parameters: [{unknown}] do not exist in the template")));
    }
    Ok(())
}

/// The plan of a simulated provisioning, complete from the start.
struct SimulatedPlan {
    request: RequestId,
    /// Logical ids in the order of creation.
    made: Vec<String>,
    resources: usize,
    step: Period,
    outcome: RecordOutcome,
    obstacles: InjectedFailures,
}

impl SimulatedPlan {
    fn of(order: &ProvisionOrder<'_>, simulation: &Simulation) -> Self {
        let mut evaluation = evaluate(order);
        let resources = evaluation.resources.len();
        let outcome = if simulation.fail_products.contains(&order.product.key) {
            let not_made = evaluation.resources.split_off(resources / 2);
            RecordOutcome::Failed { why: failure(not_made.first()) }
        } else {
            RecordOutcome::Succeeded { outputs: evaluation.outputs.drain(..).map(output).collect() }
        };
        let obstacles = InjectedFailures::of(order, &evaluation);
        let made = evaluation.resources.into_iter().map(|resource| resource.logical_id).collect();
        Self { request: order.request, made, resources, step: simulation.step, outcome, obstacles }
    }

    fn begin(self, tx: &Connection, now: Timestamp) -> anyhow::Result<Started> {
        // A repeated call returns the record of the first one.
        if let Some(repeated) = Record::latest(tx, self.request, Kind::Provision)? {
            return Ok(repeated.started());
        }
        for (n, logical_id) in self.made.iter().enumerate() {
            let signal = Signal::ResourceCreated { request: self.request, logical_id: logical_id.clone() };
            // All reports are stored now and become visible at their time, so a restart in between loses none.
            enqueue(tx, later(now, self.step, n + 1), &signal)?;
        }
        let steps = match self.outcome {
            RecordOutcome::Succeeded { .. } => self.made.len(),
            // The resource that fails takes its time as well.
            RecordOutcome::Failed { .. } => self.made.len() + 1,
        };
        let physical = PhysicalIds::of(self.request);
        let record = Record {
            id: physical.record(Kind::Provision.as_str()),
            attempt: 1,
            product: physical.provisioned_product(),
            resources: u32::try_from(self.resources)?,
            made: u32::try_from(self.made.len())?,
            ends_at: instant::not_before(later(now, self.step, steps)),
            outcome: self.outcome,
            obstacles: self.obstacles,
        };
        record.insert(tx, self.request, Kind::Provision)?;
        Ok(record.started())
    }
}

pub(super) fn evaluate(order: &ProvisionOrder<'_>) -> Evaluation {
    let physical = PhysicalIds::of(order.request);
    let invent = |resource: &LiveResource, attribute: Option<&str>| physical.value(resource, attribute);
    order.product.template.evaluate(&Inputs {
        parameters: order.parameters,
        // There is no account whose parameters could be read.
        ssm: &BTreeMap::new(),
        region: REGION,
        account_id: ACCOUNT,
        stack_name: &physical.stack_name(),
        stack_id: &physical.stack_id(),
        physical: &invent,
    })
}

fn failure(resource: Option<&LiveResource>) -> String {
    let because = "simulated failure, because `fail_products` names this product";
    match resource {
        Some(LiveResource { logical_id, resource_type, .. }) => {
            format!("CREATE_FAILED: {logical_id} ({resource_type}): {because}")
        }
        None => format!("CREATE_FAILED: {because}"),
    }
}

pub(super) fn output(output: EvaluatedOutput) -> (String, String, String) {
    let value = output.value.unwrap_or_else(|why| format!("not known in the simulation ({why})"));
    (output.name, output.description, value)
}

/// Returns the time `steps` steps after `start`.
pub(super) fn later(start: Timestamp, step: Period, steps: usize) -> Timestamp {
    let steps = i32::try_from(steps).unwrap_or(i32::MAX);
    step.duration()
        .checked_mul(steps)
        .and_then(|length| start.saturating_add(length).ok())
        .unwrap_or(Timestamp::MAX)
}

/// An attempt at a removal. `begin` starts it, or returns the record of an earlier call for the same attempt.
struct Removal {
    request: RequestId,
    attempt: u32,
    now: Timestamp,
    simulation: Simulation,
}

impl Removal {
    fn begin(&self, tx: &Connection) -> anyhow::Result<Option<RecordId>> {
        let Self { request, attempt, now, ref simulation } = *self;
        // A job may run twice, and the second call must not begin another removal.
        if let Some(repeated) = Record::find(tx, request, Kind::Terminate, attempt)? {
            return Ok(Some(RecordId::new(repeated.id)));
        }
        let latest = Record::latest(tx, request, Kind::Terminate)?;
        let provisioned = Record::latest(tx, request, Kind::Provision)?;
        // A provisioning that failed at its first resource has left nothing.
        let Some(provisioned) = provisioned.filter(|record| record.made > 0) else { return Ok(None) };
        // An error rather than a refusal: the caller tries again later.
        if provisioned.is_running(now) {
            return Err(anyhow!("{} is still being made", provisioned.product));
        }
        let changed = Record::latest(tx, request, Kind::Update)?;
        if changed.is_some_and(|change| change.is_running(now)) {
            return Err(anyhow!("{} is still being changed", provisioned.product));
        }
        // An update may have changed how many resources there are, and which of them are protected.
        let provisioned = Record::as_it_is(tx, request)?.unwrap_or(provisioned);
        match &latest {
            Some(earlier) if earlier.is_running(now) => {
                return Err(anyhow!("{} is still being removed", provisioned.product));
            }
            // An earlier attempt has removed it.
            Some(Record { outcome: RecordOutcome::Succeeded { .. }, .. }) => return Ok(None),
            Some(Record { outcome: RecordOutcome::Failed { .. }, .. }) | None => {}
        }
        let steps = usize::try_from(provisioned.made.div_ceil(2))?;
        let record = Record {
            id: PhysicalIds::of(request).record(&format!("{}/{attempt}", Kind::Terminate.as_str())),
            attempt,
            ends_at: instant::not_before(later(now, simulation.step, steps)),
            outcome: provisioned.obstacles.outcome(attempt, &simulation.fail_teardowns),
            ..provisioned
        };
        record.insert(tx, request, Kind::Terminate)?;
        Ok(Some(RecordId::new(record.id)))
    }
}
