//! Socket Mode: where it is on, the bot opens connections and hears over them what it would get over HTTP. Each thing
//! goes to any one of them, and to another one if that does not acknowledge it. How a connection speaks is in `line`,
//! what can go wrong on purpose in `faults`.

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

/// The method that answers where to connect.
pub(super) const OPEN: &str = "apps.connections.open";
/// Slack's limit.
const MOST: usize = 10;

/// Every connection, and what is wrong with them on purpose.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    serial: u64,
    tickets: BTreeSet<String>,
    lines: Vec<Line>,
    unheard_acks: usize,
}

/// A connection as everybody else sees it.
#[derive(Debug)]
struct Line {
    id: u64,
    orders: mpsc::UnboundedSender<Order>,
    /// Who waits for an acknowledgement, by the id of the envelope.
    waiting: BTreeMap<String, oneshot::Sender<Option<Value>>>,
    /// Whether the bot was told that it ends.
    leaving: bool,
}

/// What a connection is to do.
#[derive(Debug)]
enum Order {
    Say(String),
    Close,
    /// Be gone, as when a cable is cut.
    Break,
}

impl Playground {
    /// How many connections of the bot are open.
    pub fn sockets(&self) -> usize {
        lock(&self.shared.sockets).lines.len()
    }

    /// How many of them have not been told that they end.
    pub fn staying_sockets(&self) -> usize {
        lock(&self.shared.sockets).lines.iter().filter(|line| !line.leaving).count()
    }

    /// How many the bot has asked for so far.
    pub fn sockets_asked_for(&self) -> usize {
        self.calls(OPEN).len()
    }

    /// Sends anything over a socket in an envelope of this type; status and answer, as over HTTP.
    pub async fn send_envelope(&self, kind: &str, payload: &Value) -> Result<(u16, String), DeliveryFailure> {
        self.deliver_envelope(kind, payload, None).await
    }

    /// Whether what happens goes over sockets.
    pub(super) fn is_on_sockets(&self) -> bool {
        self.settings().app_token.is_some()
    }

    /// The answer to [`OPEN`]: an address that is good for one connection.
    pub(super) fn open_connection(&self) -> Value {
        let mut sockets = lock(&self.shared.sockets);
        let ticket = uuid::Uuid::new_v4().simple().to_string();
        sockets.tickets.insert(ticket.clone());
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
        // Slack's own client for Node.js answers everything, with an empty object where there is nothing to say
        // (@slack/socket-mode of @slack/bolt 5.1.0, `SocketModeClient.send`, read on 2026-11-29).
        Ok((200, answer.filter(|_| takes_answer).map_or_else(String::new, |answer| answer.to_string())))
    }

    /// Sends it over one connection after the other, until one acknowledges it or there is none left.
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
    /// Sends an envelope over the next connection. The answer never comes if that ends before.
    fn send(&mut self, envelope: &Value) -> Result<oneshot::Receiver<Option<Value>>, DeliveryFailure> {
        let staying = self.lines.iter().position(|line| !line.leaving);
        if self.lines.is_empty() {
            return Err(DeliveryFailure::Unreachable("it has no connection open".to_owned()));
        }
        // In turn: whoever was asked last stands behind all others.
        let mut line = self.lines.remove(staying.unwrap_or(0));
        let (tell, acknowledged) = oneshot::channel();
        line.waiting.insert(envelope["envelope_id"].as_str().unwrap_or_default().to_owned(), tell);
        // A connection that has just ended takes what waits for it along.
        let _ = line.orders.send(Order::Say(envelope.to_string()));
        self.lines.push(line);
        Ok(acknowledged)
    }

    /// A connection is there.
    fn open(&mut self, orders: mpsc::UnboundedSender<Order>) -> u64 {
        self.serial += 1;
        let line = Line { id: self.serial, orders, waiting: BTreeMap::new(), leaving: false };
        self.lines.push(line);
        self.serial
    }

    /// A connection has ended; what it did not acknowledge is sent again.
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
        // Nobody waits any more when it comes late.
        let _ = waiting.send(answer);
    }

    /// Every connection ends in good order.
    pub(super) fn shut_down(&mut self) {
        for line in &self.lines {
            let _ = line.orders.send(Order::Close);
        }
    }
}
