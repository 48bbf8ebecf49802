//! A simulation of Service Catalog: it evaluates the product's template, lets time pass for each resource, and makes
//! up what would have come out. Ids are invented in `physical`; nothing real is made.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::database::Database;
use super::instant;
use super::physical::{ACCOUNT, Physical, REGION};
use super::queue::{LocalQueue, enqueue};
use crate::domain::ids::{ProductKey, ProvisionedProductId, RecordId, RequestId};
use crate::domain::period::Period;
use crate::domain::template::evaluate::{EvaluatedOutput, Evaluation, Inputs, LiveResource};
use crate::ports::clock::Clock;
use crate::ports::provisioner::{ProvisionError, ProvisionOrder, Provisioner, RecordState, Started};
use crate::ports::queue::Signal;

const PROVISION: &str = "PROVISION_PRODUCT";
const TERMINATE: &str = "TERMINATE_PRODUCT";

/// How the simulation behaves.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The time one resource takes to be made; its removal takes half of it.
    pub step: Period,
    /// Products that fail after half of their resources.
    pub fail_products: Vec<ProductKey>,
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
    /// The simulation in this database; it reports its resources through `queue`.
    pub fn new(database: Database, queue: LocalQueue, clock: Arc<dyn Clock>, simulation: Simulation) -> Self {
        Self { database, queue, clock, simulation }
    }
}

#[async_trait]
impl Provisioner for SimulatedProvisioner {
    async fn provision(&self, order: &ProvisionOrder<'_>) -> Result<Started, ProvisionError> {
        check(order)?;
        let plan = Plan::of(order, &self.simulation);
        let now = self.clock.now();
        let started =
            self.database.write(move |tx| plan.begin(tx, now)).await.context("cannot begin to provision")?;
        self.queue.ring();
        Ok(started)
    }

    async fn describe(&self, record: &RecordId) -> anyhow::Result<RecordState> {
        let (record, now) = (record.clone(), self.clock.now());
        self.database.read(move |connection| describe(connection, &record, now)).await
    }

    async fn terminate(&self, request: RequestId) -> Result<Option<RecordId>, ProvisionError> {
        let (now, step) = (self.clock.now(), self.simulation.step);
        let record = self.database.write(move |tx| terminate(tx, request, now, step)).await;
        Ok(record.context("cannot begin to remove")?)
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
    let is_given = |key: &str| order.parameters.iter().any(|(given, _)| given == key);
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

/// How a record ends.
#[derive(Serialize, Deserialize)]
enum Outcome {
    Succeeded { outputs: Vec<(String, String, String)> },
    Failed { why: String },
}

/// What will happen, all of it known at the start.
struct Plan {
    request: RequestId,
    /// Logical ids in the order of their making.
    made: Vec<String>,
    resources: usize,
    step: Period,
    outcome: Outcome,
}

impl Plan {
    fn of(order: &ProvisionOrder<'_>, simulation: &Simulation) -> Self {
        let mut evaluation = evaluate(order);
        let resources = evaluation.resources.len();
        let outcome = if simulation.fail_products.contains(&order.product.key) {
            let not_made = evaluation.resources.split_off(resources / 2);
            Outcome::Failed { why: failure(not_made.first()) }
        } else {
            Outcome::Succeeded { outputs: evaluation.outputs.into_iter().map(output).collect() }
        };
        let made = evaluation.resources.into_iter().map(|resource| resource.logical_id).collect();
        Self { request: order.request, made, resources, step: simulation.step, outcome }
    }

    fn begin(&self, tx: &Connection, now: Timestamp) -> anyhow::Result<Started> {
        if let Some(known) = Record::find(tx, self.request, PROVISION)? {
            return Ok(known.started());
        }
        for (n, logical_id) in self.made.iter().enumerate() {
            let signal = Signal::ResourceCreated { request: self.request, logical_id: logical_id.clone() };
            enqueue(tx, later(now, self.step, n), &signal)?;
        }
        let steps = match self.outcome {
            Outcome::Succeeded { .. } => self.made.len(),
            // The one that fails takes its time as well.
            Outcome::Failed { .. } => self.made.len() + 1,
        };
        let physical = Physical::of(self.request);
        let record = Record {
            id: physical.record(PROVISION),
            product: physical.provisioned_product(),
            resources: u32::try_from(self.resources)?,
            made: u32::try_from(self.made.len())?,
            ends_at: instant::not_before(later(now, self.step, steps)),
        };
        record.insert(tx, self.request, PROVISION, &self.outcome)?;
        Ok(record.started())
    }
}

fn evaluate(order: &ProvisionOrder<'_>) -> Evaluation {
    let physical = Physical::of(order.request);
    let invent = |resource: &LiveResource, attribute: Option<&str>| physical.value(resource, attribute);
    order.product.template.evaluate(&Inputs {
        parameters: order.parameters,
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

fn output(output: EvaluatedOutput) -> (String, String, String) {
    let value = output.value.unwrap_or_else(|why| format!("(unknown to the simulation: {why})"));
    (output.name, output.description, value)
}

/// `steps` steps after `start`.
fn later(start: Timestamp, step: Period, steps: usize) -> Timestamp {
    let steps = i32::try_from(steps).unwrap_or(i32::MAX);
    step.duration()
        .checked_mul(steps)
        .and_then(|length| start.saturating_add(length).ok())
        .unwrap_or(Timestamp::MAX)
}

/// A stored record without its outcome.
struct Record {
    id: String,
    product: String,
    resources: u32,
    made: u32,
    ends_at: i64,
}

impl Record {
    fn find(tx: &Connection, request: RequestId, kind: &str) -> anyhow::Result<Option<Self>> {
        let found = tx
            .prepare_cached(
                "SELECT id, product, resources, made, ends_at FROM records WHERE request = ?1 AND kind = ?2",
            )?
            .query_row(params![request.to_string(), kind], |row| {
                Ok(Self {
                    id: row.get(0)?,
                    product: row.get(1)?,
                    resources: row.get(2)?,
                    made: row.get(3)?,
                    ends_at: row.get(4)?,
                })
            })
            .optional()?;
        Ok(found)
    }

    fn insert(
        &self,
        tx: &Connection,
        request: RequestId,
        kind: &str,
        outcome: &Outcome,
    ) -> anyhow::Result<()> {
        tx.prepare_cached(
            "INSERT INTO records (id, request, kind, product, resources, made, ends_at, outcome)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            self.id,
            request.to_string(),
            kind,
            self.product,
            self.resources,
            self.made,
            self.ends_at,
            serde_json::to_string(outcome)?,
        ])?;
        Ok(())
    }

    fn started(&self) -> Started {
        Started {
            product: ProvisionedProductId::new(&self.product),
            record: RecordId::new(&self.id),
            resources: self.resources.try_into().unwrap_or(usize::MAX),
        }
    }
}

fn describe(connection: &Connection, record: &RecordId, now: Timestamp) -> anyhow::Result<RecordState> {
    let found: Option<(i64, String)> = connection
        .prepare_cached("SELECT ends_at, outcome FROM records WHERE id = ?1")?
        .query_row([record.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (ends_at, outcome) = found.with_context(|| format!("there is no record {record}"))?;
    if ends_at > instant::reached(now) {
        return Ok(RecordState::Running);
    }
    Ok(match serde_json::from_str(&outcome).with_context(|| format!("cannot read record {record}"))? {
        Outcome::Succeeded { outputs } => RecordState::Succeeded { outputs },
        Outcome::Failed { why } => RecordState::Failed { why },
    })
}

fn terminate(
    tx: &Connection,
    request: RequestId,
    now: Timestamp,
    step: Period,
) -> anyhow::Result<Option<RecordId>> {
    if let Some(known) = Record::find(tx, request, TERMINATE)? {
        return Ok(Some(RecordId::new(known.id)));
    }
    let Some(provisioned) = Record::find(tx, request, PROVISION)?.filter(|record| record.made > 0) else {
        return Ok(None);
    };
    if provisioned.ends_at > instant::reached(now) {
        return Err(anyhow!("{} is still being made", provisioned.product));
    }
    let record = Record {
        id: Physical::of(request).record(TERMINATE),
        ends_at: instant::not_before(later(now, step, usize::try_from(provisioned.made.div_ceil(2))?)),
        ..provisioned
    };
    record.insert(tx, request, TERMINATE, &Outcome::Succeeded { outputs: Vec::new() })?;
    Ok(Some(RecordId::new(record.id)))
}
