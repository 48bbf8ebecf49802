//! Puts into the lists what no bot that keeps them has put there: all that was stored before there were lists, and what bots of
//! before have written since, beside this one or after going back to them. The trail tells: each of its entries says whether
//! it was written together with the lists, and a note that stays says up to which entry all is in them. Each request in its own
//! time, while others work: what is newer stays.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::item::{Item, number, read_number};
use super::lists;
use super::sums::Changes;
use super::transaction::{MOST_WRITES, Outcome, Part, Pauses};
use super::{DynamoStore, homes, keys, row, trail};
use crate::domain::ids::RequestId;
use crate::ports::stored::request_id;

/// Requests that are read at a time.
const TOGETHER: usize = 48;
/// How many such are under way at once.
const AT_ONCE: usize = 4;
/// Requests that the log names.
const NAMED: usize = 10;
/// Requests that the note names, so that it stays one item; where there are more, all are looked at again.
const NOTED: usize = 5_000;

/// Requests that cannot be put into the lists, and why.
type Skipped = BTreeMap<RequestId, String>;

/// Does it where it was never done, or something was written since by a bot that does not keep the lists; and again for what
/// could not be read then.
pub(super) async fn fill(store: &DynamoStore) -> anyhow::Result<()> {
    let before = Note::read(store).await?;
    // What is written from here on is judged the next time.
    let tip = trail::tip(store).await?;
    if let Some(before) = before.filter(|note| note.holds_up_to(tip)) {
        if before.skipped.is_empty() {
            return Ok(());
        }
        let skipped = fill_all(store, &before.skipped).await?;
        if skipped.keys().eq(&before.skipped) {
            return Ok(());
        }
        return Note::of(before.up_to, skipped).put(store).await;
    }
    let mut skipped = Skipped::new();
    // Of an empty trail nothing was ever stored.
    let partitions = if tip.number == 0 { Vec::new() } else { keys::id_partitions("") };
    for partition in partitions {
        let ids = lists::ids_in(store, partition).await?;
        skipped.extend(fill_all(store, &ids).await?);
    }
    homes::fill(store).await?;
    Note::of(tip.number, skipped).put(store).await
}

/// Does it for one request, unless the lists have it in this revision or a later one.
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

/// In as few transactions as they fit in, each with what its requests add to sums; again while somebody else changes them.
async fn fill_some(store: &DynamoStore, ids: &[RequestId]) -> anyhow::Result<Skipped> {
    let (mut pauses, mut skipped, mut rest) = (Pauses::default(), Skipped::new(), ids.to_vec());
    loop {
        let rows = store.row_items(&rest).await?;
        let places = store.event_items(rest.iter().map(|id| lists::place(*id)).collect()).await?;
        let mut plans = Vec::new();
        for row in &rows {
            let place = places.iter().find(|place| place.get("requestId") == row.get("requestId"));
            let id = row::id(row)?;
            match Plan::of(store, id, row, place) {
                Ok(plan) => plans.extend(plan),
                Err(error) => drop(skipped.insert(id, format!("{error:#}"))),
            }
        }
        rest.clear();
        for plan in together(plans) {
            let mut parts = plan.parts;
            parts.extend(plan.changes.parts(store)?);
            let answer = store.transact(&parts).await.context("cannot put requests into lists")?;
            if let Outcome::Refused(_) = answer {
                rest.extend(plan.ids);
            }
        }
        if rest.is_empty() {
            return Ok(skipped);
        }
        pauses.next().await;
    }
}

/// Whether what stands in the lists is of this revision or later.
fn stands(place: Option<&Item>, revision: u64) -> anyhow::Result<bool> {
    let listed = place.map(|place| read_number(place, "rev")).transpose()?.flatten();
    Ok(listed.is_some_and(|listed| listed >= revision))
}

/// The writes that put requests into lists, and how sums change.
#[derive(Default)]
struct Plan {
    ids: Vec<RequestId>,
    parts: Vec<Part>,
    changes: Changes,
}

impl Plan {
    /// Of one that is not in them as it is.
    fn of(
        store: &DynamoStore,
        id: RequestId,
        row: &Item,
        place: Option<&Item>,
    ) -> anyhow::Result<Option<Self>> {
        // Also of one that only a newer bot reads, and has put there.
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

/// As many in one as a transaction takes.
fn together(plans: Vec<Plan>) -> Vec<Plan> {
    let mut all: Vec<Plan> = Vec::new();
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

/// Up to where everything is in the lists.
#[derive(Debug)]
struct Note {
    /// The number of an entry of the trail.
    up_to: u64,
    /// What is not, since it could not be read.
    skipped: Vec<RequestId>,
}

impl Note {
    /// Says so in the log where something was skipped.
    fn of(up_to: u64, skipped: Skipped) -> Self {
        if let Some((_, why)) = skipped.first_key_value() {
            let named: Vec<String> = skipped.keys().take(NAMED).map(ToString::to_string).collect();
            let (count, named) = (skipped.len(), named.join(" "));
            tracing::warn!(count, named, why, "requests that cannot be read are in no list and no sum");
        }
        Self { up_to, skipped: skipped.into_keys().collect() }
    }

    /// Whether nothing up to there was written without the lists.
    fn holds_up_to(&self, tip: trail::Tip) -> bool {
        tip.number <= self.up_to || tip.listed_since.is_some_and(|since| since <= self.up_to + 1)
    }

    async fn read(store: &DynamoStore) -> anyhow::Result<Option<Self>> {
        let Some(item) = store.event(keys::lists_filled()).await? else { return Ok(None) };
        let Some(up_to) = read_number(&item, "upTo")? else { return Ok(None) };
        let skipped = item.get("skipped").and_then(|skipped| skipped.as_ss().ok());
        let skipped = skipped.into_iter().flatten().map(|id| request_id(id));
        Ok(Some(Self { up_to, skipped: skipped.collect::<anyhow::Result<_>>()? }))
    }

    /// Unless another bot has noted more meanwhile.
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
