//! Exceptions: the limits that a request exceeds, and how full they were when it was submitted.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::catalog::{OverBudget, QuotaRule};
use crate::domain::cost::{Estimate, dollars};
use crate::domain::quota::{BudgetUse, QuotaUse};

/// The limits that a request exceeds, at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The quota, if no slot was free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaUse>,
    /// The team's budget, if it had no room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetUse>,
}

impl Exception {
    /// Returns the limits that a request or change would exceed now, if any. A budget that the product's own approvers
    /// may exceed is no limit here. What exists already needs no quota.
    pub fn needed(
        rule: QuotaRule,
        quota: Option<QuotaUse>,
        budget: Option<BudgetUse>,
        estimate: Option<&Estimate>,
    ) -> Option<Self> {
        let is_limit = rule.over_budget == OverBudget::Refuse;
        let budget = budget.filter(|budget| is_limit && !budget.has_room_for(estimate));
        let quota = quota.filter(|quota| quota.left() == 0);
        (quota.is_some() || budget.is_some()).then_some(Self { quota, budget })
    }

    /// Describes the limits: "quota 3 of 3 used; budget about $480 of $500 a month used, this adds $231". `adds` is what
    /// it adds to the team's estimates, US dollars a month.
    pub fn describe(&self, adds: Option<Decimal>) -> String {
        let quota = self.quota.map(|quota| format!("quota {} of {} used", quota.used, quota.limit));
        let adds = adds.map(|adds| format!(", this adds {}", dollars(adds)));
        let budget = self.budget.map(|budget| {
            let (spent, limit) = (dollars(budget.spent), dollars(budget.limit));
            format!("budget about {spent} of {limit} a month used{}", adds.unwrap_or_default())
        });
        [quota, budget].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::Exceptions;

    fn told(used: u32, spent: i64, over_budget: OverBudget) -> String {
        let rule = QuotaRule { per_team: 3, over_budget, exceptions: Exceptions::Ask };
        let (region, priced_on) = ("us-east-1".into(), "2026-08-21".into());
        let estimate = Estimate { monthly: 231.into(), region, priced_on };
        let budget = BudgetUse { spent: spent.into(), limit: 500.into() };
        let quota = QuotaUse { used, limit: rule.per_team };
        let needed = Exception::needed(rule, Some(quota), Some(budget), Some(&estimate));
        needed.map_or_else(|| "-".to_owned(), |needed| needed.describe(Some(estimate.monthly)))
    }

    #[test]
    fn it_takes_an_exception_to_go_beyond_the_quota_or_a_budget_that_approvers_may_not_go_beyond() {
        let told = [
            told(2, 269, OverBudget::Refuse),
            told(3, 269, OverBudget::Refuse),
            told(4, 480, OverBudget::Refuse),
            told(2, 480, OverBudget::Refuse),
            told(2, 480, OverBudget::Ask),
        ];
        insta::assert_snapshot!(told.join("\n"), @"
        -
        quota 3 of 3 used
        quota 4 of 3 used; budget about $480 of $500 a month used, this adds $231
        budget about $480 of $500 a month used, this adds $231
        -
        ");
    }
}
