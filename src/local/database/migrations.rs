//! The migrations of the tables: `schema.sql` creates the first version, and each further step leads to the
//! next. A new file takes all steps and an older one those that it lacks, in one transaction, so a file
//! always has exactly one version.
//!
//! A released step is never changed; a correction is another step. Rows are JSON with defaults for new
//! fields, so most changes of a row need no step.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// A step to the next version.
#[derive(Clone, Copy, Debug)]
pub(super) struct Migration {
    /// The statements of the step.
    sql: &'static str,
    /// The first release that can use the resulting tables.
    needs: &'static str,
}

/// The number of steps.
const COUNT: u8 = 5;

/// All steps in order; a file's version is the number of steps that it has taken.
const STEPS: [Migration; COUNT as usize] = [
    Migration { sql: include_str!("schema.sql"), needs: "0.1.0" },
    Migration { sql: include_str!("schema_2.sql"), needs: "0.1.0" },
    Migration { sql: include_str!("schema_3.sql"), needs: "0.2.0" },
    Migration { sql: include_str!("schema_4.sql"), needs: "0.3.0" },
    Migration { sql: include_str!("schema_5.sql"), needs: "0.3.0" },
];

/// The version that this program works with.
pub(super) const VERSION: i64 = COUNT as i64;
/// The first version in which a file itself records which release it needs.
const SAYS_WHAT_IT_NEEDS: usize = 2;

/// Migrates tables of version `from`, 0 for none, to the current one.
///
/// # Errors
/// If SQLite fails; then nothing has changed.
pub(super) fn bring_forward(connection: &Connection, from: i64) -> rusqlite::Result<()> {
    take(connection, usize::try_from(from).unwrap_or_default(), &STEPS)
}

fn take(connection: &Connection, taken: usize, steps: &[Migration]) -> rusqlite::Result<()> {
    let Some(last) = steps.get(taken..).and_then(<[Migration]>::last) else { return Ok(()) };
    // Rolled back if dropped before the commit.
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    for step in &steps[taken..] {
        transaction.execute_batch(step.sql)?;
    }
    // Tables of the first version have no place for it.
    if steps.len() >= SAYS_WHAT_IT_NEEDS {
        transaction.execute("UPDATE program SET needed = ?1", [last.needs])?;
    }
    transaction.pragma_update(None, "user_version", i64::try_from(steps.len()).unwrap_or(i64::MAX))?;
    transaction.commit()
}

/// Returns the first release that can use a file of any version, if the file records it.
pub(super) fn needed(connection: &Connection) -> Option<String> {
    // An error only makes a message less exact: a later file may keep this elsewhere.
    connection.query_row("SELECT needed FROM program", [], |row| row.get(0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::database::Database;

    /// As the program of version 1 left it, in the middle of its work.
    const VERSION_1: &str = include_str!("../../../tests/it/stores/version-1.sql");
    /// As the program of version 2 left it.
    const VERSION_2: &str = include_str!("../../../tests/it/stores/version-2.sql");

    /// As the program of version 3 left it.
    const VERSION_3: &str = include_str!("../../../tests/it/stores/version-3.sql");
    /// As the program of version 4 left it.
    const VERSION_4: &str = include_str!("../../../tests/it/stores/version-4.sql");

    fn tables(connection: &Connection) -> Vec<(String, String)> {
        let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        let mut rows = connection.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn version(connection: &Connection) -> i64 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    fn rows(connection: &Connection) -> i64 {
        let sql = "SELECT (SELECT count(*) FROM requests) + (SELECT count(*) FROM audit) + (SELECT count(*) FROM jobs)";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn of_version(number: i64, sql: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(sql).unwrap();
        assert_eq!(version(&connection), number);
        connection
    }

    fn of_version_1() -> Connection {
        of_version(1, VERSION_1)
    }

    #[test]
    fn a_file_of_an_earlier_version_becomes_what_a_new_one_is_and_keeps_its_rows() {
        let new = Connection::open_in_memory().unwrap();
        bring_forward(&new, 0).unwrap();
        let left = [(1, VERSION_1), (2, VERSION_2), (3, VERSION_3), (4, VERSION_4)];
        for (number, old) in left.map(|(number, sql)| (number, of_version(number, sql))) {
            let before = rows(&old);
            assert!(before > 10);
            bring_forward(&old, number).unwrap();
            let hint = "schema.sql is version 1 for ever: write another step in migrations.rs";
            assert_eq!(tables(&old), tables(&new), "{hint}");
            assert_eq!((version(&old), version(&new)), (VERSION, VERSION));
            assert_eq!(rows(&old), before);
            assert_eq!(needed(&old).as_deref(), Some(STEPS[STEPS.len() - 1].needs));
        }
    }

    #[test]
    fn a_step_that_fails_leaves_everything_as_it_was() {
        let old = of_version_1();
        let before = (tables(&old), rows(&old));
        let broken = Migration {
            sql: "DELETE FROM jobs; CREATE TABLE broken (a); INSERT INTO nowhere VALUES (1)",
            needs: "9.9.9",
        };
        assert!(take(&old, 1, &[STEPS[0], STEPS[1], STEPS[2], broken]).is_err());
        assert_eq!((tables(&old), rows(&old)), before);
        assert_eq!(version(&old), 1);
        bring_forward(&old, 1).unwrap();
        assert_eq!(version(&old), VERSION);
    }

    /// What is on disk if the power fails between a step and its commit.
    #[test]
    fn a_program_that_is_killed_in_a_step_takes_it_again_when_it_starts() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let killed = Connection::open(path("killed.db")).unwrap();
        killed.pragma_update(None, "journal_mode", "WAL").unwrap();
        killed.execute_batch(VERSION_1).unwrap();
        let before = rows(&killed);
        let transaction = Transaction::new_unchecked(&killed, TransactionBehavior::Immediate).unwrap();
        transaction.execute_batch(STEPS[1].sql).unwrap();
        transaction.pragma_update(None, "user_version", VERSION).unwrap();
        for part in ["", "-wal"] {
            std::fs::copy(path(&format!("killed.db{part}")), path(&format!("found.db{part}"))).unwrap();
        }
        drop(transaction);
        let connection = Connection::open(path("found.db")).unwrap();
        assert_eq!((version(&connection), rows(&connection)), (1, before));
        drop(connection);
        drop(Database::open(&path("found.db")).unwrap());
        let connection = Connection::open(path("found.db")).unwrap();
        assert_eq!((version(&connection), rows(&connection)), (VERSION, before));
    }

    #[test]
    fn a_version_is_never_older_than_the_one_before_it() {
        let number =
            |text: &str| text.split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>();
        let needs: Vec<Vec<u32>> = STEPS.iter().map(|step| number(step.needs)).collect();
        assert!(needs.is_sorted(), "{needs:?}");
        assert!(needs.last().unwrap() <= &number(env!("CARGO_PKG_VERSION")));
    }
}
