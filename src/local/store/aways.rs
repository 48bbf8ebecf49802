//! Absences and who answers for the absent.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::domain::away::{Away, today};
use crate::domain::ids::PersonId;
use crate::ports::store::Absence;
use crate::ports::stored::FORMAT;

use super::queries::readable_at;

/// Selects the format of a person's stored absence.
const STORED: &str = "SELECT format FROM aways WHERE person = ?1";

pub(super) fn at(connection: &Connection, now: Timestamp) -> anyhow::Result<Vec<Away>> {
    let mut statement = connection.prepare_cached(
        "SELECT person, delegate, until FROM aways WHERE until >= ?1 AND format <= ?2 ORDER BY person",
    )?;
    let rows = statement.query_map(params![today(now).to_string(), FORMAT], |row| {
        let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str().ok());
        let (person, delegate, until) = (text(0)?, text(1)?, text(2)?);
        Ok(Away::read(person, delegate, until))
    })?;
    rows.filter_map(Result::transpose).map(|away| Ok(away?)).collect()
}

pub(super) fn set(tx: &Connection, absence: &Absence) -> anyhow::Result<()> {
    match absence {
        Absence::Begin(away) => put(tx, away),
        Absence::End(person) => end(tx, person),
    }
}

fn put(tx: &Connection, away: &Away) -> anyhow::Result<()> {
    readable_at(tx, STORED, [away.person.as_str()])?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO aways (person, delegate, until, format) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![away.person.as_str(), away.delegate.as_str(), away.until.to_string(), FORMAT])?;
    Ok(())
}

fn end(tx: &Connection, person: &PersonId) -> anyhow::Result<()> {
    readable_at(tx, STORED, [person.as_str()])?;
    tx.prepare_cached("DELETE FROM aways WHERE person = ?1")?.execute([person.as_str()])?;
    Ok(())
}
