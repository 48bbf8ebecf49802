//! Quota slots: who holds one and when it moves. The store counts; this says by how much.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ids::{ProductKey, TeamName};
use super::request::Estimate;

/// A change of one team's use of one product, committed together with the status that causes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaChange {
    /// Takes a slot if fewer than `limit` are in use and the team's budget leaves room.
    Take {
        /// Whose slot.
        slot: QuotaSlot,
        /// Slots there are; `None` where it is taken beyond them.
        limit: Option<u32>,
        /// What it adds to the team's estimates, US dollars a month.
        monthly: Decimal,
        /// What the team's estimates may come to; `None` where nothing limits them.
        budget: Option<Decimal>,
    },
    /// Adds to the estimates of a slot that is held, if the team's budget leaves room.
    Grow {
        /// Whose slot.
        slot: QuotaSlot,
        /// What it adds to the team's estimates, US dollars a month.
        monthly: Decimal,
        /// What they may come to; `None` where nothing limits them.
        budget: Option<Decimal>,
    },
    /// Takes from the estimates of a slot that goes on to be held.
    Shrink {
        /// Whose slot.
        slot: QuotaSlot,
        /// What it takes off, US dollars a month.
        monthly: Decimal,
    },
    /// Counts a slot that is held for another team, or under another name of its own, whatever the limits there.
    Move {
        /// Whose slot it was.
        from: QuotaSlot,
        /// Whose it is.
        to: QuotaSlot,
        /// What was added with it.
        monthly: Decimal,
    },
    /// Gives a slot back.
    Release {
        /// Whose slot.
        slot: QuotaSlot,
        /// What was added with it.
        monthly: Decimal,
    },
}

impl QuotaChange {
    /// Whose limits it keeps to.
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
    /// Slots in use.
    pub used: u32,
    /// The estimates of what holds them, US dollars a month.
    pub monthly: Decimal,
}

/// How much of a quota is in use; more than all of it where there are exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaUse {
    /// Slots in use.
    pub used: u32,
    /// Slots there are.
    pub limit: u32,
}

impl QuotaUse {
    /// Slots that are free.
    pub fn left(self) -> u32 {
        self.limit.saturating_sub(self.used)
    }
}

/// How much of a team's budget is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetUse {
    /// What the team's estimates come to, US dollars a month.
    pub spent: Decimal,
    /// What they may come to.
    pub limit: Decimal,
}

impl BudgetUse {
    /// What a team that holds this uses of its budget.
    pub fn of(held: &[TeamUse], limit: Decimal) -> Self {
        Self { spent: held.iter().map(|held| held.monthly).sum(), limit }
    }

    /// The budget for an estimate that takes the place of what is held already; `None` where it needs no more than that.
    /// What one needs that is not known is not known either.
    pub fn beyond(self, held: Decimal, estimate: Option<&Estimate>) -> Option<Self> {
        let is_no_more = estimate.is_some_and(|estimate| estimate.monthly <= held);
        if is_no_more { None } else { Some(Self { spent: self.spent - held, ..self }) }
    }

    /// Whether there is room for an estimate. One that is not known takes none, but somebody is asked about it: see
    /// [`path_of_budget`](super::policy::path_of_budget).
    pub fn has_room_for(self, estimate: Option<&Estimate>) -> bool {
        let monthly = estimate.map(|estimate| estimate.monthly).unwrap_or_default();
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
