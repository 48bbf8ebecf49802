//! Quota slots: who holds one and when it moves. The store counts; this says by how much.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ids::{ProductKey, TeamName};

/// A change of one team's use of one product, committed together with the status that causes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaChange {
    /// Takes a slot if fewer than `limit` are in use and the team's budget leaves room.
    Take {
        /// Whose slot.
        slot: QuotaSlot,
        /// Slots there are.
        limit: u32,
        /// What it adds to the team's estimates, US dollars a month.
        monthly: Decimal,
        /// What the team's estimates may come to; `None` where nothing limits them.
        budget: Option<Decimal>,
    },
    /// Gives a slot back.
    Release {
        /// Whose slot.
        slot: QuotaSlot,
        /// What was added with it.
        monthly: Decimal,
    },
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

/// How much of a quota is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_never_less_than_nothing() {
        assert_eq!(QuotaUse { used: 3, limit: 10 }.left(), 7);
        assert_eq!(QuotaUse { used: 10, limit: 10 }.left(), 0);
        // The limit was lowered while more was in use.
        assert_eq!(QuotaUse { used: 10, limit: 4 }.left(), 0);
    }
}
