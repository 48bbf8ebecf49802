//! Slots and budgets: a counter for each product of a team, and the team's total. Both change in the same
//! transaction, so the total is always the sum.

use anyhow::Context as _;
use rust_decimal::Decimal;

use super::expression::Expression;
use super::item::{Item, must_text, number, read_amount, read_number, text};
use super::keys;
use super::query::all;
use super::tables::DynamoStore;
use super::transaction::{Check, TransactionWrite};
use crate::domain::ids::TeamName;
use crate::domain::quota::{QuotaChange, QuotaSlot, TeamUse};
use crate::ports::stored::product_key;

/// Returns the writes of a quota change. A release reads the counter first, so that it never becomes
/// negative. Taking within limits also reads the use under other names of the team; if that changes before
/// the write, the commit is planned again.
pub(super) async fn parts(
    store: &DynamoStore,
    change: &QuotaChange,
    namesakes: &[TeamName],
) -> anyhow::Result<Vec<TransactionWrite>> {
    match change {
        QuotaChange::Take { slot, limit, monthly, budget } => {
            let elsewhere = elsewhere(store, slot, namesakes).await?;
            take(store, slot, *limit, (*monthly, *budget), elsewhere)
        }
        QuotaChange::Grow { slot, monthly, budget } => {
            let elsewhere = elsewhere(store, slot, namesakes).await?;
            let mut parts = total(store, slot, *monthly, *budget, elsewhere.monthly)?;
            parts.extend(elsewhere.unchanged);
            let change = Expression::new("ADD monthly :monthly", vec![(":monthly", number(monthly))]);
            let counter = keys::quota(&slot.team, slot.product.as_str());
            parts.push(store.update(counter, change, Check::Nothing, "")?);
            Ok(parts)
        }
        QuotaChange::Shrink { slot, monthly } => give_back(store, slot, *monthly, 0).await,
        QuotaChange::Move { from, to, monthly } => {
            // The new team takes over what exists already, so its limits do not apply.
            let mut parts = give_back(store, from, *monthly, 1).await?;
            parts.extend(take(store, to, None, (*monthly, None), Elsewhere::default())?);
            Ok(parts)
        }
        QuotaChange::Release { slot, monthly } => give_back(store, slot, *monthly, 1).await,
    }
}

/// The use under other names of a team.
#[derive(Debug, Default)]
struct Elsewhere {
    /// Slots taken of the product.
    used: u32,
    /// US dollars a month for all products.
    monthly: Decimal,
    /// Checks that these values are still current.
    unchanged: Vec<TransactionWrite>,
}

async fn elsewhere(
    store: &DynamoStore,
    slot: &QuotaSlot,
    namesakes: &[TeamName],
) -> anyhow::Result<Elsewhere> {
    let mut elsewhere = Elsewhere::default();
    for team in namesakes {
        let counter = keys::quota(team, slot.product.as_str());
        let total = keys::quota(team, keys::TEAM_TOTAL);
        match store.event(counter.clone()).await? {
            Some(there) => {
                let (used, _) = read(&there)?;
                let same = Expression::new("used = :used", vec![(":used", number(&used))]);
                elsewhere.unchanged.push(store.holds(counter, Check::Plan, same)?);
                elsewhere.used = elsewhere.used.saturating_add(used);
            }
            None => elsewhere.unchanged.push(store.absent(counter, Check::Plan)?),
        }
        match store.event(total.clone()).await? {
            Some(there) => {
                let monthly = read_amount(&there, "monthly")?.unwrap_or_default();
                let same = Expression::new("monthly = :held", vec![(":held", number(&monthly))]);
                elsewhere.unchanged.push(store.holds(total, Check::Plan, same)?);
                elsewhere.monthly = elsewhere.monthly.saturating_add(monthly);
            }
            None => elsewhere.unchanged.push(store.absent(total, Check::Plan)?),
        }
    }
    Ok(elsewhere)
}

/// Adds to the team's total, within the budget less what is used elsewhere.
fn total(
    store: &DynamoStore,
    slot: &QuotaSlot,
    monthly: Decimal,
    budget: Option<Decimal>,
    elsewhere: Decimal,
) -> anyhow::Result<Vec<TransactionWrite>> {
    let total = keys::quota(&slot.team, keys::TEAM_TOTAL);
    let change = Expression::new("ADD monthly :monthly", vec![(":monthly", number(&monthly))]);
    Ok(match budget {
        Some(budget) => {
            let room = budget.saturating_sub(monthly).saturating_sub(elsewhere);
            // With no room left, a missing total must not pass the condition.
            let is_first = if room < Decimal::ZERO { "" } else { "attribute_not_exists(monthly) OR " };
            let condition = format!("{is_first}monthly <= :room");
            let change = change.with(":room", number(&room));
            vec![store.update(total, change, Check::Budget { elsewhere }, &condition)?]
        }
        None if monthly.is_zero() => Vec::new(),
        None => vec![store.update(total, change, Check::Nothing, "")?],
    })
}

fn take(
    store: &DynamoStore,
    slot: &QuotaSlot,
    limit: Option<u32>,
    (monthly, budget): (Decimal, Option<Decimal>),
    elsewhere: Elsewhere,
) -> anyhow::Result<Vec<TransactionWrite>> {
    let mut parts = total(store, slot, monthly, budget, elsewhere.monthly)?;
    let values = vec![(":one", number(&1)), (":monthly", number(&monthly))];
    let change = Expression::new("ADD used :one, monthly :monthly", values);
    let counter = keys::quota(&slot.team, slot.product.as_str());
    parts.push(match limit {
        Some(limit) => {
            let here = limit.saturating_sub(elsewhere.used);
            // With no slots left here, a missing counter must not pass the condition.
            let is_first = if here == 0 { "" } else { "attribute_not_exists(used) OR " };
            let condition = format!("{is_first}used < :limit");
            let check = Check::Slot { limit, elsewhere: elsewhere.used };
            store.update(counter, change.with(":limit", number(&here)), check, &condition)?
        }
        None => store.update(counter, change, Check::Nothing, "")?,
    });
    parts.extend(elsewhere.unchanged);
    Ok(parts)
}

/// Reduces a slot's estimate and releases this many slots.
async fn give_back(
    store: &DynamoStore,
    slot: &QuotaSlot,
    monthly: Decimal,
    slots: u32,
) -> anyhow::Result<Vec<TransactionWrite>> {
    let counter = keys::quota(&slot.team, slot.product.as_str());
    let Some(there) = store.event(counter.clone()).await? else {
        return Ok(vec![store.absent(counter, Check::Plan)?]);
    };
    let (used, recorded) = read(&there)?;
    let given_back = monthly.min(recorded);
    let values = vec![
        (":used", number(&used)),
        (":held", number(&recorded)),
        (":fewer", number(&used.saturating_sub(slots))),
        (":less", number(&(recorded - given_back))),
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

/// Reads the slots in use and US dollars a month.
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
    let mut entries = Vec::new();
    for counter in &counters {
        let product = must_text(counter, "sk")?;
        if product == keys::TEAM_TOTAL {
            continue;
        }
        let (used, monthly) = read(counter)?;
        entries.push(TeamUse { product: product_key(product)?, used, monthly });
    }
    Ok(entries)
}
