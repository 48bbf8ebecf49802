//! Injected failures of connections.

use serde_json::json;

use super::connections::Order;
use crate::state::{Playground, lock};

impl Playground {
    /// Announces on every connection that it ends, with a reason such as `warning` or `refresh_requested`.
    /// Connections stay open until the bot closes them or they break.
    pub fn announces_disconnect(&self, reason: &str) {
        let notice = json!({"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}});
        let mut sockets = lock(&self.shared.sockets);
        for line in &mut sockets.lines {
            line.leaving = true;
        }
        sockets.say(&notice.to_string());
    }

    /// Sends a text on every connection that is not one of Slack's frames.
    pub fn says_on_sockets(&self, text: &str) {
        lock(&self.shared.sockets).say(text);
    }

    /// Breaks every connection without notice.
    pub fn breaks_sockets(&self) {
        lock(&self.shared.sockets).end(false, || Order::Break);
    }

    /// Breaks the connections that have unacknowledged messages. Returns whether there were any.
    pub fn breaks_busy_sockets(&self) -> bool {
        lock(&self.shared.sockets).end(true, || Order::Break)
    }

    /// Ignores the next acknowledgement, so that the message is sent again.
    pub fn misses_the_next_ack(&self) {
        lock(&self.shared.sockets).unheard_acks += 1;
    }
}
