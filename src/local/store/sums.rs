//! Sums of what people and teams hold and what it costs. Triggers update the tables with every row, in its
//! transaction.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::cents;
use crate::domain::ids::ProductKey;
use crate::domain::spending::{Amounts, Leaving, Month, Sums};
use crate::ports::store::RequestScope;
use crate::ports::stored::product_key;

/// Returns the range of names of the sums: the first, and the first beyond the last.
fn names(whose: &RequestScope) -> (String, String) {
    // A space sorts before every character of a longer name, so only this name is in the range.
    let one = |name: String| (name.clone(), format!("{name} "));
    match whose {
        RequestScope::Owner(person) => one(format!("owner:{person}")),
        RequestScope::Team(team) | RequestScope::TeamProduct(team, _) => one(format!("team:{team}")),
        RequestScope::Product(_) | RequestScope::All => ("team:".to_owned(), "team;".to_owned()),
    }
}

pub(super) fn spending(
    connection: &Connection,
    whose: &RequestScope,
    now: Timestamp,
) -> anyhow::Result<BTreeMap<ProductKey, Amounts>> {
    let month = Month::of(now);
    let (first, last) = names(whose);
    let named = |also: &[String]| {
        let all = [&first, &last].into_iter().chain(also);
        params_from_iter(all.map(|text| Value::from(text.clone())).collect::<Vec<_>>())
    };
    let mut sums: BTreeMap<ProductKey, Sums> = BTreeMap::new();
    // Unlike `sum`, `total` does not fail on overflow, and it is exact far beyond any real amount.
    let sql = "SELECT product, sum(held), sum(unpriced), CAST(total(monthly) AS INTEGER), CAST(total(running) AS INTEGER)
               FROM sums
               WHERE whose >= ?1 AND whose < ?2 GROUP BY product";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(named(&[]))?;
    while let Some(row) = rows.next()? {
        let sum = sums.entry(product(row)?).or_default();
        sum.held = count(row, 1)?;
        sum.unpriced = count(row, 2)?;
        sum.monthly = row.get(3)?;
        sum.running = row.get(4)?;
    }
    let sql = "SELECT product, CAST(total(begun) AS INTEGER), CAST(total(ended) AS INTEGER),
                      CAST(total(charged) AS INTEGER), sum(charges) FROM sums_by_month
               WHERE month = ?3 AND whose >= ?1 AND whose < ?2 GROUP BY product";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(named(&[Month::first_day(now).to_string()]))?;
    while let Some(row) = rows.next()? {
        let sum = sums.entry(product(row)?).or_default();
        (sum.begun, sum.ended) = (row.get(1)?, row.get(2)?);
        if row.get::<_, i64>(4)? > 0 {
            sum.billed = Some(cents::read(row.get(3)?));
        }
    }
    let sql = "SELECT product, day, CAST(total(monthly) AS INTEGER), CAST(total(seconds) AS INTEGER) FROM sums_by_end
               WHERE whose >= ?1 AND whose < ?2 AND day < ?3 GROUP BY product, day";
    let mut statement = connection.prepare_cached(sql)?;
    let end = Month::first_day(now).last_of_month().tomorrow().unwrap_or(Date::MAX);
    let mut rows = statement.query(named(&[end.to_string()]))?;
    while let Some(row) = rows.next()? {
        let day: Date = row.get::<_, String>(1)?.parse().context("cannot read the day of a sum")?;
        let leaving = Leaving { day, monthly: row.get(2)?, seconds: row.get(3)? };
        sums.entry(product(row)?).or_default().leaving.push(leaving);
    }
    if let RequestScope::TeamProduct(_, product) | RequestScope::Product(product) = whose {
        // Sums are named after owners and teams, so those of one product are picked out here.
        sums.retain(|key, _| key == product);
    }
    let amounts = sums.into_iter().map(|(product, sums)| (product, sums.amounts(&month, now)));
    Ok(amounts.filter(|(_, amounts)| *amounts != Amounts::default()).collect())
}

fn product(row: &Row<'_>) -> anyhow::Result<ProductKey> {
    product_key(&row.get::<_, String>(0)?)
}

fn count(row: &Row<'_>, column: usize) -> anyhow::Result<u32> {
    u32::try_from(row.get::<_, i64>(column)?.max(0)).context("cannot count what is held")
}
