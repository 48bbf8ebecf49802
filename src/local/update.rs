//! A simulated update of what was provisioned. The template is evaluated again; on success the result
//! replaces the earlier state, which otherwise stays.

use anyhow::anyhow;
use jiff::Timestamp;
use rusqlite::Connection;

use super::injected_failures::InjectedFailures;
use super::instant;
use super::physical_ids::PhysicalIds;
use super::provisioner::{Simulation, evaluate, later, output};
use super::records::{Kind, Record, RecordOutcome};
use crate::domain::ids::{RecordId, RequestId};
use crate::domain::period::Period;
use crate::ports::provisioner::ProvisionOrder;

/// The plan of a simulated update, complete from the start.
pub(super) struct Update {
    request: RequestId,
    change: u32,
    /// The number of resources after the update.
    made: usize,
    step: Period,
    outcome: RecordOutcome,
    obstacles: InjectedFailures,
}

impl Update {
    pub(super) fn of(order: &ProvisionOrder<'_>, change: u32, simulation: &Simulation) -> Self {
        let evaluation = evaluate(order);
        let obstacles = InjectedFailures::of(order, &evaluation);
        let made = evaluation.resources.len();
        let outcome = if simulation.fail_changes.contains(&order.product.key) {
            let first = evaluation.resources.first();
            let named =
                first.map(|resource| format!(" {} ({})", resource.logical_id, resource.resource_type));
            RecordOutcome::Failed {
                why: format!(
                    "UPDATE_FAILED:{} simulated failure, because `fail_changes` names this product",
                    named.map(|what| what + ":").unwrap_or_default()
                ),
            }
        } else {
            RecordOutcome::Succeeded { outputs: evaluation.outputs.into_iter().map(output).collect() }
        };
        Self { request: order.request, change, made, step: simulation.step, outcome, obstacles }
    }

    /// Starts the update, or returns the record of an earlier call for it; `None` if nothing is provisioned.
    pub(super) fn begin(self, tx: &Connection, now: Timestamp) -> anyhow::Result<Option<RecordId>> {
        // A job may run twice, and the second call must not begin another update.
        if let Some(repeated) = Record::find(tx, self.request, Kind::Update, self.change)? {
            return Ok(Some(RecordId::new(repeated.id)));
        }
        let provisioned = Record::latest(tx, self.request, Kind::Provision)?;
        let removal = Record::latest(tx, self.request, Kind::Terminate)?;
        let earlier = Record::latest(tx, self.request, Kind::Update)?;
        let Some(provisioned) = provisioned.filter(|record| record.made > 0) else { return Ok(None) };
        if [Some(&provisioned), removal.as_ref(), earlier.as_ref()]
            .into_iter()
            .flatten()
            .any(|record| record.is_running(now))
        {
            // An error rather than a refusal: the caller tries again later.
            return Err(anyhow!("another operation of {} is still under way", provisioned.product));
        }
        if removal.is_some_and(|removal| matches!(removal.outcome, RecordOutcome::Succeeded { .. })) {
            return Ok(None);
        }
        let succeeds = matches!(self.outcome, RecordOutcome::Succeeded { .. });
        let record = Record {
            id: PhysicalIds::of(self.request).record(&format!("{}/{}", Kind::Update.as_str(), self.change)),
            attempt: self.change,
            product: provisioned.product,
            resources: u32::try_from(self.made)?,
            // 0 marks an update that was rolled back: `Record::as_it_is` skips it.
            made: if succeeds { u32::try_from(self.made)? } else { 0 },
            ends_at: instant::not_before(later(now, self.step, self.made)),
            outcome: self.outcome,
            obstacles: self.obstacles,
        };
        record.insert(tx, self.request, Kind::Update)?;
        Ok(Some(RecordId::new(record.id)))
    }
}
