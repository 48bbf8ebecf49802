//! What a form says before it is submitted: price, approvers, quota and end date of what is filled in so far.

use jiff::Timestamp;

use super::catalog::Principal;
use super::policy::ApprovalPath;
use super::quota::QuotaUse;
use super::request::Estimate;

/// What would come of submitting now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The monthly price; `None` while it depends on fields that are still empty, or when the product has no
    /// estimate.
    pub estimate: Option<Estimate>,
    /// Whether anybody will be asked.
    pub path: ApprovalPath,
    /// Who, if anybody is.
    pub approvers: Vec<Principal>,
    /// What the team uses now, this request not included.
    pub quota: QuotaUse,
    /// When it would be torn down if it were made now and never renewed.
    pub expires_at: Timestamp,
    /// Whether nothing real is made.
    pub simulated: bool,
}
