//! Puts what was stored before there were lists into them, once; and once more what bots of before have written beside a new
//! one, as soon as they are gone. Each request in its own time, while others work: what is newer stays.

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use futures_util::stream::{self, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};

use super::item::{Item, may_be_read, must_text, read_time, text, time};
use super::lists::{all, entries};
use super::{DynamoStore, bots, keys, row, trail};
use crate::ports::stored::request_id;

/// Items that are put at once.
const AT_ONCE: usize = 32;
/// A bot that was not seen for so long is gone.
const GONE_AFTER: SignedDuration = SignedDuration::from_secs(150);

/// Does it where it was never done.
pub(super) async fn fill(store: &DynamoStore) -> anyhow::Result<()> {
    match store.event(keys::lists_filled()).await? {
        Some(_) => Ok(()),
        // Nothing was ever stored.
        None if trail::end(store).await? == 0 => mark_filled(store, Timestamp::UNIX_EPOCH).await,
        None => fill_at(store, Timestamp::UNIX_EPOCH).await,
    }
}

/// Does it again where a bot that does not keep the lists has worked since, and is gone.
pub(super) async fn fill_again(store: &DynamoStore, now: Timestamp) -> anyhow::Result<()> {
    let Some(seen) = bots::last_without_lists(store).await? else { return Ok(()) };
    let filled = store.event(keys::lists_filled()).await?;
    let filled = filled.map(|item| read_time(&item, "at")).transpose()?.flatten();
    let is_gone = now.duration_since(seen) > GONE_AFTER;
    if is_gone && filled.is_none_or(|filled| filled < seen) { fill_at(store, now).await } else { Ok(()) }
}

async fn fill_at(store: &DynamoStore, now: Timestamp) -> anyhow::Result<()> {
    for partition in keys::id_partitions("") {
        let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
        let query =
            query.key_condition_expression("pk = :ids").expression_attribute_values(":ids", text(partition));
        let ids = all(query, usize::MAX).await.context("cannot look for ids")?;
        let ids = ids.iter().map(|item| request_id(must_text(item, "sk")?));
        let ids = ids.collect::<anyhow::Result<Vec<_>>>()?;
        let rows = store.row_items(&ids).await?;
        let items = rows.iter().filter(|item| may_be_read(item)).filter_map(|item| {
            row::decode(item)
                .inspect_err(|error| tracing::warn!(error = format!("{error:#}"), "a request is in no list"))
                .ok()
        });
        let items: Vec<Item> = items.flat_map(|request| entries(&request)).collect();
        stream::iter(items.into_iter().map(Ok))
            .try_for_each_concurrent(AT_ONCE, |item| put(store, item))
            .await?;
    }
    mark_filled(store, now).await
}

async fn mark_filled(store: &DynamoStore, now: Timestamp) -> anyhow::Result<()> {
    let mut item = keys::lists_filled();
    item.insert("at".to_owned(), time(now));
    let put = store.client.put_item().table_name(&store.tables.events).set_item(Some(item));
    put.send().await.map(drop).context("cannot remember that the requests are in the lists")
}

/// Unless what stands there is newer.
async fn put(store: &DynamoStore, item: Item) -> anyhow::Result<()> {
    let revision = item.get("rev").cloned().context("what is listed has no revision")?;
    let put = store.client.put_item().table_name(&store.tables.events).set_item(Some(item));
    let put = put
        .condition_expression("attribute_not_exists(pk) OR rev < :rev")
        .expression_attribute_values(":rev", revision);
    match put.send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(error).context("cannot put a request into a list"),
    }
}
