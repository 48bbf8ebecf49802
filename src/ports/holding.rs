//! Conversion of a [`Holding`] into the input of the cost calculation.

use jiff::Timestamp;

use super::store::Holding;
use crate::domain::spending::{CostedResource, Month};

impl Holding {
    /// Returns the input of the cost calculation for the month of `now`.
    pub fn resource(&self, now: Timestamp) -> CostedResource {
        CostedResource {
            product: self.product.clone(),
            monthly: self.monthly,
            // A charge of an earlier month says nothing about this one; the estimate is used instead.
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
