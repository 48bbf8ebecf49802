//! The table of the simulation's operations: one row per provisioning, update and attempt at a removal. The
//! provisioner decides when one begins and how it ends.

use anyhow::Context as _;
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::injected_failures::InjectedFailures;
use super::instant;
use crate::domain::drift::{ProvisionedCondition, ProvisionedRecord};
use crate::domain::ids::{ProvisionedProductId, RecordId, RequestId};
use crate::ports::provisioner::{RecordState, Started};

/// The kind of an operation, with Service Catalog's names.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Provision,
    Update,
    Terminate,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Provision => "PROVISION_PRODUCT",
            Self::Update => "UPDATE_PROVISIONED_PRODUCT",
            Self::Terminate => "TERMINATE_PRODUCT",
        }
    }
}

/// The result of an operation.
#[derive(Serialize, Deserialize)]
pub(super) enum RecordOutcome {
    Succeeded { outputs: Vec<(String, String, String)> },
    Failed { why: String },
}

/// One operation, complete with its end from the start.
pub(super) struct Record {
    pub(super) id: String,
    /// The attempt, counted from 1. A provisioning has only one; for an update it is the update's number.
    pub(super) attempt: u32,
    /// The id of the provisioned product.
    pub(super) product: String,
    /// The number of resources in the template.
    pub(super) resources: u32,
    /// The number of resources created; 0 for an update that was rolled back.
    pub(super) made: u32,
    /// The end in microseconds since 1970.
    pub(super) ends_at: i64,
    pub(super) outcome: RecordOutcome,
    pub(super) obstacles: InjectedFailures,
}

const SELECT: &str = "SELECT id, attempt, product, resources, made, ends_at, outcome, obstacles FROM records";

impl Record {
    /// Returns the record of the latest attempt.
    pub(super) fn latest(tx: &Connection, request: RequestId, kind: Kind) -> anyhow::Result<Option<Self>> {
        let sql = format!("{SELECT} WHERE request = ?1 AND kind = ?2 ORDER BY attempt DESC LIMIT 1");
        Ok(tx
            .prepare_cached(&sql)?
            .query_row(params![request.to_string(), kind.as_str()], Self::read)
            .optional()?)
    }

    /// Returns the last record that determines the current state: the last successful update, or else the
    /// provisioning.
    pub(super) fn as_it_is(tx: &Connection, request: RequestId) -> anyhow::Result<Option<Self>> {
        let sql = format!(
            "{SELECT} WHERE request = ?1 AND (kind = ?2 OR (kind = ?3 AND made > 0))
             ORDER BY kind = ?3 DESC, attempt DESC LIMIT 1"
        );
        let kinds = (Kind::Provision.as_str(), Kind::Update.as_str());
        Ok(tx
            .prepare_cached(&sql)?
            .query_row(params![request.to_string(), kinds.0, kinds.1], Self::read)
            .optional()?)
    }

    /// Returns the record of this attempt.
    pub(super) fn find(
        tx: &Connection,
        request: RequestId,
        kind: Kind,
        attempt: u32,
    ) -> anyhow::Result<Option<Self>> {
        let sql = format!("{SELECT} WHERE request = ?1 AND kind = ?2 AND attempt = ?3");
        Ok(tx
            .prepare_cached(&sql)?
            .query_row(params![request.to_string(), kind.as_str(), attempt], Self::read)
            .optional()?)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            attempt: row.get(1)?,
            product: row.get(2)?,
            resources: row.get(3)?,
            made: row.get(4)?,
            ends_at: row.get(5)?,
            outcome: json(row, 6)?,
            obstacles: json(row, 7)?,
        })
    }

    pub(super) fn insert(&self, tx: &Connection, request: RequestId, kind: Kind) -> anyhow::Result<()> {
        tx.prepare_cached(
            "INSERT INTO records
             (id, request, kind, attempt, product, resources, made, ends_at, outcome, obstacles)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            self.id,
            request.to_string(),
            kind.as_str(),
            self.attempt,
            self.product,
            self.resources,
            self.made,
            self.ends_at,
            serde_json::to_string(&self.outcome)?,
            serde_json::to_string(&self.obstacles)?,
        ])?;
        Ok(())
    }

    pub(super) fn started(&self) -> Started {
        Started {
            product: ProvisionedProductId::new(&self.product),
            record: RecordId::new(&self.id),
            resources: self.resources.try_into().unwrap_or(usize::MAX),
        }
    }

    pub(super) fn is_running(&self, now: Timestamp) -> bool {
        self.ends_at > instant::reached(now)
    }
}

/// Returns what was created and not removed. The simulation stores no tags.
pub(super) fn existing(connection: &Connection, now: Timestamp) -> anyhow::Result<Vec<ProvisionedRecord>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT request FROM records WHERE kind = 'PROVISION_PRODUCT' AND made > 0",
    )?;
    let requests = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut records = Vec::new();
    for request in requests {
        let request = RequestId::parse(&request).with_context(|| format!("`{request}` is no request"))?;
        let removal = Record::latest(connection, request, Kind::Terminate)?;
        let provisioning = Record::latest(connection, request, Kind::Provision)?;
        let change = Record::latest(connection, request, Kind::Update)?;
        let changes =
            [&provisioning, &change, &removal].into_iter().flatten().any(|record| record.is_running(now));
        let removed = removal.is_some_and(|record| matches!(record.outcome, RecordOutcome::Succeeded { .. }));
        if changes || !removed {
            let condition = if changes { ProvisionedCondition::Changing } else { ProvisionedCondition::Fine };
            records.push(ProvisionedRecord { request, condition, tags: None });
        }
    }
    Ok(records)
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// Returns the state of a record.
pub(super) fn describe(
    connection: &Connection,
    id: &RecordId,
    now: Timestamp,
) -> anyhow::Result<RecordState> {
    let record = connection
        .prepare_cached(&format!("{SELECT} WHERE id = ?1"))?
        .query_row([id.as_str()], Record::read)
        .optional()
        .with_context(|| format!("cannot read record {id}"))?
        .with_context(|| format!("there is no record {id}"))?;
    if record.is_running(now) {
        return Ok(RecordState::Running);
    }
    Ok(match record.outcome {
        RecordOutcome::Succeeded { outputs } => RecordState::Succeeded { outputs },
        RecordOutcome::Failed { why } => RecordState::Failed { why },
    })
}
