//! Quota slots: who holds one and when it moves. The store counts; this says by how much.

use serde::{Deserialize, Serialize};

use super::ids::{ProductKey, TeamName};

/// A change of one team's use of one product, committed together with the status that causes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaChange {
    /// Takes a slot if fewer than `limit` are in use.
    Take {
        /// Whose slot.
        slot: QuotaSlot,
        /// Slots there are.
        limit: u32,
    },
    /// Gives a slot back.
    Release {
        /// Whose slot.
        slot: QuotaSlot,
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
