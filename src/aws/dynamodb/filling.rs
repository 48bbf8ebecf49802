//! Puts what was stored before there were lists into them, once; and once more what bots of before have written beside a new
//! one, as soon as they are gone. Each request in its own time, while others work: what is newer stays.

use anyhow::Context as _;
use futures_util::stream::{self, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};

use super::item::{must_text, read_number, read_time, text, time};
use super::lists::{self, all};
use super::sums::Changes;
use super::transaction::{Outcome, Pauses};
use super::{DynamoStore, bots, homes, keys, row, trail};
use crate::domain::ids::RequestId;
use crate::ports::stored::request_id;

/// Requests of one transaction: each is in up to nine lists and changes up to eight sums.
const TOGETHER: usize = 5;
/// Transactions that are under way at once.
const AT_ONCE: usize = 4;
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
        stream::iter(ids.chunks(TOGETHER).map(Ok))
            .try_for_each_concurrent(AT_ONCE, |ids| fill_some(store, ids))
            .await?;
    }
    homes::fill(store).await?;
    mark_filled(store, now).await
}

/// In one transaction with what they add to sums; again while somebody else changes them.
async fn fill_some(store: &DynamoStore, ids: &[RequestId]) -> anyhow::Result<()> {
    let mut pauses = Pauses::default();
    loop {
        let rows = store.row_items(ids).await?;
        let places = store.event_items(ids.iter().map(|id| lists::place(*id)).collect()).await?;
        let (mut parts, mut changes) = (Vec::new(), Changes::default());
        for row in &rows {
            let request = match row::decode(row) {
                Ok(request) => request,
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "a request is in no list");
                    continue;
                }
            };
            let before = places.iter().find(|place| place.get("requestId") == row.get("requestId"));
            let listed = before.map(|place| read_number(place, "rev")).transpose()?.flatten();
            if listed.is_none_or(|listed| listed < request.revision) {
                parts.extend(lists::parts_of(store, &request, before, &mut changes)?);
            }
        }
        if parts.is_empty() {
            return Ok(());
        }
        parts.extend(changes.parts(store)?);
        if let Outcome::Taken = store.transact(&parts).await.context("cannot put requests into lists")? {
            return Ok(());
        }
        pauses.next().await;
    }
}

async fn mark_filled(store: &DynamoStore, now: Timestamp) -> anyhow::Result<()> {
    let mut item = keys::lists_filled();
    item.insert("at".to_owned(), time(now));
    let put = store.client.put_item().table_name(&store.tables.events).set_item(Some(item));
    put.send().await.map(drop).context("cannot remember that the requests are in the lists")
}
