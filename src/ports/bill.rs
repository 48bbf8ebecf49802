//! What is charged for what was provisioned: Cost Explorer.

use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::domain::ids::RequestId;

/// Knows the bill. A call may cost money.
#[async_trait]
pub trait Bill: Debug + Send + Sync {
    /// US dollars charged for each request from the day `from` to the day before `before`, which is in the same month
    /// or the first day of the next. A request of which nothing is known is left out.
    ///
    /// # Errors
    /// Whatever keeps it from being read now.
    async fn of_requests(&self, from: Date, before: Date) -> anyhow::Result<BTreeMap<RequestId, Decimal>>;
}
