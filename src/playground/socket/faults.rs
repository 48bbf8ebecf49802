//! What goes wrong with connections on purpose.

use serde_json::json;

use super::{Order, Sockets};
use crate::playground::{Playground, lock};

impl Playground {
    /// Tells the bot on every connection that it ends, such as `warning` or `refresh_requested`. They go on until the
    /// bot closes them or they break.
    pub fn announces_disconnect(&self, reason: &str) {
        let notice = json!({"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}});
        let mut sockets = lock(&self.shared.sockets);
        for line in &mut sockets.lines {
            line.leaving = true;
        }
        sockets.say(&notice.to_string());
    }

    /// Says something on every connection that is no frame of Slack's.
    pub fn says_on_sockets(&self, text: &str) {
        lock(&self.shared.sockets).say(text);
    }

    /// Breaks every connection without a word.
    pub fn breaks_sockets(&self) {
        lock(&self.shared.sockets).end(false, || Order::Break);
    }

    /// Breaks the connections on which something waits to be acknowledged; whether there are any.
    pub fn breaks_busy_sockets(&self) -> bool {
        lock(&self.shared.sockets).end(true, || Order::Break)
    }

    /// The next acknowledgement gets lost on its way, so that the same thing comes again.
    pub fn misses_the_next_ack(&self) {
        lock(&self.shared.sockets).unheard_acks += 1;
    }
}

impl Sockets {
    fn say(&self, text: &str) {
        for line in &self.lines {
            // One that has just ended hears nothing.
            let _ = line.orders.send(Order::Say(text.to_owned()));
        }
    }

    /// Ends connections, all or those that are busy. They are gone from this moment on.
    fn end(&mut self, busy: bool, order: impl Fn() -> Order) -> bool {
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
