//! The open connections: what is sent over which, and what each has not acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::answer::DeliveryFailure;

/// Slack's limit of connections per app.
pub(super) const MOST: usize = 10;

/// All connections and their injected failures.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    serial: u64,
    pub(super) tickets: BTreeSet<String>,
    pub(super) lines: Vec<Line>,
    pub(super) unheard_acks: usize,
}

/// A connection, as seen by the rest of the playground.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: u64,
    pub(super) orders: mpsc::UnboundedSender<Order>,
    /// The receivers of acknowledgements, by envelope id.
    pub(super) waiting: BTreeMap<String, oneshot::Sender<Option<Value>>>,
    /// Whether the bot was told that the connection will end.
    pub(super) leaving: bool,
}

/// An instruction for a connection.
#[derive(Debug)]
pub(super) enum Order {
    Say(String),
    Close,
    /// Vanish without a close frame, as if a cable was cut.
    Break,
}

impl Sockets {
    /// Sends an envelope over the next connection. If the connection ends first, the receiver fails.
    pub(super) fn send(
        &mut self,
        envelope: &Value,
    ) -> Result<oneshot::Receiver<Option<Value>>, DeliveryFailure> {
        // A connection that was told that it ends is used only if there is no other.
        let staying = self.lines.iter().position(|line| !line.leaving);
        if self.lines.is_empty() {
            return Err(DeliveryFailure::Unreachable("it has no connection open".to_owned()));
        }
        // Round robin: the connection used last moves to the end.
        let mut line = self.lines.remove(staying.unwrap_or(0));
        let (tell, acknowledged) = oneshot::channel();
        line.waiting.insert(envelope["envelope_id"].as_str().unwrap_or_default().to_owned(), tell);
        // When a connection ends, its pending receivers are dropped with it and fail.
        let _ = line.orders.send(Order::Say(envelope.to_string()));
        self.lines.push(line);
        Ok(acknowledged)
    }

    /// Adds a connection and returns its id.
    pub(super) fn open(&mut self, orders: mpsc::UnboundedSender<Order>) -> u64 {
        self.serial += 1;
        let line = Line { id: self.serial, orders, waiting: BTreeMap::new(), leaving: false };
        self.lines.push(line);
        self.serial
    }

    /// Removes a connection. What it did not acknowledge is sent again.
    pub(super) fn close(&mut self, id: u64) {
        self.lines.retain(|line| line.id != id);
    }

    pub(super) fn acknowledge(&mut self, id: u64, envelope: &str, answer: Option<Value>) {
        let line = self.lines.iter_mut().find(|line| line.id == id);
        let Some(waiting) = line.and_then(|line| line.waiting.remove(envelope)) else { return };
        if self.unheard_acks > 0 {
            self.unheard_acks -= 1;
            return;
        }
        // Nobody waits for an acknowledgement after the timeout.
        let _ = waiting.send(answer);
    }

    /// Closes every connection properly.
    pub(crate) fn shut_down(&mut self) {
        for line in &self.lines {
            let _ = line.orders.send(Order::Close);
        }
    }

    pub(super) fn say(&self, text: &str) {
        for line in &self.lines {
            // A connection that has just ended receives nothing.
            let _ = line.orders.send(Order::Say(text.to_owned()));
        }
    }

    /// Ends all connections, or the busy ones, and removes them immediately. Returns whether there were any.
    pub(super) fn end(&mut self, busy: bool, order: impl Fn() -> Order) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| {
            let stays = busy && line.waiting.is_empty();
            if !stays {
                let _ = line.orders.send(order());
            }
            stays
        });
        self.lines.len() < before
    }
}
