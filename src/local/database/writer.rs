//! The thread that owns the writing connection. What is written is the callers' business.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, anyhow};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::open::Opened;

/// Pieces of work that may wait before callers have to.
const WAITING: usize = 1024;
/// Pieces of work that share one transaction, so that the first of them does not wait for the last for long.
const GROUP: usize = 256;

pub(super) struct Writer {
    sender: Option<mpsc::Sender<Box<dyn Work>>>,
    thread: Option<JoinHandle<()>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    commits: AtomicU64,
    writes: AtomicU64,
}

impl Writer {
    pub(super) fn start(opened: Opened) -> std::io::Result<Self> {
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let counts = Arc::new(Counts::default());
        let counted = Arc::clone(&counts);
        let thread = thread::Builder::new().name("database".to_owned()).spawn(move || {
            // Named as a whole so that the lock goes with the connection, and after it.
            let opened = opened;
            while let Some(first) = receiver.blocking_recv() {
                let mut group = vec![first];
                while group.len() < GROUP
                    && let Ok(next) = receiver.try_recv()
                {
                    group.push(next);
                }
                commit(&opened.connection, group, &counted);
            }
        })?;
        Ok(Self { sender: Some(sender), thread: Some(thread), counts })
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<anyhow::Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let closed = || anyhow!("the database is closed");
        let sender = self.sender.as_ref().ok_or_else(closed)?;
        let (answer, answered) = oneshot::channel();
        let piece = Piece { work: Some(work), result: None, answer };
        sender.send(Box::new(piece)).await.map_err(|_| closed())?;
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
    /// Waits for the last commit, so that the file can be opened again at once.
    fn drop(&mut self) {
        self.sender.take();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // The thread catches the panics of what it runs; there is nothing to learn from its end.
            drop(thread.join());
        }
    }
}

/// One caller's part of a group.
trait Work: Send {
    fn apply(&mut self, connection: &Connection);
    fn answer(self: Box<Self>, committed: Result<(), Arc<NotCommitted>>);
}

struct Piece<T, E, F> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for Piece<T, E, F>
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
            // A refusal too may rest on what another of the group wrote, so it falls with the group.
            (Err(error), _) => {
                Err(E::from(anyhow::Error::new(error).context("cannot write to the database")))
            }
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(E::from(anyhow!("a write to the database did not run"))),
        };
        // Whoever has stopped waiting no longer wants the answer.
        drop(self.answer.send(result));
    }
}

/// Why a whole group was lost.
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
        // Should this fail as well, the next BEGIN fails and says why.
        drop(connection.execute_batch("ROLLBACK"));
    }
    for piece in group {
        piece.answer(committed.clone());
    }
}

fn in_transaction(connection: &Connection, group: &mut [Box<dyn Work>]) -> Result<(), NotCommitted> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for piece in group {
        piece.apply(connection);
        if connection.is_autocommit() {
            return Err(NotCommitted::RolledBack);
        }
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}

fn in_savepoint<T, E, F>(connection: &Connection, work: F) -> Result<T, E>
where
    E: From<anyhow::Error>,
    F: FnOnce(&Connection) -> Result<T, E>,
{
    let execute = |sql| connection.execute_batch(sql).context("cannot mark a savepoint");
    execute("SAVEPOINT piece")?;
    let result = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|_| Err(E::from(anyhow!("a write to the database panicked"))));
    // SQLite ends the whole transaction by itself on some errors; then there is no savepoint left.
    if result.is_err() && !connection.is_autocommit() {
        execute("ROLLBACK TO piece")?;
    }
    if !connection.is_autocommit() {
        execute("RELEASE piece")?;
    }
    result
}
