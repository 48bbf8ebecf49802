//! The progress of the current approval: since when approvers have been asked, and how they were reminded.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Since when approvers have been asked, and how often they were reminded. Rows of older bots have none of this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// When the approvers of the current stage were asked.
    pub since: Option<Timestamp>,
    /// When they were reminded.
    pub reminded_at: Option<Timestamp>,
    /// When the admins were asked as well; from then on their answer counts.
    pub escalated_at: Option<Timestamp>,
    /// When the person who waits nudged them, which is possible once.
    pub nudged_at: Option<Timestamp>,
    /// When the card found no channel to be posted in; `None` once it has been posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unposted_at: Option<Timestamp>,
    /// How often the deadline was postponed because the bot could not receive answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<u8>,
}

impl Asking {
    /// Starts the clock for approvers who are asked at `now`.
    pub fn begun(now: Timestamp) -> Self {
        Self { since: Some(now), ..Self::default() }
    }
}

/// Why approvers get a separate message about a waiting approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReminderKind {
    /// Nobody has answered for some time.
    Reminder,
    /// Nobody has answered for so long that the admins are asked as well.
    Escalation,
    /// The person who waits for their answer asks them to look.
    Nudge,
    /// The previous stage has approved, so it is this stage's turn.
    Turn,
}

impl ReminderKind {
    /// Every kind, for the lists of message slots.
    pub const ALL: [Self; 4] = [Self::Reminder, Self::Escalation, Self::Nudge, Self::Turn];

    /// Returns its name within the names of message slots and jobs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::Nudge => "nudge",
            Self::Turn => "turn",
        }
    }
}
