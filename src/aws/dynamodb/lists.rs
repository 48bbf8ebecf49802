//! Finding requests: lists and sums through the indexes, ids by their beginnings, messages.
//!
//! An index names the requests, their rows are read as they are now and looked at again: what the index did not know
//! yet is left out. A team's list is sorted here, from the keys and dates of all its requests, since the index of
//! teams is ordered by product.

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use jiff::Timestamp;

use super::item::{Item, must_text, read_text, text, time};
use super::{DynamoStore, keys, row};
use crate::domain::ids::RequestId;
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
    let query = listed(store, whose, which).projection_expression("requestId, createdAt, endedAt");
    // Only a person's index is in the order of dates, so that its first ones are the newest.
    let is_in_order = matches!(whose, Whose::Owner(_)) && which != Which::Ended;
    let enough = if is_in_order { skip.saturating_add(limit) } else { usize::MAX };
    let mut found = all(query.scan_index_forward(false), enough).await?;
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
    let query = of(store, whose)
        .filter_expression("attribute_not_exists(endedAt) OR endedAt >= :since")
        .expression_attribute_values(":since", time(since))
        .projection_expression(row::HOLDING.join(", "));
    all(query, usize::MAX).await?.iter().map(row::holding).collect()
}

/// The query of an index for these requests.
fn listed(store: &DynamoStore, whose: &Whose, which: Which) -> QueryFluentBuilder {
    match (whose, which) {
        (Whose::Team(team), Which::Waiting) => index(store, AWAITING_INDEX)
            .key_condition_expression("awaitingTeam = :team")
            .expression_attribute_values(":team", text(team.as_str())),
        (_, Which::All) => of(store, whose),
        (_, Which::Live) => of(store, whose).filter_expression("attribute_not_exists(endedAt)"),
        (_, Which::Ended) => of(store, whose).filter_expression("attribute_exists(endedAt)"),
        (_, Which::Waiting) => of(store, whose).filter_expression("attribute_exists(awaitingTeam)"),
    }
}

/// The query of an index for all of a person's or a team's requests.
fn of(store: &DynamoStore, whose: &Whose) -> QueryFluentBuilder {
    match whose {
        Whose::Owner(person) => index(store, USER_INDEX)
            .key_condition_expression("userId = :owner")
            .expression_attribute_values(":owner", text(person.as_str())),
        Whose::Team(team) => index(store, TEAM_INDEX)
            .key_condition_expression("teamName = :team")
            .expression_attribute_values(":team", text(team.as_str())),
        Whose::TeamProduct(team, product) => index(store, TEAM_INDEX)
            .key_condition_expression("teamName = :team AND productType = :product")
            .expression_attribute_values(":team", text(team.as_str()))
            .expression_attribute_values(":product", text(product.as_str())),
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
    };
    let is_asked_for = match which {
        Which::All => true,
        Which::Live => request.ended_at.is_none(),
        Which::Ended => request.ended_at.is_some(),
        Which::Waiting => request.waits_for_approvers(),
    };
    is_theirs && is_asked_for
}
