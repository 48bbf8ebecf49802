//! One SQLite file with one writer: how changes reach the disk and how they are read. What the tables mean is
//! up to the modules that own them.
//!
//! A disk flush costs milliseconds, everything else microseconds, and connections that compete for the write
//! lock starve each other. So one thread owns the writing connection and commits all pending work in one
//! flush. Work that a user waits for goes before background work.

mod migrations;
mod open;
mod readers;
mod write_queue;
mod writer;

use std::fmt;
use std::sync::Arc;

use anyhow::anyhow;
use rusqlite::Connection;

pub use open::OpenError;
use readers::Readers;
use writer::Writer;

/// A handle to an open database. Clones share it; the file is closed when the last one is dropped.
#[derive(Clone)]
pub struct Database {
    shared: Arc<SharedDatabase>,
}

struct SharedDatabase {
    path: String,
    /// `None` if opened read-only.
    writer: Option<Writer>,
    /// `None` for an in-memory database, which only its own connection can see.
    readers: Option<Arc<Readers>>,
}

impl Database {
    /// Opens or creates the file, or a new in-memory database for `:memory:`.
    ///
    /// # Errors
    /// See [`OpenError`]. Also fails if another process has the file open.
    pub fn open(path: &str) -> Result<Self, OpenError> {
        let opened = open::open(path)?;
        let readers = if path == open::IN_MEMORY { None } else { Some(Arc::new(Readers::new(path))) };
        let writer = Writer::start(opened)
            .map_err(|error| OpenError::Other { path: path.to_owned(), source: error.into() })?;
        Ok(Self { shared: Arc::new(SharedDatabase { path: path.to_owned(), writer: Some(writer), readers }) })
    }

    /// Checks that no other process has the file open.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn ensure_unused(path: &str) -> Result<(), OpenError> {
        open::lock(path).map(drop)
    }

    /// Opens an existing file for a few writes, while another process may be working on it. Each process
    /// waits until the other has committed.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_beside(path: &str) -> Result<Self, OpenError> {
        open::check(path)?;
        let writer = Writer::start(open::open_beside(path)?)
            .map_err(|error| OpenError::Other { path: path.to_owned(), source: error.into() })?;
        let readers = Some(Arc::new(Readers::new(path)));
        Ok(Self { shared: Arc::new(SharedDatabase { path: path.to_owned(), writer: Some(writer), readers }) })
    }

    /// Opens an existing file read-only; another process may be writing to it.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_for_reading(path: &str) -> Result<Self, OpenError> {
        open::check(path)?;
        let readers = Some(Arc::new(Readers::new(path)));
        Ok(Self { shared: Arc::new(SharedDatabase { path: path.to_owned(), writer: None, readers }) })
    }

    /// Runs `work` in a savepoint of a transaction that it may share with others, and returns once that is on
    /// disk. An `Err` undoes what this `work` did and nothing else.
    ///
    /// # Errors
    /// The error of `work`, or the reason why nothing could be committed. The process can continue after
    /// either.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<anyhow::Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        match &self.shared.writer {
            Some(writer) => writer.write(work).await,
            None => Err(E::from(anyhow!("`{}` is open for reading only", self.shared.path))),
        }
    }

    /// Runs `work` on a read-only connection, which sees every write that has returned.
    ///
    /// # Errors
    /// The error of `work`, or the reason why it could not run.
    pub async fn read<T, F>(&self, work: F) -> anyhow::Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> anyhow::Result<T> + Send + 'static,
    {
        match &self.shared.readers {
            Some(readers) => readers.read(work).await,
            None => self.write(work).await,
        }
    }

    /// Returns the transactions committed since the file was opened. Under load this grows more slowly than
    /// [`writes`](Self::writes); the ratio is the size of a group.
    pub fn commits(&self) -> u64 {
        self.shared.writer.as_ref().map_or(0, Writer::commits)
    }

    /// Returns the number of writes in those transactions.
    pub fn writes(&self) -> u64 {
        self.shared.writer.as_ref().map_or(0, Writer::writes)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    async fn put(database: &Database, key: &'static str) -> anyhow::Result<()> {
        database
            .write(move |tx| {
                tx.execute("INSERT INTO once (key) VALUES (?1)", [key])?;
                anyhow::Ok(())
            })
            .await
    }

    async fn keys(database: &Database) -> Vec<String> {
        database
            .read(|connection| {
                let mut statement = connection.prepare("SELECT key FROM once ORDER BY key")?;
                let keys = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
                Ok(keys)
            })
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn work_that_fails_or_panics_undoes_only_itself() {
        let database = Database::open(":memory:").unwrap();
        put(&database, "kept").await.unwrap();
        let failed: anyhow::Result<()> = database
            .write(|tx| {
                tx.execute("INSERT INTO once (key) VALUES ('failed')", [])?;
                bail!("no")
            })
            .await;
        assert_eq!(failed.unwrap_err().to_string(), "no");
        let panicked: anyhow::Result<()> = database
            .write(|tx| {
                tx.execute("INSERT INTO once (key) VALUES ('panicked')", [])?;
                panic!("as a mistake of ours would")
            })
            .await;
        assert_eq!(panicked.unwrap_err().to_string(), "a write to the database panicked");
        put(&database, "later").await.unwrap();
        assert_eq!(keys(&database).await, ["kept", "later"]);
    }

    #[tokio::test]
    async fn a_full_disk_is_an_error_and_the_program_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.db");
        let database = Database::open(path.to_str().unwrap()).unwrap();
        let pages = |count: i64| {
            database.write(move |tx| {
                tx.query_row(&format!("PRAGMA max_page_count = {count}"), [], |row| row.get::<_, i64>(0))?;
                anyhow::Ok(())
            })
        };
        pages(1).await.unwrap();
        let full: anyhow::Result<()> = database
            .write(|tx| {
                tx.execute("INSERT INTO once (key) VALUES (hex(zeroblob(100000)))", [])?;
                Ok(())
            })
            .await;
        insta::assert_snapshot!(format!("{:#}", full.unwrap_err()), @"cannot write to the database: SQLite gave up the transaction (disk full, out of memory or an I/O error)");
        pages(1_000_000).await.unwrap();
        put(&database, "kept").await.unwrap();
        assert_eq!(keys(&database).await, ["kept"]);
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("q.db").to_str().unwrap()).unwrap();
        let refused = database.read(|connection| Ok(connection.execute("DELETE FROM once", [])?)).await;
        assert!(refused.unwrap_err().to_string().contains("readonly"));
    }

    #[tokio::test]
    async fn a_second_process_may_read_what_the_first_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.db").to_str().unwrap().to_owned();
        let missing = Database::open_for_reading(&path).unwrap_err();
        assert!(missing.to_string().starts_with(&format!("there is no store at `{path}` yet")), "{missing}");

        let writing = Database::open(&path).unwrap();
        let reading = Database::open_for_reading(&path).unwrap();
        put(&writing, "first").await.unwrap();
        assert_eq!(keys(&reading).await, ["first"]);
        let refused = put(&reading, "second").await.unwrap_err();
        assert_eq!(refused.to_string(), format!("`{path}` is open for reading only"));
        drop(writing);
        assert_eq!(keys(&reading).await, ["first"]);
    }

    #[tokio::test]
    async fn a_second_process_may_write_while_the_first_is_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.db").to_str().unwrap().to_owned();
        let missing = Database::open_beside(&path).unwrap_err();
        assert!(missing.to_string().starts_with(&format!("there is no store at `{path}` yet")), "{missing}");

        let bot = Database::open(&path).unwrap();
        let count = |database: Database, whose: &'static str| async move {
            for n in 0..100 {
                database
                    .write(move |tx| {
                        tx.execute("INSERT INTO once (key) VALUES (?1)", [format!("{whose} {n}")])?;
                        tx.execute("UPDATE claims SET last = last + 1", [])?;
                        anyhow::Ok(())
                    })
                    .await
                    .unwrap();
            }
        };
        let beside = Database::open_beside(&path).unwrap();
        tokio::join!(count(bot.clone(), "bot"), count(beside, "operator"));
        assert_eq!(keys(&bot).await.len(), 200);
        let claims = bot.read(|connection| {
            Ok(connection.query_row("SELECT last FROM claims", [], |row| row.get::<_, i64>(0))?)
        });
        assert_eq!(claims.await.unwrap(), 200, "nothing was lost between reading and writing");
        assert!(Database::open(&path).is_err(), "working on it is for one process alone");
        drop(bot);
        let alone = Database::open_beside(&path).unwrap();
        put(&alone, "afterwards").await.unwrap();
        assert_eq!(keys(&alone).await.len(), 201);
    }

    #[tokio::test]
    async fn many_writers_share_few_flushes() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("q.db").to_str().unwrap()).unwrap();
        let writers = (0..64).map(|n| {
            let database = database.clone();
            async move {
                database
                    .write(move |tx| {
                        tx.execute("INSERT INTO once (key) VALUES (?1)", [n.to_string()])?;
                        anyhow::Ok(())
                    })
                    .await
            }
        });
        futures_util::future::try_join_all(writers).await.unwrap();
        assert_eq!(keys(&database).await.len(), 64);
        assert_eq!(database.writes(), 64);
        assert!(database.commits() < 32, "{} commits", database.commits());
    }
}
