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
use crate::ports::store::{Holding, HomeTab, PortalHead, Which, Whose};
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
    skip: usize,
    limit: usize,
) -> anyhow::Result<Vec<Request>> {
    let (filter, values) = filter(whose);
    let sql = list_sql(filter, which);
    let page = [Value::from(i64::try_from(limit)?), Value::from(i64::try_from(skip)?)];
    let values = page.into_iter().chain(values.into_iter().map(|text| Value::from(text.to_owned())));
    bodies(connection, &sql, params_from_iter(values))
}

fn list_sql(filter: &str, which: Which) -> String {
    let (and_which, order) = match which {
        Which::All => ("", "submitted_at DESC, rowid DESC"),
        // As the indexes are.
        Which::Live => (" AND ended_at IS NULL", "submitted_at DESC, format DESC, rowid DESC"),
        Which::Ended => (" AND ended_at IS NOT NULL", "ended_at DESC, format DESC, rowid DESC"),
        Which::Waiting => (" AND waits = 1", "asked_at, rowid"),
        Which::Exceptions => (" AND excepted = 1", "submitted_at, rowid"),
    };
    format!(
        "SELECT id, body FROM requests WHERE {filter}{and_which} AND format <= {FORMAT}
         ORDER BY {order} LIMIT ?1 OFFSET ?2"
    )
}

/// The condition that holds for every request.
const EVERYONES: &str = "1 = 1";

/// A condition on `?3` and perhaps `?4`, and their values.
fn filter(whose: &Whose) -> (&'static str, Vec<&str>) {
    match whose {
        Whose::Owner(person) => ("owner = ?3", vec![person.as_str()]),
        Whose::Team(team) => ("team = ?3", vec![team.as_str()]),
        Whose::TeamProduct(team, product) => {
            ("team = ?3 AND product = ?4", vec![team.as_str(), product.as_str()])
        }
        Whose::Product(product) => ("product = ?3", vec![product.as_str()]),
        Whose::All => (EVERYONES, Vec::new()),
    }
}

pub(super) fn holdings(
    connection: &Connection,
    whose: &Whose,
    since: Timestamp,
) -> anyhow::Result<Vec<Holding>> {
    let (filter, values) = filter(whose);
    let sql = holdings_sql(filter);
    let fixed = [Value::from(instant::reached(since)), Value::Null];
    // SQLite takes no value that the statement does not name.
    let fixed = fixed.into_iter().take(if values.is_empty() { 1 } else { 2 });
    let values = fixed.chain(values.into_iter().map(|text| Value::from(text.to_owned())));
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| Ok(holding(row)))?
        .map(|row| row?)
        .collect()
}

fn holdings_sql(filter: &str) -> String {
    // One index serves what lives, another what ended; a single condition on both would be served by neither.
    let columns = "team, product, owner, monthly, activated_at, ended_at, expires_at, billed_in, billed, id";
    format!(
        "SELECT {columns} FROM requests WHERE {filter} AND ended_at IS NULL
         UNION ALL SELECT {columns} FROM requests WHERE {filter} AND ended_at IS NOT NULL AND ended_at >= ?1"
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
    let (filter, values) = filter(whose);
    // The values of a filter begin at the third.
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM requests WHERE {filter} AND waits = 1 AND ?2 IS NULL LIMIT ?1)"
    );
    let fixed = [Value::from(i64::try_from(most)?), Value::Null];
    let values = fixed.into_iter().chain(values.into_iter().map(|text| Value::from(text.to_owned())));
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
        let mut plans = Vec::new();
        for filter in ["owner = ?3", "team = ?3"] {
            for which in [Which::All, Which::Live, Which::Ended] {
                plans.push(plan(&list_sql(filter, which)));
            }
            plans.push(plan(&holdings_sql(filter)));
        }
        plans.push(plan(&list_sql("team = ?3", Which::Waiting)));
        for which in [Which::All, Which::Live, Which::Ended, Which::Waiting] {
            plans.push(plan(&list_sql("team = ?3 AND product = ?4", which)));
        }
        plans.push(plan(&list_sql("product = ?3", Which::Waiting)));
        plans.push(plan(&list_sql("team = ?3", Which::Exceptions)));
        for which in [Which::Live, Which::Ended, Which::Waiting, Which::Exceptions] {
            plans.push(plan(&list_sql(EVERYONES, which)));
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
    fn the_last_page_and_the_sums_of_ten_thousand_requests_are_whole() {
        let connection = filled(10_000);
        let payments = Whose::Team(TeamName::new("payments"));
        assert_eq!(holdings(&connection, &payments, Timestamp::UNIX_EPOCH).unwrap().len(), 10_000);
        for which in [Which::Live, Which::Ended] {
            assert_eq!(list(&connection, &payments, which, 4_985, 16).unwrap().len(), 15);
        }
    }
}
