//! Absences and who answers for the absent, all in one partition.

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::item::{Item, ends, is_readable, mark, may_be_read, must_text, text};
use super::keys;
use super::query::all;
use super::tables::DynamoStore;
use super::transaction::{Check, Table, TransactionWrite};
use crate::domain::away::{Away, today};
use crate::ports::store::Absence;

/// Returns the write of an absence. One that a newer bot has written is left unchanged.
pub(super) fn part(store: &DynamoStore, absence: &Absence) -> anyhow::Result<TransactionWrite> {
    match absence {
        Absence::Begin(away) => {
            let mut item = keys::away(&away.person);
            // `until` is inclusive, so the item expires a day later.
            item.insert("delegate".to_owned(), text(away.delegate.as_str()));
            item.insert("until".to_owned(), text(away.until.to_string()));
            let end = away.until.tomorrow().and_then(|day| day.to_zoned_datetime(TimeZone::UTC));
            if let Ok(end) = end {
                ends(&mut item, end.timestamp());
            }
            mark(&mut item);
            store.put_if(Table::Events, item, Check::Format, is_readable())
        }
        Absence::End(person) => store.delete_if(keys::away(person), Check::Format, is_readable()),
    }
}

pub(super) async fn at(store: &DynamoStore, now: Timestamp) -> anyhow::Result<Vec<Away>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :aways")
        .filter_expression("#until >= :today")
        .expression_attribute_names("#until", "until")
        .expression_attribute_values(":aways", text(keys::AWAYS))
        .expression_attribute_values(":today", text(today(now).to_string()));
    let aways = all(query, usize::MAX).await.context("cannot read who is away")?;
    let read = |item: &Item| {
        let text = |name| must_text(item, name).ok();
        Away::read(text("sk"), text("delegate"), text("until"))
    };
    Ok(aways.iter().filter(|item| may_be_read(item)).filter_map(read).collect())
}
