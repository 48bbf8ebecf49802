//! Who has to agree to a request, and who may answer it. Pure: groups were resolved before this is asked.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::catalog::{ApprovalMode, ApprovalRule, AutoCondition, OverBudget, Principal, Product};
use super::ids::{ChannelId, PersonId, TeamName};
use super::quiet::Quiet;
use super::quota::BudgetUse;
use super::refusal::Refusal;
use super::request::{Estimate, Request};

/// A team of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its name.
    pub name: TeamName,
    /// Who may ask on its behalf.
    pub members: Vec<Principal>,
    /// Who answers its requests.
    pub approvers: Vec<Principal>,
    /// Where its approval cards go; the approvals channel when absent.
    pub channel: Option<ChannelId>,
    /// US dollars a month of estimates it may hold.
    pub monthly_budget: Option<Decimal>,
    /// When nothing of its is torn down; any time will do when absent.
    pub quiet: Option<Quiet>,
}

/// Whether people are asked about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalPath {
    /// Nobody is; this says why.
    Auto {
        /// The rule that matched, in words.
        why: String,
    },
    /// This many different approvers have to agree.
    Ask {
        /// At least 1.
        needed: u32,
    },
}

/// Which path a request takes, from the product's rule, its parameters and its estimate.
pub fn approval_path(
    rule: &ApprovalRule,
    parameters: &[(String, String)],
    estimate: Option<&Estimate>,
) -> ApprovalPath {
    if rule.mode == ApprovalMode::Auto {
        return ApprovalPath::Auto { why: "this product needs no approval".to_owned() };
    }
    let matched = rule.auto_when.iter().find_map(|condition| matched(condition, parameters, estimate));
    matched.map_or(ApprovalPath::Ask { needed: rule.needed.max(1) }, |why| ApprovalPath::Auto { why })
}

/// Which path a request takes as things stand: [`approval_path`], and where it goes beyond its team's budget what the
/// product says about that. A refusal for it is no path, and is the store's to make.
pub fn path_with_budget(
    product: &Product,
    parameters: &[(String, String)],
    estimate: Option<&Estimate>,
    budget: Option<BudgetUse>,
) -> ApprovalPath {
    let path = approval_path(&product.approval, parameters, estimate);
    let exceeds = budget.is_some_and(|budget| !budget.has_room_for(estimate));
    match product.quota.over_budget {
        OverBudget::Ask if exceeds => path_above_budget(&product.approval, path),
        OverBudget::Ask | OverBudget::Refuse => path,
    }
}

/// The path of a request that goes beyond its team's budget: somebody is asked in any case.
pub fn path_above_budget(rule: &ApprovalRule, path: ApprovalPath) -> ApprovalPath {
    match path {
        ApprovalPath::Auto { .. } => ApprovalPath::Ask { needed: rule.needed.max(1) },
        asked @ ApprovalPath::Ask { .. } => asked,
    }
}

fn matched(
    condition: &AutoCondition,
    parameters: &[(String, String)],
    estimate: Option<&Estimate>,
) -> Option<String> {
    match condition {
        AutoCondition::Parameter { parameter, is } => {
            let (_, value) = parameters.iter().find(|(key, _)| key == parameter)?;
            is.contains(value).then(|| format!("{parameter} is {value}"))
        }
        AutoCondition::MonthlyCostAtMost(limit) => {
            let monthly = estimate?.monthly;
            (monthly <= *limit).then(|| format!("it costs at most ${limit} a month"))
        }
    }
}

/// Whether `person` may approve or deny `request`. `approvers` is who can, as mentions, for the answer.
pub fn may_decide(
    request: &Request,
    person: &PersonId,
    is_approver: bool,
    approvers: &str,
) -> Result<(), Refusal> {
    if !is_approver {
        return Err(Refusal::NotAnApprover { approvers: approvers.to_owned() });
    }
    let is_own = person == request.asker() || *person == request.owner;
    if is_own && !request.product.approval.self_approval {
        return Err(Refusal::OwnRequest { approvers: approvers.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::Approvers;
    use crate::domain::period::Period;

    fn rule(auto_when: Vec<AutoCondition>) -> ApprovalRule {
        ApprovalRule {
            mode: ApprovalMode::Required,
            auto_when,
            approvers: Approvers::Team,
            needed: 1,
            timeout: Period::hours(24),
            remind_after: Period::hours(4),
            escalate_after: Period::hours(12),
            self_approval: false,
        }
    }

    fn in_environment(value: &str) -> Vec<(String, String)> {
        vec![("Environment".to_owned(), value.to_owned())]
    }

    #[test]
    fn a_condition_on_a_parameter_spares_the_approvers_only_when_it_holds() {
        let dev_only = rule(vec![AutoCondition::Parameter {
            parameter: "Environment".into(),
            is: vec!["dev".into(), "test".into()],
        }]);
        assert_eq!(
            approval_path(&dev_only, &in_environment("dev"), None),
            ApprovalPath::Auto { why: "Environment is dev".into() }
        );
        assert_eq!(approval_path(&dev_only, &in_environment("prod"), None), ApprovalPath::Ask { needed: 1 });
        assert_eq!(approval_path(&dev_only, &[], None), ApprovalPath::Ask { needed: 1 });
    }

    #[test]
    fn an_unknown_cost_is_never_a_small_one() {
        let cheap = rule(vec![AutoCondition::MonthlyCostAtMost(Decimal::from(20))]);
        let costs = |usd: i64| Estimate {
            monthly: Decimal::from(usd),
            region: "us-east-1".into(),
            priced_on: "2026-08-21".into(),
        };
        assert!(matches!(approval_path(&cheap, &[], Some(&costs(20))), ApprovalPath::Auto { .. }));
        assert_eq!(approval_path(&cheap, &[], Some(&costs(21))), ApprovalPath::Ask { needed: 1 });
        assert_eq!(approval_path(&cheap, &[], None), ApprovalPath::Ask { needed: 1 });
    }
}
