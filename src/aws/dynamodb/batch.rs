//! Reads many items by key in few calls.

use anyhow::{Context as _, anyhow};
use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::item::{Item, may_be_read};
use super::row;
use super::tables::DynamoStore;
use super::transaction::RetryPauses;
use crate::domain::ids::RequestId;
use crate::domain::request::Request;

/// The most items that one call reads.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const AT_ONCE: usize = 100;
/// The most calls for one batch before giving up on the rest.
const TRIES: u32 = 8;

impl DynamoStore {
    /// Reads the requests with these ids, in this order. Missing ones and those of a newer format are left
    /// out.
    pub(super) async fn rows(&self, ids: &[RequestId]) -> anyhow::Result<Vec<Request>> {
        let mut items = self.row_items(ids).await?;
        items.retain(may_be_read);
        let mut requests = items.iter().map(row::decode).collect::<anyhow::Result<Vec<_>>>()?;
        // DynamoDB returns a batch in any order.
        requests.sort_by_key(|request| ids.iter().position(|id| *id == request.id));
        Ok(requests)
    }

    /// Reads the rows with these ids, in no particular order and including those of a newer format.
    pub(super) async fn row_items(&self, ids: &[RequestId]) -> anyhow::Result<Vec<Item>> {
        let mut items = Vec::new();
        for chunk in ids.chunks(AT_ONCE) {
            let keys = chunk.iter().map(|id| row::key(*id)).collect();
            let batch = self.some_items(&self.tables.requests, keys).await;
            items.extend(batch.context("cannot load requests")?);
        }
        Ok(items)
    }

    /// Reads items of the table of events by key, in no particular order.
    pub(super) async fn event_items(&self, keys: Vec<Item>) -> anyhow::Result<Vec<Item>> {
        let mut items = Vec::new();
        for chunk in keys.chunks(AT_ONCE) {
            let batch = self.some_items(&self.tables.events, chunk.to_vec()).await;
            items.extend(batch.context("cannot load items of the table of events")?);
        }
        Ok(items)
    }

    /// Reads up to [`AT_ONCE`] items. DynamoDB may return only part of a batch (by size or under load), so
    /// the rest is requested again.
    async fn some_items(&self, table: &str, mut missing: Vec<Item>) -> anyhow::Result<Vec<Item>> {
        let total = missing.len();
        let mut items = Vec::new();
        let mut pauses = RetryPauses::default();
        for _ in 0..TRIES {
            let wanted =
                KeysAndAttributes::builder().set_keys(Some(missing)).consistent_read(true).build()?;
            let read = self.client.batch_get_item().request_items(table, wanted).send().await?;
            items.extend(read.responses.unwrap_or_default().into_values().flatten());
            let rest = read.unprocessed_keys.unwrap_or_default();
            missing = rest.into_values().flat_map(|keys| keys.keys).collect();
            if missing.is_empty() {
                return Ok(items);
            }
            pauses.next().await;
        }
        Err(anyhow!("DynamoDB left out {} of {total} items, {TRIES} times", missing.len()))
    }
}
