//! Approvers' clicks that could not be checked when they arrived, and wait for that in a job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::approval::RequestedReduction;
use super::audit::By;
use super::ids::ChannelId;

/// An approver's click that still has to be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredClick {
    /// The person and the channel of the click.
    pub by: By,
    /// The epoch that the button carried.
    pub epoch: u32,
    /// Where to reply; `None` if the click had no channel.
    pub channel: Option<ChannelId>,
    /// The decision.
    pub decision: ClickedDecision,
    /// When the click arrived, or Slack last failed to answer about it. It is decided within 10 minutes of that, or
    /// not at all.
    pub at: Timestamp,
}

/// The decision in an approver's click.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClickedDecision {
    /// Approve.
    Approve,
    /// Approve with changes.
    #[serde(rename = "ApproveLess")]
    ApproveWithChanges(RequestedReduction),
    /// Deny.
    Deny {
        /// The reason, in the approver's words.
        reason: String,
    },
}
