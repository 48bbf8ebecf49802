//! Who is away and who answers for them, all in one partition.

use anyhow::Context as _;
use jiff::Timestamp;

use super::item::{is_readable, mark, may_be_read, must_text, text};
use super::lists::all;
use super::transaction::{Check, Table};
use super::{DynamoStore, keys};
use crate::domain::away::{Away, today};
use crate::domain::ids::PersonId;

pub(super) async fn put(store: &DynamoStore, away: &Away) -> anyhow::Result<()> {
    let mut item = keys::away(&away.person);
    item.insert("delegate".to_owned(), text(away.delegate.as_str()));
    item.insert("until".to_owned(), text(away.until.to_string()));
    mark(&mut item);
    let part = store.put_if(Table::Events, item, Check::Format, is_readable())?;
    store.transact_readable(part).await.with_context(|| format!("cannot store that {} is away", away.person))
}

pub(super) async fn end(store: &DynamoStore, person: &PersonId) -> anyhow::Result<()> {
    let part = store.delete_if(keys::away(person), Check::Format, is_readable())?;
    store.transact_readable(part).await.with_context(|| format!("cannot store that {person} is back"))
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
    let read = |item: &super::item::Item| {
        Ok(Away {
            person: PersonId::new(must_text(item, "sk")?),
            delegate: PersonId::new(must_text(item, "delegate")?),
            until: must_text(item, "until")?.parse().context("cannot read until when somebody is away")?,
        })
    };
    aways.iter().filter(|item| may_be_read(item)).map(read).collect()
}
