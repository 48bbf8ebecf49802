//! The other bots on the store, as last seen.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use tokio::sync::Mutex;
use uuid::Uuid;

/// What is known about the bots; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct KnownBots {
    pub(crate) id: Arc<str>,
    pub(crate) said_at: Arc<Mutex<Option<Timestamp>>>,
    pub(crate) newer_is_there: Arc<AtomicBool>,
}

impl Default for KnownBots {
    fn default() -> Self {
        Self {
            // New at each start: bots of one deployment share their settings, so those could not tell them apart.
            id: Uuid::new_v4().to_string().into(),
            said_at: Arc::default(),
            newer_is_there: Arc::default(),
        }
    }
}
