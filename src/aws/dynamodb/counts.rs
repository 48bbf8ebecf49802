//! Counters of each team: one item per day with one attribute per counter. Also the pause of new requests, of
//! which there is at most one.

use anyhow::Context as _;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::expression::Expression;
use super::item::{
    Item, TTL, is_readable, mark, must_be_readable, must_text, number, read_json, read_number, text,
};
use super::keys;
use super::query::all;
use super::tables::DynamoStore;
use super::transaction::{Check, RetryPauses, Table, TransactionWrite};
use crate::domain::counters::{Counter, CounterDay, CounterTotals};
use crate::domain::ids::TeamName;
use crate::domain::pause::Pause;
use crate::ports::retention::{COUNTS_KEPT_FOR, later};
use crate::ports::store::Pausing;

/// Prefix of counter attributes, so that none is a reserved word of DynamoDB.
const PREFIX: &str = "n_";

pub(super) fn part(store: &DynamoStore, tally: &CounterDay) -> anyhow::Result<TransactionWrite> {
    let each: Vec<String> = tally.marks.iter().map(|mark| format!("{PREFIX}{} :one", mark.name())).collect();
    let change = Expression::new(
        format!("ADD {} SET #ttl = :end", each.join(", ")),
        vec![(":one", number(&1)), (":end", end_of(tally.day))],
    );
    let change = change.named("#ttl", TTL);
    // `ADD` is safe to retry here, because the transaction's token keeps it from being applied twice.
    store.update(keys::counts(&tally.team, tally.day), change, Check::Nothing, "")
}

/// Returns when the counters of a day expire.
fn end_of(day: Date) -> AttributeValue {
    let begin = day.to_zoned_datetime(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp());
    number(&later(begin, COUNTS_KEPT_FOR).as_second())
}

/// Moves all counters of a team to another. Each day is one transaction on the condition that the values read
/// are still current. Counts added meanwhile are found by the next round; it ends when a round finds nothing
/// to move.
pub(super) async fn move_all(store: &DynamoStore, from: &TeamName, to: &TeamName) -> anyhow::Result<()> {
    let mut pauses = RetryPauses::default();
    loop {
        let days = days(store, from, Date::MIN).await?;
        let mut is_moved = true;
        for day in &days {
            is_moved &= move_day(store, day, from, to).await?;
        }
        if is_moved {
            return Ok(());
        }
        pauses.next().await;
    }
}

/// Moves the counters of one day. Returns whether there was nothing to move.
async fn move_day(store: &DynamoStore, item: &Item, from: &TeamName, to: &TeamName) -> anyhow::Result<bool> {
    let day: Date = must_text(item, "sk")?.parse().context("cannot read the day of a count")?;
    let mut loss = Expression::default();
    let mut gain = Expression::default();
    let (mut additions, mut subtractions, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
    for name in item.keys().filter(|name| name.starts_with(PREFIX)) {
        let count = read_number(item, name)?.unwrap_or(0);
        // An earlier move leaves a zero behind, because it subtracts instead of deleting.
        if count == 0 {
            continue;
        }
        additions.push(format!("{name} :{name}"));
        subtractions.push(format!("{name} :less_{name}"));
        conditions.push(format!("{name} = :{name}"));
        gain = gain.with(format!(":{name}"), number(&count));
        loss = loss
            .with(format!(":{name}"), number(&count))
            .with(format!(":less_{name}"), AttributeValue::N(format!("-{count}")));
    }
    if additions.is_empty() {
        return Ok(true);
    }
    loss.text = format!("ADD {}", subtractions.join(", "));
    gain.text = format!("ADD {} SET #ttl = :end", additions.join(", "));
    gain = gain.with(":end", end_of(day)).named("#ttl", TTL);
    let parts = [
        store.update(keys::counts(from, day), loss, Check::Plan, &conditions.join(" AND "))?,
        store.update(keys::counts(to, day), gain, Check::Nothing, "")?,
    ];
    // Whether this was taken or refused, the next round sees what is left.
    store.transact(&parts).await?;
    Ok(false)
}

pub(super) async fn since(store: &DynamoStore, team: &TeamName, from: Date) -> anyhow::Result<CounterTotals> {
    let mut counts = CounterTotals::default();
    for day in &days(store, team, from).await? {
        for name in day.keys() {
            // Counters of a newer version are unknown here and left out.
            if let Some(mark) = name.strip_prefix(PREFIX).and_then(Counter::parse) {
                counts.add(mark, read_number(day, name)?.unwrap_or(0));
            }
        }
    }
    Ok(counts)
}

async fn days(store: &DynamoStore, team: &TeamName, from: Date) -> anyhow::Result<Vec<Item>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :team AND sk >= :from")
        .expression_attribute_values(":team", text(keys::counts_partition(team)))
        .expression_attribute_values(":from", text(from.to_string()));
    all(query, usize::MAX).await.with_context(|| format!("cannot read the counts of {team}"))
}

pub(super) fn pausing(store: &DynamoStore, pausing: &Pausing) -> anyhow::Result<TransactionWrite> {
    match pausing {
        Pausing::Begin(pause) => {
            let mut item = keys::pause();
            item.insert(
                "body".to_owned(),
                text(serde_json::to_string(pause).context("cannot encode a pause")?),
            );
            mark(&mut item);
            store.put_if(Table::Events, item, Check::Format, is_readable())
        }
        Pausing::End => store.delete_if(keys::pause(), Check::Format, is_readable()),
    }
}

pub(super) async fn pause(store: &DynamoStore) -> anyhow::Result<Option<Pause>> {
    store.event(keys::pause()).await?.map(|item| read_pause(&item)).transpose()
}

pub(super) fn read_pause(item: &Item) -> anyhow::Result<Pause> {
    must_be_readable(item)?;
    read_json(item, "body", "the pause")
}
