//! What the store is asked, and the home tabs it remembers.

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params, params_from_iter};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;

use super::cents;
use crate::domain::audit::{AuditEntry, AuditHead};
use crate::domain::ids::{PersonId, RequestId, TeamName};
use crate::domain::pause::Pause;
use crate::domain::quota::{QuotaSlot, TeamUse};
use crate::domain::request::{MessageRef, Request};
use crate::local::instant;
use crate::ports::kept::Once;
use crate::ports::store::{Cursor, Holding, HomeTab, Listed, PortalHead, Which, Whose};
use crate::ports::stored::{FORMAT, from_json, product_key, readable, request_id};

pub(super) fn load(connection: &Connection, id: RequestId) -> anyhow::Result<Option<Request>> {
    readable_at(connection, "SELECT format FROM requests WHERE id = ?1", [id.to_string()])?;
    let sql = "SELECT id, body FROM requests WHERE id = ?1";
    Ok(bodies(connection, sql, [id.to_string()])?.pop())
}

/// Fails where the format that this asks for is one that we do not read.
pub(super) fn readable_at(connection: &Connection, sql: &str, params: impl Params) -> anyhow::Result<()> {
    let format = connection.prepare_cached(sql)?.query_row(params, |row| row.get(0)).optional()?;
    Ok(readable(format.unwrap_or(FORMAT))?)
}

pub(super) fn find(connection: &Connection, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
    if !RequestId::may_begin_with(prefix) {
        return Ok(Vec::new());
    }
    // `g` sorts after every character of an id.
    let sql = "SELECT id, body FROM requests WHERE id >= ?1 AND id < ?1 || 'g' AND format <= ?3 ORDER BY id LIMIT ?2";
    bodies(connection, sql, params![prefix, i64::try_from(limit)?, FORMAT])
}

pub(super) fn list(
    connection: &Connection,
    whose: &Whose,
    which: Which,
    after: Option<&Cursor>,
    limit: usize,
) -> anyhow::Result<Listed> {
    which.must_be_listed_of(whose)?;
    let filter = Filter::new(whose);
    let behind = match after {
        Some(after) => {
            let row: i64 = after.mark.parse().context("there is no such place in a list")?;
            vec![Value::from(instant::reached(after.at)), Value::from(row)]
        }
        None => Vec::new(),
    };
    let mut statement = connection.prepare_cached(&list_sql(&filter, which, after.is_some()))?;
    let mut rows = statement.query(params_from_iter(filter.values(behind)))?;
    let mut places = Vec::new();
    // One more says whether there are more.
    while places.len() <= limit
        && let Some(row) = rows.next()?
    {
        let id: String = row.get(0)?;
        match from_json(&id, &row.get::<_, String>(1)?) {
            Ok(request) => {
                let mark = format!("{:020}", row.get::<_, i64>(3)?);
                places.push((Cursor { at: instant::read(row.get(2)?), mark }, request));
            }
            Err(error) => tracing::warn!(error = error.to_string(), "a request is left out of a list"),
        }
    }
    Ok(Listed::cut(places, limit))
}

/// The rows that are read until there are enough. Those of one moment stand in the order of their numbers.
fn list_sql(filter: &Filter, which: Which, is_behind: bool) -> String {
    let (are_meant, date) = match which {
        Which::Live => ("ended_at IS NULL", "submitted_at"),
        Which::Ended => ("ended_at IS NOT NULL", "ended_at"),
        Which::Waiting => ("waits = 1", "asked_at"),
        Which::Exceptions => ("excepted = 1", "submitted_at"),
    };
    let (order, beyond) = if which.is_oldest_first() { ("", ">") } else { (" DESC", "<") };
    let and_behind = match is_behind {
        true => format!(" AND ({date}, rowid) {beyond} ({}, {})", filter.other(1), filter.other(2)),
        false => String::new(),
    };
    format!(
        "SELECT id, body, {date}, rowid FROM requests
         WHERE {} AND {are_meant} AND format <= {FORMAT}{and_behind} ORDER BY {date}{order}, rowid{order}",
        filter.sql
    )
}

/// A condition, and the first values of its statement, which are those in it.
struct Filter {
    sql: &'static str,
    values: Vec<String>,
}

impl Filter {
    fn new(whose: &Whose) -> Self {
        let (sql, values) = match whose {
            Whose::Owner(person) => ("owner = ?1", vec![person.as_str()]),
            Whose::Team(team) => ("team = ?1", vec![team.as_str()]),
            Whose::TeamProduct(team, product) => {
                ("team = ?1 AND product = ?2", vec![team.as_str(), product.as_str()])
            }
            Whose::Product(product) => ("product = ?1", vec![product.as_str()]),
            // It holds for every request.
            Whose::All => ("1 = 1", Vec::new()),
        };
        Self { sql, values: values.into_iter().map(str::to_owned).collect() }
    }

    /// What stands in a statement for the value of this number behind those of the filter.
    fn other(&self, number: usize) -> String {
        format!("?{}", self.values.len() + number)
    }

    /// The values of the filter, and the others behind them.
    fn values(&self, others: Vec<Value>) -> impl Iterator<Item = Value> {
        self.values.clone().into_iter().map(Value::from).chain(others)
    }
}

pub(super) fn holdings(
    connection: &Connection,
    whose: &Whose,
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
    // One index serves what lives, another what ended; a single condition on both would be served by neither.
    let columns = "team, product, owner, monthly, activated_at, ended_at, expires_at, billed_in, billed, id";
    let (since, filter) = (filter.other(1), filter.sql);
    format!(
        "SELECT {columns} FROM requests WHERE {filter} AND ended_at IS NULL
         UNION ALL SELECT {columns} FROM requests WHERE {filter} AND ended_at IS NOT NULL AND ended_at >= {since}"
    )
}

fn holding(row: &Row<'_>) -> anyhow::Result<Holding> {
    let at = |column| anyhow::Ok(row.get::<_, Option<i64>>(column)?.map(instant::read));
    Ok(Holding {
        request: request_id(&row.get::<_, String>(9)?)?,
        team: TeamName::new(row.get::<_, String>(0)?),
        product: product_key(&row.get::<_, String>(1)?)?,
        owner: PersonId::new(row.get::<_, String>(2)?),
        monthly: row.get::<_, Option<i64>>(3)?.map(cents::read),
        activated_at: at(4)?,
        ended_at: at(5)?,
        expires_at: at(6)?,
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

pub(super) fn count_waiting(connection: &Connection, whose: &Whose, most: usize) -> anyhow::Result<usize> {
    let filter = Filter::new(whose);
    let (most_of_them, of_whom) = (filter.other(1), filter.sql);
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM requests WHERE {of_whom} AND waits = 1 LIMIT {most_of_them})"
    );
    let values = filter.values(vec![Value::from(i64::try_from(most)?)]);
    let count: i64 =
        connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(usize::try_from(count)?)
}

pub(super) fn requests_of_message(
    connection: &Connection,
    message: &MessageRef,
) -> anyhow::Result<Vec<RequestId>> {
    connection
        .prepare_cached("SELECT request FROM messages WHERE channel = ?1 AND ts = ?2 ORDER BY request")?
        .query_map(params![message.channel.as_str(), message.ts], |row| row.get::<_, String>(0))?
        .map(|id| request_id(&id?))
        .collect()
}

pub(super) fn team_use(connection: &Connection, team: &TeamName) -> anyhow::Result<Vec<TeamUse>> {
    connection
        .prepare_cached("SELECT product, used, monthly FROM quota WHERE team = ?1 ORDER BY product")?
        .query_map([team.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?
        .map(|row| {
            let (product, used, monthly) = row?;
            Ok(TeamUse { product: product_key(&product)?, used, monthly: cents::read(monthly) })
        })
        .collect()
}

/// Every team that ever held something.
pub(super) fn teams(connection: &Connection) -> anyhow::Result<Vec<TeamName>> {
    let teams = connection
        .prepare_cached("SELECT DISTINCT team FROM quota ORDER BY team")?
        .query_map([], |row| row.get::<_, String>(0))?
        .map(|team| team.map(TeamName::new))
        .collect::<Result<_, _>>()?;
    Ok(teams)
}

/// Cents a month of all that a team holds.
pub(super) fn team_monthly(connection: &Connection, team: &TeamName) -> anyhow::Result<i64> {
    Ok(connection
        .prepare_cached("SELECT coalesce(sum(monthly), 0) FROM quota WHERE team = ?1")?
        .query_row([team.as_str()], |row| row.get(0))?)
}

pub(super) fn home(connection: &Connection, person: &PersonId) -> anyhow::Result<Option<HomeTab>> {
    Ok(connection
        .prepare_cached(
            "SELECT first_opened_at, opened_at, shows FROM homes WHERE person = ?1 AND format <= ?2",
        )?
        .query_row(params![person.as_str(), FORMAT], |row| {
            let (first_opened_at, opened_at) = (instant::read(row.get(0)?), instant::read(row.get(1)?));
            Ok(HomeTab { first_opened_at, opened_at, shows: row.get(2)? })
        })
        .optional()?)
}

/// What a newer program remembers of a home tab stays.
pub(super) fn put_home(tx: &Connection, person: &PersonId, home: &HomeTab) -> anyhow::Result<()> {
    let (first, last) = (instant::reached(home.first_opened_at), instant::reached(home.opened_at));
    tx.prepare_cached(
        "INSERT INTO homes (person, first_opened_at, opened_at, shows, format) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET first_opened_at = ?2, opened_at = ?3, shows = ?4, format = ?5 WHERE format <= ?5",
    )?
    .execute(params![person.as_str(), first, last, home.shows, FORMAT])?;
    Ok(())
}

pub(super) fn homes_opened_since(connection: &Connection, since: Timestamp) -> anyhow::Result<Vec<PersonId>> {
    let people = connection
        .prepare_cached("SELECT person FROM homes WHERE opened_at >= ?1 AND format <= ?2 ORDER BY person")?
        .query_map(params![instant::reached(since), FORMAT], |row| row.get::<_, String>(0))?
        .map(|person| person.map(PersonId::new))
        .collect::<Result<_, _>>()?;
    Ok(people)
}

/// A de-duplication key that was committed.
pub(super) struct UsedKey {
    /// The row it was committed with, if there was one.
    pub(super) request: Option<RequestId>,
}

pub(super) fn used_key(connection: &Connection, once: &Once) -> anyhow::Result<Option<UsedKey>> {
    connection
        .prepare_cached(
            "SELECT coalesce(request, '') FROM once WHERE key = ?1 AND (until IS NULL OR until > ?2)",
        )?
        .query_row(params![once.key, instant::reached(once.at)], |row| row.get::<_, String>(0))
        .optional()?
        .map(|id| {
            let request = (!id.is_empty()).then(|| request_id(&id)).transpose()?;
            Ok(UsedKey { request })
        })
        .transpose()
}

pub(super) fn quota_used(connection: &Connection, slot: &QuotaSlot) -> anyhow::Result<u32> {
    let used: Option<u32> = connection
        .prepare_cached("SELECT used FROM quota WHERE team = ?1 AND product = ?2")?
        .query_row(params![slot.team.as_str(), slot.product.as_str()], |row| row.get(0))
        .optional()?;
    Ok(used.unwrap_or(0))
}

pub(super) fn audit_of(connection: &Connection, request: RequestId) -> anyhow::Result<Vec<AuditEntry>> {
    let sql = "SELECT request, body FROM audit WHERE request = ?1 ORDER BY seq";
    bodies(connection, sql, [request.to_string()])
}

pub(super) fn audit_last(connection: &Connection, request: RequestId) -> anyhow::Result<Option<AuditEntry>> {
    let sql = "SELECT request, body FROM audit WHERE request = ?1 ORDER BY seq DESC LIMIT 1";
    Ok(bodies(connection, sql, [request.to_string()])?.pop())
}

pub(super) fn pause(connection: &Connection) -> anyhow::Result<Option<Pause>> {
    readable_at(connection, "SELECT format FROM pause", [])?;
    Ok(bodies(connection, "SELECT 'the pause', body FROM pause", [])?.pop())
}

pub(super) fn audit_page(
    connection: &Connection,
    cursor: u64,
    limit: usize,
) -> anyhow::Result<(Vec<AuditEntry>, u64)> {
    let mut statement =
        connection.prepare_cached("SELECT n, request, body FROM audit WHERE n > ?1 ORDER BY n LIMIT ?2")?;
    let rows = statement.query_map(params![i64::try_from(cursor)?, i64::try_from(limit.max(1))?], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut entries = Vec::new();
    let mut last = cursor;
    for row in rows {
        let (n, request, body) = row?;
        entries.push(from_json(&request, &body)?);
        last = u64::try_from(n)?;
    }
    Ok((entries, last))
}

/// SQLite keeps the last number of all, also when its entry is gone.
pub(super) fn audit_end(connection: &Connection) -> anyhow::Result<u64> {
    let last: i64 = connection
        .prepare_cached(
            "SELECT max((SELECT coalesce(max(n), 0) FROM audit),
                        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0))",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(u64::try_from(last)?)
}

pub(super) fn portal_head(connection: &Connection) -> anyhow::Result<PortalHead> {
    let head: Option<(i64, String)> = connection
        .prepare_cached("SELECT seq, digest FROM portal_chain")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((seq, digest)) = head {
        return Ok(PortalHead::At(AuditHead { seq: u64::try_from(seq)?, digest }));
    }
    let mut begun = connection.prepare_cached("SELECT 1 FROM program WHERE portal_chain_begun = 1")?;
    Ok(if begun.exists([])? { PortalHead::Gone } else { PortalHead::NotBegun })
}

/// Rows of an id and a JSON body.
fn bodies<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> anyhow::Result<Vec<T>> {
    connection
        .prepare_cached(sql)?
        .query_map(params, |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .map(|row| {
            let (id, body) = row?;
            Ok(from_json(&id, &body)?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::ids::ProductKey;
    use crate::domain::request::StatusName;

    const SCHEMA: [&str; 5] = [
        include_str!("../database/schema.sql"),
        include_str!("../database/schema_2.sql"),
        include_str!("../database/schema_3.sql"),
        include_str!("../database/schema_4.sql"),
        include_str!("../database/schema_5.sql"),
    ];

    /// How SQLite goes about it, one step a line.
    fn plan(sql: &str) -> String {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&SCHEMA.concat()).unwrap();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
        steps.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    #[test]
    fn lists_and_sums_read_an_index_and_sort_nothing() {
        let (team, product) = (TeamName::new("payments"), ProductKey::parse("s3-bucket").unwrap());
        let mut plans = Vec::new();
        for whose in [
            Whose::Owner(PersonId::new("U0ALICE")),
            Whose::Team(team.clone()),
            Whose::TeamProduct(team, product.clone()),
            Whose::Product(product),
            Whose::All,
        ] {
            let filter = Filter::new(&whose);
            for which in [Which::Live, Which::Ended, Which::Waiting, Which::Exceptions] {
                if which.is_listed_of(&whose) {
                    plans.push(plan(&list_sql(&filter, which, false)));
                    plans.push(plan(&list_sql(&filter, which, true)));
                }
            }
        }
        for whose in [Whose::Owner(PersonId::new("U0ALICE")), Whose::Team(TeamName::new("payments"))] {
            plans.push(plan(&holdings_sql(&Filter::new(&whose))));
        }
        insta::assert_snapshot!(plans.join("\n"), @"
        SEARCH requests USING INDEX requests_by_owner (owner=?)
        SEARCH requests USING INDEX requests_live_by_owner (owner=?)
        SEARCH requests USING INDEX requests_ended_by_owner (owner=? AND ended_at>?)
        COMPOUND QUERY
        LEFT-MOST SUBQUERY
        SEARCH requests USING INDEX requests_live_by_owner (owner=?)
        UNION ALL
        SEARCH requests USING INDEX requests_ended_by_owner (owner=? AND ended_at>?)
        SEARCH requests USING INDEX requests_by_team (team=?)
        SEARCH requests USING INDEX requests_live_by_team (team=?)
        SEARCH requests USING INDEX requests_ended_by_team (team=? AND ended_at>?)
        COMPOUND QUERY
        LEFT-MOST SUBQUERY
        SEARCH requests USING INDEX requests_live_by_team (team=?)
        UNION ALL
        SEARCH requests USING INDEX requests_ended_by_team (team=? AND ended_at>?)
        SEARCH requests USING INDEX requests_waiting_by_team_longest (team=?)
        SEARCH requests USING INDEX requests_by_team_and_product (team=? AND product=?)
        SEARCH requests USING INDEX requests_live_by_team_and_product (team=? AND product=?)
        SEARCH requests USING INDEX requests_ended_by_team_and_product (team=? AND product=? AND ended_at>?)
        SEARCH requests USING INDEX requests_waiting_by_team_and_product_longest (team=? AND product=?)
        SEARCH requests USING INDEX requests_waiting_by_product_longest (product=?)
        SEARCH requests USING INDEX requests_excepted_by_team (team=?)
        SCAN requests USING INDEX requests_live
        SEARCH requests USING INDEX requests_ended (ended_at>?)
        SCAN requests USING INDEX requests_waiting_longest
        SCAN requests USING INDEX requests_excepted
        ");
    }

    /// A database in memory in which team payments has this many requests, half of them ended.
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
        let payments = Whose::Team(TeamName::new("payments"));
        assert_eq!(holdings(&connection, &payments, Timestamp::UNIX_EPOCH).unwrap().len(), 10_000);
        for which in [Which::Live, Which::Ended] {
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
