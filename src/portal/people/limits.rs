//! Going beyond a quota or a budget, where the product allows it.

use rust_decimal::Decimal;

use crate::domain::approval::{ApprovalPath, ExceededLimits, Exception};
use crate::domain::catalog::{OverBudget, Product};
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::quota::BudgetUse;
use crate::portal::Portal;
use crate::portal::people::form_draft::{Correction, FieldPlace};
use crate::portal::people::submit::SubmitError;
use crate::ports::store::CommitError;

/// Called when a commit failed: if it failed at a limit that this product allows to exceed, records that limit in
/// `exceeded` and returns `true`, and the caller commits again with it. Returns `false` for every other failure.
/// `budget` is the team's, US dollars a month.
pub(super) fn lift(
    portal: &Portal,
    product: &Product,
    budget: Option<Decimal>,
    exceeded: &mut ExceededLimits,
    error: &CommitError,
) -> bool {
    let may_except = portal.may_except(product);
    match error {
        CommitError::BudgetSpent(_) if product.quota.over_budget == OverBudget::Ask => {
            exceeded.budget = true;
        }
        CommitError::BudgetSpent(spent) if may_except => {
            let exception = exceeded.exception.get_or_insert_default();
            exception.budget = Some(BudgetUse { spent: *spent, limit: budget.unwrap_or_default() });
        }
        CommitError::QuotaFull(quota) if may_except => {
            exceeded.exception.get_or_insert_default().quota = Some(*quota);
        }
        CommitError::BudgetSpent(_)
        | CommitError::QuotaFull(_)
        | CommitError::Stale
        | CommitError::Again(_)
        | CommitError::ClaimLost
        | CommitError::NotParked
        | CommitError::Paused(_)
        | CommitError::Other(_) => return false,
    }
    true
}

/// Returns the exception of which the form did not say that it is needed, so that the form has to be shown again. Otherwise
/// checks whether admins can be asked for it: there is a reason, and one of them could approve.
pub(super) async fn unannounced_exception(
    portal: &Portal,
    product: &Product,
    team: &TeamName,
    requester_and_owner: [&PersonId; 2],
    (exceeded, as_exception): (&ExceededLimits, bool),
    (path, reason): (&ApprovalPath, &str),
) -> Result<Option<Exception>, SubmitError> {
    let Some(exception) = &exceeded.exception else { return Ok(None) };
    if !as_exception {
        return Ok(Some(exception.clone()));
    }
    if reason.is_empty() {
        let message = "Say why the exception is needed: the admins decide by it.".to_owned();
        return Err(SubmitError::Fields(vec![Correction { place: FieldPlace::Reason, message }]));
    }
    portal.somebody_can_approve(product, team, requester_and_owner, path).await?;
    Ok(None)
}
