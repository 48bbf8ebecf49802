//! Counted refusals that repeat; all in one partition, which holds those of the last hour.

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use jiff::Timestamp;

use super::expression::Expression;
use super::item::{
    IS_READABLE, Item, is_readable, mark, may_be_read, must_text, number, read_json, read_number, read_time,
    readable_value, text, time,
};
use super::keys;
use super::query::all;
use super::tables::DynamoStore;
use super::transaction::{Check, Table, TransactionWrite};
use crate::domain::repeats::RepeatedRefusal;
use crate::ports::store::{CountedRefusal, RefusalsChange};

pub(super) async fn load(store: &DynamoStore, key: &str) -> anyhow::Result<Option<RepeatedRefusal>> {
    let item = store.event(keys::refusal(key)).await?.filter(may_be_read);
    item.map(|item| read(&item)).transpose()
}

fn read(item: &Item) -> anyhow::Result<RepeatedRefusal> {
    Ok(RepeatedRefusal {
        action: read_json(item, "body", "a refusal")?,
        until: read_time(item, "countedUntil")?.context("a refusal is counted for ever")?,
        again: read_number(item, "again")?.unwrap_or(0),
    })
}

pub(super) async fn again(store: &DynamoStore, key: &str, now: Timestamp) -> anyhow::Result<bool> {
    let update =
        store.client.update_item().table_name(&store.tables.events).set_key(Some(keys::refusal(key)));
    let update = update
        .update_expression("ADD again :one")
        .condition_expression(format!("countedUntil > :now AND {IS_READABLE}"))
        .expression_attribute_values(":one", number(&1))
        .expression_attribute_values(":now", time(now))
        .expression_attribute_values(":readable", readable_value().1);
    match update.send().await {
        Ok(_) => Ok(true),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
        {
            Ok(false)
        }
        Err(error) => Err(error).context("cannot count a refusal"),
    }
}

pub(super) async fn counted(
    store: &DynamoStore,
    now: Timestamp,
    limit: usize,
) -> anyhow::Result<Vec<CountedRefusal>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :refusals")
        .filter_expression(format!("countedUntil <= :now AND {IS_READABLE}"))
        .expression_attribute_values(":refusals", text(keys::REFUSALS))
        .expression_attribute_values(":now", time(now))
        .expression_attribute_values(":readable", readable_value().1);
    let items = all(query, usize::MAX).await.context("cannot read the refusals that are counted")?;
    let read_count =
        |item: &Item| Ok(CountedRefusal { key: must_text(item, "sk")?.to_owned(), refusal: read(item) });
    let mut counts = items.iter().map(read_count).collect::<anyhow::Result<Vec<_>>>()?;
    // Those that cannot be read come first, so that they are deleted and do not fill every page.
    counts.sort_by_key(|count| count.refusal.as_ref().map_or(Timestamp::MIN, |refusal| refusal.until));
    counts.truncate(limit);
    Ok(counts)
}

pub(super) async fn forget(store: &DynamoStore, key: &str) -> anyhow::Result<()> {
    // Keep what a newer bot has written there meanwhile.
    let part = store.delete_if(keys::refusal(key), Check::Format, is_readable())?;
    store.transact(&[part]).await.map(drop)
}

pub(super) fn part(store: &DynamoStore, change: &RefusalsChange) -> anyhow::Result<TransactionWrite> {
    let as_before = match &change.before {
        None => Expression::new("attribute_not_exists(pk)", Vec::new()),
        Some(before) => Expression::new(
            format!("countedUntil = :until AND again = :again AND {IS_READABLE}"),
            vec![(":until", time(before.until)), (":again", number(&before.again)), readable_value()],
        ),
    };
    let mut item = keys::refusal(&change.key);
    let Some(after) = &change.after else { return store.delete_if(item, Check::Counted, as_before) };
    let body = serde_json::to_string(&after.action).context("cannot encode a refusal")?;
    item.insert("body".to_owned(), text(body));
    item.insert("countedUntil".to_owned(), time(after.until));
    item.insert("again".to_owned(), number(&after.again));
    mark(&mut item);
    store.put_if(Table::Events, item, Check::Counted, as_before)
}
