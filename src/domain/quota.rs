//! Quota slots and budgets: when a request takes them and gives them back. The store keeps the counts; this says what
//! changes.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::cost::Estimate;
use super::ids::{ProductKey, TeamName};

/// A change of one team's use of one product, committed together with the status that causes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaChange {
    /// Takes a slot, if fewer than `limit` are in use and the team's budget has room.
    Take {
        /// The slot.
        slot: QuotaSlot,
        /// The number of slots; `None` if an exception may exceed it.
        limit: Option<u32>,
        /// The amount it adds to the team's estimates, US dollars a month.
        monthly: Decimal,
        /// The team's budget; `None` if there is no limit.
        budget: Option<Decimal>,
    },
    /// Adds to the estimates of a held slot, if the team's budget has room.
    Grow {
        /// The slot.
        slot: QuotaSlot,
        /// The amount it adds to the team's estimates, US dollars a month.
        monthly: Decimal,
        /// The team's budget; `None` if there is no limit.
        budget: Option<Decimal>,
    },
    /// Subtracts from the estimates of a slot that stays held.
    Shrink {
        /// The slot.
        slot: QuotaSlot,
        /// The amount it subtracts, US dollars a month.
        monthly: Decimal,
    },
    /// Moves a held slot to another team, or to the team's new name, regardless of the limits there.
    Move {
        /// The previous slot.
        from: QuotaSlot,
        /// The new slot.
        to: QuotaSlot,
        /// The slot's estimates, US dollars a month.
        monthly: Decimal,
    },
    /// Gives a slot back.
    Release {
        /// The slot.
        slot: QuotaSlot,
        /// The slot's estimates, US dollars a month.
        monthly: Decimal,
    },
}

impl QuotaChange {
    /// Returns the team whose limits apply.
    pub fn team(&self) -> &TeamName {
        match self {
            Self::Take { slot, .. }
            | Self::Grow { slot, .. }
            | Self::Shrink { slot, .. }
            | Self::Release { slot, .. }
            | Self::Move { to: slot, .. } => &slot.team,
        }
    }
}

/// What slots are counted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuotaSlot {
    /// The team.
    pub team: TeamName,
    /// The product.
    pub product: ProductKey,
}

/// What a team holds of one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamUse {
    /// The product.
    pub product: ProductKey,
    /// Number of slots in use.
    pub used: u32,
    /// Sum of their estimates, US dollars a month.
    pub monthly: Decimal,
}

/// How much of a quota is in use; exceptions may take it beyond the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaUse {
    /// Number of slots in use.
    pub used: u32,
    /// Number of slots.
    pub limit: u32,
}

impl QuotaUse {
    /// Returns the number of free slots.
    pub fn left(self) -> u32 {
        self.limit.saturating_sub(self.used)
    }
}

/// How much of a team's budget is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetUse {
    /// Sum of the team's estimates, US dollars a month.
    pub spent: Decimal,
    /// The budget, US dollars a month.
    pub limit: Decimal,
}

impl BudgetUse {
    /// Returns the budget use of a team that holds these products.
    pub fn of(uses: &[TeamUse], limit: Decimal) -> Self {
        Self { spent: uses.iter().map(|product| product.monthly).sum(), limit }
    }

    /// Returns the budget available to an estimate that replaces one already held; `None` if the new estimate is no
    /// higher. An unknown estimate may be higher.
    pub fn beyond(self, held: Decimal, estimate: Option<&Estimate>) -> Option<Self> {
        let is_no_more = estimate.is_some_and(|estimate| estimate.monthly <= held);
        // The held estimate is part of `spent` and is going to be replaced.
        if is_no_more { None } else { Some(Self { spent: self.spent - held, ..self }) }
    }

    /// Whether the budget has room for an estimate. An unknown estimate counts as zero, but approvers are asked about
    /// it: see [`path_within_limits`](super::approval::path_within_limits).
    pub fn has_room_for(self, estimate: Option<&Estimate>) -> bool {
        // Refusing what has no estimate would keep whole products from every team with a budget.
        let monthly = estimate.map(|estimate| estimate.monthly).unwrap_or_default();
        // Up to and including the budget.
        self.spent.saturating_add(monthly) <= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_has_room_for_what_fits_exactly_and_for_what_has_no_price() {
        let budget = BudgetUse { spent: Decimal::new(48_500, 2), limit: Decimal::from(500) };
        let costs = |cents| Estimate {
            monthly: Decimal::new(cents, 2),
            region: "us-east-1".into(),
            priced_on: "2026-08-21".into(),
        };
        assert!(budget.has_room_for(Some(&costs(1_500))));
        assert!(!budget.has_room_for(Some(&costs(1_501))));
        assert!(budget.has_room_for(None));
    }

    #[test]
    fn what_takes_the_place_of_something_needs_only_what_is_beyond_it() {
        let budget = BudgetUse { spent: Decimal::from(480), limit: Decimal::from(500) };
        let costs = |monthly: i64| Estimate {
            monthly: Decimal::from(monthly),
            region: "us-east-1".into(),
            priced_on: "2026-08-21".into(),
        };
        let beyond = |monthly| budget.beyond(Decimal::from(15), Some(&costs(monthly)));
        assert_eq!(beyond(15), None);
        assert!(beyond(35).unwrap().has_room_for(Some(&costs(35))));
        assert!(!beyond(36).unwrap().has_room_for(Some(&costs(36))));
        let unknown = budget.beyond(Decimal::from(15), None).unwrap();
        assert_eq!((unknown.spent, unknown.has_room_for(None)), (Decimal::from(465), true));
    }

    #[test]
    fn what_is_left_is_never_less_than_nothing() {
        assert_eq!(QuotaUse { used: 3, limit: 10 }.left(), 7);
        assert_eq!(QuotaUse { used: 10, limit: 10 }.left(), 0);
        // The limit was lowered while more was in use.
        assert_eq!(QuotaUse { used: 10, limit: 4 }.left(), 0);
    }
}
