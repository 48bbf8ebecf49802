//! Opened home tabs, all in one partition. The index of due dates also orders them by when they were opened,
//! to find the recent ones.

use anyhow::Context as _;

use aws_sdk_dynamodb::operation::put_item::PutItemError;

use super::item::{
    IS_READABLE, Item, ends, mark, may_be_read, must_text, read_text, read_time, readable_value, text, time,
};
use super::jobs::conditional;
use super::keys;
use super::query::all;
use super::tables::{DUE_INDEX, DynamoStore};
use crate::domain::ids::PersonId;
use crate::ports::retention::{HOMES_KEPT_FOR, later};
use crate::ports::store::HomeTab;
use jiff::Timestamp;

pub(super) async fn load(store: &DynamoStore, person: &PersonId) -> anyhow::Result<Option<HomeTab>> {
    let item = store.event(keys::home(person)).await?.filter(may_be_read);
    item.map(|home| read(&home).with_context(|| format!("cannot read the home tab of {person}"))).transpose()
}

fn read(home: &Item) -> anyhow::Result<HomeTab> {
    let timestamp = |name| read_time(home, name)?.with_context(|| format!("there is no `{name}`"));
    Ok(HomeTab {
        first_opened_at: timestamp("firstOpenedAt")?,
        opened_at: timestamp("openedAt")?,
        shows: read_text(home, "shows").unwrap_or_default().to_owned(),
    })
}

/// Stores a home tab, unless a newer program has stored it.
pub(super) async fn put(store: &DynamoStore, person: &PersonId, home: &HomeTab) -> anyhow::Result<()> {
    let mut item = keys::home(person);
    item.insert("firstOpenedAt".to_owned(), time(home.first_opened_at));
    item.insert("openedAt".to_owned(), time(home.opened_at));
    item.insert("shows".to_owned(), text(&home.shows));
    item.insert("dueShard".to_owned(), text(keys::HOMES));
    item.insert("dueAt".to_owned(), time(home.opened_at));
    ends(&mut item, later(home.opened_at, HOMES_KEPT_FOR));
    mark(&mut item);
    let put = store.client.put_item().table_name(&store.tables.events).set_item(Some(item));
    let put =
        put.condition_expression(IS_READABLE).expression_attribute_values(":readable", readable_value().1);
    // A refused write keeps what a newer program has stored.
    match put.send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("cannot store the home tab of {person}")),
    }
}

/// Returns who opened their home tab since then. Reads only those, however many have opened theirs before.
pub(super) async fn opened_since(store: &DynamoStore, since: Timestamp) -> anyhow::Result<Vec<PersonId>> {
    let query = store.client.query().table_name(&store.tables.events).index_name(DUE_INDEX);
    let query = query
        .key_condition_expression("dueShard = :homes AND dueAt >= :since")
        .expression_attribute_values(":homes", text(keys::HOMES))
        .expression_attribute_values(":since", time(since));
    let homes = all(query, usize::MAX).await.context("cannot read who opened their home tab")?;
    homes.iter().map(|home| Ok(PersonId::new(must_text(home, "sk")?))).collect()
}

/// Adds home tabs to the index that older bots have written, which do not set the index attributes.
pub(super) async fn fill(store: &DynamoStore) -> anyhow::Result<()> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :homes")
        .filter_expression("attribute_not_exists(dueShard)")
        .expression_attribute_values(":homes", text(keys::HOMES));
    for home in all(query, usize::MAX).await.context("cannot read the home tabs")? {
        let (Some(opened_at), true) = (home.get("openedAt"), may_be_read(&home)) else { continue };
        let person = PersonId::new(must_text(&home, "sk")?);
        let update = store.client.update_item().table_name(&store.tables.events);
        let update = update
            .set_key(Some(keys::home(&person)))
            .update_expression("SET dueShard = :homes, dueAt = :at")
            // A tab opened meanwhile was indexed by that write.
            .condition_expression("openedAt = :at AND attribute_not_exists(dueShard)")
            .expression_attribute_values(":homes", text(keys::HOMES))
            .expression_attribute_values(":at", opened_at.clone());
        conditional(update).await.with_context(|| format!("cannot list the home tab of {person}"))?;
    }
    Ok(())
}
