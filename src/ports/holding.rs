//! What a store says that somebody holds, as what it costs is found.

use jiff::Timestamp;

use super::store::Holding;
use crate::domain::spending::{CostedResource, Month};

impl Holding {
    /// As what it costs in the month of `now` is found.
    pub fn resource(&self, now: Timestamp) -> CostedResource {
        CostedResource {
            product: self.product.clone(),
            monthly: self.monthly,
            billed: self
                .billed
                .filter(|(month, _)| *month == Month::first_day(now))
                .map(|(_, amount)| amount),
            activated_at: self.activated_at,
            ended_at: self.ended_at,
            expires_at: self.expires_at,
        }
    }
}
