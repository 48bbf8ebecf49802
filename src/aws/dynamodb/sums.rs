//! Sums of what people and teams hold and what it costs, updated in the transaction of the row: one item for
//! each product of a person or team, and one for each of its months. A request's share follows from its place
//! in the list of all, so each change of that place changes the sums by the difference.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::expression::Expression;
use super::item::{Item, TTL, must_text, number, read_amount, text};
use super::query::all;
use super::tables::DynamoStore;
use super::transaction::{Check, TransactionWrite};
use super::{keys, teams};
use crate::domain::ids::ProductKey;
use crate::domain::spending::{Amounts, Leaving, Month, Sums};
use crate::ports::retention::{SUMS_KEPT_FOR, earlier, later};
use crate::ports::store::{Holding, RequestScope};
use crate::ports::stored::product_key;

/// Prefix of counted attributes, so that none is a reserved word of DynamoDB.
const PREFIX: &str = "n_";
/// The most days of a month.
const DAYS: i8 = 31;
/// How long after its first day a month is deleted. It must outlast leases that expired in it while the
/// resource still exists.
const MONTHS_KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Changes of sums: the increment of each number, by item.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<(String, String), BTreeMap<String, i128>>);

impl Changes {
    /// Adds the share of a request, or removes it with a sign of -1. Skips months that ended long before
    /// `now`, which are no longer read.
    pub(super) fn add(&mut self, holding: &Holding, sign: i128, now: Timestamp) {
        let cents = holding.monthly.map(cents);
        for whose in [keys::sums_of_owner(&holding.owner), keys::sums_of_team(&holding.team)] {
            let mut change = |sort: String, name: &str, by: i128| {
                let item = self.0.entry((whose.clone(), sort)).or_default();
                *item.entry(format!("{PREFIX}{name}")).or_default() += sign * by;
            };
            let lives = holding.ended_at.is_none();
            if lives {
                let level = keys::sums_now(&holding.product);
                change(level.clone(), "held", 1);
                change(level.clone(), "unpriced", i128::from(cents.is_none()));
                change(level.clone(), "monthly", cents.unwrap_or_default());
                let running = if holding.activated_at.is_some() { cents } else { None };
                change(level.clone(), "running", running.unwrap_or_default());
                // Total of resources with a lease. The difference to the leases that expire from now on is
                // what should have expired already.
                let leased = if holding.expires_at.is_some() { running } else { None };
                change(level, "leased", leased.unwrap_or_default());
            }
            let oldest = Month::first_day(earlier(now, SUMS_KEPT_FOR));
            let mut in_month = |month: Date, name: &str, by: i128| {
                if month >= oldest {
                    change(keys::sums_in_month(month, &holding.product), name, by);
                }
            };
            // Stored as cents times seconds, so that sums stay exact and only reading them divides.
            if let (Some(cents), Some(begun)) = (cents, holding.activated_at) {
                in_month(Month::first_day(begun), "begun", cents * into_month(begun));
                if let Some(ended) = holding.ended_at {
                    in_month(Month::first_day(ended), "ended", cents * into_month(ended));
                } else if let Some(leaves) = holding.expires_at {
                    let (month, day) =
                        (Month::first_day(leaves), leaves.to_zoned_datetime(TimeZone::UTC).day());
                    in_month(month, &format!("leaving_{day}"), cents);
                    in_month(month, &format!("seconds_{day}"), cents * into_day(leaves));
                }
            }
            if let Some((month, amount)) = holding.billed {
                in_month(month, "charged", self::cents(amount));
                in_month(month, "charges", 1);
            }
        }
    }

    /// Adds the changes of `others`.
    pub(super) fn merge(&mut self, others: Self) {
        for (key, changes) in others.0 {
            let item = self.0.entry(key).or_default();
            for (name, by) in changes {
                *item.entry(name).or_default() += by;
            }
        }
    }

    /// Returns the most writes that these changes may take, also if merged with others.
    pub(super) fn most(&self) -> usize {
        self.0.len()
    }

    /// Returns the writes, leaving out items that do not change.
    pub(super) fn parts(&self, store: &DynamoStore) -> anyhow::Result<Vec<TransactionWrite>> {
        let mut parts = Vec::new();
        for ((whose, sort), changes) in &self.0 {
            let changes: Vec<(&String, &i128)> = changes.iter().filter(|(_, by)| **by != 0).collect();
            if changes.is_empty() {
                continue;
            }
            let each = changes.iter().map(|(name, _)| format!("{name} :{name}"));
            let mut change =
                Expression::new(format!("ADD {}", each.collect::<Vec<_>>().join(", ")), Vec::new());
            for (name, by) in changes {
                change = change.with(format!(":{name}"), number(by));
            }
            if let Some(month) = month_of(sort) {
                change.text += " SET #ttl = :end";
                let begin =
                    month.to_zoned_datetime(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp());
                let end = later(begin, MONTHS_KEPT_FOR).as_second();
                change = change.with(":end", number(&end)).named("#ttl", TTL);
            }
            parts.push(store.update(keys::sums(whose, sort), change, Check::Nothing, "")?);
        }
        Ok(parts)
    }
}

fn cents(dollars: Decimal) -> i128 {
    dollars.checked_mul(Decimal::ONE_HUNDRED).and_then(|cents| cents.round().to_i128()).unwrap_or_default()
}

fn into_month(timestamp: Timestamp) -> i128 {
    i128::from(timestamp.as_second().saturating_sub(Month::of(timestamp).begin.as_second()))
}

fn into_day(timestamp: Timestamp) -> i128 {
    i128::from(timestamp.as_second().rem_euclid(24 * 60 * 60))
}

/// Parses the month from a sort key, if it has one.
fn month_of(sort: &str) -> Option<Date> {
    sort.split_once('#')?.0.parse().ok()
}

pub(super) async fn spending(
    store: &DynamoStore,
    whose: &RequestScope,
    now: Timestamp,
) -> anyhow::Result<BTreeMap<ProductKey, Amounts>> {
    let partitions = match whose {
        RequestScope::Owner(person) => vec![keys::sums_of_owner(person)],
        RequestScope::Team(team) | RequestScope::TeamProduct(team, _) => vec![keys::sums_of_team(team)],
        RequestScope::Product(_) | RequestScope::All => {
            teams::known(store).await?.iter().map(keys::sums_of_team).collect()
        }
    };
    let mut spent: BTreeMap<ProductKey, Amounts> = BTreeMap::new();
    for partition in partitions {
        for (product, amounts) in spending_of(store, &partition, now).await? {
            spent.entry(product).or_default().add(&amounts);
        }
    }
    if let RequestScope::TeamProduct(_, product) | RequestScope::Product(product) = whose {
        spent.retain(|key, _| key == product);
    }
    spent.retain(|_, amounts| *amounts != Amounts::default());
    Ok(spent)
}

async fn spending_of(
    store: &DynamoStore,
    partition: &str,
    now: Timestamp,
) -> anyhow::Result<Vec<(ProductKey, Amounts)>> {
    let month = Month::first_day(now);
    let this = month.to_string();
    // Current sums sort before all months.
    let ranges = [("!", "!~"), (this.as_str(), "~")];
    let mut sums: BTreeMap<ProductKey, (Sums, i64)> = BTreeMap::new();
    for (from, until) in ranges {
        let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :whose AND sk BETWEEN :from AND :until")
            .expression_attribute_values(":whose", text(partition))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":until", text(until));
        for item in all(query, usize::MAX).await.context("cannot read sums")? {
            let sort = must_text(&item, "sk")?;
            let (_, product) = sort.split_once('#').context("a sum is of no product")?;
            let (sum, over) = sums.entry(product_key(product)?).or_default();
            let Some(item_month) = month_of(sort) else {
                read_level(&item, sum)?;
                *over += read(&item, "leased")?;
                continue;
            };
            let leaving = read_leaving(&item, item_month)?;
            *over -= leaving.iter().map(|leaving| leaving.monthly).sum::<i64>();
            if item_month == month {
                read_month(&item, sum)?;
                sum.leaving = leaving;
            }
        }
    }
    let (this_month, day_before) = (Month::of(now), month.yesterday().unwrap_or(Date::MIN));
    let amounts = sums.into_iter().map(|(product, (mut sum, over))| {
        // Leases that expired before this month but whose resources still exist.
        if over > 0 {
            sum.leaving.push(Leaving { day: day_before, monthly: over, seconds: 0 });
        }
        (product, sum.amounts(&this_month, now))
    });
    Ok(amounts.collect())
}

fn read_level(item: &Item, sum: &mut Sums) -> anyhow::Result<()> {
    // Sums may be off where a place could not be read: see `lists::parts_of`.
    let count = |name| anyhow::Ok(u32::try_from(read(item, name)?.max(0))?);
    (sum.held, sum.unpriced) = (count("held")?, count("unpriced")?);
    (sum.monthly, sum.running) = (read(item, "monthly")?, read(item, "running")?);
    Ok(())
}

fn read_month(item: &Item, sum: &mut Sums) -> anyhow::Result<()> {
    (sum.begun, sum.ended) = (read(item, "begun")?, read(item, "ended")?);
    if read(item, "charges")? > 0 {
        sum.billed = Some(Decimal::new(read(item, "charged")?, 2));
    }
    Ok(())
}

/// Reads the leases that expire in this month, by day.
fn read_leaving(item: &Item, month: Date) -> anyhow::Result<Vec<Leaving>> {
    let mut leaving = Vec::new();
    for number in 1..=DAYS {
        let monthly = read(item, &format!("leaving_{number}"))?;
        if monthly != 0 {
            let day = month.with().day(number).build().context("a month has no such day")?;
            let seconds = read(item, &format!("seconds_{number}"))?;
            leaving.push(Leaving { day, monthly, seconds });
        }
    }
    Ok(leaving)
}

/// Reads an integer, which may be negative.
fn read(item: &Item, name: &str) -> anyhow::Result<i64> {
    let amount = read_amount(item, &format!("{PREFIX}{name}"))?.unwrap_or_default();
    amount.to_i64().with_context(|| format!("`{name}` is too large a sum"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures;
    use crate::domain::request::StatusName;

    #[test]
    fn what_is_added_and_taken_off_again_leaves_nothing() {
        let request = fixtures::at(StatusName::Active);
        let holding = super::super::row::holding(&super::super::row::held(&request)).unwrap();
        let mut changes = Changes::default();
        changes.add(&holding, 1, request.updated_at);
        assert!(changes.0.values().flatten().any(|(_, by)| *by != 0));
        changes.add(&holding, -1, request.updated_at);
        assert!(changes.0.values().flatten().all(|(_, by)| *by == 0));
    }
}
