//! Socket Mode: the bot opens connections and receives over them what it would get over HTTP. Each message
//! goes to one connection, and to another if it is not acknowledged. `connections` has all of them, `line` serves one, `faults`
//! injects failures.

mod connections;
mod faults;
mod line;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::answer::DeliveryFailure;
use super::redeliver::Again;
use crate::state::{Playground, lock};
pub(super) use connections::Sockets;
pub(super) use line::link;

/// The method that returns where to connect.
pub(super) const OPEN: &str = "apps.connections.open";

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
