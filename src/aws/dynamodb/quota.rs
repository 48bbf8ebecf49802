//! Slots and budgets: a counter for each product of a team, and the team's total beside them. The total changes in the
//! same transaction as the counter, so it is always their sum.

use anyhow::Context as _;
use rust_decimal::Decimal;

use super::item::{Item, must_text, number, read_amount, read_number, text};
use super::lists::all;
use super::transaction::{Check, Expression, Part};
use super::{DynamoStore, keys};
use crate::domain::ids::TeamName;
use crate::domain::quota::{QuotaChange, QuotaSlot, TeamUse};
use crate::ports::stored::product_key;

/// The writes of a change. Giving back reads the counter first, since it never goes below nothing.
pub(super) async fn parts(store: &DynamoStore, change: &QuotaChange) -> anyhow::Result<Vec<Part>> {
    match change {
        QuotaChange::Take { slot, limit, monthly, budget } => take(store, slot, *limit, *monthly, *budget),
        QuotaChange::Grow { slot, monthly, budget } => grow(store, slot, *monthly, *budget),
        QuotaChange::Shrink { slot, monthly } => give_back(store, slot, *monthly, 0).await,
        QuotaChange::Release { slot, monthly } => give_back(store, slot, *monthly, 1).await,
    }
}

fn grow(
    store: &DynamoStore,
    slot: &QuotaSlot,
    monthly: Decimal,
    budget: Option<Decimal>,
) -> anyhow::Result<Vec<Part>> {
    let mut parts: Vec<Part> = total(store, slot, monthly, budget)?.into_iter().collect();
    let change = Expression::new("ADD monthly :monthly", vec![(":monthly", number(&monthly))]);
    let counter = keys::quota(&slot.team, slot.product.as_str());
    parts.push(store.update(counter, change, Check::Nothing, "")?);
    Ok(parts)
}

/// Adds to the team's total, within its budget.
fn total(
    store: &DynamoStore,
    slot: &QuotaSlot,
    monthly: Decimal,
    budget: Option<Decimal>,
) -> anyhow::Result<Option<Part>> {
    let total = keys::quota(&slot.team, keys::TEAM_TOTAL);
    let mut change = Expression::new("ADD monthly :monthly", vec![(":monthly", number(&monthly))]);
    Ok(match budget {
        Some(budget) => {
            let room = budget.saturating_sub(monthly);
            let is_first = if room < Decimal::ZERO { "" } else { "attribute_not_exists(monthly) OR " };
            change.values.push((":room", number(&room)));
            let condition = format!("{is_first}monthly <= :room");
            Some(store.update(total, change, Check::Budget, &condition)?)
        }
        None if monthly.is_zero() => None,
        None => Some(store.update(total, change, Check::Nothing, "")?),
    })
}

fn take(
    store: &DynamoStore,
    slot: &QuotaSlot,
    limit: Option<u32>,
    monthly: Decimal,
    budget: Option<Decimal>,
) -> anyhow::Result<Vec<Part>> {
    let mut parts: Vec<Part> = total(store, slot, monthly, budget)?.into_iter().collect();
    let values = vec![(":one", number(&1)), (":monthly", number(&monthly))];
    let mut change = Expression::new("ADD used :one, monthly :monthly", values);
    let counter = keys::quota(&slot.team, slot.product.as_str());
    parts.push(match limit {
        Some(limit) => {
            change.values.push((":limit", number(&limit)));
            let is_first = if limit == 0 { "" } else { "attribute_not_exists(used) OR " };
            let condition = format!("{is_first}used < :limit");
            store.update(counter, change, Check::Slot { limit }, &condition)?
        }
        None => store.update(counter, change, Check::Nothing, "")?,
    });
    Ok(parts)
}

/// Takes from the estimates of a slot, and gives back so many slots.
async fn give_back(
    store: &DynamoStore,
    slot: &QuotaSlot,
    monthly: Decimal,
    slots: u32,
) -> anyhow::Result<Vec<Part>> {
    let counter = keys::quota(&slot.team, slot.product.as_str());
    let Some(there) = store.event(counter.clone()).await? else {
        return Ok(vec![store.absent(counter, Check::Plan)?]);
    };
    let (used, held) = read(&there)?;
    let given_back = monthly.min(held);
    let values = vec![
        (":used", number(&used)),
        (":held", number(&held)),
        (":fewer", number(&used.saturating_sub(slots))),
        (":less", number(&(held - given_back))),
    ];
    let change = Expression::new("SET used = :fewer, monthly = :less", values);
    let mut parts = vec![store.update(counter, change, Check::Plan, "used = :used AND monthly = :held")?];
    if !given_back.is_zero() {
        let change = Expression::new("ADD monthly :monthly", vec![(":monthly", number(&-given_back))]);
        let total = keys::quota(&slot.team, keys::TEAM_TOTAL);
        parts.push(store.update(total, change, Check::Nothing, "")?);
    }
    Ok(parts)
}

/// Slots in use and US dollars a month.
fn read(counter: &Item) -> anyhow::Result<(u32, Decimal)> {
    let used = read_number(counter, "used")?.unwrap_or(0).try_into().context("cannot count slots")?;
    Ok((used, read_amount(counter, "monthly")?.unwrap_or_default()))
}

pub(super) async fn used(store: &DynamoStore, slot: &QuotaSlot) -> anyhow::Result<u32> {
    let counter = store.event(keys::quota(&slot.team, slot.product.as_str())).await?;
    Ok(counter.map(|counter| read(&counter)).transpose()?.map_or(0, |(used, _)| used))
}

pub(super) async fn team_use(store: &DynamoStore, team: &TeamName) -> anyhow::Result<Vec<TeamUse>> {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :team")
        .expression_attribute_values(":team", text(keys::quota_partition(team)));
    let counters = all(query, usize::MAX).await.with_context(|| format!("cannot read what {team} holds"))?;
    let mut held = Vec::new();
    for counter in &counters {
        let product = must_text(counter, "sk")?;
        if product == keys::TEAM_TOTAL {
            continue;
        }
        let (used, monthly) = read(counter)?;
        held.push(TeamUse { product: product_key(product)?, used, monthly });
    }
    Ok(held)
}
