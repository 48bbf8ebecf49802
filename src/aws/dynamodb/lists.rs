//! Finding requests: lists and sums through the indexes, ids by their beginnings, messages.
//!
//! An index names the requests, their rows are read as they are now and looked at again: what the index did not know
//! yet is left out. What lives and what has ended stands in lists that are read in their order, as far as it is shown; see
//! [`Place`]. Only whoever needs all of a team's requests reads them all.

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use jiff::Timestamp;

use super::item::{Item, must_text, number, text, time};
use super::jobs::DUE_INDEX;
use super::sums::Changes;
use super::transaction::{Check, Expression, Part as TransactionPart, Table};
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

/// How many items DynamoDB looks at before it answers: no more than there have to be.
fn page_of(enough: usize) -> i32 {
    i32::try_from(enough.clamp(1, 1_000)).unwrap_or(i32::MAX)
}

/// How many a query finds, counted until there are enough.
pub(super) async fn count(query: QueryFluentBuilder, enough: usize) -> anyhow::Result<usize> {
    let mut pages = query.select(Select::Count).limit(page_of(enough)).into_paginator().send();
    let mut counted = 0;
    while counted < enough
        && let Some(page) = pages.next().await
    {
        counted += usize::try_from(page?.count).unwrap_or_default();
    }
    Ok(counted.min(enough))
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
    let enough = skip.saturating_add(limit);
    let mut found = match places(store, whose, which).await? {
        Some(places) => first_of(store, &places, which, enough).await?,
        None => merged(store, whose, which, enough).await?,
    };
    let page = found.drain(..).skip(skip).take(limit).map(|(_, id)| id).collect::<Vec<_>>();
    let mut requests = store.rows(&page).await?;
    requests.retain(|request| belongs(request, whose, which));
    Ok(requests)
}

fn is_oldest_first(which: Which) -> bool {
    match which {
        Which::Waiting | Which::Exceptions => true,
        Which::All | Which::Live | Which::Ended => false,
    }
}

/// The first ones of several lists together, each with its date.
async fn first_of(
    store: &DynamoStore,
    places: &[Place],
    which: Which,
    enough: usize,
) -> anyhow::Result<Vec<(String, RequestId)>> {
    let mut found = Vec::new();
    for place in places {
        found.extend(place.query(store, which, None, enough).await?);
    }
    if places.len() > 1 {
        found.sort();
        if !is_oldest_first(which) {
            found.reverse();
        }
    }
    Ok(found)
}

/// What stands in no list, in the order of its submission.
async fn merged(
    store: &DynamoStore,
    whose: &Whose,
    which: Which,
    enough: usize,
) -> anyhow::Result<Vec<(String, RequestId)>> {
    let mut found = Vec::new();
    for part in parts(store, whose).await? {
        // A team's index of what waits is in order, the others are not.
        let is_in_order = matches!((&part, which), (Part::Team(_) | Part::TeamProduct(..), Which::Waiting));
        let enough = if is_in_order { enough } else { usize::MAX };
        let query = part.listed(store, which).projection_expression("requestId, createdAt");
        // Of a product there may be few among many.
        let page = if matches!(part, Part::TeamProduct(..)) { enough.max(100) } else { enough };
        for item in all(query.limit(page_of(page)), enough).await? {
            found.push((must_text(&item, "createdAt")?.to_owned(), row::id(&item)?));
        }
    }
    found.sort();
    if !is_oldest_first(which) {
        found.reverse();
    }
    Ok(found)
}

pub(super) async fn count_waiting(store: &DynamoStore, whose: &Whose, most: usize) -> anyhow::Result<usize> {
    let mut waiting = 0;
    for part in parts(store, whose).await? {
        waiting += count(part.listed(store, Which::Waiting), most - waiting).await?;
        if waiting >= most {
            break;
        }
    }
    Ok(waiting)
}

pub(super) async fn holdings(
    store: &DynamoStore,
    whose: &Whose,
    since: Timestamp,
) -> anyhow::Result<Vec<Holding>> {
    let mut ids = Vec::new();
    for which in [Which::Live, Which::Ended] {
        let from = if which == Which::Ended { Some(since) } else { None };
        for place in places(store, whose, which).await?.unwrap_or_default() {
            ids.extend(place.query(store, which, from, usize::MAX).await?.into_iter().map(|(_, id)| id));
        }
    }
    // What has ended meanwhile stands in both.
    ids.sort();
    ids.dedup();
    let entries = ids.iter().map(|id| place(*id)).collect();
    let found = store.event_items(entries).await?;
    let mut held = found.iter().map(row::holding).collect::<anyhow::Result<Vec<_>>>()?;
    held.retain(|holding| holding.ended_at.is_none_or(|ended_at| ended_at >= since));
    Ok(held)
}

/// A list that is read in its order: a partition of the index of due dates, in which what is due are jobs and what is listed
/// are requests. Each request stands in each of its lists under one key, so that it moves when it is put anew.
struct Place(String);

/// The lists of a request: its owner's, its team's, its team's of the product, everybody's.
const OWNERS: &str = "OWNER";
const TEAMS: &str = "TEAM";
const PRODUCTS: &str = "PRODUCT";
/// The one of them with what sums need.
const EVERYBODYS: &str = "ALL";
/// That of what waits, of everybody.
const WAITING: &str = "WAITING";
/// Those of what waits for room, the team's and everybody's, for the few that do.
const EXCEPTION: &str = "EXCEPTION";
const EXCEPTIONS: &str = "EXCEPTIONS";
/// How the names of lists begin: by what is in them.
const LIVE: &str = "LIVE";
const ENDED: &str = "ENDED";

impl Place {
    fn owners(state: &str, person: &PersonId) -> Self {
        Self(format!("{state}#OWNER#{person}"))
    }

    fn teams(state: &str, team: &TeamName) -> Self {
        Self(format!("{state}#TEAM#{team}"))
    }

    fn products(state: &str, team: &TeamName, product: &ProductKey) -> Self {
        // No product's key has such a sign.
        Self(format!("{state}#PRODUCT#{product}#{team}"))
    }

    /// What stands there, each with its date: what lives and what ended newest first, exceptions oldest first.
    async fn query(
        &self,
        store: &DynamoStore,
        which: Which,
        from: Option<Timestamp>,
        enough: usize,
    ) -> anyhow::Result<Vec<(String, RequestId)>> {
        let query = store.client.query().table_name(&store.tables.events).index_name(DUE_INDEX);
        let query = query
            .expression_attribute_values(":place", text(&self.0))
            .scan_index_forward(is_oldest_first(which))
            .limit(page_of(enough));
        let query = match from {
            None => query.key_condition_expression("dueShard = :place"),
            Some(from) => query
                .key_condition_expression("dueShard = :place AND dueAt >= :from")
                .expression_attribute_values(":from", time(from)),
        };
        let found = all(query, enough).await?;
        let entries = found.iter().map(|item| {
            let id = keys::read_listed(must_text(item, "pk")?).context("what is listed is no request")?;
            Ok((must_text(item, "dueAt")?.to_owned(), id))
        });
        entries.collect()
    }

    /// What stands there for a request since then.
    fn entry(&self, request: &Request, list: &str, since: Timestamp) -> Item {
        let mut item = keys::listed(request.id, list);
        item.insert("dueShard".to_owned(), text(&self.0));
        item.insert("dueAt".to_owned(), time(since));
        item.insert("rev".to_owned(), number(&request.revision));
        item
    }
}

/// The lists in which these are, if there are any: those of a product team by team.
async fn places(store: &DynamoStore, whose: &Whose, which: Which) -> anyhow::Result<Option<Vec<Place>>> {
    let state = match which {
        Which::Live => LIVE,
        Which::Ended => ENDED,
        Which::Exceptions => EXCEPTION,
        Which::Waiting if *whose == Whose::All => WAITING,
        Which::All | Which::Waiting => return Ok(None),
    };
    Ok(match whose {
        Whose::Team(team) => Some(vec![Place::teams(state, team)]),
        Whose::All => Some(vec![Place(state.to_owned())]),
        // Nobody asks for the exceptions of a person or a product.
        _ if which == Which::Exceptions => None,
        Whose::Owner(person) => Some(vec![Place::owners(state, person)]),
        Whose::TeamProduct(team, product) => Some(vec![Place::products(state, team, product)]),
        Whose::Product(product) => {
            let teams = teams::known(store).await?;
            Some(teams.iter().map(|team| Place::products(state, team, product)).collect())
        }
    })
}

/// The writes that put a request into its lists, where `before` stands for it in that of all, and what that changes of sums. If
/// something else stands there by then, it is planned anew.
pub(super) fn parts_of(
    store: &DynamoStore,
    request: &Request,
    before: Option<&Item>,
    changes: &mut Changes,
) -> anyhow::Result<Vec<TransactionPart>> {
    let everybodys = everybodys(request);
    let now = request.updated_at;
    if let Some(before) = before {
        changes.add(&row::holding(before)?, -1, now);
    }
    changes.add(&row::holding(&everybodys)?, 1, now);
    let unchanged = match before.and_then(|before| before.get("rev")) {
        Some(revision) => Expression::new("rev = :before", vec![(":before", revision.clone())]),
        None => Expression::new("attribute_not_exists(rev)", Vec::new()),
    };
    let mut parts = vec![store.put_if(Table::Events, everybodys, Check::Plan, unchanged)?];
    for entry in others(request) {
        parts.push(store.put(Table::Events, entry)?);
    }
    Ok(parts)
}

/// The key of a request's place in the list of all.
pub(super) fn place(id: RequestId) -> Item {
    keys::listed(id, EVERYBODYS)
}

fn state(request: &Request) -> (&'static str, Timestamp) {
    match request.ended_at {
        Some(ended_at) => (ENDED, ended_at),
        None => (LIVE, request.submitted_at),
    }
}

/// What stands for a request in the list of all, with what sums need of it.
fn everybodys(request: &Request) -> Item {
    let (state, since) = state(request);
    let mut item = Place(state.to_owned()).entry(request, EVERYBODYS, since);
    item.extend(row::held(request));
    item
}

/// What stands for it in the other lists.
fn others(request: &Request) -> Vec<Item> {
    let (state, since) = state(request);
    let (team, product) = (&request.team, &request.product.key);
    let lists = [
        (OWNERS, Place::owners(state, &request.owner)),
        (TEAMS, Place::teams(state, team)),
        (PRODUCTS, Place::products(state, team, product)),
    ];
    let mut entries: Vec<Item> =
        lists.into_iter().map(|(list, place)| place.entry(request, list, since)).collect();
    let mut passing =
        vec![(WAITING, Place(WAITING.to_owned()), request.asked_at(), request.waits_for_approvers())];
    // One that has become an ordinary request has to leave the lists, too.
    if request.exception.is_some() || request.room_since.is_some() {
        let (since, waits) = (request.submitted_at, request.waits_for_room());
        passing.push((EXCEPTION, Place::teams(EXCEPTION, team), since, waits));
        passing.push((EXCEPTIONS, Place(EXCEPTION.to_owned()), since, waits));
    }
    entries.extend(passing.into_iter().map(|(list, place, since, waits)| {
        let mut item = place.entry(request, list, since);
        if !waits {
            // Without it, it is in no list.
            item.remove("dueShard");
        }
        item
    }));
    entries
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
        Whose::Product(product) => {
            let teams = teams::known(store).await?.into_iter();
            teams.map(|team| Part::TeamProduct(team, product.clone())).collect()
        }
        Whose::All => teams::known(store).await?.into_iter().map(Part::Team).collect(),
    })
}

impl Part {
    /// The query of an index for those of them that are meant.
    fn listed(&self, store: &DynamoStore, which: Which) -> QueryFluentBuilder {
        match (self, which) {
            (Self::Team(team), Which::Waiting) => waiting_of(store, team),
            (Self::TeamProduct(team, product), Which::Waiting) => waiting_of(store, team)
                .filter_expression("productType = :product")
                .expression_attribute_values(":product", text(product.as_str())),
            (Self::Owner(_), Which::Waiting) => {
                self.all(store).filter_expression("attribute_exists(awaitingTeam)")
            }
            (_, Which::All | Which::Live | Which::Ended | Which::Exceptions) => self.all(store),
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

/// What waits for a team's approvers, the oldest first.
fn waiting_of(store: &DynamoStore, team: &TeamName) -> QueryFluentBuilder {
    index(store, AWAITING_INDEX)
        .key_condition_expression("awaitingTeam = :team")
        .expression_attribute_values(":team", text(team.as_str()))
}

fn index(store: &DynamoStore, name: &str) -> QueryFluentBuilder {
    store.client.query().table_name(&store.tables.requests).index_name(name)
}

fn belongs(request: &Request, whose: &Whose, which: Which) -> bool {
    let is_theirs = match whose {
        Whose::Owner(person) => request.owner == *person,
        Whose::Team(team) => request.team == *team,
        Whose::TeamProduct(team, product) => request.team == *team && request.product.key == *product,
        Whose::Product(product) => request.product.key == *product,
        Whose::All => true,
    };
    let is_asked_for = match which {
        Which::All => true,
        Which::Live => request.ended_at.is_none(),
        Which::Ended => request.ended_at.is_some(),
        Which::Waiting => request.waits_for_approvers(),
        Which::Exceptions => request.waits_for_room(),
    };
    is_theirs && is_asked_for
}
