//! A closed loop: so many connections, each sending its next request when the last one is answered. Bounded in
//! requests and in time; a wrong answer ends the run.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures_util::future::try_join_all;

use super::connection::{Answer, Connection};

/// Longest time one run may take.
const LIMIT: Duration = Duration::from_mins(2);

/// What to send, and what must come back.
pub(crate) struct Load<'a> {
    /// The server.
    pub(crate) address: SocketAddr,
    /// Connections that stay open.
    pub(crate) connections: usize,
    /// Requests, over all connections.
    pub(crate) requests: usize,
    /// The whole request with this number.
    pub(crate) request: &'a dyn Fn(usize) -> Vec<u8>,
    /// Whether an answer is the right one.
    pub(crate) is_right: fn(&Answer<'_>) -> bool,
}

impl Load<'_> {
    /// Sends everything and tells the time from sending to answer, each in milliseconds.
    pub(crate) fn run(&self) -> anyhow::Result<Vec<f64>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime of the load")?;
        let sent = runtime.block_on(async { tokio::time::timeout(LIMIT, self.send_all()).await });
        sent.with_context(|| format!("{} requests took longer than {LIMIT:?}", self.requests))?
    }

    async fn send_all(&self) -> anyhow::Result<Vec<f64>> {
        let next = Cell::new(0);
        let taken = try_join_all((0..self.connections).map(|_| self.send_some(&next))).await?;
        Ok(taken.concat())
    }

    /// Sends on one connection until all requests are taken.
    async fn send_some(&self, next: &Cell<usize>) -> anyhow::Result<Vec<f64>> {
        let mut connection = Connection::open(self.address).await?;
        let mut taken = Vec::new();
        while next.get() < self.requests {
            let number = next.replace(next.get() + 1);
            let request = (self.request)(number);
            let sent = Instant::now();
            let answer = connection.exchange(&request).await?;
            taken.push(sent.elapsed().as_secs_f64() * 1000.0);
            if !(self.is_right)(&answer) {
                let body = String::from_utf8_lossy(answer.body);
                let body: String = body.chars().take(600).collect();
                bail!("request {number} was answered with {}: {body}", answer.status);
            }
        }
        Ok(taken)
    }
}
