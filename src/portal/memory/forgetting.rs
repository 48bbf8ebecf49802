//! When this bot last looked for expired records.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Mutex;

/// When it last looked, for `jobs::forget`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forgetting(pub(crate) Arc<Mutex<Option<Timestamp>>>);
