//! Actual charges for provisioned resources: Cost Explorer.

use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::domain::ids::RequestId;

/// Reads the bill. A call may cost money.
#[async_trait]
pub trait Bill: Debug + Send + Sync {
    /// Returns the US dollars charged for each request from the day `from` up to, but not including, the day `before`,
    /// which is in the same month or the first day of the next. Requests without charges on record are left out.
    ///
    /// # Errors
    /// If the bill cannot be read now.
    async fn of_requests(&self, from: Date, before: Date) -> anyhow::Result<BTreeMap<RequestId, Decimal>>;
}
