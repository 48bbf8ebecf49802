//! Lists of requests, and what sums over many of them need.

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use rust_decimal::Decimal;

use super::cents;
use crate::domain::ids::{PersonId, TeamName};
use crate::local::instant;
use crate::ports::store::{Cursor, Holding, RequestFilter, RequestPage, RequestScope};
use crate::ports::stored::{FORMAT, from_json, product_key, request_id};

pub(super) fn list(
    connection: &Connection,
    whose: &RequestScope,
    which: RequestFilter,
    after: Option<&Cursor>,
    limit: usize,
) -> anyhow::Result<RequestPage> {
    which.must_be_listed_of(whose)?;
    let filter = Filter::new(whose);
    let ties = ties(which);
    let behind = match after {
        Some(after) => {
            let marks = after.mark.split('-').map(|mark| Ok(Value::from(mark.parse::<i64>()?)));
            let marks =
                marks.collect::<anyhow::Result<Vec<_>>>().context("there is no such place in a list")?;
            ensure!(marks.len() == ties.len(), "there is no such place in this list");
            [vec![Value::from(instant::reached(after.at))], marks].concat()
        }
        None => Vec::new(),
    };
    let mut statement = connection.prepare_cached(&list_sql(&filter, which, after.is_some()))?;
    let mut rows = statement.query(params_from_iter(filter.values(behind)))?;
    let mut places = Vec::new();
    // One more row tells whether there is a next page.
    while places.len() <= limit
        && let Some(row) = rows.next()?
    {
        let id: String = row.get(0)?;
        match from_json(&id, &row.get::<_, String>(1)?) {
            Ok(request) => {
                // Padded, so that cursors, which compare their marks as text, are in the order of the
                // numbers.
                let marks = (0..ties.len()).map(|tie| Ok(format!("{:020}", row.get::<_, i64>(3 + tie)?)));
                let mark = marks.collect::<rusqlite::Result<Vec<_>>>()?.join("-");
                places.push((Cursor { at: instant::read(row.get(2)?), mark }, request));
            }
            // One row that cannot be read must not take the whole list from everybody.
            Err(error) => tracing::warn!(error = error.to_string(), "a request is left out of a list"),
        }
    }
    Ok(RequestPage::cut(places, limit))
}

/// Returns the columns that order rows with the same timestamp, as the index has them.
fn ties(which: RequestFilter) -> &'static [&'static str] {
    match which {
        RequestFilter::Live | RequestFilter::Ended => &["format", "rowid"],
        RequestFilter::Waiting | RequestFilter::Exceptions => &["rowid"],
    }
}

/// Returns the query for a list, without a limit: rows are read until the page is full.
fn list_sql(filter: &Filter, which: RequestFilter, is_behind: bool) -> String {
    let (condition, date) = match which {
        RequestFilter::Live => ("ended_at IS NULL", "submitted_at"),
        RequestFilter::Ended => ("ended_at IS NOT NULL", "ended_at"),
        RequestFilter::Waiting => ("waits = 1", "asked_at"),
        RequestFilter::Exceptions => ("excepted = 1", "submitted_at"),
    };
    let (direction, beyond) = if which.is_oldest_first() { ("ASC", ">") } else { ("DESC", "<") };
    let columns = [&[date], ties(which)].concat();
    let place = columns.join(", ");
    let and_behind = if is_behind {
        let values: Vec<String> = (1..=columns.len()).map(|number| filter.other(number)).collect();
        format!(" AND ({place}) {beyond} ({})", values.join(", "))
    } else {
        String::new()
    };
    let order: Vec<String> = columns.iter().map(|column| format!("{column} {direction}")).collect();
    format!(
        "SELECT id, body, {place} FROM requests WHERE {} AND {condition} AND format <= {FORMAT}{and_behind}
         ORDER BY {}",
        filter.sql,
        order.join(", ")
    )
}

/// A condition with the first values of its statement, to which it refers.
struct Filter {
    sql: &'static str,
    values: Vec<String>,
}

impl Filter {
    fn new(whose: &RequestScope) -> Self {
        let (sql, values) = match whose {
            RequestScope::Owner(person) => ("owner = ?1", vec![person.as_str()]),
            RequestScope::Team(team) => ("team = ?1", vec![team.as_str()]),
            RequestScope::TeamProduct(team, product) => {
                ("team = ?1 AND product = ?2", vec![team.as_str(), product.as_str()])
            }
            RequestScope::Product(product) => ("product = ?1", vec![product.as_str()]),
            // Holds for every request.
            RequestScope::All => ("1 = 1", Vec::new()),
        };
        Self { sql, values: values.into_iter().map(str::to_owned).collect() }
    }

    /// Returns the placeholder of the value with this number, counted after those of the filter.
    fn other(&self, number: usize) -> String {
        format!("?{}", self.values.len() + number)
    }

    /// Returns the values of the filter followed by `others`.
    fn values(&self, others: Vec<Value>) -> impl Iterator<Item = Value> {
        self.values.clone().into_iter().map(Value::from).chain(others)
    }
}

pub(super) fn holdings(
    connection: &Connection,
    whose: &RequestScope,
    since: Timestamp,
) -> anyhow::Result<Vec<Holding>> {
    let filter = Filter::new(whose);
    let since = vec![Value::from(instant::reached(since))];
    connection
        .prepare_cached(&holdings_sql(&filter))?
        .query_map(params_from_iter(filter.values(since)), |row| Ok(holding(row)))?
        .map(|row| row?)
        .collect()
}

fn holdings_sql(filter: &Filter) -> String {
    // One index serves live requests and another ended ones; neither would serve a single condition on both.
    let columns = "team, product, owner, monthly, activated_at, ended_at, expires_at, billed_in, billed, id";
    let (since, filter) = (filter.other(1), filter.sql);
    format!(
        "SELECT {columns} FROM requests WHERE {filter} AND ended_at IS NULL
         UNION ALL SELECT {columns} FROM requests WHERE {filter} AND ended_at IS NOT NULL AND ended_at >= {since}"
    )
}

fn holding(row: &Row<'_>) -> anyhow::Result<Holding> {
    let timestamp = |column| anyhow::Ok(row.get::<_, Option<i64>>(column)?.map(instant::read));
    Ok(Holding {
        request: request_id(&row.get::<_, String>(9)?)?,
        team: TeamName::new(row.get::<_, String>(0)?),
        product: product_key(&row.get::<_, String>(1)?)?,
        owner: PersonId::new(row.get::<_, String>(2)?),
        monthly: row.get::<_, Option<i64>>(3)?.map(cents::read),
        activated_at: timestamp(4)?,
        ended_at: timestamp(5)?,
        expires_at: timestamp(6)?,
        billed: billed(row)?,
    })
}

fn billed(row: &Row<'_>) -> anyhow::Result<Option<(Date, Decimal)>> {
    let (Some(month), Some(amount)) = (row.get::<_, Option<String>>(7)?, row.get::<_, Option<i64>>(8)?)
    else {
        return Ok(None);
    };
    Ok(Some((month.parse().context("cannot read the month of a bill")?, cents::read(amount))))
}

pub(super) fn count_waiting(
    connection: &Connection,
    whose: &RequestScope,
    most: usize,
) -> anyhow::Result<usize> {
    let filter = Filter::new(whose);
    let (limit, owners) = (filter.other(1), filter.sql);
    let sql =
        format!("SELECT count(*) FROM (SELECT 1 FROM requests WHERE {owners} AND waits = 1 LIMIT {limit})");
    let values = filter.values(vec![Value::from(i64::try_from(most)?)]);
    let count: i64 =
        connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(usize::try_from(count)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::ids::{ProductKey, RequestId};
    use crate::domain::request::StatusName;
    use rusqlite::params;

    const SCHEMA: [&str; 5] = [
        include_str!("../database/schema.sql"),
        include_str!("../database/schema_2.sql"),
        include_str!("../database/schema_3.sql"),
        include_str!("../database/schema_4.sql"),
        include_str!("../database/schema_5.sql"),
    ];

    /// Returns SQLite's query plan, one step per line.
    fn plan(sql: &str) -> String {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&SCHEMA.concat()).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
        steps.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    /// The plans of every list that is read, and of its next page.
    fn plans_of_lists(scope: &RequestScope) -> Vec<String> {
        let filters =
            [RequestFilter::Live, RequestFilter::Ended, RequestFilter::Waiting, RequestFilter::Exceptions];
        let mut plans = Vec::new();
        for filter in filters.into_iter().filter(|filter| filter.is_listed_of(scope)) {
            for is_next in [false, true] {
                plans.push(plan(&list_sql(&Filter::new(scope), filter, is_next)));
            }
        }
        plans
    }

    #[test]
    fn lists_and_sums_read_an_index_and_sort_nothing() {
        let team = TeamName::new("payments");
        let product = ProductKey::parse("s3-bucket").unwrap();
        let of_owner = RequestScope::Owner(PersonId::new("U0ALICE"));
        let of_team = RequestScope::Team(team.clone());
        let of_team_product = RequestScope::TeamProduct(team, product.clone());
        let of_product = RequestScope::Product(product);
        let scopes = [&of_owner, &of_team, &of_team_product, &of_product, &RequestScope::All];
        let mut plans: Vec<String> = scopes.into_iter().flat_map(plans_of_lists).collect();
        plans.extend([&of_owner, &of_team].map(|scope| plan(&holdings_sql(&Filter::new(scope)))));
        insta::assert_snapshot!(plans.join("\n"), @"
        SEARCH requests USING INDEX requests_live_by_owner (owner=?)
        SEARCH requests USING INDEX requests_live_by_owner (owner=? AND (submitted_at,format)<(?,?))
        SEARCH requests USING INDEX requests_ended_by_owner (owner=? AND ended_at>?)
        SEARCH requests USING INDEX requests_ended_by_owner (owner=? AND ended_at>? AND (ended_at,format)<(?,?))
        SEARCH requests USING INDEX requests_live_by_team (team=?)
        SEARCH requests USING INDEX requests_live_by_team (team=? AND (submitted_at,format)<(?,?))
        SEARCH requests USING INDEX requests_ended_by_team (team=? AND ended_at>?)
        SEARCH requests USING INDEX requests_ended_by_team (team=? AND ended_at>? AND (ended_at,format)<(?,?))
        SEARCH requests USING INDEX requests_waiting_by_team_longest (team=?)
        SEARCH requests USING INDEX requests_waiting_by_team_longest (team=? AND asked_at>?)
        SEARCH requests USING INDEX requests_excepted_by_team (team=?)
        SEARCH requests USING INDEX requests_excepted_by_team (team=? AND submitted_at>?)
        SEARCH requests USING INDEX requests_live_by_team_and_product (team=? AND product=?)
        SEARCH requests USING INDEX requests_live_by_team_and_product (team=? AND product=? AND (submitted_at,format)<(?,?))
        SEARCH requests USING INDEX requests_ended_by_team_and_product (team=? AND product=? AND ended_at>?)
        SEARCH requests USING INDEX requests_ended_by_team (team=? AND ended_at>? AND (ended_at,format)<(?,?))
        SEARCH requests USING INDEX requests_waiting_by_product_longest (product=?)
        SEARCH requests USING INDEX requests_waiting_by_product_longest (product=? AND asked_at>?)
        SCAN requests USING INDEX requests_live
        SEARCH requests USING INDEX requests_live ((submitted_at,format)<(?,?))
        SEARCH requests USING INDEX requests_ended (ended_at>?)
        SEARCH requests USING INDEX requests_ended (ended_at>? AND (ended_at,format)<(?,?))
        SCAN requests USING INDEX requests_waiting_longest
        SEARCH requests USING INDEX requests_waiting_longest (asked_at>?)
        SCAN requests USING INDEX requests_excepted
        SEARCH requests USING INDEX requests_excepted (submitted_at>?)
        COMPOUND QUERY
        LEFT-MOST SUBQUERY
        SEARCH requests USING INDEX requests_live_by_owner (owner=?)
        UNION ALL
        SEARCH requests USING INDEX requests_ended_by_owner (owner=? AND ended_at>?)
        COMPOUND QUERY
        LEFT-MOST SUBQUERY
        SEARCH requests USING INDEX requests_live_by_team (team=?)
        UNION ALL
        SEARCH requests USING INDEX requests_ended_by_team (team=? AND ended_at>?)
        ");
    }

    /// Returns an in-memory database in which team payments has this many requests, half of them ended.
    fn filled(requests: i64) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&SCHEMA.concat()).unwrap();
        let body = serde_json::to_string(&fixtures::at(StatusName::Active)).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        let mut insert = connection
            .prepare(
                "INSERT INTO requests (id, revision, owner, team, product, status, waits, monthly, submitted_at,
                                       activated_at, ended_at, body)
                 VALUES (?1, 1, 'U0ALICE', 'payments', 's3-bucket', 'ACTIVE', 0, 215, ?2, ?2, ?3, ?4)",
            )
            .unwrap();
        for n in 0..requests {
            insert
                .execute(params![RequestId::random().to_string(), n, (n % 2 == 1).then_some(n), body])
                .unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        drop(insert);
        connection
    }

    #[test]
    fn the_pages_and_the_sums_of_ten_thousand_requests_are_whole() {
        let connection = filled(10_000);
        let payments = RequestScope::Team(TeamName::new("payments"));
        assert_eq!(holdings(&connection, &payments, Timestamp::UNIX_EPOCH).unwrap().len(), 10_000);
        for which in [RequestFilter::Live, RequestFilter::Ended] {
            let (mut after, mut read) = (None, Vec::new());
            loop {
                let page = list(&connection, &payments, which, after.as_ref(), 1_500).unwrap();
                read.push(page.places.len());
                after = page.next();
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(read, [1_500, 1_500, 1_500, 500]);
        }
    }
}
