//! Counted refusals that repeat.

use anyhow::Context as _;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::queries;
use crate::domain::repeats::RepeatedRefusal;
use crate::local::instant;
use crate::ports::store::{CommitError, CountedRefusal, RefusalsChange};
use crate::ports::stored::{FORMAT, from_json};

pub(super) fn load(connection: &Connection, key: &str) -> anyhow::Result<Option<RepeatedRefusal>> {
    let sql = "SELECT body, until, again FROM refusals WHERE key = ?1 AND format <= ?2";
    connection
        .prepare_cached(sql)?
        .query_row(params![key, FORMAT], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>) -> anyhow::Result<RepeatedRefusal> {
    Ok(RepeatedRefusal {
        action: from_json("a refusal", &row.get::<_, String>(0)?)?,
        until: instant::read(row.get(1)?),
        again: u64::try_from(row.get::<_, i64>(2)?)?,
    })
}

pub(super) fn again(tx: &Connection, key: &str, now: Timestamp) -> anyhow::Result<bool> {
    let counted = tx
        .prepare_cached(
            "UPDATE refusals SET again = again + 1 WHERE key = ?1 AND until > ?2 AND format <= ?3",
        )?
        .execute(params![key, instant::reached(now), FORMAT])?;
    Ok(counted == 1)
}

pub(super) fn counted(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> anyhow::Result<Vec<CountedRefusal>> {
    let sql = "SELECT body, until, again, key FROM refusals WHERE until <= ?1 AND format <= ?2 ORDER BY until, key LIMIT ?3";
    let (now, limit) = (instant::reached(now), i64::try_from(limit)?);
    let counted = connection
        .prepare_cached(sql)?
        .query_map(params![now, FORMAT, limit], |row| {
            Ok(CountedRefusal { key: row.get(3)?, refusal: read(row) })
        })?
        .collect::<Result<_, _>>()?;
    Ok(counted)
}

pub(super) fn forget(tx: &Connection, key: &str) -> anyhow::Result<()> {
    tx.prepare_cached("DELETE FROM refusals WHERE key = ?1 AND format <= ?2")?
        .execute(params![key, FORMAT])?;
    Ok(())
}

pub(super) fn change(tx: &Connection, change: &RefusalsChange) -> Result<(), CommitError> {
    queries::readable_at(tx, "SELECT format FROM refusals WHERE key = ?1", [&change.key])?;
    // Somebody else has counted since it was loaded, and their count must not be overwritten.
    if load(tx, &change.key)? != change.before {
        return Err(CommitError::Stale);
    }
    write(tx, change).context("cannot count refusals")?;
    Ok(())
}

fn write(tx: &Connection, change: &RefusalsChange) -> anyhow::Result<()> {
    let Some(after) = &change.after else {
        tx.prepare_cached("DELETE FROM refusals WHERE key = ?1")?.execute([&change.key])?;
        return Ok(());
    };
    let (until, again) = (instant::not_before(after.until), i64::try_from(after.again)?);
    let body = serde_json::to_string(&after.action)?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO refusals (key, until, again, body, format) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![change.key, until, again, body, FORMAT])?;
    Ok(())
}
