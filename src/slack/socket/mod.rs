//! Socket Mode: we open connections, and Slack sends over them what it would post over HTTP. There is no signature,
//! because nobody else can speak there; what comes in is read by the same parsers and answered by the same edge.
//!
//! [`SocketMode`] runs several keepers. A `keeper` has one connection up at any time: when Slack announces the end of one
//! it brings up the next before it gives the old one up. A `connection` reads frames and sends acknowledgements; `frame`
//! is what they look like, `dial` how one is opened, `pauses` how long to wait before it is tried again.

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

/// Keeps connections to Slack and answers what comes over them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SocketMode {
    edge: Edge,
    door: Arc<ConnectionSource>,
    connections: usize,
    timing: Timing,
}

/// Slack opens no connection with this token; its error code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("Slack refuses to open a connection (`{0}`)")]
pub struct ConnectionRefused(pub String);

/// How long things may take.
#[derive(Clone, Copy, Debug)]
struct Timing {
    /// Between two of our pings.
    ping_every: Duration,
    /// A connection on which nothing came for so long, not even an answer to a ping, is dead.
    dead_after: Duration,
    /// From the connection to Slack's hello.
    hello_within: Duration,
    /// For answers that are under way when a connection is given up.
    answers_within: Duration,
    /// Before the first attempt to connect anew, at most.
    first_pause: Duration,
    /// Before any later one, at most.
    longest_pause: Duration,
    /// A connection that lived so long was a good one.
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
    /// Not connected yet. `client` has the app's token, not the bot's.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub fn new(edge: Edge, client: SlackClient, connections: usize) -> anyhow::Result<Self> {
        Ok(Self { edge, door: Arc::new(ConnectionSource::new(client)?), connections, timing: TIMING })
    }

    /// Asks Slack whether it would let us in. A Slack that cannot be reached says nothing about that.
    ///
    /// # Errors
    /// When Slack refuses.
    pub async fn check(&self) -> Result<(), ConnectionRefused> {
        match self.door.knock().await {
            Err(NoConnection::Refused(code)) => Err(ConnectionRefused(code)),
            Ok(()) | Err(NoConnection::Wait(_) | NoConnection::Broken(_)) => Ok(()),
        }
    }

    /// Keeps the connections up until `stop`, lets answers that are under way finish, and closes them.
    pub async fn run(self, stop: CancellationToken) {
        let working = TaskTracker::new();
        let mut keepers = JoinSet::new();
        for _ in 0..self.connections {
            keepers.spawn(Keeper::new(self.clone(), working.clone(), stop.clone()).keep());
        }
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
