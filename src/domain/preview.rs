//! The preview in a form: price, approvers, quota and end date for the values filled in so far.

use jiff::Timestamp;

use super::approval::{ApprovalPath, Exception};
use super::cost::Estimate;
use super::period::Period;
use super::principal::Principal;
use super::quota::{BudgetUse, QuotaUse};
use super::refusal::Refusal;

/// What submitting now would lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The estimate; `None` while it depends on fields that are still empty, or if the product has none.
    pub estimate: Option<Estimate>,
    /// Whether approvers will be asked.
    pub path: ApprovalPath,
    /// The stages of approvers, in order.
    pub turns: Vec<PreviewStage>,
    /// Why different approvers are asked than the product names, if so.
    pub note: Option<String>,
    /// Why nobody could ever approve the request, if so.
    pub unapprovable: Option<Refusal>,
    /// How long approvals have taken lately, if known.
    pub usually: Option<Period>,
    /// The team's quota without this request.
    pub quota: QuotaUse,
    /// The team's budget without this request; `None` if it has none.
    pub budget: Option<BudgetUse>,
    /// The limits that it exceeds and may exceed as an exception.
    pub exception: Option<Exception>,
    /// When it would be torn down if it were provisioned now and never renewed.
    pub expires_at: Timestamp,
    /// Whether provisioning is only simulated.
    pub simulated: bool,
}

/// Approvers who are asked together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewStage {
    /// How many of them have to approve.
    pub needed: u32,
    /// The approvers.
    pub approvers: Vec<Principal>,
}

impl Preview {
    /// Returns the budget if it has no room for the request.
    pub fn exceeded_budget(&self) -> Option<BudgetUse> {
        self.budget.filter(|budget| !budget.has_room_for(self.estimate.as_ref()))
    }
}
