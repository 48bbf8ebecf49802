//! What people did and what was acknowledged, to be held against what is stored in the end.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// A form that was sent at least once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    /// Whether any of the times was acknowledged.
    pub(crate) acked: bool,
}

/// Something about a request that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Acked {
    pub(crate) person: String,
    pub(crate) request: String,
    /// The trail's word for it.
    pub(crate) event: &'static str,
    pub(crate) begun: Timestamp,
    pub(crate) answered: Timestamp,
    /// Whether Slack said at that time who the approvers are.
    pub(crate) known: bool,
}

/// Everything that people did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Words that stand in a form as the reason and in no other, by the form's view.
    tickets: BTreeMap<String, String>,
    pub(crate) sent: BTreeMap<String, Sent>,
    /// When each form was sent for the first time, by its view: it counts once, however often it is sent.
    begun: BTreeMap<String, Timestamp>,
    pub(crate) acked: Vec<Acked>,
}

impl Ledger {
    /// The reason in the form of this view; the same for as long as it is open.
    pub(crate) fn ticket(&mut self, view: &str) -> String {
        let number = self.tickets.len() + 1;
        let ticket = self.tickets.entry(view.to_owned()).or_insert_with(|| format!("ticket {number}"));
        self.sent.entry(ticket.clone()).or_default();
        ticket.clone()
    }

    /// When the form of this view was sent first, which is now unless it was before.
    pub(crate) fn begun(&mut self, view: &str, now: Timestamp) -> Timestamp {
        *self.begun.entry(view.to_owned()).or_insert(now)
    }

    pub(crate) fn form_is_acked(&mut self, ticket: &str) {
        self.sent.entry(ticket.to_owned()).or_default().acked = true;
    }
}
