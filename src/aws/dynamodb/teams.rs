//! The list of teams that ever held something. Counters can only be found by their team's name, so the names
//! are stored separately.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use anyhow::Context as _;

use super::item::{must_text, read_text, text};
use super::query::{all, ids_in};
use super::tables::DynamoStore;
use super::transaction::{Table, TransactionWrite};
use super::{keys, row};
use crate::domain::ids::TeamName;

pub(super) async fn known(store: &DynamoStore) -> anyhow::Result<Vec<TeamName>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :teams")
        .expression_attribute_values(":teams", text(keys::TEAMS));
    let items = all(query, usize::MAX).await.context("cannot read which teams there are")?;
    let names = items.iter().map(|item| must_text(item, "sk"));
    let names = names.filter(|name| !matches!(name, Ok(keys::TEAMS_FOUND)));
    names.map(|name| name.map(TeamName::new)).collect()
}

/// Returns the write that adds a team to the list, unless this process knows that it is there.
pub(super) fn part(store: &DynamoStore, team: &TeamName) -> anyhow::Result<Option<TransactionWrite>> {
    if store.teams.lock().unwrap_or_else(PoisonError::into_inner).contains(team) {
        return Ok(None);
    }
    store.put(Table::Events, keys::team(team.as_str())).map(Some)
}

/// Remembers that the team is in the list.
pub(super) fn is_known(store: &DynamoStore, team: &TeamName) {
    let mut teams = store.teams.lock().unwrap_or_else(PoisonError::into_inner);
    if !teams.contains(team) {
        teams.insert(team.clone());
    }
}

async fn put(store: &DynamoStore, name: &str) -> anyhow::Result<()> {
    let put = store.client.put_item().table_name(&store.tables.events).set_item(Some(keys::team(name)));
    put.send().await.map(drop).context("cannot remember which teams there are")
}

/// Adds the teams of tables that are older than this list, once. Reads the team of every request.
pub(super) async fn find(store: &DynamoStore) -> anyhow::Result<()> {
    if store.event(keys::team(keys::TEAMS_FOUND)).await?.is_some() {
        return Ok(());
    }
    let mut teams = BTreeSet::new();
    for partition in keys::id_partitions("") {
        let ids = ids_in(store, partition).await?;
        let rows = store.row_items(&ids).await?;
        teams.extend(rows.iter().filter_map(|item| read_text(item, row::TEAM)).map(TeamName::new));
    }
    for team in &teams {
        put(store, team.as_str()).await?;
    }
    // Written last: after a crash the search starts again.
    put(store, keys::TEAMS_FOUND).await
}
