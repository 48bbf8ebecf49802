//! Writes, claims and completes jobs. The domain decides when a job is due, the dispatcher runs it.

use anyhow::Context as _;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};

use super::queries::readable_at;
use crate::domain::job::{Job, JobKey, JobKind, JobOwner};
use crate::local::instant;
use crate::ports::store::{Claim, ClaimedJob, ParkedJob};
use crate::ports::stored::{FORMAT, Unreadable, from_json};

/// A job with its parts encoded as columns.
pub(super) struct Encoded {
    owner: String,
    name: String,
    kind: String,
    due_at: i64,
}

impl Encoded {
    pub(super) fn new(job: &Job) -> anyhow::Result<Self> {
        Ok(Self {
            owner: job.key.owner.to_string(),
            name: job.key.name.clone(),
            kind: serde_json::to_string(&job.kind)?,
            due_at: instant::not_before(job.due_at),
        })
    }

    /// Writes the job. `written_at` is its first due date: a job that waits for a date must not seem to have
    /// been failing since it was written.
    pub(super) fn write(&self, tx: &Connection) -> anyhow::Result<()> {
        let sql = "SELECT format FROM jobs WHERE of = ?1 AND name = ?2";
        readable_at(tx, sql, [&self.owner, &self.name])?;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO jobs (of, name, kind, due_at, written_at, format)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        )?
        .execute(params![self.owner, self.name, self.kind, self.due_at, FORMAT])?;
        Ok(())
    }
}

/// Returns due jobs, with `None` for those whose key is not text; see [`name_anew`].
pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> anyhow::Result<Vec<Option<JobKey>>> {
    connection
        .prepare_cached(
            "SELECT of, name FROM jobs WHERE parked = 0 AND due_at <= ?1 AND format <= ?3
             ORDER BY due_at, of, name LIMIT ?2",
        )?
        .query_map(params![instant::reached(now), i64::try_from(limit)?, FORMAT], |row| key(row, 0))?
        .map(|job| Ok(job?))
        .collect()
}

/// Reads `of, name` from this column on; `None` if they are not text.
fn key(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<JobKey>> {
    let (owner, name) = (row.get_ref(first)?.as_str().ok(), row.get_ref(first + 1)?.as_str().ok());
    Ok(owner.zip(name).map(|(owner, name)| JobKey { owner: JobOwner::parse(owner), name: name.to_owned() }))
}

/// Renames jobs whose key is not text, and makes their kind unreadable. Like other unreadable jobs they can
/// then be claimed, and are parked.
pub(super) fn name_anew(tx: &Connection) -> anyhow::Result<()> {
    let bytes = |row: &Row<'_>, column: usize| {
        Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_bytes().unwrap_or_default().to_vec())
    };
    let nameless: Vec<(Vec<u8>, Vec<u8>)> = tx
        .prepare("SELECT of, name FROM jobs WHERE format <= ?1")?
        .query_map([FORMAT], |row| {
            let is_named = key(row, 0)?.is_some();
            Ok((!is_named).then_some((bytes(row, 0)?, bytes(row, 1)?)))
        })?
        .filter_map(Result::transpose)
        .collect::<Result<_, rusqlite::Error>>()?;
    for (owner, name) in nameless {
        let digest = hex::encode(Sha256::digest([&*owner, &*name].join(&b'\n')));
        tx.prepare_cached(
            // In SQLite a blob never equals a text, so bytes are compared with bytes.
            "UPDATE jobs SET of = ?3, name = ?4, kind = 'its key was no text: ' || kind
             WHERE CAST(of AS BLOB) = ?1 AND CAST(name AS BLOB) = ?2 AND format <= ?5",
        )?
        .execute(params![
            owner,
            name,
            String::from_utf8_lossy(&owner),
            format!("unreadable:{digest}"),
            FORMAT
        ])?;
    }
    Ok(())
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
    // Claim ids come from one counter for all jobs, so that they never repeat even if a job is written anew.
    let claimed: Option<(JobRow, i64)> = tx
        .prepare_cached(
            "UPDATE jobs SET claim = (SELECT last + 1 FROM claims), due_at = ?4
             WHERE of = ?1 AND name = ?2 AND parked = 0 AND due_at <= ?3 AND format <= ?5
             RETURNING kind, attempts, written_at, claim",
        )?
        .query_row(
            params![
                key.owner.to_string(),
                key.name,
                instant::reached(now),
                instant::not_before(until),
                FORMAT
            ],
            |row| Ok((JobRow::read(key, row, 0)?, row.get(3)?)),
        )
        .optional()?;
    let Some((JobRow { kind, attempts, written_at }, id)) = claimed else { return Ok(None) };
    tx.prepare_cached("UPDATE claims SET last = last + 1")?.execute([])?;
    let claim = Claim { key: key.clone(), id: u64::try_from(id)? };
    Ok(Some(ClaimedJob { claim, kind, attempts, written_at }))
}

/// The columns of a job besides its key. Unreadable values do not fail, so that one corrupt job cannot block
/// the others.
struct JobRow {
    kind: Result<JobKind, Unreadable>,
    attempts: u32,
    written_at: Timestamp,
}

impl JobRow {
    /// Reads `kind, attempts, written_at` from this column on.
    fn read(key: &JobKey, row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        let subject = format!("the job `{}` of {}", key.name, key.owner);
        let kind = match row.get_ref(first)?.as_str() {
            Ok(kind) => from_json(&subject, kind),
            Err(_) => Err(Unreadable::new(subject, "no text")),
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

/// Deletes a completed job. Returns whether the claim was still held.
pub(super) fn delete(tx: &Connection, claim: &Claim) -> anyhow::Result<bool> {
    let rows = tx
        .prepare_cached("DELETE FROM jobs WHERE of = ?1 AND name = ?2 AND claim = ?3")?
        .execute(params![claim.key.owner.to_string(), claim.key.name, claim_id(claim)?])?;
    Ok(rows == 1)
}

pub(super) fn delete_idle(tx: &Connection, key: &JobKey) -> anyhow::Result<()> {
    tx.prepare_cached("DELETE FROM jobs WHERE of = ?1 AND name = ?2 AND format <= ?3")?.execute(params![
        key.owner.to_string(),
        key.name,
        FORMAT
    ])?;
    Ok(())
}

/// Deletes a parked job. Returns whether it existed and was parked.
pub(super) fn delete_parked(tx: &Connection, key: &JobKey) -> anyhow::Result<bool> {
    let rows = tx
        .prepare_cached("DELETE FROM jobs WHERE of = ?1 AND name = ?2 AND parked = 1 AND format <= ?3")?
        .execute(params![key.owner.to_string(), key.name, FORMAT])?;
    Ok(rows == 1)
}

pub(super) fn put_off(tx: &Connection, claim: &Claim, due_at: Timestamp, why: &str) -> anyhow::Result<()> {
    tx.prepare_cached(
        "UPDATE jobs SET claim = 0, due_at = ?4, attempts = attempts + 1, last_error = ?5
         WHERE of = ?1 AND name = ?2 AND claim = ?3",
    )?
    .execute(params![
        claim.key.owner.to_string(),
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
    .execute(params![claim.key.owner.to_string(), claim.key.name, claim_id(claim)?, why])?;
    Ok(())
}

/// Makes parked jobs due now and returns their number.
pub(super) fn retry_parked(
    tx: &Connection,
    owner: &JobOwner,
    prefix: &str,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let due_at = instant::not_before(now);
    Ok(tx
        .prepare_cached(
            "UPDATE jobs SET parked = 0, attempts = 0, due_at = ?3, written_at = ?3
             WHERE of = ?1 AND parked = 1 AND substr(name, 1, length(?2)) = ?2 AND format <= ?4",
        )?
        .execute(params![owner.to_string(), prefix, due_at, FORMAT])?)
}

pub(super) fn due_between(
    connection: &Connection,
    from: Timestamp,
    by: Timestamp,
    limit: usize,
) -> anyhow::Result<Vec<(Timestamp, JobKey)>> {
    let jobs = connection
        .prepare_cached(
            "SELECT of, name, due_at FROM jobs
             WHERE parked = 0 AND due_at >= ?1 AND due_at <= ?2 AND format <= ?4 ORDER BY due_at, of, name LIMIT ?3",
        )?
        .query_map(
            params![instant::reached(from), instant::reached(by), i64::try_from(limit)?, FORMAT],
            |row| {
                let due_at = row.get_ref(2)?.as_i64().unwrap_or_default();
                Ok(key(row, 0)?.map(|key| (instant::read(due_at), key)))
            },
        )?
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    Ok(jobs)
}

pub(super) fn count_parked(connection: &Connection) -> anyhow::Result<usize> {
    let sql = "SELECT count(*) FROM jobs WHERE parked = 1 AND format <= ?1";
    let count: i64 = connection.prepare_cached(sql)?.query_row([FORMAT], |row| row.get(0))?;
    Ok(usize::try_from(count)?)
}

pub(super) fn parked(connection: &Connection, limit: usize) -> anyhow::Result<Vec<ParkedJob>> {
    connection
        .prepare_cached(
            "SELECT of, name, kind, attempts, written_at, last_error FROM jobs WHERE parked = 1 AND format <= ?2
             ORDER BY of, name LIMIT ?1",
        )?
        .query_map(params![i64::try_from(limit)?, FORMAT], |row| {
            let Some(key) = key(row, 0)? else { return Ok(None) };
            let JobRow { kind, attempts, written_at } = JobRow::read(&key, row, 2)?;
            let why = row.get_ref(5)?.as_bytes().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
            Ok(Some(ParkedJob { key, kind, attempts, written_at, why }))
        })?
        .filter_map(Result::transpose)
        .map(|job| Ok(job?))
        .collect()
}

pub(super) fn jobs_of(connection: &Connection, owner: &JobOwner) -> anyhow::Result<Vec<JobKey>> {
    connection
        .prepare_cached("SELECT name FROM jobs WHERE of = ?1 ORDER BY name")?
        .query_map([owner.to_string()], |row| Ok(row.get_ref(0)?.as_str().ok().map(str::to_owned)))?
        .filter_map(Result::transpose)
        .map(|name| Ok(JobKey { owner: owner.clone(), name: name? }))
        .collect()
}

/// Returns the next due date. Values that are not numbers sort after all numbers in SQLite, and are excluded.
pub(super) fn next_due(connection: &Connection) -> anyhow::Result<Option<Timestamp>> {
    let due_at: Option<i64> = connection
        .prepare_cached(
            "SELECT CAST(min(due_at) AS INTEGER) FROM jobs WHERE parked = 0 AND format <= ?1 AND due_at <= ?2",
        )?
        .query_row(params![FORMAT, i64::MAX], |row| row.get(0))?;
    Ok(due_at.map(instant::read))
}

/// Writes a row that always exists, to check the store down to the disk.
pub(super) fn check(tx: &Connection) -> anyhow::Result<()> {
    tx.prepare_cached("UPDATE claims SET last = last + 1")?.execute([])?;
    Ok(())
}

fn claim_id(claim: &Claim) -> anyhow::Result<i64> {
    i64::try_from(claim.id).context("cannot use a claim that large")
}
