//! What the store is asked. Nothing here writes.

use anyhow::{Context as _, anyhow};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Params, params, params_from_iter};
use serde::de::DeserializeOwned;

use crate::domain::audit::AuditEntry;
use crate::domain::ids::RequestId;
use crate::domain::quota::QuotaSlot;
use crate::domain::request::{MessageRef, Request};
use crate::ports::store::Whose;

pub(super) fn load(connection: &Connection, id: RequestId) -> anyhow::Result<Option<Request>> {
    let sql = "SELECT id, body FROM requests WHERE id = ?1";
    Ok(bodies(connection, sql, [id.to_string()])?.pop())
}

pub(super) fn find(connection: &Connection, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
    let is_prefix = prefix.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    if !is_prefix {
        return Ok(Vec::new());
    }
    // `g` sorts after every character of an id.
    let sql = "SELECT id, body FROM requests WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT ?2";
    bodies(connection, sql, params![prefix, i64::try_from(limit)?])
}

pub(super) fn list(
    connection: &Connection,
    whose: &Whose,
    skip: usize,
    limit: usize,
) -> anyhow::Result<Vec<Request>> {
    let (filter, values): (&str, Vec<&str>) = match whose {
        Whose::Requester(person) => ("requester = ?3", vec![person.as_str()]),
        Whose::Team(team) => ("team = ?3", vec![team.as_str()]),
        Whose::TeamProduct(team, product) => {
            ("team = ?3 AND product = ?4", vec![team.as_str(), product.as_str()])
        }
    };
    let sql = format!(
        "SELECT id, body FROM requests WHERE {filter} ORDER BY submitted_at DESC, rowid DESC LIMIT ?1 OFFSET ?2"
    );
    let page = [Value::from(i64::try_from(limit)?), Value::from(i64::try_from(skip)?)];
    let values = page.into_iter().chain(values.into_iter().map(|text| Value::from(text.to_owned())));
    bodies(connection, &sql, params_from_iter(values))
}

pub(super) fn request_of_message(
    connection: &Connection,
    message: &MessageRef,
) -> anyhow::Result<Option<RequestId>> {
    let id: Option<String> = connection
        .prepare_cached("SELECT request FROM messages WHERE channel = ?1 AND ts = ?2")?
        .query_row(params![message.channel.as_str(), message.ts], |row| row.get(0))
        .optional()?;
    id.map(|id| request_id(&id)).transpose()
}

/// A de-duplication key that was committed.
pub(super) struct UsedKey {
    /// The row it was committed with, if there was one.
    pub(super) request: Option<RequestId>,
}

pub(super) fn used_key(connection: &Connection, key: &str) -> anyhow::Result<Option<UsedKey>> {
    connection
        .prepare_cached("SELECT coalesce(request, '') FROM once WHERE key = ?1")?
        .query_row([key], |row| row.get::<_, String>(0))
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

pub(super) fn audit_page(
    connection: &Connection,
    cursor: u64,
    limit: usize,
) -> anyhow::Result<(Vec<AuditEntry>, Option<u64>)> {
    let limit = limit.max(1);
    let mut statement =
        connection.prepare_cached("SELECT n, request, body FROM audit WHERE n > ?1 ORDER BY n LIMIT ?2")?;
    let rows = statement.query_map(params![i64::try_from(cursor)?, i64::try_from(limit + 1)?], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut entries = Vec::new();
    let mut last = cursor;
    for row in rows {
        let (n, request, body) = row?;
        // One more than asked for: the page is not the last one.
        if entries.len() == limit {
            return Ok((entries, Some(last)));
        }
        entries.push(decode(&request, &body)?);
        last = u64::try_from(n)?;
    }
    Ok((entries, None))
}

/// Rows of an id and a JSON body.
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
            decode(&id, &body)
        })
        .collect()
}

fn decode<T: DeserializeOwned>(id: &str, body: &str) -> anyhow::Result<T> {
    // Serde's message may quote what it could not read, and a row holds a task token: only the place is told.
    serde_json::from_str(body).map_err(|error| {
        anyhow!("cannot read what is stored of {id}: column {}, {:?}", error.column(), error.classify())
    })
}

fn request_id(text: &str) -> anyhow::Result<RequestId> {
    RequestId::parse(text).with_context(|| format!("`{text}` is stored where a request id should be"))
}
