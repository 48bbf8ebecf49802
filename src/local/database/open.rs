//! Opens the file: the lock, the connection settings and the version of the tables.

use std::fs::{File, OpenOptions, TryLockError};
use std::time::Duration;

use anyhow::Context as _;
use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

use super::migrations::{VERSION, bring_forward, needed};

/// The path of an in-memory database.
pub(super) const IN_MEMORY: &str = ":memory:";

/// How long to wait for others who write to the file: a command such as `pause`, or an operator's `sqlite3`
/// shell.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long such a command waits for a moment in which the bot does not write.
const PATIENCE_BESIDE: Duration = Duration::from_secs(30);

/// The writer's page cache in KiB. A group of submissions touches hundreds of pages, and those that do not
/// fit are written early and read back.
const CACHE_KIB: i64 = 16 * 1024;

/// Pages in the write-ahead log before it is checkpointed, which takes two flushes. A page that changes often
/// is then copied only once per checkpoint.
const JOURNAL_PAGES: i64 = 4000;

/// Releases all claims. Only the owner of the lock can open the file, so earlier owners of claims are gone.
/// Their jobs are due again without waiting until the claims expire.
const UNCLAIM: &str = "UPDATE jobs SET claim = 0, due_at = written_at WHERE claim <> 0 AND parked = 0";

/// Size of the statement cache; the whole program has about forty statements.
const STATEMENTS: usize = 64;

/// An open database and the lock that permits writing to it.
pub(super) struct OpenDatabase {
    // The order matters: fields are dropped from top to bottom, and the lock must be released last.
    pub(super) connection: Connection,
    _lock: Option<File>,
}

/// Why the file could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process uses it. Two would undo each other's group commits and timers.
    #[error("`{0}` is in use by another quartermaster; stop it or use another file")]
    InUse(String),
    /// Its tables have a later version.
    #[error(
        "`{path}` was written by a newer quartermaster (tables {version}, this one knows {VERSION}); start {needed} or newer, or use another file"
    )]
    Newer {
        /// The path in `backend.store`.
        path: String,
        /// The version of its tables.
        version: i64,
        /// The first release that can use it.
        needed: String,
    },
    /// Its tables have an earlier version, and it was opened read-only.
    #[error(
        "`{path}` was written by an earlier quartermaster (tables {version}, this one knows {VERSION}); start the bot once, which brings it forward"
    )]
    Older {
        /// The path in `backend.store`.
        path: String,
        /// The version of its tables.
        version: i64,
    },
    /// It is a SQLite file with other tables.
    #[error("`{0}` is another program's database; use another file")]
    Foreign(String),
    /// The file does not exist yet.
    #[error("there is no store at `{0}` yet: it is made when the bot first starts with these settings")]
    Missing(String),
    /// Any other error: the folder does not exist, permissions are missing, or the file is not a database.
    #[error("cannot open the database `{path}`")]
    Other {
        /// The path in `backend.store`.
        path: String,
        /// What the system or SQLite says.
        #[source]
        source: anyhow::Error,
    },
}

pub(super) fn open(path: &str) -> Result<OpenDatabase, OpenError> {
    let other = |source| OpenError::Other { path: path.to_owned(), source };
    let lock = if path == IN_MEMORY { None } else { Some(lock(path)?) };
    // In memory there is no file to protect.
    if lock.is_some() {
        create_private(path).map_err(|error| other(error.into()))?;
    }
    let connection = Connection::open(path).map_err(|error| other(error.into()))?;
    prepare(&connection, path)?;
    Ok(OpenDatabase { connection, _lock: lock })
}

/// Opens an existing file for writing without taking the lock.
pub(super) fn open_beside(path: &str) -> Result<OpenDatabase, OpenError> {
    let other = |error: rusqlite::Error| OpenError::Other { path: path.to_owned(), source: error.into() };
    // One thread at a time uses a connection, so SQLite needs no mutex of its own.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(other)?;
    connection.busy_timeout(PATIENCE_BESIDE).map_err(other)?;
    configure(&connection).map_err(other)?;
    Ok(OpenDatabase { connection, _lock: None })
}

/// Takes the lock file beside the database. The operating system releases it when the process ends in any
/// way.
pub(super) fn lock(path: &str) -> Result<File, OpenError> {
    let other = |source| OpenError::Other { path: path.to_owned(), source };
    let name = format!("{path}.lock");
    let file = private().open(&name).with_context(|| format!("cannot create `{name}`")).map_err(other)?;
    // Without waiting, so that a second bot says at its start what is wrong instead of hanging.
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => {
            Err(other(anyhow::Error::new(error).context(format!("cannot lock `{name}`"))))
        }
    }
}

/// Creates the file before SQLite does, readable by the owner only, because it contains task tokens. SQLite
/// gives its journal the same permissions.
fn create_private(path: &str) -> std::io::Result<()> {
    private().open(path).map(drop)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    // Appending never truncates, and a database that exists must not be touched here.
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates the tables in a new file and migrates those of an older one. Changes nothing in another program's
/// file.
fn prepare(connection: &Connection, path: &str) -> Result<(), OpenError> {
    let other = |error: rusqlite::Error| OpenError::Other { path: path.to_owned(), source: error.into() };
    connection.busy_timeout(BUSY_TIMEOUT).map_err(other)?;
    // Before `configure`, which writes to the file: another program's file must not change.
    let version = version(connection, path)?;
    configure(connection).map_err(other)?;
    if (1..VERSION).contains(&version) {
        tracing::info!(path, from = version, to = VERSION, "the tables are brought forward");
    }
    bring_forward(connection, version).map_err(other)?;
    connection.execute(UNCLAIM, []).map(drop).map_err(other)
}

/// Checks that the file exists and is ours, with current tables.
pub(super) fn check(path: &str) -> Result<(), OpenError> {
    if !std::path::Path::new(path).exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let other = |error: rusqlite::Error| OpenError::Other { path: path.to_owned(), source: error.into() };
    let connection = connect_for_reading(path).map_err(other)?;
    match version(&connection, path)? {
        // An empty file, which the bot has never opened.
        0 => Err(OpenError::Foreign(path.to_owned())),
        version if version < VERSION => Err(OpenError::Older { path: path.to_owned(), version }),
        _ => Ok(()),
    }
}

pub(super) fn connect_for_reading(path: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Returns the version of the tables, 0 for an empty file.
fn version(connection: &Connection, path: &str) -> Result<i64, OpenError> {
    let number = |sql| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map_err(|error| OpenError::Other { path: path.to_owned(), source: error.into() })
    };
    let version = number("PRAGMA user_version")?;
    // Ours carry a version as soon as they have tables, because both come in one transaction.
    if version == 0 && number("SELECT count(*) FROM sqlite_schema")? > 0 {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    if version > VERSION {
        let later = || "a later version".to_owned();
        let needed = needed(connection).map_or_else(later, |needed| format!("version {needed}"));
        return Err(OpenError::Newer { path: path.to_owned(), version, needed });
    }
    Ok(version)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Negative means KiB; a positive number would be pages.
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", JOURNAL_PAGES)?;
    // In WAL mode readers do not block the writer. `FULL` flushes at each commit, so that a returned write
    // survives a power failure.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::database::Database;

    fn refusal(path: &str) -> String {
        format!("{:#}", anyhow::Error::new(Database::open(path).unwrap_err()))
    }

    #[test]
    fn only_one_process_opens_the_file_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.db").to_str().unwrap().to_owned();
        let first = Database::open(&path).unwrap();
        let clone = first.clone();
        drop(first);
        assert_eq!(
            refusal(&path),
            format!("`{path}` is in use by another quartermaster; stop it or use another file")
        );
        drop(clone);
        assert!(Database::open(&path).is_ok());
    }

    #[test]
    fn a_file_that_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();

        Database::open(&path("newer")).unwrap();
        let newer = "PRAGMA user_version = 7; UPDATE program SET needed = '9.1.0'";
        Connection::open(path("newer")).unwrap().execute_batch(newer).unwrap();
        let newer = refusal(&path("newer")).replace(&path("newer"), "newer");
        insta::assert_snapshot!(newer, @"`newer` was written by a newer quartermaster (tables 7, this one knows 5); start version 9.1.0 or newer, or use another file");
        let silent = "PRAGMA user_version = 7";
        Connection::open(path("silent")).unwrap().execute_batch(silent).unwrap();
        assert!(refusal(&path("silent")).contains("start a later version or newer"));

        Connection::open(path("foreign")).unwrap().execute_batch("CREATE TABLE recipes (name)").unwrap();
        assert!(refusal(&path("foreign")).contains("is another program's database"));

        std::fs::write(path("text"), "x".repeat(5_000)).unwrap();
        assert!(refusal(&path("text")).ends_with("file is not a database"), "{}", refusal(&path("text")));

        let nowhere = path("no/such/folder");
        assert!(refusal(&nowhere).contains("No such file or directory"), "{}", refusal(&nowhere));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.db");
        let _database = Database::open(path.to_str().unwrap()).unwrap();
        for name in ["q.db", "q.db-wal", "q.db.lock"] {
            let mode = folder.path().join(name).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
        }
    }
}
