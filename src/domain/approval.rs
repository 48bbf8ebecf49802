//! What a product says about approval: who is asked, in which order, how many, and under which conditions nobody is.
//! Judging a request by it is `policy`'s work.

use serde::{Deserialize, Serialize};

use rust_decimal::Decimal;

use super::catalog::Principal;
use super::ids::TeamName;
use super::period::Period;

/// When a person has to approve, who, and for how long they are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Whether anybody is asked at all.
    pub mode: ApprovalMode,
    /// Any match makes a `required` product auto-approved.
    pub auto_when: Vec<Condition>,
    /// The first that matches decides in the place of all else.
    #[serde(default)]
    pub rules: Vec<RuleFor>,
    /// Whose answer counts.
    pub approvers: Approvers,
    /// How many different approvers must agree, at least 1.
    pub needed: u32,
    /// Of those whose answer counts the ones who are not asked by name; others may be named here, too.
    #[serde(default)]
    pub quiet: Vec<Principal>,
    /// Who is asked one after the other, in the place of `approvers`, `needed` and `quiet`; empty where they hold.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// After this long without enough answers the request ends as timed out.
    pub timeout: Period,
    /// When approvers are reminded.
    pub remind_after: Period,
    /// When the admins are told.
    pub escalate_after: Period,
    /// Whether an approver may approve what they asked for themselves.
    pub self_approval: bool,
    /// What an approver does to approve.
    #[serde(default)]
    pub confirm: ApprovalConfirm,
    /// Parameters of which an approver may approve a smaller value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_reduce: Vec<String>,
}

/// What a product has that says nothing about approval.
impl Default for ApprovalRule {
    fn default() -> Self {
        Self {
            mode: ApprovalMode::Required,
            auto_when: Vec::new(),
            rules: Vec::new(),
            approvers: Approvers::Team,
            needed: 1,
            quiet: Vec::new(),
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
    /// Who is asked where no rule says otherwise, in order; at least one stage.
    pub fn stages(&self) -> Vec<Stage> {
        if self.stages.is_empty() {
            let (approvers, quiet) = (self.approvers.clone(), self.quiet.clone());
            return vec![Stage { approvers, needed: self.needed.max(1), quiet }];
        }
        self.stages.clone()
    }

    /// Every order of stages that a request may go through. The product's own is among them also where it needs no approval:
    /// they are asked about what goes beyond a budget, or about a cost that is not known.
    pub fn paths(&self) -> Vec<Vec<Stage>> {
        [self.stages()].into_iter().chain(self.paths_of_rules()).collect()
    }

    /// Those of a request for whose cost there is room.
    pub fn paths_within_budget(&self) -> Vec<Vec<Stage>> {
        let is_asked = self.mode == ApprovalMode::Required
            || self.rules.iter().any(|rule| rule.mode == ApprovalMode::Required && rule.stages.is_empty());
        if is_asked { self.paths() } else { self.paths_of_rules().collect() }
    }

    fn paths_of_rules(&self) -> impl Iterator<Item = Vec<Stage>> {
        self.rules.iter().map(|rule| rule.stages.clone()).filter(|stages| !stages.is_empty())
    }
}

/// Whether a product needs a person's approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalMode {
    /// Nobody is asked.
    Auto,
    /// Approvers are asked unless a condition of `auto_when` holds.
    Required,
}

/// What an approver does to approve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalConfirm {
    /// Press the button.
    #[default]
    Click,
    /// Type the name of what they agree to, in a dialog.
    TypeTheName,
}

/// Some people of whom so many have to agree before the next are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Whose answer counts.
    pub approvers: Approvers,
    /// How many different ones, at least 1.
    pub needed: u32,
    /// Those who may answer and are not asked by name.
    #[serde(default)]
    pub quiet: Vec<Principal>,
}

/// What holds for requests of some kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFor {
    /// All of these have to hold.
    pub when: Vec<Condition>,
    /// Whether anybody is asked then.
    pub mode: ApprovalMode,
    /// Who is, in order; empty where it is the product's own.
    pub stages: Vec<Stage>,
}

/// Something that holds of a request or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// The parameter has one of these values.
    Parameter {
        /// The parameter's key.
        parameter: String,
        /// The values that match.
        is: Vec<String>,
    },
    /// The estimate is known and not above this many US dollars a month.
    MonthlyCostAtMost(Decimal),
    /// The estimate is above this many US dollars a month, or not known.
    MonthlyCostAbove(Decimal),
    /// It is for one of these teams.
    Team(Vec<TeamName>),
}

impl Condition {
    /// The teams that it names.
    pub fn teams(&self) -> &[TeamName] {
        match self {
            Self::Team(teams) => teams,
            Self::Parameter { .. } | Self::MonthlyCostAtMost(_) | Self::MonthlyCostAbove(_) => &[],
        }
    }

    /// The same, to be renamed.
    pub fn teams_mut(&mut self) -> &mut [TeamName] {
        match self {
            Self::Team(teams) => teams,
            Self::Parameter { .. } | Self::MonthlyCostAtMost(_) | Self::MonthlyCostAbove(_) => &mut [],
        }
    }
}

/// Whose approval counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Approvers {
    /// The approvers of the requester's team.
    Team,
    /// The requester's manager, where that is an approver of the team; else as [`Approvers::Team`].
    Manager,
    /// These people and groups.
    Listed(Vec<Principal>),
    /// The admins, about an exception. No product file says so.
    Admins,
}
