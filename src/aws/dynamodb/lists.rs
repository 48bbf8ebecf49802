//! Finds requests: ordered lists, ids by prefix, and requests of a message.
//!
//! A list names requests. Their rows are read consistently and checked again: entries that the index has not
//! caught up with and rows that cannot be read are skipped, until the page is full. See [`List`].
//!
//! Older bots use lists of their own, in three indexes of the table of requests. They are kept only for those
//! bots.

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use jiff::Timestamp;

use super::expression::Expression;
use super::item::{Item, mark, must_be_readable, must_text, number, read_text, read_time, text, time};
use super::query::{all, count, page_of};
use super::sums::Changes;
use super::tables::{DUE_INDEX, DynamoStore};
use super::transaction::{Check, Table, TransactionWrite};
use super::{keys, row};
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::request::{MessageRef, Request};
use crate::ports::store::{Cursor, Holding, RequestFilter, RequestPage, RequestScope};
use crate::ports::stored::request_id;

/// The most rows read at a time while a page is not full yet, unless more are asked for.
const AT_ONCE: usize = 100;

pub(super) async fn find(store: &DynamoStore, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
    if !RequestId::may_begin_with(prefix) {
        return Ok(Vec::new());
    }
    let mut ids = Vec::new();
    for partition in keys::id_partitions(prefix) {
        let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
        let query = query.expression_attribute_values(":ids", text(partition)).limit(page_of(limit));
        let query = match prefix {
            "" => query.key_condition_expression("pk = :ids"),
            _ => query
                .key_condition_expression("pk = :ids AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
        };
        let items = all(query, limit - ids.len()).await.context("cannot look for ids")?;
        for item in &items {
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
    let items = all(query, usize::MAX).await.context("cannot look for the requests of a message")?;
    items.iter().map(|item| request_id(must_text(item, "sk")?)).collect()
}

pub(super) async fn list(
    store: &DynamoStore,
    whose: &RequestScope,
    which: RequestFilter,
    after: Option<&Cursor>,
    limit: usize,
) -> anyhow::Result<RequestPage> {
    let list = List::of(whose, which)?;
    // One more row tells whether there is a next page.
    let (mut after, mut enough) = (after.cloned(), limit.saturating_add(1));
    let mut places = Vec::new();
    loop {
        let behind = list.behind(store, which, after.as_ref(), enough).await?;
        let ids = behind.iter().map(|(_, id)| *id).collect::<Vec<_>>();
        let rows = store.row_items(&ids).await?;
        for (place, id) in &behind {
            let key = Some(text(id.to_string()));
            let row = rows.iter().find(|row| row.get("requestId") == key.as_ref());
            match row.map(row::decode).transpose() {
                Ok(Some(request)) if belongs(&request, whose, which) => places.push((place.clone(), request)),
                // The row has a newer format, or the index lags behind.
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "a request is left out of a list");
                }
            }
        }
        if places.len() > limit || behind.len() < enough {
            return Ok(RequestPage::cut(places, limit));
        }
        // Entries were skipped: continue behind the last one, in larger steps.
        after = behind.into_iter().last().map(|(place, _)| place);
        enough = enough.saturating_mul(2).min(AT_ONCE.max(limit));
    }
}

pub(super) async fn count_waiting(
    store: &DynamoStore,
    whose: &RequestScope,
    most: usize,
) -> anyhow::Result<usize> {
    count(List::of(whose, RequestFilter::Waiting)?.whole(store), most).await
}

pub(super) async fn holdings(
    store: &DynamoStore,
    whose: &RequestScope,
    since: Timestamp,
) -> anyhow::Result<Vec<Holding>> {
    let ended = List::of(whose, RequestFilter::Ended)?.part(store, ">=", since);
    let mut ids = Vec::new();
    for query in [List::of(whose, RequestFilter::Live)?.whole(store), ended] {
        for item in all(query.limit(page_of(usize::MAX)), usize::MAX).await? {
            ids.push(read_place(&item)?.1);
        }
    }
    // Requests that ended between the two queries are in both.
    ids.sort();
    ids.dedup();
    let entries = ids.iter().map(|id| place(*id)).collect();
    let items = store.event_items(entries).await?;
    let mut holdings = items.iter().map(row::holding).collect::<anyhow::Result<Vec<_>>>()?;
    holdings.retain(|holding| holding.ended_at.is_none_or(|ended_at| ended_at >= since));
    Ok(holdings)
}

/// An ordered list: a partition of the index of due dates, which holds list entries besides jobs. A request
/// has one item per list under a fixed key, so writing it again moves its place.
struct List(String);

/// Keys of a request's places in the lists of live or ended requests: its owner's, its team's, and its team's
/// of the product.
const OWNERS: &str = "OWNER";
const TEAMS: &str = "TEAM";
const PRODUCTS: &str = "PRODUCT";
/// The list of all requests. Its places also hold what the sums need, and the values from which the places in
/// all other lists follow.
const EVERYBODYS: &str = "ALL";
/// Lists of requests that wait for approval: all, the team's, and the product's across teams.
const WAITING: &str = "WAITING";
const WAITING_OF_TEAM: &str = "WAITING_TEAM";
const WAITING_OF_PRODUCT: &str = "WAITING_PRODUCT";
/// Lists of exceptions that wait for room, the team's and all.
const EXCEPTION: &str = "EXCEPTION";
const EXCEPTIONS: &str = "EXCEPTIONS";
/// The lists that a request is in only temporarily.
const PASSING: [&str; 5] = [WAITING, WAITING_OF_TEAM, WAITING_OF_PRODUCT, EXCEPTION, EXCEPTIONS];
/// Prefixes of list names, by the state of the requests in them.
const LIVE: &str = "LIVE";
const ENDED: &str = "ENDED";

impl List {
    fn of(whose: &RequestScope, which: RequestFilter) -> anyhow::Result<Self> {
        which.must_be_listed_of(whose)?;
        let state = match which {
            RequestFilter::Live => LIVE,
            RequestFilter::Ended => ENDED,
            RequestFilter::Waiting => WAITING,
            RequestFilter::Exceptions => EXCEPTION,
        };
        Ok(match whose {
            RequestScope::All => Self::everybodys(state),
            RequestScope::Owner(person) => Self::owners(state, person),
            RequestScope::Team(team) => Self::teams(state, team),
            RequestScope::TeamProduct(team, product) => Self::products(state, team, product),
            RequestScope::Product(product) => Self::product(state, product),
        })
    }

    fn everybodys(state: &str) -> Self {
        Self(state.to_owned())
    }

    fn owners(state: &str, person: &PersonId) -> Self {
        Self(format!("{state}#OWNER#{person}"))
    }

    fn teams(state: &str, team: &TeamName) -> Self {
        Self(format!("{state}#TEAM#{team}"))
    }

    fn products(state: &str, team: &TeamName, product: &ProductKey) -> Self {
        // Unambiguous, because product keys contain no `#`.
        Self(format!("{state}#PRODUCT#{product}#{team}"))
    }

    fn product(state: &str, product: &ProductKey) -> Self {
        Self(format!("{state}#PRODUCT#{product}"))
    }

    fn query(&self, store: &DynamoStore) -> QueryFluentBuilder {
        let query = store.client.query().table_name(&store.tables.events).index_name(DUE_INDEX);
        query.expression_attribute_values(":list", text(&self.0))
    }

    /// Queries the whole list.
    fn whole(&self, store: &DynamoStore) -> QueryFluentBuilder {
        self.query(store).key_condition_expression("dueShard = :list")
    }

    /// Queries the entries on one side of a timestamp.
    fn part(&self, store: &DynamoStore, side: &str, timestamp: Timestamp) -> QueryFluentBuilder {
        let query =
            self.query(store).key_condition_expression(format!("dueShard = :list AND dueAt {side} :at"));
        query.expression_attribute_values(":at", time(timestamp))
    }

    /// Returns the next `enough` places after `after`, or fewer if the list ends. DynamoDB guarantees no
    /// order among entries with the same timestamp, so all of those are read and sorted here.
    async fn behind(
        &self,
        store: &DynamoStore,
        which: RequestFilter,
        after: Option<&Cursor>,
        enough: usize,
    ) -> anyhow::Result<Vec<(Cursor, RequestId)>> {
        let is_forward = which.is_oldest_first();
        let query = match after {
            None => self.whole(store),
            Some(after) => self.part(store, if is_forward { ">=" } else { "<=" }, after.at),
        };
        // Also read the place of `after` itself, and one more entry that shows where the last timestamp ends.
        let page = enough.saturating_add(1).saturating_add(usize::from(after.is_some()));
        let query = query.scan_index_forward(is_forward).limit(page_of(page));
        let mut items = query.into_paginator().items().send();
        let mut places: Vec<(Cursor, RequestId)> = Vec::new();
        while let Some(item) = items.next().await {
            let (place, id) = read_place(&item?)?;
            if places.len() >= enough && places.last().is_some_and(|(last, _)| last.at != place.at) {
                break;
            }
            if after.is_none_or(|after| which.is_behind(&place, after)) {
                places.push((place, id));
            }
        }
        places.sort();
        if !is_forward {
            places.reverse();
        }
        places.truncate(enough);
        Ok(places)
    }

    /// Returns the item of a request in this list.
    fn entry(&self, id: RequestId, list: &str, since: Timestamp) -> Item {
        let mut item = keys::listed(id, list);
        item.insert("dueShard".to_owned(), text(&self.0));
        item.insert("dueAt".to_owned(), time(since));
        item
    }
}

/// Reads a place from the index, and the request in it.
fn read_place(item: &Item) -> anyhow::Result<(Cursor, RequestId)> {
    let id = keys::read_listed(must_text(item, "pk")?).context("what is listed is no request")?;
    let listed_at = read_time(item, "dueAt")?.context("a place in a list has no date")?;
    Ok((Cursor { at: listed_at, mark: id.to_string() }, id))
}

/// Returns the writes that update a request's places in lists, and adds the effect on sums to `changes`.
/// `before` is its current place in the list of all; if that changes before the write, the commit is planned
/// again.
///
/// The places in all other lists follow from that place, so only the differences are written. A bot without
/// lists leaves both unchanged. If the place cannot be read, all others are written and sums stay unchanged;
/// they are then off by what has changed since it could last be read.
pub(super) fn parts_of(
    store: &DynamoStore,
    request: &Request,
    before: Option<&Item>,
    changes: &mut Changes,
) -> anyhow::Result<Vec<TransactionWrite>> {
    let places = ListPlaces::of(request);
    let everybodys = everybodys(request, &places);
    let now = request.updated_at;
    let unchanged = match before.and_then(|before| before.get("rev")) {
        Some(revision) => Expression::new("rev = :before", vec![(":before", revision.clone())]),
        None => Expression::new("attribute_not_exists(rev)", Vec::new()),
    };
    let (old_places, holding) = match before.map(ListPlaces::read).transpose() {
        Ok(parsed) => parsed.unzip(),
        Err(error) => {
            let (request, error) = (request.id, format!("{error:#}"));
            tracing::warn!(%request, error, "a place in the lists cannot be read and is written anew");
            (None, None)
        }
    };
    // If the place cannot be read, its share of the sums is unknown, so leave them unchanged.
    if before.is_some() == holding.is_some() {
        if let Some(holding) = &holding {
            changes.add(holding, -1, now);
        }
        changes.add(&row::holding(&everybodys)?, 1, now);
    }
    let mut parts = vec![store.put_if(Table::Events, everybodys, Check::Plan, unchanged)?];
    let (new_entries, old_entries) =
        (places.others(request.id), old_places.map(|old_places| old_places.others(request.id)));
    for entry in &new_entries {
        if old_entries.as_ref().is_none_or(|old_entries| !old_entries.contains(entry)) {
            parts.push(store.put(Table::Events, entry.clone())?);
        }
    }
    let maybe_listed = match (before, old_entries) {
        (None, _) => Vec::new(),
        (Some(_), Some(old_entries)) => old_entries,
        // It is in the other lists for good, and those entries are overwritten.
        (Some(_), None) => PASSING.iter().map(|list| keys::listed(request.id, list)).collect(),
    };
    for entry in maybe_listed {
        if !new_entries.iter().any(|other| other.get("sk") == entry.get("sk")) {
            parts.push(store.delete(keys::listed(request.id, must_text(&entry, "sk")?))?);
        }
    }
    Ok(parts)
}

/// The key of a request's place in the list of all.
pub(super) fn place(id: RequestId) -> Item {
    keys::listed(id, EVERYBODYS)
}

/// The values that determine in which lists a request is, and where.
struct ListPlaces {
    state: &'static str,
    since: Timestamp,
    owner: PersonId,
    team: TeamName,
    product: ProductKey,
    /// Since when it has waited for approvers.
    asked_at: Option<Timestamp>,
    /// Since when it has waited for room.
    room_at: Option<Timestamp>,
}

/// Attributes of the place in the list of all that hold these times, if it waits.
const ASKED_AT: &str = "askedAt";
const ROOM_AT: &str = "roomAt";

impl ListPlaces {
    fn of(request: &Request) -> Self {
        let (state, since) = match request.ended_at {
            Some(ended_at) => (ENDED, ended_at),
            None => (LIVE, request.submitted_at),
        };
        Self {
            state,
            since,
            owner: request.owner.clone(),
            team: request.team.clone(),
            product: request.product.key.clone(),
            asked_at: request.waits_for_approvers().then(|| request.approval().asked_at),
            room_at: request.waits_for_room().then_some(request.submitted_at),
        }
    }

    /// Reads the values from the place in the list of all, and what the sums count for it.
    fn read(place: &Item) -> anyhow::Result<(Self, Holding)> {
        must_be_readable(place)?;
        let holding = row::holding(place)?;
        // Anything but `ENDED` counts as live, the only other state that this list has.
        let state = if read_text(place, "dueShard") == Some(ENDED) { ENDED } else { LIVE };
        let places = Self {
            state,
            since: read_time(place, "dueAt")?.context("a place in a list has no date")?,
            owner: holding.owner.clone(),
            team: holding.team.clone(),
            product: holding.product.clone(),
            asked_at: read_time(place, ASKED_AT)?,
            room_at: read_time(place, ROOM_AT)?,
        };
        Ok((places, holding))
    }

    /// Returns the request's items in the other lists.
    fn others(&self, id: RequestId) -> Vec<Item> {
        let Self { state, since, owner, team, product, asked_at, room_at } = self;
        let mut lists = vec![
            (OWNERS, List::owners(state, owner), *since),
            (TEAMS, List::teams(state, team), *since),
            (PRODUCTS, List::products(state, team, product), *since),
        ];
        if let Some(asked_at) = asked_at {
            lists.push((WAITING, List::everybodys(WAITING), *asked_at));
            lists.push((WAITING_OF_TEAM, List::teams(WAITING, team), *asked_at));
            lists.push((WAITING_OF_PRODUCT, List::product(WAITING, product), *asked_at));
        }
        if let Some(room_at) = room_at {
            lists.push((EXCEPTION, List::teams(EXCEPTION, team), *room_at));
            lists.push((EXCEPTIONS, List::everybodys(EXCEPTION), *room_at));
        }
        lists.into_iter().map(|(list, place, since)| place.entry(id, list, since)).collect()
    }
}

/// Returns the request's item in the list of all, including what the sums need.
fn everybodys(request: &Request, places: &ListPlaces) -> Item {
    let mut item = List::everybodys(places.state).entry(request.id, EVERYBODYS, places.since);
    item.extend(row::held(request));
    item.insert("rev".to_owned(), number(&request.revision));
    for (name, timestamp) in [(ASKED_AT, places.asked_at), (ROOM_AT, places.room_at)] {
        if let Some(timestamp) = timestamp {
            item.insert(name.to_owned(), time(timestamp));
        }
    }
    mark(&mut item);
    item
}

/// Whether the row, as read now, is still in the requested list.
fn belongs(request: &Request, whose: &RequestScope, which: RequestFilter) -> bool {
    let is_theirs = match whose {
        RequestScope::Owner(person) => request.owner == *person,
        RequestScope::Team(team) => request.team == *team,
        RequestScope::TeamProduct(team, product) => request.team == *team && request.product.key == *product,
        RequestScope::Product(product) => request.product.key == *product,
        RequestScope::All => true,
    };
    let is_asked_for = match which {
        RequestFilter::Live => request.ended_at.is_none(),
        RequestFilter::Ended => request.ended_at.is_some(),
        RequestFilter::Waiting => request.waits_for_approvers(),
        RequestFilter::Exceptions => request.waits_for_room(),
    };
    is_theirs && is_asked_for
}
