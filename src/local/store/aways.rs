//! Who is away and who answers for them.

use anyhow::Context as _;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::domain::away::{Away, today};
use crate::domain::ids::PersonId;
use crate::ports::stored::FORMAT;

use super::queries::readable_at;

/// The format of what is stored of somebody.
const STORED: &str = "SELECT format FROM aways WHERE person = ?1";

pub(super) fn at(connection: &Connection, now: Timestamp) -> anyhow::Result<Vec<Away>> {
    let mut statement = connection.prepare_cached(
        "SELECT person, delegate, until FROM aways WHERE until >= ?1 AND format <= ?2 ORDER BY person",
    )?;
    let rows = statement.query_map(params![today(now).to_string(), FORMAT], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    rows.map(|row| {
        let (person, delegate, until) = row?;
        let until = until.parse().context("cannot read until when somebody is away")?;
        Ok(Away { person: PersonId::new(person), delegate: PersonId::new(delegate), until })
    })
    .collect()
}

pub(super) fn put(tx: &Connection, away: &Away) -> anyhow::Result<()> {
    readable_at(tx, STORED, [away.person.as_str()])?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO aways (person, delegate, until, format) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![away.person.as_str(), away.delegate.as_str(), away.until.to_string(), FORMAT])?;
    Ok(())
}

pub(super) fn end(tx: &Connection, person: &PersonId) -> anyhow::Result<()> {
    readable_at(tx, STORED, [person.as_str()])?;
    tx.prepare_cached("DELETE FROM aways WHERE person = ?1")?.execute([person.as_str()])?;
    Ok(())
}
