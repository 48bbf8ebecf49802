//! The least that storing a submission takes: the rows that the program writes, in its own tables, by statements that
//! are prepared once, and nothing else.

use std::path::Path;

use anyhow::{Context as _, ensure};
use quartermaster::local::database::Database;
use rusqlite::{Connection, params};

/// What one submission writes, already as text.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// The request's id.
    pub(crate) id: String,
    /// The request.
    pub(crate) body: String,
    /// The first entry of its trail.
    pub(crate) entry: String,
    /// The key that makes a form count once.
    pub(crate) idempotency_key: String,
    /// Names and kinds of its jobs.
    pub(crate) jobs: Vec<(String, String)>,
    /// What is counted of it.
    pub(crate) marks: Vec<String>,
}

/// A connection to a store with the program's tables and its durability.
pub(crate) struct Raw(Connection);

impl Raw {
    /// Makes the store and opens it.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        drop(Database::open(path.to_str().context("a path that is not text")?)?);
        let connection = Connection::open(path).context("cannot open a store")?;
        connection.set_prepared_statement_cache_capacity(32);
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute("INSERT INTO quota VALUES ('payments', 's3-bucket', 0, 0)", [])?;
        Ok(Self(connection))
    }

    /// Stores these submissions in one transaction.
    pub(crate) fn store(&self, group: &[Rows]) -> anyhow::Result<()> {
        let run = |sql| self.0.prepare_cached(sql)?.execute([]).map(drop);
        run("BEGIN IMMEDIATE")?;
        for rows in group {
            self.insert(rows)?;
        }
        run("COMMIT").context("cannot commit")
    }

    fn insert(&self, rows: &Rows) -> anyhow::Result<()> {
        let taken = self
            .0
            .prepare_cached(
                "UPDATE quota SET used = used + 1, monthly = monthly + 115
                 WHERE team = 'payments' AND product = 's3-bucket' AND used < 1000000000",
            )?
            .execute([])?;
        ensure!(taken == 1, "there is no quota");
        self.0
            .prepare_cached("INSERT INTO once (key, request) VALUES (?1, ?2)")?
            .execute([&rows.idempotency_key, &rows.id])?;
        self.0
            .prepare_cached(
                "INSERT INTO requests (id, revision, owner, status, waits, body, team, product, monthly, submitted_at)
                 VALUES (?1, 1, 'U0BENCH00000', 'APPROVED', 0, ?2, 'payments', 's3-bucket', 115, 1)",
            )?
            .execute([&rows.id, &rows.body])?;
        self.0
            .prepare_cached("INSERT INTO audit (request, seq, body) VALUES (?1, 1, ?2)")?
            .execute([&rows.id, &rows.entry])?;
        for (name, kind) in &rows.jobs {
            self.0
                .prepare_cached(
                    "INSERT INTO jobs (of, name, kind, due_at, written_at) VALUES (?1, ?2, ?3, 1, 1)",
                )?
                .execute(params![rows.id, name, kind])?;
        }
        let marks: Vec<String> = rows.marks.iter().map(|mark| format!("\"{mark}\":1")).collect();
        self.0
            .prepare_cached(
                "INSERT INTO counted (team, day, marks) VALUES ('payments', '1970-01-01', ?1)
                 ON CONFLICT DO UPDATE SET marks = ?1",
            )?
            .execute([format!("{{{}}}", marks.join(","))])?;
        Ok(())
    }
}
