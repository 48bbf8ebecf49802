//! Deletes expired data in small batches, so that no other write waits long. SQLite reuses the space for new
//! rows, so the file grows only with requests and the audit trail.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::domain::away::today;
use crate::domain::counters::day;
use crate::local::instant;
use crate::ports::retention::{COUNTS_KEPT_FOR, HOMES_KEPT_FOR, KEPT_FOR, SUMS_KEPT_FOR, earlier};

/// The most rows of one kind in a batch.
const AT_ONCE: usize = 200;

/// Deletes one batch. Returns whether there may be more.
pub(super) fn some(tx: &Connection, now: Timestamp) -> anyhow::Result<bool> {
    let (until, kept) = (instant::reached(now), instant::reached(earlier(now, KEPT_FOR)));
    let homes = instant::reached(earlier(now, HOMES_KEPT_FOR));
    let mut is_more = some_of(tx, "once", "key", "until <= ?1", until)?;
    is_more |= some_of(tx, "executions", "name", "ended_at <= ?1", kept)?;
    is_more |= some_of(tx, "homes", "person", "opened_at < ?1", homes)?;
    is_more |= what_belonged_to_requests(tx, kept)?;
    // These tables get few rows a day, so they need no batches.
    for (sql, day) in [
        ("DELETE FROM counted WHERE day < ?1", day(earlier(now, COUNTS_KEPT_FOR))),
        ("DELETE FROM sums_by_month WHERE month < ?1", day(earlier(now, SUMS_KEPT_FOR))),
        ("DELETE FROM aways WHERE until < ?1", today(now)),
    ] {
        tx.prepare_cached(sql)?.execute([day.to_string()])?;
    }
    Ok(is_more)
}

fn some_of(tx: &Connection, table: &str, key: &str, ended: &str, until: i64) -> anyhow::Result<bool> {
    let sql = format!(
        // `DELETE … LIMIT` needs a build option that the bundled SQLite lacks.
        "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {ended} LIMIT {AT_ONCE})"
    );
    Ok(tx.prepare_cached(&sql)?.execute([until])? == AT_ONCE)
}

/// Deletes messages and records of requests that ended by then, oldest first. Records of what was provisioned
/// but not removed stay in the simulation, as the resources would stay in AWS.
fn what_belonged_to_requests(tx: &Connection, by: i64) -> anyhow::Result<bool> {
    let ended: Vec<i64> = tx
        .prepare_cached(
            "SELECT ended_at FROM requests WHERE ended_at IS NOT NULL AND ended_at <= ?1
               AND ended_at > (SELECT forgotten_until FROM program) ORDER BY ended_at LIMIT ?2",
        )?
        .query_map(params![by, i64::try_from(AT_ONCE)?], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    // All requests that ended at the same moment are handled together, so that `forgotten_until` can move
    // past it.
    let Some(last) = ended.last() else { return Ok(false) };
    for sql in [
        "DELETE FROM messages WHERE request IN
           (SELECT id FROM requests WHERE ended_at > (SELECT forgotten_until FROM program) AND ended_at <= ?1)",
        // An outcome is JSON that begins with the name of its variant.
        "DELETE FROM records WHERE request IN
           (SELECT id FROM requests WHERE ended_at > (SELECT forgotten_until FROM program) AND ended_at <= ?1)
         AND (NOT EXISTS (SELECT 1 FROM records made WHERE made.request = records.request
                           AND made.kind = 'PROVISION_PRODUCT' AND made.made > 0)
              OR EXISTS (SELECT 1 FROM records gone WHERE gone.request = records.request
                          AND gone.kind = 'TERMINATE_PRODUCT' AND gone.outcome LIKE '{\"Succeeded\"%'))",
    ] {
        tx.prepare_cached(sql)?.execute([last])?;
    }
    tx.prepare_cached("UPDATE program SET forgotten_until = ?1")?.execute([last])?;
    Ok(ended.len() == AT_ONCE)
}
