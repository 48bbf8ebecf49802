//! Runs queries page by page.

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;

use super::item::{Item, must_text, text};
use super::tables::DynamoStore;
use crate::domain::ids::RequestId;
use crate::ports::stored::request_id;

/// Runs a query page by page until `enough` items are found.
pub(super) async fn all(query: QueryFluentBuilder, enough: usize) -> anyhow::Result<Vec<Item>> {
    let mut pages = query.into_paginator().items().send();
    let mut items = Vec::new();
    while items.len() < enough
        && let Some(item) = pages.next().await
    {
        items.push(item?);
    }
    Ok(items)
}

/// Returns the page size for a query: DynamoDB then evaluates no more items than necessary.
pub(super) fn page_of(enough: usize) -> i32 {
    i32::try_from(enough.clamp(1, 1_000)).unwrap_or(i32::MAX)
}

/// Counts the items that a query finds, up to `enough`.
pub(super) async fn count(query: QueryFluentBuilder, enough: usize) -> anyhow::Result<usize> {
    let mut pages = query.select(Select::Count).limit(page_of(enough)).into_paginator().send();
    let mut counted = 0;
    while counted < enough
        && let Some(page) = pages.next().await
    {
        counted += usize::try_from(page?.count).unwrap_or_default();
    }
    Ok(counted.min(enough))
}

/// All ids of one of [`id_partitions`](super::keys::id_partitions).
pub(super) async fn ids_in(store: &DynamoStore, partition: String) -> anyhow::Result<Vec<RequestId>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query =
        query.key_condition_expression("pk = :ids").expression_attribute_values(":ids", text(partition));
    let items = all(query, usize::MAX).await.context("cannot look for ids")?;
    items.iter().map(|item| request_id(must_text(item, "sk")?)).collect()
}
