//! Finding requests: lists and sums through the indexes, ids by their beginnings, messages.
//!
//! An index names the requests, their rows are read as they are now and looked at again: what the index did not know
//! yet is left out. A team's list is sorted here, from the keys and dates of all its requests, since the index of
//! teams is ordered by product.

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use jiff::Timestamp;

use super::item::{Item, must_text, read_text, text, time};
use super::{DynamoStore, keys, row, teams};
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::request::{MessageRef, Request};
use crate::ports::store::{Holding, Which, Whose};
use crate::ports::stored::request_id;

/// What a team has, of one product or of all.
pub(super) const TEAM_INDEX: &str = "TeamProductIndex";
/// What a person looks after.
pub(super) const USER_INDEX: &str = "UserIndex";
/// What waits for a team's approvers.
pub(super) const AWAITING_INDEX: &str = "AwaitingIndex";

/// What a query finds, page by page, until there are enough.
pub(super) async fn all(query: QueryFluentBuilder, enough: usize) -> anyhow::Result<Vec<Item>> {
    let mut pages = query.into_paginator().items().send();
    let mut found = Vec::new();
    while found.len() < enough
        && let Some(item) = pages.next().await
    {
        found.push(item?);
    }
    Ok(found)
}

pub(super) async fn find(store: &DynamoStore, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
    if !RequestId::may_begin_with(prefix) {
        return Ok(Vec::new());
    }
    let mut ids = Vec::new();
    for partition in keys::id_partitions(prefix) {
        let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
        let query = query
            .expression_attribute_values(":ids", text(partition))
            .limit(i32::try_from(limit.clamp(1, 1_000)).unwrap_or(i32::MAX));
        let query = match prefix {
            "" => query.key_condition_expression("pk = :ids"),
            _ => query
                .key_condition_expression("pk = :ids AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
        };
        let found = all(query, limit - ids.len()).await.context("cannot look for ids")?;
        for item in &found {
            ids.push(request_id(must_text(item, "sk")?)?);
        }
        if ids.len() == limit {
            break;
        }
    }
    store.rows(&ids).await
}

pub(super) async fn requests_of_message(
    store: &DynamoStore,
    message: &MessageRef,
) -> anyhow::Result<Vec<RequestId>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :message")
        .expression_attribute_values(":message", text(keys::message_partition(message)));
    let found = all(query, usize::MAX).await.context("cannot look for the requests of a message")?;
    found.iter().map(|item| request_id(must_text(item, "sk")?)).collect()
}

pub(super) async fn list(
    store: &DynamoStore,
    whose: &Whose,
    which: Which,
    skip: usize,
    limit: usize,
) -> anyhow::Result<Vec<Request>> {
    // Only a person's index is in the order of dates, so that its first ones are the newest.
    let is_in_order = matches!(whose, Whose::Owner(_)) && which != Which::Ended;
    let enough = if is_in_order { skip.saturating_add(limit) } else { usize::MAX };
    let mut found = Vec::new();
    for part in parts(store, whose).await? {
        let query = part.listed(store, which).projection_expression("requestId, createdAt, endedAt");
        found.extend(all(query.scan_index_forward(false), enough).await?);
    }
    let date = if which == Which::Ended { "endedAt" } else { "createdAt" };
    found.sort_by(|a, b| read_text(b, date).cmp(&read_text(a, date)));
    let page = found.iter().skip(skip).take(limit).map(row::id).collect::<anyhow::Result<Vec<_>>>()?;
    let mut requests = store.rows(&page).await?;
    requests.retain(|request| belongs(request, whose, which));
    Ok(requests)
}

pub(super) async fn holdings(
    store: &DynamoStore,
    whose: &Whose,
    since: Timestamp,
) -> anyhow::Result<Vec<Holding>> {
    let mut found = Vec::new();
    for part in parts(store, whose).await? {
        let query = part
            .all(store)
            .filter_expression("attribute_not_exists(endedAt) OR endedAt >= :since")
            .expression_attribute_values(":since", time(since))
            .projection_expression(row::HOLDING.join(", "));
        found.extend(all(query, usize::MAX).await?);
    }
    found.iter().map(row::holding).collect()
}

/// What one query of an index finds.
enum Part {
    Owner(PersonId),
    Team(TeamName),
    TeamProduct(TeamName, ProductKey),
}

/// The queries that find them. No index has all requests, so those of all teams are found team by team.
async fn parts(store: &DynamoStore, whose: &Whose) -> anyhow::Result<Vec<Part>> {
    Ok(match whose {
        Whose::Owner(person) => vec![Part::Owner(person.clone())],
        Whose::Team(team) => vec![Part::Team(team.clone())],
        Whose::TeamProduct(team, product) => vec![Part::TeamProduct(team.clone(), product.clone())],
        Whose::All => teams::known(store).await?.into_iter().map(Part::Team).collect(),
    })
}

impl Part {
    /// The query of an index for those of them that are meant.
    fn listed(&self, store: &DynamoStore, which: Which) -> QueryFluentBuilder {
        match (self, which) {
            (Self::Team(team), Which::Waiting) => index(store, AWAITING_INDEX)
                .key_condition_expression("awaitingTeam = :team")
                .expression_attribute_values(":team", text(team.as_str())),
            (_, Which::All) => self.all(store),
            (_, Which::Live) => self.all(store).filter_expression("attribute_not_exists(endedAt)"),
            (_, Which::Ended) => self.all(store).filter_expression("attribute_exists(endedAt)"),
            (_, Which::Waiting) => self.all(store).filter_expression("attribute_exists(awaitingTeam)"),
        }
    }

    /// The query of an index for all of them.
    fn all(&self, store: &DynamoStore) -> QueryFluentBuilder {
        match self {
            Self::Owner(person) => index(store, USER_INDEX)
                .key_condition_expression("userId = :owner")
                .expression_attribute_values(":owner", text(person.as_str())),
            Self::Team(team) => index(store, TEAM_INDEX)
                .key_condition_expression("teamName = :team")
                .expression_attribute_values(":team", text(team.as_str())),
            Self::TeamProduct(team, product) => index(store, TEAM_INDEX)
                .key_condition_expression("teamName = :team AND productType = :product")
                .expression_attribute_values(":team", text(team.as_str()))
                .expression_attribute_values(":product", text(product.as_str())),
        }
    }
}

fn index(store: &DynamoStore, name: &str) -> QueryFluentBuilder {
    store.client.query().table_name(&store.tables.requests).index_name(name)
}

fn belongs(request: &Request, whose: &Whose, which: Which) -> bool {
    let is_theirs = match whose {
        Whose::Owner(person) => request.owner == *person,
        Whose::Team(team) => request.team == *team,
        Whose::TeamProduct(team, product) => request.team == *team && request.product.key == *product,
        Whose::All => true,
    };
    let is_asked_for = match which {
        Which::All => true,
        Which::Live => request.ended_at.is_none(),
        Which::Ended => request.ended_at.is_some(),
        Which::Waiting => request.waits_for_approvers(),
    };
    is_theirs && is_asked_for
}
