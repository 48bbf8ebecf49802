//! What the store's file holds, read without any of the program's code, also while it runs or after it was killed.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
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

impl Kept {
    /// Whether there are exactly so many of each.
    pub(crate) fn is(&self, count: usize) -> bool {
        [self.requests, self.submitted, self.quota].into_iter().all(|kept| usize::try_from(kept) == Ok(count))
    }
}

/// Counts them.
pub(crate) fn count(file: &Path) -> anyhow::Result<Kept> {
    Ok(Kept {
        requests: number(file, "SELECT count(*) FROM requests")?,
        submitted: number(file, "SELECT count(*) FROM audit WHERE seq = 1")?,
        quota: number(file, "SELECT coalesce(sum(used), 0) FROM quota")?,
    })
}

/// The one number that this query is answered with.
pub(crate) fn number(file: &Path, query: &str) -> anyhow::Result<u32> {
    open(file)?.query_row(query, [], |row| row.get(0)).with_context(|| format!("cannot count: {query}"))
}

/// The texts in the first column of what this query finds.
pub(crate) fn texts(file: &Path, query: &str) -> anyhow::Result<Vec<String>> {
    let connection = open(file)?;
    let mut statement = connection.prepare(query).with_context(|| format!("cannot ask: {query}"))?;
    let found = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>();
    found.with_context(|| format!("cannot read: {query}"))
}

/// Waits until this query is answered with `wanted` or more.
pub(crate) fn wait_for(file: &Path, query: &str, wanted: usize, limit: Duration) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let found = number(file, query)?;
        if usize::try_from(found).is_ok_and(|found| found >= wanted) {
            return Ok(());
        }
        ensure!(begun.elapsed() < limit, "there are {found} of {wanted} after {limit:?}: {query}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn open(file: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(file).context("cannot open the store")?;
    connection.busy_timeout(Duration::from_secs(10)).context("cannot wait for the store")?;
    Ok(connection)
}
