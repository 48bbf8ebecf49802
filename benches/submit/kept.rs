//! What the store's file holds after the program was killed, read without any of its code.

use std::path::Path;

use anyhow::Context as _;
use rusqlite::Connection;

/// Three traces that every stored submission leaves.
pub(crate) struct Kept {
    /// Rows of requests.
    pub(crate) requests: u32,
    /// First entries of their audit trails.
    pub(crate) submitted: u32,
    /// Quota in use, over all teams.
    pub(crate) quota: u32,
}

/// Counts them.
pub(crate) fn count(file: &Path) -> anyhow::Result<Kept> {
    let connection = Connection::open(file).context("cannot open the store")?;
    let number = |query: &str| {
        connection.query_row(query, [], |row| row.get(0)).with_context(|| format!("cannot count: {query}"))
    };
    Ok(Kept {
        requests: number("SELECT count(*) FROM requests")?,
        submitted: number("SELECT count(*) FROM audit WHERE seq = 1")?,
        quota: number("SELECT coalesce(sum(used), 0) FROM quota")?,
    })
}
