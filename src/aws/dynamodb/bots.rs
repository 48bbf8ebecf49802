//! Bots that use the tables, all in one partition; DynamoDB deletes those not seen for a day. Also the last
//! time that any of them could receive from Slack.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use super::item::{Item, ends, must_text, number, read_number, read_time, text, time};
use super::keys;
use super::query::all;
use super::tables::DynamoStore;
use crate::ports::retention::later;
use crate::ports::store::Bot;

/// A bot not seen for this long is deleted.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

pub(super) async fn put(store: &DynamoStore, bot: &Bot) -> anyhow::Result<()> {
    let mut item = keys::bot(&bot.id);
    item.insert("reads".to_owned(), number(&bot.format));
    item.insert("seenAt".to_owned(), time(bot.seen_at));
    ends(&mut item, later(bot.seen_at, FORGOTTEN_AFTER));
    let put = store.client.put_item().table_name(&store.tables.events).set_item(Some(item));
    put.send().await.map(drop).context("cannot say that this bot works on the tables")
}

pub(super) async fn since(store: &DynamoStore, since: Timestamp) -> anyhow::Result<Vec<Bot>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :bots")
        .filter_expression("seenAt >= :since")
        .expression_attribute_values(":bots", text(keys::BOTS))
        .expression_attribute_values(":since", time(since));
    let items = all(query, usize::MAX).await.context("cannot read which bots work on the tables")?;
    let read = |item: &Item| {
        Ok(Bot {
            id: must_text(item, "sk")?.to_owned(),
            // A bot that names no format is as old as the first; a number too large to hold is newer than
            // ours.
            format: read_number(item, "reads")?.unwrap_or(1).try_into().unwrap_or(u32::MAX),
            seen_at: read_time(item, "seenAt")?.unwrap_or(Timestamp::MIN),
        })
    };
    items.iter().map(read).collect()
}

pub(super) async fn put_heard(store: &DynamoStore, heard_at: Timestamp) -> anyhow::Result<()> {
    let mut item = keys::heard();
    item.insert("heardAt".to_owned(), time(heard_at));
    let put = store.client.put_item().table_name(&store.tables.events).set_item(Some(item));
    put.send().await.map(drop).context("cannot note that people are heard")
}

pub(super) async fn heard_at(store: &DynamoStore) -> anyhow::Result<Option<Timestamp>> {
    let get = store.client.get_item().table_name(&store.tables.events).consistent_read(true);
    let read =
        get.set_key(Some(keys::heard())).send().await.context("cannot read when people were heard last")?;
    read.item.map_or(Ok(None), |item| read_time(&item, "heardAt"))
}
