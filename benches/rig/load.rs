//! A load on a server, bounded in requests and in time: either each connection sends its next request when the last one
//! is answered, or requests come when they are due, whatever became of those before. A wrong answer ends the run.

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
    address: SocketAddr,
    connections: usize,
    requests: usize,
    /// The time between two requests; without it the next one goes out when the last one is answered.
    every: Option<Duration>,
    request: &'a dyn Fn(usize) -> Vec<u8>,
    is_right: &'a dyn Fn(usize, &Answer<'_>) -> bool,
}

impl<'a> Load<'a> {
    /// So many requests over so many connections that stay open, each sending when it has its answer.
    pub(crate) fn closed(
        address: SocketAddr,
        connections: usize,
        requests: usize,
        request: &'a dyn Fn(usize) -> Vec<u8>,
        is_right: &'a dyn Fn(usize, &Answer<'_>) -> bool,
    ) -> Self {
        Self { address, connections, requests, every: None, request, is_right }
    }

    /// One request after each time `every`, over whichever connection is free. What has to wait for one counts from when
    /// it was due.
    pub(crate) fn open(self, every: Duration) -> Self {
        Self { every: Some(every), ..self }
    }

    /// Sends everything and tells the time from sending, or from when it was due, to answer; each in milliseconds.
    pub(crate) fn run(&self) -> anyhow::Result<Vec<f64>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime of the load")?;
        let sent = runtime.block_on(async { tokio::time::timeout(LIMIT, self.send_all()).await });
        sent.with_context(|| format!("{} requests took longer than {LIMIT:?}", self.requests))?
    }

    async fn send_all(&self) -> anyhow::Result<Vec<f64>> {
        let (next, begun) = (Cell::new(0), Instant::now());
        let taken = try_join_all((0..self.connections).map(|_| self.send_some(&next, begun))).await?;
        Ok(taken.concat())
    }

    /// Sends on one connection until all requests are taken.
    async fn send_some(&self, next: &Cell<usize>, begun: Instant) -> anyhow::Result<Vec<f64>> {
        let mut connection = Connection::open(self.address).await?;
        let mut taken = Vec::new();
        while next.get() < self.requests {
            let number = next.replace(next.get() + 1);
            let due = self.due(number, begun).await;
            let request = (self.request)(number);
            let sent = due.unwrap_or_else(Instant::now);
            let answer = connection.exchange(&request).await?;
            taken.push(sent.elapsed().as_secs_f64() * 1000.0);
            if !(self.is_right)(number, &answer) {
                let body = String::from_utf8_lossy(answer.body);
                let body: String = body.chars().take(600).collect();
                bail!("request {number} was answered with {}: {body}", answer.status);
            }
        }
        Ok(taken)
    }

    /// Waits until the request is due, where there is such a time.
    async fn due(&self, number: usize, begun: Instant) -> Option<Instant> {
        let due = begun + self.every? * u32::try_from(number).unwrap_or(u32::MAX);
        tokio::time::sleep_until(due.into()).await;
        Some(due)
    }
}
