//! Socket Mode: the bot opens connections and receives over them what it would get over HTTP. Each message
//! goes to one connection, and to another if it is not acknowledged. `line` serves a connection, `faults`
//! injects failures.

mod faults;
mod line;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::answer::DeliveryFailure;
use super::redeliver::Again;
use super::{Playground, lock};
pub(super) use line::link;

/// The method that returns where to connect.
pub(super) const OPEN: &str = "apps.connections.open";
/// Slack's limit of connections per app.
const MOST: usize = 10;

/// All connections and their injected failures.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    serial: u64,
    tickets: BTreeSet<String>,
    lines: Vec<Line>,
    unheard_acks: usize,
}

/// A connection, as seen by the rest of the playground.
#[derive(Debug)]
struct Line {
    id: u64,
    orders: mpsc::UnboundedSender<Order>,
    /// The receivers of acknowledgements, by envelope id.
    waiting: BTreeMap<String, oneshot::Sender<Option<Value>>>,
    /// Whether the bot was told that the connection will end.
    leaving: bool,
}

/// An instruction for a connection.
#[derive(Debug)]
enum Order {
    Say(String),
    Close,
    /// Vanish without a close frame, as if a cable was cut.
    Break,
}

impl Playground {
    /// Returns the number of open connections.
    pub fn sockets(&self) -> usize {
        lock(&self.shared.sockets).lines.len()
    }

    /// Returns the number of connections that were not announced to end.
    pub fn staying_sockets(&self) -> usize {
        lock(&self.shared.sockets).lines.iter().filter(|line| !line.leaving).count()
    }

    /// Returns how many connections the bot has requested so far.
    pub fn sockets_asked_for(&self) -> usize {
        self.calls(OPEN).len()
    }

    /// Sends a payload over a socket in an envelope of this type. Returns status and answer, as over HTTP.
    pub async fn send_envelope(&self, kind: &str, payload: &Value) -> Result<(u16, String), DeliveryFailure> {
        self.deliver_envelope(kind, payload, None).await
    }

    /// Whether messages are delivered over sockets.
    pub(super) fn is_on_sockets(&self) -> bool {
        self.settings().app_token.is_some()
    }

    /// Returns the answer to [`OPEN`]: an address for a single connection.
    pub(super) fn open_connection(&self) -> Value {
        let mut sockets = lock(&self.shared.sockets);
        let ticket = uuid::Uuid::new_v4().simple().to_string();
        sockets.tickets.insert(ticket.clone());
        // `http` becomes `ws` and `https` becomes `wss`.
        let origin = self.addresses().public.replacen("http", "ws", 1);
        json!({"url": format!("{origin}/link?ticket={ticket}&app_id={}", self.settings().identity.app_id)})
    }

    /// Sends an envelope and waits for its acknowledgement as long as Slack does.
    pub(super) async fn deliver_envelope(
        &self,
        kind: &str,
        payload: &Value,
        again: Option<&Again>,
    ) -> Result<(u16, String), DeliveryFailure> {
        let takes_answer = match kind {
            "slash_commands" => true,
            "interactive" => {
                matches!(payload["type"].as_str(), Some("view_submission" | "block_suggestion"))
            }
            _ => false,
        };
        let envelope = json!({
            "envelope_id": uuid::Uuid::new_v4().to_string(),
            "type": kind,
            "accepts_response_payload": takes_answer,
            "payload": payload,
        });
        let within = self.settings().ack_within;
        let attempt = again.map_or(0, |again| again.attempt);
        let answer = tokio::time::timeout(within, self.until_acknowledged(envelope, attempt)).await;
        let answer = answer.unwrap_or(Err(DeliveryFailure::TimedOut))?;
        // Slack's own client for Node.js acknowledges everything with a payload, using an empty object if
        // there is none (@slack/socket-mode of @slack/bolt 5.1.0, `SocketModeClient.send`, read on
        // 2026-11-29).
        Ok((200, answer.filter(|_| takes_answer).map_or_else(String::new, |answer| answer.to_string())))
    }

    /// Sends an envelope over one connection after another, until one acknowledges it or none is left.
    async fn until_acknowledged(
        &self,
        mut envelope: Value,
        mut attempt: u32,
    ) -> Result<Option<Value>, DeliveryFailure> {
        loop {
            if attempt > 0 {
                envelope["retry_attempt"] = json!(attempt);
                envelope["retry_reason"] = json!("timeout");
            }
            let acknowledged = lock(&self.shared.sockets).send(&envelope)?;
            if let Ok(answer) = acknowledged.await {
                return Ok(answer);
            }
            attempt += 1;
        }
    }
}

impl Sockets {
    /// Sends an envelope over the next connection. If the connection ends first, the receiver fails.
    fn send(&mut self, envelope: &Value) -> Result<oneshot::Receiver<Option<Value>>, DeliveryFailure> {
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
    fn open(&mut self, orders: mpsc::UnboundedSender<Order>) -> u64 {
        self.serial += 1;
        let line = Line { id: self.serial, orders, waiting: BTreeMap::new(), leaving: false };
        self.lines.push(line);
        self.serial
    }

    /// Removes a connection. What it did not acknowledge is sent again.
    fn close(&mut self, id: u64) {
        self.lines.retain(|line| line.id != id);
    }

    fn acknowledge(&mut self, id: u64, envelope: &str, answer: Option<Value>) {
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
    pub(super) fn shut_down(&mut self) {
        for line in &self.lines {
            let _ = line.orders.send(Order::Close);
        }
    }
}
