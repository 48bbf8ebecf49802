//! Whether users can reach this bot, as last checked.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

/// The state of this bot's connection to users; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reachability {
    pub(crate) over_sockets: Arc<AtomicBool>,
    pub(crate) state: Arc<Mutex<ReachabilityState>>,
    /// Allows one check at a time.
    pub(crate) look: Arc<tokio::sync::Mutex<()>>,
}

/// What the last checks found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReachabilityState {
    /// Whether users can reach this bot, and all their deadlines were moved since the last silence.
    pub(crate) is_reachable: bool,
    /// When it was last stored that users can reach us.
    pub(crate) noted: Option<Timestamp>,
    /// When Slack last answered.
    pub(crate) answered: Option<Timestamp>,
    /// Since when users cannot reach this bot, according to its own checks.
    pub(crate) unreachable_since: Option<Timestamp>,
    /// Since when users can reach this bot again, while some deadlines are not moved yet.
    pub(crate) back_since: Option<Timestamp>,
}

impl ReachabilityState {
    pub(crate) fn lose(&mut self, now: Timestamp) {
        (self.is_reachable, self.answered, self.back_since) = (false, None, None);
        self.unreachable_since.get_or_insert(now);
    }
}
