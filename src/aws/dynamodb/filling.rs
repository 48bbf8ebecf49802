//! Adds requests to the lists that bots without lists have written: everything stored before lists existed,
//! and what older bots have written since, whether beside this one or after a rollback. The trail shows
//! which: each entry is marked if it was written together with the lists, and a permanent note records up to
//! which entry the lists are complete. Each request is written on its own while others work; newer data is
//! never overwritten.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::item::{Item, number, read_number};
use super::sums::Changes;
use super::tables::DynamoStore;
use super::tip::Tip;
use super::transaction::{MOST_WRITES, RetryPauses, TransactionOutcome, TransactionWrite};
use super::{homes, keys, lists, query, row, trail};
use crate::domain::ids::RequestId;
use crate::ports::stored::request_id;

/// Requests read in one batch.
const TOGETHER: usize = 48;
/// Batches in progress at the same time.
const AT_ONCE: usize = 4;
/// The most request ids in one log line.
const NAMED: usize = 10;
/// The most request ids in the note, so that it stays within one item. With more, no note is written and all
/// requests are examined again.
const NOTED: usize = 5_000;

/// Requests that could not be added to the lists, with the reason.
type Skipped = BTreeMap<RequestId, String>;

/// Fills the lists if that was never done or a bot without lists has written since; also retries requests
/// that could not be read the last time.
pub(super) async fn fill(store: &DynamoStore) -> anyhow::Result<()> {
    let before = Note::read(store).await?;
    // Read before the requests: entries written from here on are examined the next time.
    let tip = trail::tip(store).await?;
    if let Some(before) = before.filter(|note| note.holds_up_to(tip)) {
        if before.skipped.is_empty() {
            return Ok(());
        }
        let skipped = fill_all(store, &before.skipped).await?;
        // Nothing new could be read. Another note would only repeat the same warning each time.
        if skipped.keys().eq(&before.skipped) {
            return Ok(());
        }
        return Note::of(before.up_to, skipped).put(store).await;
    }
    let mut skipped = Skipped::new();
    // With an empty trail, nothing was ever stored.
    let partitions = if tip.number == 0 { Vec::new() } else { keys::id_partitions("") };
    for partition in partitions {
        let ids = query::ids_in(store, partition).await?;
        skipped.extend(fill_all(store, &ids).await?);
    }
    homes::fill(store).await?;
    // Last, so that a crash on the way leads to another complete look.
    Note::of(tip.number, skipped).put(store).await
}

/// Adds one request to the lists, unless they have this revision or a later one.
pub(super) async fn fill_one(store: &DynamoStore, id: RequestId, revision: u64) -> anyhow::Result<()> {
    let place = store.event(lists::place(id)).await?;
    if stands(place.as_ref(), revision)? {
        return Ok(());
    }
    let skipped = fill_some(store, &[id]).await?;
    skipped.into_values().next().map_or(Ok(()), |why| Err(anyhow::Error::msg(why)))
}

async fn fill_all(store: &DynamoStore, ids: &[RequestId]) -> anyhow::Result<Skipped> {
    let mut some = Vec::new();
    for ids in ids.chunks(TOGETHER) {
        some.push(fill_some(store, ids));
    }
    let skipped: Vec<Skipped> = stream::iter(some).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(skipped.into_iter().flatten().collect())
}

/// Fills requests in as few transactions as possible, each including what they add to sums. Retries those
/// that conflict with other writers.
async fn fill_some(store: &DynamoStore, ids: &[RequestId]) -> anyhow::Result<Skipped> {
    let (mut pauses, mut skipped, mut rest) = (RetryPauses::default(), Skipped::new(), ids.to_vec());
    loop {
        let rows = store.row_items(&rest).await?;
        let places = store.event_items(rest.iter().map(|id| lists::place(*id)).collect()).await?;
        let mut plans = Vec::new();
        for row in &rows {
            let place = places.iter().find(|place| place.get("requestId") == row.get("requestId"));
            let id = row::id(row)?;
            match FillPlan::of(store, id, row, place) {
                Ok(plan) => plans.extend(plan),
                Err(error) => drop(skipped.insert(id, format!("{error:#}"))),
            }
        }
        rest.clear();
        for plan in together(plans) {
            let mut parts = plan.parts;
            parts.extend(plan.changes.parts(store)?);
            let answer = store.transact(&parts).await.context("cannot put requests into lists")?;
            if let TransactionOutcome::Refused(_) = answer {
                rest.extend(plan.ids);
            }
        }
        if rest.is_empty() {
            return Ok(skipped);
        }
        pauses.next().await;
    }
}

/// Whether the lists have this revision or a later one.
fn stands(place: Option<&Item>, revision: u64) -> anyhow::Result<bool> {
    let listed = place.map(|place| read_number(place, "rev")).transpose()?.flatten();
    Ok(listed.is_some_and(|listed| listed >= revision))
}

/// The writes that add requests to lists, and the changes of sums that follow.
#[derive(Default)]
struct FillPlan {
    ids: Vec<RequestId>,
    parts: Vec<TransactionWrite>,
    changes: Changes,
}

impl FillPlan {
    /// Plans the writes for one request; `None` if the lists are up to date.
    fn of(
        store: &DynamoStore,
        id: RequestId,
        row: &Item,
        place: Option<&Item>,
    ) -> anyhow::Result<Option<Self>> {
        // Checked before decoding: a row that only a newer bot can read may have been listed by that bot.
        if read_number(row, "rev")?.is_some_and(|revision| stands(place, revision).unwrap_or_default()) {
            return Ok(None);
        }
        let mut changes = Changes::default();
        let parts = lists::parts_of(store, &row::decode(row)?, place, &mut changes)?;
        Ok(Some(Self { ids: vec![id], parts, changes }))
    }

    fn most_writes(&self) -> usize {
        self.parts.len() + self.changes.most()
    }
}

/// Merges plans into as few transactions as their writes fit in.
fn together(plans: Vec<FillPlan>) -> Vec<FillPlan> {
    let mut all: Vec<FillPlan> = Vec::new();
    for plan in plans {
        match all.last_mut() {
            Some(last) if last.most_writes() + plan.most_writes() <= MOST_WRITES => {
                last.ids.extend(plan.ids);
                last.parts.extend(plan.parts);
                last.changes.merge(plan.changes);
            }
            _ => all.push(plan),
        }
    }
    all
}

/// Records how far the lists are complete.
#[derive(Debug)]
struct Note {
    /// The number of the last trail entry that is covered.
    up_to: u64,
    /// Requests that are not listed because they could not be read.
    skipped: Vec<RequestId>,
}

impl Note {
    /// Creates a note, and logs a warning if requests were skipped.
    fn of(up_to: u64, skipped: Skipped) -> Self {
        if let Some((_, why)) = skipped.first_key_value() {
            let named: Vec<String> = skipped.keys().take(NAMED).map(ToString::to_string).collect();
            let (count, named) = (skipped.len(), named.join(" "));
            tracing::warn!(count, named, why, "requests that cannot be read are in no list and no sum");
        }
        Self { up_to, skipped: skipped.into_keys().collect() }
    }

    /// Whether every trail entry up to `tip` is covered by this note or was written together with the lists.
    fn holds_up_to(&self, tip: Tip) -> bool {
        tip.number <= self.up_to || tip.listed_since.is_some_and(|since| since <= self.up_to + 1)
    }

    async fn read(store: &DynamoStore) -> anyhow::Result<Option<Self>> {
        let Some(item) = store.event(keys::lists_filled()).await? else { return Ok(None) };
        let Some(up_to) = read_number(&item, "upTo")? else { return Ok(None) };
        let skipped = item.get("skipped").and_then(|skipped| skipped.as_ss().ok());
        let skipped = skipped.into_iter().flatten().map(|id| request_id(id));
        Ok(Some(Self { up_to, skipped: skipped.collect::<anyhow::Result<_>>()? }))
    }

    /// Writes the note, unless another bot has recorded a later one.
    async fn put(&self, store: &DynamoStore) -> anyhow::Result<()> {
        if self.skipped.len() > NOTED {
            return Ok(());
        }
        let mut item = keys::lists_filled();
        item.insert("upTo".to_owned(), number(&self.up_to));
        if !self.skipped.is_empty() {
            let skipped = self.skipped.iter().map(ToString::to_string).collect();
            item.insert("skipped".to_owned(), AttributeValue::Ss(skipped));
        }
        let put = store.client.put_item().table_name(&store.tables.events).set_item(Some(item));
        let put = put
            .condition_expression("attribute_not_exists(upTo) OR upTo <= :upTo")
            .expression_attribute_values(":upTo", number(&self.up_to));
        // A refused write means that the note of another bot covers more.
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(error).context("cannot note what is in the lists"),
        }
    }
}
