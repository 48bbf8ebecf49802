//! What a form says before it is submitted: price, approvers, quota and end date of what is filled in so far.

use jiff::Timestamp;

use super::catalog::Principal;
use super::exception::Exception;
use super::period::Period;
use super::policy::ApprovalPath;
use super::quota::{BudgetUse, QuotaUse};
use super::request::Estimate;

/// What would come of submitting now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The monthly price; `None` while it depends on fields that are still empty, or when the product has no
    /// estimate.
    pub estimate: Option<Estimate>,
    /// Whether anybody will be asked.
    pub path: ApprovalPath,
    /// Who, one after the other, if anybody is.
    pub turns: Vec<PreviewStage>,
    /// Why others are asked than the product says, if so.
    pub note: Option<String>,
    /// Why nobody could ever approve it, if so.
    pub unapprovable: Option<String>,
    /// How long it took lately until people had answered, where that is known.
    pub usually: Option<Period>,
    /// What the team uses now, this request not included.
    pub quota: QuotaUse,
    /// What the team's budget has to spare now, this request not included; `None` where it has no budget.
    pub budget: Option<BudgetUse>,
    /// The limits it goes beyond and may be asked for all the same, as an exception.
    pub exception: Option<Exception>,
    /// When it would be torn down if it were made now and never renewed.
    pub expires_at: Timestamp,
    /// Whether nothing real is made.
    pub simulated: bool,
}

/// Some people who are asked together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewStage {
    /// How many of them have to agree.
    pub needed: u32,
    /// Who they are.
    pub approvers: Vec<Principal>,
}

impl Preview {
    /// The budget that has no room for it, if there is one.
    pub fn exceeded_budget(&self) -> Option<BudgetUse> {
        self.budget.filter(|budget| !budget.has_room_for(self.estimate.as_ref()))
    }
}
