//! Whether a request has to be approved, and in which stages: the rules of its product, applied to it.

use serde::{Deserialize, Serialize};

use super::exception::Exception;
use super::{ApprovalMode, ApprovalRule, Approvers, Condition, RuleFor, Stage};
use crate::domain::catalog::{OverBudget, Product};
use crate::domain::cost::Estimate;
use crate::domain::ids::TeamName;
use crate::domain::quota::BudgetUse;

/// Whether approvers are asked about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalPath {
    /// Nobody is asked.
    Auto {
        /// The rule that matched, in words.
        why: String,
    },
    /// Approvers are asked.
    Ask {
        /// The number of different approvers needed, in all stages together; at least 1.
        needed: u32,
        /// The stages of the product's rule that matched, in order; empty if the product's usual stages apply.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stages: Vec<Stage>,
        /// The rule that matched, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
}

impl ApprovalPath {
    /// Returns the path that asks this many of the product's usual approvers.
    pub fn ask(needed: u32) -> Self {
        Self::Ask { needed: needed.max(1), stages: Vec::new(), why: None }
    }

    /// Whether the path is that of an exception.
    pub fn asks_admins(&self) -> bool {
        let Self::Ask { stages, .. } = self else { return false };
        stages.iter().any(|stage| stage.approvers == Approvers::Admins)
    }

    /// Returns the path through the product's usual stages.
    fn usual(rule: &ApprovalRule) -> Self {
        Self::ask(needed_in_all(&rule.stages()))
    }
}

/// Returns how many approvals all of these stages need together.
pub fn needed_in_all(stages: &[Stage]) -> u32 {
    stages.iter().map(|stage| stage.needed.max(1)).fold(0, u32::saturating_add)
}

/// Returns the path of a request, from the product's rule, its team, its parameters and its estimate.
pub fn approval_path(
    rule: &ApprovalRule,
    team: &TeamName,
    parameters: &[(String, String)],
    estimate: Option<&Estimate>,
) -> ApprovalPath {
    let known = ConditionInputs { team, parameters, estimate };
    // The first matching rule decides alone: `mode` and `auto_when` only apply if none matches.
    if let Some((found, why)) = rule.rules.iter().find_map(|one| Some((one, known.all(one)?))) {
        return match found.mode {
            ApprovalMode::Auto => ApprovalPath::Auto { why },
            ApprovalMode::Required => {
                let stages = found.stages.clone();
                let needed =
                    if stages.is_empty() { needed_in_all(&rule.stages()) } else { needed_in_all(&stages) };
                ApprovalPath::Ask { needed, stages, why: Some(why) }
            }
        };
    }
    if rule.mode == ApprovalMode::Auto {
        return ApprovalPath::Auto { why: "this product needs no approval".to_owned() };
    }
    let matched = rule.auto_when.iter().find_map(|condition| known.one(condition, ApprovalMode::Auto));
    matched.map_or_else(|| ApprovalPath::usual(rule), |why| ApprovalPath::Auto { why })
}

/// Returns the index of the product's rule that matches such a request.
pub(super) fn matching_rule(
    rule: &ApprovalRule,
    team: &TeamName,
    parameters: &[(String, String)],
    estimate: Option<&Estimate>,
) -> Option<usize> {
    let known = ConditionInputs { team, parameters, estimate };
    rule.rules.iter().position(|one| known.all(one).is_some())
}

/// Returns the path of a request as submission would choose it, if it is an `exception` or not. Refusing it for lack of
/// budget is up to the store.
pub fn path_as_things_stand(
    product: &Product,
    team: &TeamName,
    parameters: &[(String, String)],
    estimate: Option<&Estimate>,
    budget: Option<BudgetUse>,
    exception: Option<Exception>,
) -> ApprovalPath {
    let rule = &product.approval;
    let has_room = budget.is_none_or(|budget| budget.has_room_for(estimate));
    let exceeded =
        ExceededLimits { budget: !has_room && product.quota.over_budget == OverBudget::Ask, exception };
    exceeded.path(rule, path_within_limits(rule, team, parameters, estimate, budget.is_some()))
}

/// Returns the path of what exceeds no limit: [`approval_path`], but an unknown cost is never auto-approved for a team
/// with a budget.
pub fn path_within_limits(
    rule: &ApprovalRule,
    team: &TeamName,
    parameters: &[(String, String)],
    estimate: Option<&Estimate>,
    has_budget: bool,
) -> ApprovalPath {
    path_of_budget(rule, approval_path(rule, team, parameters, estimate), has_budget, estimate)
}

/// The limits that something exceeds, and who has to allow that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceededLimits {
    /// Whether it exceeds the budget of a product whose own approvers may allow that.
    pub budget: bool,
    /// The limits that admins have to allow; `None` if it is no exception.
    pub exception: Option<Exception>,
}

impl ExceededLimits {
    /// Adds the approvers who have to allow it to the path that applies within all limits.
    pub fn path(&self, rule: &ApprovalRule, path: ApprovalPath) -> ApprovalPath {
        let path = if self.budget { path_above_budget(rule, path) } else { path };
        if self.exception.is_some() { path_of_exception(rule, path) } else { path }
    }

    /// Whether the budget may be exceeded, once everybody has agreed.
    pub fn exceeds_budget(&self) -> bool {
        self.budget || self.exception.as_ref().is_some_and(|exception| exception.budget.is_some())
    }
}

/// Adjusts the path for the team's budget. An unknown cost counts as nothing in the budget, so such a request is
/// never auto-approved if there is a budget.
fn path_of_budget(
    rule: &ApprovalRule,
    path: ApprovalPath,
    has_budget: bool,
    estimate: Option<&Estimate>,
) -> ApprovalPath {
    // Approvers who are asked anyway see that the cost is unknown.
    let is_spared = matches!(path, ApprovalPath::Auto { .. });
    if !is_spared || !has_budget || estimate.is_some() {
        return path;
    }
    let why = Some(UNKNOWN_COST.to_owned());
    ApprovalPath::Ask { needed: needed_in_all(&rule.stages()), stages: Vec::new(), why }
}

/// Why approvers are asked about an otherwise auto-approved request.
const UNKNOWN_COST: &str = "its cost is not known and counts as $0 of the team's budget";

/// Adjusts the path of a request that exceeds its team's budget: approvers are asked in any case.
fn path_above_budget(rule: &ApprovalRule, path: ApprovalPath) -> ApprovalPath {
    match path {
        ApprovalPath::Auto { .. } => ApprovalPath::usual(rule),
        asked @ ApprovalPath::Ask { .. } => asked,
    }
}

/// Returns the path of an exception: the usual approvers, then the admins.
pub fn path_of_exception(rule: &ApprovalRule, path: ApprovalPath) -> ApprovalPath {
    let (mut stages, why) = match path {
        // A request that needs no approval itself is only for the admins to decide.
        ApprovalPath::Auto { .. } => (Vec::new(), None),
        ApprovalPath::Ask { stages, why, .. } if stages.is_empty() => (rule.stages(), why),
        ApprovalPath::Ask { stages, why, .. } => (stages, why),
    };
    stages.push(Stage { approvers: Approvers::Admins, needed: 1, silent: Vec::new() });
    ApprovalPath::Ask { needed: needed_in_all(&stages), stages, why }
}

/// Removes the admins that [`path_of_exception`] added, once the request is no longer an exception.
pub fn path_without_exception(path: &ApprovalPath) -> ApprovalPath {
    let ApprovalPath::Ask { stages, why, .. } = path else { return path.clone() };
    match stages.split_last() {
        Some((last, rest)) if last.approvers == Approvers::Admins && !rest.is_empty() => {
            ApprovalPath::Ask { needed: needed_in_all(rest), stages: rest.to_vec(), why: why.clone() }
        }
        // Only the admins were asked, so the request itself needs no approval.
        Some((last, _)) if last.approvers == Approvers::Admins => {
            ApprovalPath::Auto { why: "this needs no approval now that there is room".to_owned() }
        }
        _ => path.clone(),
    }
}

/// Returns the path of a renewal: through the stages of the rule that matched the request, or else the product's usual
/// ones, even if nobody was asked then.
pub(in crate::domain) fn path_of_renewal(rule: &ApprovalRule, of_request: &ApprovalPath) -> ApprovalPath {
    match of_request {
        ApprovalPath::Ask { stages, .. } if !stages.is_empty() => of_request.clone(),
        ApprovalPath::Ask { .. } | ApprovalPath::Auto { .. } => {
            ApprovalPath::ask(needed_in_all(&rule.stages()))
        }
    }
}

/// The facts that conditions are evaluated against.
struct ConditionInputs<'a> {
    team: &'a TeamName,
    parameters: &'a [(String, String)],
    estimate: Option<&'a Estimate>,
}

impl ConditionInputs<'_> {
    /// Describes why the rule applies, if all its conditions hold.
    fn all(&self, rule: &RuleFor) -> Option<String> {
        let words: Option<Vec<String>> =
            rule.when.iter().map(|condition| self.one(condition, rule.mode)).collect();
        Some(words?.join(" and "))
    }

    /// Describes the condition, if it holds. An unknown cost never counts as a small one, so it cannot auto-approve.
    fn one(&self, condition: &Condition, mode: ApprovalMode) -> Option<String> {
        match condition {
            Condition::Parameter { parameter, is } => {
                let (_, value) = self.parameters.iter().find(|(key, _)| key == parameter)?;
                is.contains(value).then(|| format!("{parameter} is {value}"))
            }
            Condition::MonthlyCostAtMost(limit) => {
                let monthly = self.estimate?.monthly;
                (monthly <= *limit).then(|| format!("it costs at most ${limit} a month"))
            }
            Condition::MonthlyCostAbove(limit) => match self.estimate {
                Some(estimate) => {
                    (estimate.monthly > *limit).then(|| format!("it costs more than ${limit} a month"))
                }
                // An unknown cost may be high: a rule that asks for approval applies, one that spares it does not.
                None => (mode == ApprovalMode::Required).then(|| "its cost is not known".to_owned()),
            },
            Condition::Team(teams) => {
                teams.contains(self.team).then(|| format!("it is for team {}", self.team))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    use crate::domain::ids::GroupId;
    use crate::domain::principal::Principal;

    fn rule(auto_when: Vec<Condition>) -> ApprovalRule {
        ApprovalRule { auto_when, ..ApprovalRule::default() }
    }

    fn path(
        rule: &ApprovalRule,
        parameters: &[(String, String)],
        estimate: Option<&Estimate>,
    ) -> ApprovalPath {
        approval_path(rule, &TeamName::new("payments"), parameters, estimate)
    }

    fn costs(usd: i64) -> Estimate {
        let (region, priced_on) = ("us-east-1".into(), "2026-08-21".into());
        Estimate { monthly: Decimal::from(usd), region, priced_on }
    }

    fn in_environment(value: &str) -> Vec<(String, String)> {
        vec![("Environment".to_owned(), value.to_owned())]
    }

    #[test]
    fn a_condition_on_a_parameter_spares_the_approvers_only_when_it_holds() {
        let dev_only = rule(vec![Condition::Parameter {
            parameter: "Environment".into(),
            is: vec!["dev".into(), "test".into()],
        }]);
        assert_eq!(
            path(&dev_only, &in_environment("dev"), None),
            ApprovalPath::Auto { why: "Environment is dev".into() }
        );
        assert_eq!(path(&dev_only, &in_environment("prod"), None), ApprovalPath::ask(1));
        assert_eq!(path(&dev_only, &[], None), ApprovalPath::ask(1));
    }

    #[test]
    fn an_unknown_cost_is_never_a_small_one() {
        let cheap = rule(vec![Condition::MonthlyCostAtMost(Decimal::from(20))]);
        assert!(matches!(path(&cheap, &[], Some(&costs(20))), ApprovalPath::Auto { .. }));
        assert_eq!(path(&cheap, &[], Some(&costs(21))), ApprovalPath::ask(1));
        assert_eq!(path(&cheap, &[], None), ApprovalPath::ask(1));
    }

    #[test]
    fn nobody_is_spared_where_a_budget_stands_and_the_cost_is_unknown() {
        let product = crate::domain::fixtures::auto_product();
        let budget = Some(BudgetUse { spent: Decimal::ZERO, limit: Decimal::from(500) });
        let path = |estimate: Option<&Estimate>, budget| {
            path_as_things_stand(&product, &TeamName::new("payments"), &[], estimate, budget, None)
        };
        assert!(matches!(path(None, None), ApprovalPath::Auto { .. }));
        assert!(matches!(path(Some(&costs(20)), budget), ApprovalPath::Auto { .. }));
        let ApprovalPath::Ask { needed: 1, why: Some(why), .. } = path(None, budget) else {
            panic!("{:?}", path(None, budget))
        };
        assert_eq!(why, UNKNOWN_COST);
    }

    /// Development is auto-approved; above $200 security approves after the team; search always needs two.
    fn ruled() -> ApprovalRule {
        let stage = |approvers, needed| Stage { approvers, needed, silent: Vec::new() };
        let security = Approvers::Listed(vec![Principal::Group(GroupId::new("S0SECURITY"))]);
        let required = |when, stages| RuleFor { when: vec![when], mode: ApprovalMode::Required, stages };
        let dev = Condition::Parameter { parameter: "Environment".into(), is: vec!["dev".into()] };
        let cheap = Condition::MonthlyCostAtMost(Decimal::from(100));
        ApprovalRule {
            rules: vec![
                RuleFor { when: vec![dev, cheap], mode: ApprovalMode::Auto, stages: Vec::new() },
                required(
                    Condition::MonthlyCostAbove(Decimal::from(200)),
                    vec![stage(Approvers::Team, 1), stage(security, 1)],
                ),
                required(Condition::Team(vec![TeamName::new("search")]), vec![stage(Approvers::Team, 2)]),
            ],
            auto_when: vec![Condition::MonthlyCostAtMost(Decimal::from(5))],
            ..ApprovalRule::default()
        }
    }

    fn told(team: &str, environment: &str, usd: Option<i64>) -> String {
        let estimate = usd.map(costs);
        let known = in_environment(environment);
        match approval_path(&ruled(), &TeamName::new(team), &known, estimate.as_ref()) {
            ApprovalPath::Auto { why } => format!("automatic: {why}"),
            ApprovalPath::Ask { needed, stages, why } => {
                format!("{needed} in {} stages of its own: {}", stages.len(), why.unwrap_or_default())
            }
        }
    }

    #[test]
    fn the_first_rule_that_holds_decides_and_without_one_it_is_as_it_was() {
        let told = [
            told("payments", "dev", Some(50)),
            told("payments", "dev", Some(150)),
            told("search", "dev", Some(150)),
            told("search", "prod", Some(300)),
            told("payments", "dev", None),
            told("payments", "prod", Some(3)),
            told("payments", "prod", Some(30)),
        ];
        insta::assert_snapshot!(told.join("\n"), @"
        automatic: Environment is dev and it costs at most $100 a month
        1 in 0 stages of its own: 
        2 in 1 stages of its own: it is for team search
        2 in 2 stages of its own: it costs more than $200 a month
        2 in 2 stages of its own: its cost is not known
        automatic: it costs at most $5 a month
        1 in 0 stages of its own:
        ");
    }

    #[test]
    fn a_path_of_an_older_program_reads_back_as_the_product_says() {
        let stored = r#"{"Ask":{"needed":2}}"#;
        let path: ApprovalPath = serde_json::from_str(stored).unwrap();
        assert_eq!(path, ApprovalPath::ask(2));
        assert_eq!(serde_json::to_string(&path).unwrap(), stored);
    }
}
