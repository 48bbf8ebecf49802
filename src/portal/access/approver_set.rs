//! What is known about who can answer.

use crate::domain::away::Away;
use crate::domain::principal::Principal;

/// The people who can answer a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ApproverSet {
    /// Whose answer counts.
    pub(crate) eligible: Vec<Principal>,
    /// Who is mentioned; the delegate instead of an approver who is away.
    pub(crate) mentioned: Vec<Principal>,
    /// Approvers who are away, with their delegates.
    pub(crate) aways: Vec<Away>,
    /// Why other approvers are asked than the product names; shown to users.
    pub(crate) note: Option<String>,
    /// Whether Slack could not yet resolve some of them, but should soon.
    pub(crate) is_partial: bool,
}
