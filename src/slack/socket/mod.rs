//! Socket Mode: we open connections to Slack, which sends over them what it would otherwise post over HTTP. There is no
//! signature, because nobody else can write to these connections. The same parsers and the same edge handle the
//! payloads.
//!
//! [`SocketMode`] runs several keepers. A `keeper` maintains one connection: when Slack announces that it will close
//! it, the keeper opens the next one before leaving the old one. A `connection` reads frames and sends
//! acknowledgements, `frame` defines their format, `dial` opens a connection, and `pauses` decides how long to wait
//! between attempts.

mod connection;
mod dial;
mod frame;
mod keeper;
mod pauses;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::client::{NoConnection, SlackClient};
use super::edge::Edge;
use super::incoming::Incoming;
use super::reply::Ack;
use crate::portal::metrics::SocketUp;
use connection::Answerer;
use dial::ConnectionSource;
use keeper::Keeper;

/// Keeps connections to Slack open and answers what arrives over them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SocketMode {
    edge: Edge,
    source: Arc<ConnectionSource>,
    connections: usize,
    timing: Timing,
}

/// Slack refuses to open a connection with this token; holds Slack's error code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("Slack refuses to open a connection (`{0}`)")]
pub struct ConnectionRefused(pub String);

/// Intervals and timeouts of a connection.
#[derive(Clone, Copy, Debug)]
struct Timing {
    /// Interval between our pings.
    ping_every: Duration,
    /// A connection is considered dead after this time without any frame, not even a pong.
    dead_after: Duration,
    /// Limit from connecting to Slack's `hello`.
    hello_within: Duration,
    /// Limit for answers in progress when a connection is closed.
    answers_within: Duration,
    /// Upper bound of the pause before the first attempt to reconnect.
    first_pause: Duration,
    /// Upper bound of the pause before later attempts.
    longest_pause: Duration,
    /// A connection that lasted this long resets the pauses.
    stable_after: Duration,
}

const TIMING: Timing = Timing {
    ping_every: Duration::from_secs(10),
    dead_after: Duration::from_secs(30),
    hello_within: Duration::from_secs(10),
    answers_within: Duration::from_secs(10),
    first_pause: Duration::from_millis(250),
    longest_pause: Duration::from_secs(30),
    stable_after: Duration::from_secs(30),
};

impl SocketMode {
    /// Creates a `SocketMode` that is not connected yet. `client` must hold the app-level token, not the bot token.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub fn new(edge: Edge, client: SlackClient, connections: usize) -> anyhow::Result<Self> {
        Ok(Self { edge, source: Arc::new(ConnectionSource::new(client)?), connections, timing: TIMING })
    }

    /// Checks whether Slack accepts the token. Returns `Ok` if Slack cannot be reached, because that proves nothing
    /// about the token.
    ///
    /// # Errors
    /// When Slack refuses.
    pub async fn check(&self) -> Result<(), ConnectionRefused> {
        match self.source.check().await {
            Err(NoConnection::Refused(code)) => Err(ConnectionRefused(code)),
            Ok(()) | Err(NoConnection::Wait(_) | NoConnection::Broken(_)) => Ok(()),
        }
    }

    /// Maintains the connections until `stop` is cancelled, then lets answers in progress finish.
    pub async fn run(self, stop: CancellationToken) {
        let working = TaskTracker::new();
        let mut keepers = JoinSet::new();
        for _ in 0..self.connections {
            keepers.spawn(Keeper::new(self.clone(), working.clone(), stop.clone()).keep());
        }
        // Keepers end as soon as `stop` is cancelled; their connections still have answers to send.
        keepers.join_all().await;
        working.close();
        working.wait().await;
    }
}

impl Answerer for Edge {
    fn answer(&self, incoming: Incoming) -> JoinHandle<Ack> {
        self.answer_apart(incoming)
    }

    fn up(&self) -> SocketUp {
        self.portal.metrics.socket_up()
    }
}
