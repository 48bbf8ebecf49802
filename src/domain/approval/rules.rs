//! A product's approval rules: who is asked, in which order, how many of them, and when nobody is.
//! `path` applies them to a request.

use serde::{Deserialize, Serialize};

use rust_decimal::Decimal;

use crate::domain::ids::TeamName;
use crate::domain::period::Period;
use crate::domain::principal::Principal;

/// When an approval is needed, by whom, and for how long they are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Whether anybody is asked at all.
    pub mode: ApprovalMode,
    /// Conditions of which any one auto-approves a `required` product.
    pub auto_when: Vec<Condition>,
    /// Rules for certain requests. The first that matches replaces `mode`, `auto_when` and, if it has stages, the
    /// stages.
    #[serde(default)]
    pub rules: Vec<RuleFor>,
    /// Who may approve.
    pub approvers: Approvers,
    /// How many different approvers have to approve, at least 1.
    pub needed: u32,
    /// Silent approvers: they may approve but are not mentioned. May name people who are not in `approvers`.
    #[serde(rename = "quiet", default)]
    pub silent: Vec<Principal>,
    /// Stages that are asked one after the other, instead of `approvers`, `needed` and `silent`; empty if those apply.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// Time after which a request without enough approvals times out.
    pub timeout: Period,
    /// Time after which approvers are reminded.
    pub remind_after: Period,
    /// Time after which the admins are asked as well.
    pub escalate_after: Period,
    /// Whether approvers may approve their own requests.
    pub self_approval: bool,
    /// How an approval is confirmed.
    #[serde(default)]
    pub confirm: ApprovalConfirm,
    /// Parameters whose value an approver may reduce.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_reduce: Vec<String>,
}

/// The rules of a product that states none.
impl Default for ApprovalRule {
    fn default() -> Self {
        Self {
            mode: ApprovalMode::Required,
            auto_when: Vec::new(),
            rules: Vec::new(),
            approvers: Approvers::Team,
            needed: 1,
            silent: Vec::new(),
            stages: Vec::new(),
            timeout: Period::hours(24),
            remind_after: Period::hours(4),
            escalate_after: Period::hours(12),
            self_approval: false,
            confirm: ApprovalConfirm::Click,
            may_reduce: Vec::new(),
        }
    }
}

impl ApprovalRule {
    /// Returns the stages that apply when no rule matches, in order; at least one.
    pub fn stages(&self) -> Vec<Stage> {
        if self.stages.is_empty() {
            let (approvers, silent) = (self.approvers.clone(), self.silent.clone());
            // At least one, so that nothing is approved without anybody.
            return vec![Stage { approvers, needed: self.needed.max(1), silent }];
        }
        self.stages.clone()
    }

    /// Returns the conditions that it names anywhere.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.auto_when.iter().chain(self.rules.iter().flat_map(|rule| &rule.when))
    }

    /// Returns every list of stages that a request may go through. The product's own is included even if it needs no
    /// approval: its approvers are asked when a request exceeds the budget or its cost is unknown.
    pub fn paths(&self) -> Vec<Vec<Stage>> {
        [self.stages()].into_iter().chain(self.paths_of_rules()).collect()
    }

    /// Returns the lists of stages that a request within the budget may go through.
    pub fn paths_within_budget(&self) -> Vec<Vec<Stage>> {
        // If only rules with stages of their own ask, the product's usual stages are never used.
        let is_asked = self.mode == ApprovalMode::Required
            || self.rules.iter().any(|rule| rule.mode == ApprovalMode::Required && rule.stages.is_empty());
        if is_asked { self.paths() } else { self.paths_of_rules().collect() }
    }

    fn paths_of_rules(&self) -> impl Iterator<Item = Vec<Stage>> {
        self.rules.iter().map(|rule| rule.stages.clone()).filter(|stages| !stages.is_empty())
    }
}

/// Whether a product needs an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalMode {
    /// Nobody is asked.
    Auto,
    /// Approvers are asked unless a condition of `auto_when` holds.
    Required,
}

/// How an approver confirms an approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalConfirm {
    /// Click the button.
    #[default]
    Click,
    /// Type the name of what they approve, in a dialog.
    TypeTheName,
}

/// Approvers who are asked together; the next stage is asked once enough of them have approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Who may approve.
    pub approvers: Approvers,
    /// How many different approvers, at least 1.
    pub needed: u32,
    /// Silent approvers: they may approve but are not mentioned.
    #[serde(rename = "quiet", default)]
    pub silent: Vec<Principal>,
}

/// An approval rule for requests that meet certain conditions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFor {
    /// The conditions, all of which have to hold.
    pub when: Vec<Condition>,
    /// Whether approvers are asked for such requests.
    pub mode: ApprovalMode,
    /// The stages, in order; empty for the product's own.
    pub stages: Vec<Stage>,
}

/// A condition that a request meets or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// The parameter has one of these values.
    Parameter {
        /// The parameter's key.
        parameter: String,
        /// The values that match.
        is: Vec<String>,
    },
    /// The estimate is known and at most this many US dollars a month.
    MonthlyCostAtMost(Decimal),
    /// The estimate is unknown or above this many US dollars a month.
    MonthlyCostAbove(Decimal),
    /// The request is for one of these teams.
    Team(Vec<TeamName>),
}

impl Condition {
    /// Returns the parameter that it depends on.
    pub fn parameter(&self) -> Option<&String> {
        match self {
            Self::Parameter { parameter, .. } => Some(parameter),
            Self::MonthlyCostAtMost(_) | Self::MonthlyCostAbove(_) | Self::Team(_) => None,
        }
    }

    /// Returns the teams that it names.
    pub fn teams(&self) -> &[TeamName] {
        match self {
            Self::Team(teams) => teams,
            Self::Parameter { .. } | Self::MonthlyCostAtMost(_) | Self::MonthlyCostAbove(_) => &[],
        }
    }

    /// Like [`teams`](Self::teams), mutable, so that they can be renamed.
    pub fn teams_mut(&mut self) -> &mut [TeamName] {
        match self {
            Self::Team(teams) => teams,
            Self::Parameter { .. } | Self::MonthlyCostAtMost(_) | Self::MonthlyCostAbove(_) => &mut [],
        }
    }
}

/// Who may approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Approvers {
    /// The approvers of the requester's team.
    Team,
    /// The requester's manager, if they are an approver of the team; else as [`Approvers::Team`].
    Manager,
    /// These people and groups.
    Listed(Vec<Principal>),
    /// The admins, for an exception. Cannot be written in a product file.
    Admins,
}
