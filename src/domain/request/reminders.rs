//! The question that approvers are asked now, and what was done because nobody had answered it yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Since when approvers are asked, and how often they were pressed. A row of an older program has none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// When those were asked who can answer now.
    pub since: Option<Timestamp>,
    /// When they were reminded.
    pub reminded_at: Option<Timestamp>,
    /// When the admins were asked beside them; from then on their answer counts.
    pub escalated_at: Option<Timestamp>,
    /// When whoever waits has pressed them, which they can do once.
    pub nudged_at: Option<Timestamp>,
    /// When there was no channel that their card could be posted in; `None` once it stands in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unposted_at: Option<Timestamp>,
    /// How often their time limit was moved because nobody could be heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<u8>,
}

impl Asking {
    /// A question that is asked at this moment.
    pub fn begun(now: Timestamp) -> Self {
        Self { since: Some(now), ..Self::default() }
    }
}

/// Why approvers are told in a message of its own that something waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReminderKind {
    /// Nobody has answered for some time.
    Reminder,
    /// Nobody has answered for so long that the admins are asked, too.
    Escalation,
    /// Whoever waits asks them to look.
    Nudge,
    /// Those who were asked before them have agreed.
    Turn,
}

impl ReminderKind {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Reminder, Self::Escalation, Self::Nudge, Self::Turn];

    /// Its word in the names of surfaces and jobs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::Nudge => "nudge",
            Self::Turn => "turn",
        }
    }
}
