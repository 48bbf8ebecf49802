//! Counters of each team: one row per day, with the counts as JSON.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::domain::counters::{Counter, CounterDay, CounterTotals};
use crate::domain::ids::TeamName;
use crate::ports::stored::from_json;

/// Counts by counter name.
type Marks = BTreeMap<String, u64>;

pub(super) fn add(tx: &Connection, tally: &CounterDay) -> anyhow::Result<()> {
    let marks = tally.marks.iter().map(|mark| (mark.name(), 1)).collect();
    add_all(tx, &tally.team, &tally.day.to_string(), marks)
}

fn add_all(tx: &Connection, team: &TeamName, day: &str, marks: Marks) -> anyhow::Result<()> {
    let stored = tx
        .prepare_cached("SELECT marks FROM counted WHERE team = ?1 AND day = ?2")?
        .query_row(params![team.as_str(), day], |row| row.get::<_, String>(0))
        .optional()?;
    let mut sum: Marks = stored.map_or(Ok(Marks::new()), |json| from_json("a team's counts", &json))?;
    for (mark, count) in marks {
        let sum = sum.entry(mark).or_default();
        *sum = sum.saturating_add(count);
    }
    tx.prepare_cached("INSERT OR REPLACE INTO counted (team, day, marks) VALUES (?1, ?2, ?3)")?
        .execute(params![team.as_str(), day, serde_json::to_string(&sum)?])?;
    Ok(())
}

pub(super) fn move_all(tx: &Connection, from: &TeamName, to: &TeamName) -> anyhow::Result<()> {
    for (day, marks) in days(tx, from, Date::MIN)? {
        add_all(tx, to, &day, marks)?;
    }
    tx.prepare_cached("DELETE FROM counted WHERE team = ?1")?.execute([from.as_str()])?;
    Ok(())
}

pub(super) fn since(connection: &Connection, team: &TeamName, from: Date) -> anyhow::Result<CounterTotals> {
    let mut counts = CounterTotals::default();
    for (word, count) in days(connection, team, from)?.into_iter().flat_map(|(_, marks)| marks) {
        // Counters of a newer version are unknown here and left out.
        if let Some(mark) = Counter::parse(&word) {
            counts.add(mark, count);
        }
    }
    Ok(counts)
}

fn days(connection: &Connection, team: &TeamName, from: Date) -> anyhow::Result<Vec<(String, Marks)>> {
    connection
        .prepare_cached("SELECT day, marks FROM counted WHERE team = ?1 AND day >= ?2")?
        .query_map([team.as_str(), &from.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?
        .map(|row| {
            let (day, marks) = row?;
            Ok((day, from_json("a team's counts", &marks)?))
        })
        .collect()
}
