//! What is counted of each team: an item a day, an attribute for each mark. And the pause, of which there is one at most.

use anyhow::Context as _;
use jiff::civil::Date;

use super::item::{Item, is_readable, mark, must_be_readable, number, read_json, read_number, text};
use super::lists::all;
use super::transaction::{Check, Expression, Part, Table};
use super::{DynamoStore, keys};
use crate::domain::ids::TeamName;
use crate::domain::pause::Pause;
use crate::domain::tally::{Counts, Mark, Tally};
use crate::ports::store::Pausing;

/// No mark is called as DynamoDB's own words are.
const PREFIX: &str = "n_";

pub(super) fn part(store: &DynamoStore, tally: &Tally) -> anyhow::Result<Part> {
    let each: Vec<String> = tally.marks.iter().map(|mark| format!("{PREFIX}{} :one", mark.word())).collect();
    let change = Expression::new(format!("ADD {}", each.join(", ")), vec![(":one", number(&1))]);
    store.update(keys::counts(&tally.team, tally.day), change, Check::Nothing, "")
}

pub(super) async fn since(store: &DynamoStore, team: &TeamName, from: Date) -> anyhow::Result<Counts> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :team AND sk >= :from")
        .expression_attribute_values(":team", text(keys::counts_partition(team)))
        .expression_attribute_values(":from", text(from.to_string()));
    let days = all(query, usize::MAX).await.with_context(|| format!("cannot read the counts of {team}"))?;
    let mut counts = Counts::default();
    for day in &days {
        for name in day.keys() {
            if let Some(mark) = name.strip_prefix(PREFIX).and_then(Mark::parse) {
                counts.add(mark, read_number(day, name)?.unwrap_or(0));
            }
        }
    }
    Ok(counts)
}

pub(super) fn pausing(store: &DynamoStore, pausing: &Pausing) -> anyhow::Result<Part> {
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
