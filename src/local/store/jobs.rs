//! Jobs: writing, claiming, finishing. When one is due is the domain's to say, what it does the dispatcher's.

use anyhow::Context as _;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::queries::readable_at;
use crate::domain::job::{Job, JobKey, JobKind, Subject};
use crate::local::instant;
use crate::ports::store::{Claim, ClaimedJob, ParkedJob};
use crate::ports::stored::{FORMAT, Unreadable, from_json};

/// A job whose parts are columns.
pub(super) struct Encoded {
    of: String,
    name: String,
    kind: String,
    due_at: i64,
}

impl Encoded {
    pub(super) fn new(job: &Job) -> anyhow::Result<Self> {
        Ok(Self {
            of: job.key.of.to_string(),
            name: job.key.name.clone(),
            kind: serde_json::to_string(&job.kind)?,
            due_at: instant::not_before(job.due_at),
        })
    }

    /// A job counts as written when it is first due: what waits for a date has not been failing meanwhile.
    pub(super) fn write(&self, tx: &Connection) -> anyhow::Result<()> {
        let sql = "SELECT format FROM jobs WHERE of = ?1 AND name = ?2";
        readable_at(tx, sql, [&self.of, &self.name])?;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO jobs (of, name, kind, due_at, written_at, format)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        )?
        .execute(params![self.of, self.name, self.kind, self.due_at, FORMAT])?;
        Ok(())
    }
}

pub(super) fn due(connection: &Connection, now: Timestamp, limit: usize) -> anyhow::Result<Vec<JobKey>> {
    connection
        .prepare_cached(
            "SELECT of, name FROM jobs WHERE parked = 0 AND due_at <= ?1 AND format <= ?3
             ORDER BY due_at, of, name LIMIT ?2",
        )?
        .query_map(params![instant::reached(now), i64::try_from(limit)?, FORMAT], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?))
        })?
        .map(|found| {
            let (of, name) = found?;
            Ok(JobKey { of: Subject::parse(&of), name })
        })
        .collect()
}

pub(super) fn claim(
    tx: &Connection,
    keys: &[JobKey],
    now: Timestamp,
    until: Timestamp,
) -> anyhow::Result<Vec<ClaimedJob>> {
    let mut claimed = Vec::new();
    for key in keys {
        claimed.extend(claim_one(tx, key, now, until)?);
    }
    Ok(claimed)
}

fn claim_one(
    tx: &Connection,
    key: &JobKey,
    now: Timestamp,
    until: Timestamp,
) -> anyhow::Result<Option<ClaimedJob>> {
    let found: Option<(Stored, i64)> = tx
        .prepare_cached(
            "UPDATE jobs SET claim = (SELECT last + 1 FROM claims), due_at = ?4
             WHERE of = ?1 AND name = ?2 AND parked = 0 AND due_at <= ?3 AND format <= ?5
             RETURNING kind, attempts, written_at, claim",
        )?
        .query_row(
            params![key.of.to_string(), key.name, instant::reached(now), instant::not_before(until), FORMAT],
            |row| Ok((Stored::read(key, row, 0)?, row.get(3)?)),
        )
        .optional()?;
    let Some((Stored { kind, attempts, written_at }, id)) = found else { return Ok(None) };
    tx.prepare_cached("UPDATE claims SET last = last + 1")?.execute([])?;
    let claim = Claim { key: key.clone(), id: u64::try_from(id)? };
    Ok(Some(ClaimedJob { claim, kind, attempts, written_at }))
}

/// What a row says beside its key. One that somebody has spoilt keeps no other from being read.
struct Stored {
    kind: Result<JobKind, Unreadable>,
    attempts: u32,
    written_at: Timestamp,
}

impl Stored {
    /// Reads `kind, attempts, written_at`, which begin at this column.
    fn read(key: &JobKey, row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let what = format!("the job `{}` of {}", key.name, key.of);
        let kind = match row.get_ref(first)?.as_str() {
            Ok(kind) => from_json(&what, kind),
            Err(_) => Err(Unreadable::new(what, "no text")),
        };
        let attempts = row.get_ref(first + 1)?.as_i64().unwrap_or_default();
        let written_at = row.get_ref(first + 2)?.as_i64().unwrap_or_default();
        Ok(Self {
            kind,
            attempts: u32::try_from(attempts.max(0)).unwrap_or(u32::MAX),
            written_at: instant::read(written_at),
        })
    }
}

/// Whether the job was still ours.
pub(super) fn delete(tx: &Connection, claim: &Claim) -> anyhow::Result<bool> {
    let rows = tx
        .prepare_cached("DELETE FROM jobs WHERE of = ?1 AND name = ?2 AND claim = ?3")?
        .execute(params![claim.key.of.to_string(), claim.key.name, claim_id(claim)?])?;
    Ok(rows == 1)
}

/// Whether there was such a job and it was parked.
pub(super) fn delete_parked(tx: &Connection, key: &JobKey) -> anyhow::Result<bool> {
    let rows = tx
        .prepare_cached("DELETE FROM jobs WHERE of = ?1 AND name = ?2 AND parked = 1 AND format <= ?3")?
        .execute(params![key.of.to_string(), key.name, FORMAT])?;
    Ok(rows == 1)
}

pub(super) fn put_off(tx: &Connection, claim: &Claim, due_at: Timestamp, why: &str) -> anyhow::Result<()> {
    tx.prepare_cached(
        "UPDATE jobs SET claim = 0, due_at = ?4, attempts = attempts + 1, last_error = ?5
         WHERE of = ?1 AND name = ?2 AND claim = ?3",
    )?
    .execute(params![
        claim.key.of.to_string(),
        claim.key.name,
        claim_id(claim)?,
        instant::not_before(due_at),
        why
    ])?;
    Ok(())
}

pub(super) fn park(tx: &Connection, claim: &Claim, why: &str) -> anyhow::Result<()> {
    tx.prepare_cached(
        "UPDATE jobs SET claim = 0, parked = 1, last_error = ?4 WHERE of = ?1 AND name = ?2 AND claim = ?3",
    )?
    .execute(params![claim.key.of.to_string(), claim.key.name, claim_id(claim)?, why])?;
    Ok(())
}

/// How many there were.
pub(super) fn retry_parked(
    tx: &Connection,
    of: &Subject,
    prefix: &str,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let due_at = instant::not_before(now);
    Ok(tx
        .prepare_cached(
            "UPDATE jobs SET parked = 0, attempts = 0, due_at = ?3, written_at = ?3
             WHERE of = ?1 AND parked = 1 AND substr(name, 1, length(?2)) = ?2 AND format <= ?4",
        )?
        .execute(params![of.to_string(), prefix, due_at, FORMAT])?)
}

/// There are few of them, if any: no index is kept for them.
pub(super) fn parked(connection: &Connection, limit: usize) -> anyhow::Result<Vec<ParkedJob>> {
    connection
        .prepare_cached(
            "SELECT of, name, kind, attempts, written_at, last_error FROM jobs WHERE parked = 1 AND format <= ?2
             ORDER BY of, name LIMIT ?1",
        )?
        .query_map(params![i64::try_from(limit)?, FORMAT], |row| {
            let key = JobKey { of: Subject::parse(&row.get::<_, String>(0)?), name: row.get(1)? };
            let Stored { kind, attempts, written_at } = Stored::read(&key, row, 2)?;
            let why = row.get::<_, Option<String>>(5)?.unwrap_or_default();
            Ok(ParkedJob { key, kind, attempts, written_at, why })
        })?
        .map(|job| Ok(job?))
        .collect()
}

pub(super) fn jobs_of(connection: &Connection, of: &Subject) -> anyhow::Result<Vec<JobKey>> {
    connection
        .prepare_cached("SELECT name FROM jobs WHERE of = ?1 ORDER BY name")?
        .query_map([of.to_string()], |row| row.get(0))?
        .map(|name| Ok(JobKey { of: of.clone(), name: name? }))
        .collect()
}

pub(super) fn next_due(connection: &Connection) -> anyhow::Result<Option<Timestamp>> {
    let due_at: Option<i64> = connection
        .prepare_cached("SELECT min(due_at) FROM jobs WHERE parked = 0 AND format <= ?1")?
        .query_row([FORMAT], |row| row.get(0))?;
    Ok(due_at.map(instant::read))
}

/// Writes a row that is always there, for a check that goes all the way to the disk.
pub(super) fn check(tx: &Connection) -> anyhow::Result<()> {
    tx.prepare_cached("UPDATE claims SET last = last + 1")?.execute([])?;
    Ok(())
}

fn claim_id(claim: &Claim) -> anyhow::Result<i64> {
    i64::try_from(claim.id).context("cannot use a claim that large")
}
