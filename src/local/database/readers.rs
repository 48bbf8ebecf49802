//! Read-only connections, so that a long list never waits for a disk flush.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::open;

/// The most concurrent reads.
const READERS: usize = 2;

pub(super) struct Readers {
    path: String,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), idle: Mutex::default(), permits: Arc::new(Semaphore::new(READERS)) }
    }

    pub(super) async fn read<T, F>(self: &Arc<Self>, work: F) -> anyhow::Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> anyhow::Result<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.context("the database is closed")?;
        let readers = Arc::clone(self);
        spawn_blocking(move || {
            let connection = readers.take()?;
            // If `work` panics, its connection is dropped instead of returned.
            let result = work(&connection);
            readers.give_back(connection);
            // Released last, so that there are never more connections than permits.
            drop(permit);
            result
        })
        .await
        .context("a read of the database panicked")?
    }

    fn take(&self) -> anyhow::Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => open::connect_for_reading(&self.path).context("cannot open the database for reading"),
        }
    }

    fn give_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}
