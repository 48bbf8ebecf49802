//! The thread that owns the writing connection. What is written is up to the callers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, anyhow};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::open::OpenDatabase;
use super::write_queue::WriteQueue;
use crate::ports::priority::Priority;

pub(super) struct Writer {
    queue: Arc<WriteQueue<Box<dyn Work>>>,
    thread: Option<JoinHandle<()>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    commits: AtomicU64,
    writes: AtomicU64,
}

impl Writer {
    pub(super) fn start(opened: OpenDatabase) -> std::io::Result<Self> {
        let queue = Arc::new(WriteQueue::new());
        let counts = Arc::new(Counts::default());
        let (waiting, counted) = (Arc::clone(&queue), Arc::clone(&counts));
        let thread = thread::Builder::new().name("database".to_owned()).spawn(move || {
            // Captured as a whole, so that the lock is dropped with the connection and after it.
            let opened = opened;
            loop {
                let group = waiting.next_group();
                if group.is_empty() {
                    break;
                }
                commit(&opened.connection, group, &counted);
            }
        })?;
        Ok(Self { queue, thread: Some(thread), counts })
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<anyhow::Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let closed = || anyhow!("the database is closed");
        let (answer, answered) = oneshot::channel();
        let write = QueuedWrite { work: Some(work), result: None, answer };
        if !self.queue.push(Priority::current(), Box::new(write)).await {
            return Err(closed().into());
        }
        answered.await.map_err(|_| closed())?
    }

    pub(super) fn commits(&self) -> u64 {
        self.counts.commits.load(Ordering::Relaxed)
    }

    pub(super) fn writes(&self) -> u64 {
        self.counts.writes.load(Ordering::Relaxed)
    }
}

impl Drop for Writer {
    /// Waits for the last commit, so that the file can be reopened immediately.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take()
            // A closure that runs on the thread may hold the last handle, and a thread cannot join itself.
            && thread.thread().id() != thread::current().id()
        {
            // The thread catches panics of its work, so its result says nothing.
            drop(thread.join());
        }
    }
}

/// One caller's work in a group.
trait Work: Send {
    fn apply(&mut self, connection: &Connection);
    fn answer(self: Box<Self>, committed: Result<(), Arc<NotCommitted>>);
}

struct QueuedWrite<T, E, F> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for QueuedWrite<T, E, F>
where
    T: Send,
    E: From<anyhow::Error> + Send,
    F: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn apply(&mut self, connection: &Connection) {
        self.result = self.work.take().map(|work| in_savepoint(connection, work));
    }

    fn answer(self: Box<Self>, committed: Result<(), Arc<NotCommitted>>) {
        let result = match (committed, self.result) {
            // A refusal may also depend on what another caller of the group wrote, so it fails with the
            // group.
            (Err(error), _) => {
                Err(E::from(anyhow::Error::new(error).context("cannot write to the database")))
            }
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(E::from(anyhow!("a write to the database did not run"))),
        };
        // The caller may have stopped waiting.
        drop(self.answer.send(result));
    }
}

/// Why a whole group failed.
#[derive(Debug, thiserror::Error)]
enum NotCommitted {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("SQLite gave up the transaction (disk full, out of memory or an I/O error)")]
    RolledBack,
}

fn commit(connection: &Connection, mut group: Vec<Box<dyn Work>>, counts: &Counts) {
    let committed = in_transaction(connection, &mut group).map_err(Arc::new);
    if committed.is_ok() {
        counts.commits.fetch_add(1, Ordering::Relaxed);
        counts.writes.fetch_add(group.len() as u64, Ordering::Relaxed);
    } else if !connection.is_autocommit() {
        // If this fails too, the next BEGIN fails and reports why.
        drop(connection.execute_batch("ROLLBACK"));
    }
    for write in group {
        write.answer(committed.clone());
    }
}

fn in_transaction(connection: &Connection, group: &mut [Box<dyn Work>]) -> Result<(), NotCommitted> {
    // A command such as `pause` may write beside us. Taking the lock now makes a group wait once, before its work.
    run(connection, "BEGIN IMMEDIATE")?;
    for write in group {
        write.apply(connection);
        // SQLite has rolled back the whole transaction; committing would lose the group silently.
        if connection.is_autocommit() {
            return Err(NotCommitted::RolledBack);
        }
    }
    run(connection, "COMMIT")?;
    Ok(())
}

/// Runs one of the few statements that are used for each group, from the statement cache.
fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn in_savepoint<T, E, F>(connection: &Connection, work: F) -> Result<T, E>
where
    E: From<anyhow::Error>,
    F: FnOnce(&Connection) -> Result<T, E>,
{
    let execute = |sql| run(connection, sql).context("cannot mark a savepoint");
    execute("SAVEPOINT piece")?;
    // One caller's panic must not end the thread that all depend on. What it wrote is rolled back below.
    let result = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|_| Err(E::from(anyhow!("a write to the database panicked"))));
    // SQLite rolls back the whole transaction on some errors; then no savepoint is left.
    if result.is_err() && !connection.is_autocommit() {
        execute("ROLLBACK TO piece")?;
    }
    if !connection.is_autocommit() {
        execute("RELEASE piece")?;
    }
    result
}
