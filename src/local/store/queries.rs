//! The reads of the store except lists, and the stored home tabs.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Params, params};
use serde::de::DeserializeOwned;

use super::cents;
use crate::domain::audit::{AuditEntry, AuditHead};
use crate::domain::ids::{PersonId, RequestId, TeamName};
use crate::domain::pause::Pause;
use crate::domain::quota::{QuotaSlot, TeamUse};
use crate::domain::request::{MessageRef, Request};
use crate::local::instant;
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{HomeTab, PortalHead};
use crate::ports::stored::{FORMAT, from_json, product_key, readable, request_id};

pub(super) fn load(connection: &Connection, id: RequestId) -> anyhow::Result<Option<Request>> {
    // A row of a newer format fails here, before its body is read as something that it is not.
    readable_at(connection, "SELECT format FROM requests WHERE id = ?1", [id.to_string()])?;
    let sql = "SELECT id, body FROM requests WHERE id = ?1";
    Ok(bodies(connection, sql, [id.to_string()])?.pop())
}

/// Fails if the query returns a format that this program does not read.
pub(super) fn readable_at(connection: &Connection, sql: &str, params: impl Params) -> anyhow::Result<()> {
    let format = connection.prepare_cached(sql)?.query_row(params, |row| row.get(0)).optional()?;
    Ok(readable(format.unwrap_or(FORMAT))?)
}

pub(super) fn find(connection: &Connection, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
    if !RequestId::may_begin_with(prefix) {
        return Ok(Vec::new());
    }
    // `g` sorts after every character of an id.
    let sql = "SELECT id, body FROM requests WHERE id >= ?1 AND id < ?1 || 'g' AND format <= ?3 ORDER BY id LIMIT ?2";
    bodies(connection, sql, params![prefix, i64::try_from(limit)?, FORMAT])
}

pub(super) fn requests_of_message(
    connection: &Connection,
    message: &MessageRef,
) -> anyhow::Result<Vec<RequestId>> {
    connection
        .prepare_cached("SELECT request FROM messages WHERE channel = ?1 AND ts = ?2 ORDER BY request")?
        .query_map(params![message.channel.as_str(), message.ts], |row| row.get::<_, String>(0))?
        .map(|id| request_id(&id?))
        .collect()
}

pub(super) fn team_use(connection: &Connection, team: &TeamName) -> anyhow::Result<Vec<TeamUse>> {
    connection
        .prepare_cached("SELECT product, used, monthly FROM quota WHERE team = ?1 ORDER BY product")?
        .query_map([team.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?
        .map(|row| {
            let (product, used, monthly) = row?;
            Ok(TeamUse { product: product_key(&product)?, used, monthly: cents::read(monthly) })
        })
        .collect()
}

/// Returns every team that ever held something.
pub(super) fn teams(connection: &Connection) -> anyhow::Result<Vec<TeamName>> {
    let teams = connection
        .prepare_cached("SELECT DISTINCT team FROM quota ORDER BY team")?
        .query_map([], |row| row.get::<_, String>(0))?
        .map(|team| team.map(TeamName::new))
        .collect::<Result<_, _>>()?;
    Ok(teams)
}

/// Returns the cents a month of everything that a team holds.
pub(super) fn team_monthly(connection: &Connection, team: &TeamName) -> anyhow::Result<i64> {
    Ok(connection
        .prepare_cached("SELECT coalesce(sum(monthly), 0) FROM quota WHERE team = ?1")?
        .query_row([team.as_str()], |row| row.get(0))?)
}

pub(super) fn home(connection: &Connection, person: &PersonId) -> anyhow::Result<Option<HomeTab>> {
    Ok(connection
        .prepare_cached(
            "SELECT first_opened_at, opened_at, shows FROM homes WHERE person = ?1 AND format <= ?2",
        )?
        .query_row(params![person.as_str(), FORMAT], |row| {
            let (first_opened_at, opened_at) = (instant::read(row.get(0)?), instant::read(row.get(1)?));
            Ok(HomeTab { first_opened_at, opened_at, shows: row.get(2)? })
        })
        .optional()?)
}

/// Stores a home tab, unless a newer program has stored it.
pub(super) fn put_home(tx: &Connection, person: &PersonId, home: &HomeTab) -> anyhow::Result<()> {
    let (first, last) = (instant::reached(home.first_opened_at), instant::reached(home.opened_at));
    tx.prepare_cached(
        "INSERT INTO homes (person, first_opened_at, opened_at, shows, format) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET first_opened_at = ?2, opened_at = ?3, shows = ?4, format = ?5 WHERE format <= ?5",
    )?
    .execute(params![person.as_str(), first, last, home.shows, FORMAT])?;
    Ok(())
}

pub(super) fn homes_opened_since(connection: &Connection, since: Timestamp) -> anyhow::Result<Vec<PersonId>> {
    let people = connection
        .prepare_cached("SELECT person FROM homes WHERE opened_at >= ?1 AND format <= ?2 ORDER BY person")?
        .query_map(params![instant::reached(since), FORMAT], |row| row.get::<_, String>(0))?
        .map(|person| person.map(PersonId::new))
        .collect::<Result<_, _>>()?;
    Ok(people)
}

/// An idempotency key that was committed.
pub(super) struct UsedKey {
    /// The row that it was committed with, if any.
    pub(super) request: Option<RequestId>,
}

pub(super) fn used_key(connection: &Connection, key: &IdempotencyKey) -> anyhow::Result<Option<UsedKey>> {
    connection
        .prepare_cached(
            "SELECT coalesce(request, '') FROM once WHERE key = ?1 AND (until IS NULL OR until > ?2)",
        )?
        .query_row(params![key.key, instant::reached(key.at)], |row| row.get::<_, String>(0))
        .optional()?
        .map(|id| {
            let request = (!id.is_empty()).then(|| request_id(&id)).transpose()?;
            Ok(UsedKey { request })
        })
        .transpose()
}

pub(super) fn quota_used(connection: &Connection, slot: &QuotaSlot) -> anyhow::Result<u32> {
    let used: Option<u32> = connection
        .prepare_cached("SELECT used FROM quota WHERE team = ?1 AND product = ?2")?
        .query_row(params![slot.team.as_str(), slot.product.as_str()], |row| row.get(0))
        .optional()?;
    Ok(used.unwrap_or(0))
}

pub(super) fn audit_of(connection: &Connection, request: RequestId) -> anyhow::Result<Vec<AuditEntry>> {
    let sql = "SELECT request, body FROM audit WHERE request = ?1 ORDER BY seq";
    bodies(connection, sql, [request.to_string()])
}

pub(super) fn audit_last(connection: &Connection, request: RequestId) -> anyhow::Result<Option<AuditEntry>> {
    let sql = "SELECT request, body FROM audit WHERE request = ?1 ORDER BY seq DESC LIMIT 1";
    Ok(bodies(connection, sql, [request.to_string()])?.pop())
}

pub(super) fn pause(connection: &Connection) -> anyhow::Result<Option<Pause>> {
    readable_at(connection, "SELECT format FROM pause", [])?;
    Ok(bodies(connection, "SELECT 'the pause', body FROM pause", [])?.pop())
}

pub(super) fn audit_page(
    connection: &Connection,
    cursor: u64,
    limit: usize,
) -> anyhow::Result<(Vec<AuditEntry>, u64)> {
    let mut statement =
        connection.prepare_cached("SELECT n, request, body FROM audit WHERE n > ?1 ORDER BY n LIMIT ?2")?;
    // A page without entries means the end of the trail, so a page has one at least.
    let rows = statement.query_map(params![i64::try_from(cursor)?, i64::try_from(limit.max(1))?], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut entries = Vec::new();
    let mut last = cursor;
    for row in rows {
        let (n, request, body) = row?;
        entries.push(from_json(&request, &body)?);
        last = u64::try_from(n)?;
    }
    Ok((entries, last))
}

/// Returns the last number ever used. SQLite remembers it even if the entry is gone.
pub(super) fn audit_end(connection: &Connection) -> anyhow::Result<u64> {
    let last: i64 = connection
        .prepare_cached(
            "SELECT max((SELECT coalesce(max(n), 0) FROM audit),
                        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0))",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(u64::try_from(last)?)
}

pub(super) fn portal_head(connection: &Connection) -> anyhow::Result<PortalHead> {
    let head: Option<(i64, String)> = connection
        .prepare_cached("SELECT seq, digest FROM portal_chain")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((seq, digest)) = head {
        return Ok(PortalHead::At(AuditHead { seq: u64::try_from(seq)?, digest }));
    }
    // A head that is missing from a chain that has begun was removed, and must not look like a new store.
    let mut begun = connection.prepare_cached("SELECT 1 FROM program WHERE portal_chain_begun = 1")?;
    Ok(if begun.exists([])? { PortalHead::Gone } else { PortalHead::NotBegun })
}

/// Runs a query for rows of an id and a JSON body.
fn bodies<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> anyhow::Result<Vec<T>> {
    connection
        .prepare_cached(sql)?
        .query_map(params, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .map(|row| {
            let (id, body) = row?;
            Ok(from_json(&id, &body)?)
        })
        .collect()
}
