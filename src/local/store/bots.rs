//! Bots that use the store, and the last time that one could receive from Slack.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::local::instant;
use crate::ports::store::Bot;

/// A bot not seen for this long is deleted.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn put(tx: &Connection, bot: &Bot) -> anyhow::Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO bots (id, format, seen_at) VALUES (?1, ?2, ?3)")?
        .execute(params![bot.id, bot.format, instant::reached(bot.seen_at)])?;
    let forgotten = bot.seen_at.saturating_sub(FORGOTTEN_AFTER).unwrap_or(Timestamp::MIN);
    tx.prepare_cached("DELETE FROM bots WHERE seen_at < ?1")?.execute([instant::reached(forgotten)])?;
    Ok(())
}

pub(super) fn since(connection: &Connection, since: Timestamp) -> anyhow::Result<Vec<Bot>> {
    connection
        .prepare_cached("SELECT id, format, seen_at FROM bots WHERE seen_at >= ?1 ORDER BY id")?
        .query_map([instant::reached(since)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .map(|row| {
            let (id, format, seen_at) = row?;
            Ok(Bot { id, format, seen_at: instant::read(seen_at) })
        })
        .collect()
}

pub(super) fn put_heard(tx: &Connection, heard_at: Timestamp) -> anyhow::Result<()> {
    tx.prepare_cached("UPDATE program SET heard_at = ?1")?.execute([instant::reached(heard_at)])?;
    Ok(())
}

pub(super) fn heard_at(connection: &Connection) -> anyhow::Result<Option<Timestamp>> {
    let sql = "SELECT heard_at FROM program";
    let micros: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(micros.map(instant::read))
}
