//! Turns waiting exceptions into ordinary approvals when room becomes free.
//!
//! An exception holds its slot from the start, so nothing is taken here. There is room for it as soon as everything
//! held, without the other waiting exceptions, fits the limits. The longest waiting exception comes first.

use rust_decimal::Decimal;

use crate::domain::event::Event;
use crate::domain::ids::{RequestId, TeamName};
use crate::domain::quota::BudgetUse;
use crate::domain::request::Request;
use crate::portal::Portal;
use crate::portal::commit::{ChangeOptions, applying, unless_refused};
use crate::ports::store::{RequestFilter, RequestScope};

/// How many waiting exceptions of a team to consider.
const MOST: usize = 200;

/// Returns whether this request's change may have made room for another, or whether it waits for room itself.
pub(super) fn may_make_room(request: &Request) -> bool {
    request.waits_for_room()
        || request.status.name().is_ended()
        || request.change().is_some()
        || !request.creation.reductions.is_empty()
}

/// Turns a team's waiting exceptions into ordinary approvals, one by one, while there is room.
///
/// # Errors
/// If the store cannot be used.
pub(super) async fn give_out(portal: &Portal, team: &TeamName) -> anyhow::Result<()> {
    while let Some(id) = first_with_room(portal, team).await? {
        let changed = portal.change(id, ChangeOptions::default(), applying(&Event::RoomFound)).await;
        // It was decided meanwhile, or another bot was faster. Both schedule this again.
        let Some(request) = unless_refused(changed)? else { return Ok(()) };
        tracing::info!(request = %id, team = %request.team, "room is free again: a waiting exception is an ordinary request now");
    }
    Ok(())
}

/// Returns the longest waiting exception for which there is room.
async fn first_with_room(portal: &Portal, team: &TeamName) -> anyhow::Result<Option<RequestId>> {
    let store = &portal.ports.store;
    let mut waiting = Vec::new();
    let scope = RequestScope::Team(team.clone());
    for listed in store.list(&scope, RequestFilter::Exceptions, None, MOST).await?.requests() {
        // A list may lag behind its row.
        waiting.extend(store.load(listed.id).await?.filter(Request::waits_for_room));
    }
    waiting.sort_by_key(|request| (request.approval().asked_at, request.id));
    for request in &waiting {
        let others: Vec<&Request> = waiting.iter().filter(|other| other.id != request.id).collect();
        if has_slot(portal, request, &others).await? && has_budget(portal, request, &others).await? {
            return Ok(Some(request.id));
        }
    }
    Ok(None)
}

async fn has_slot(portal: &Portal, request: &Request, others: &[&Request]) -> anyhow::Result<bool> {
    let is_beyond =
        |request: &Request| request.approval().exception.as_ref().is_some_and(|one| one.quota.is_some());
    if !is_beyond(request) {
        return Ok(true);
    }
    // Waiting exceptions are counted in `used` but wait themselves, so they do not stand in this one's way.
    let slot = request.slot();
    let waiting = others.iter().filter(|other| is_beyond(other) && other.slot() == slot).count();
    // A product that was removed from the catalog keeps the limit of the request's own snapshot.
    let product = portal.catalog.product(&request.product.key);
    let limit = product.map_or(request.product.per_team, |product| product.quota.per_team);
    let used = portal.ports.store.quota_used(&slot).await?;
    Ok(used.saturating_sub(u32::try_from(waiting)?) <= limit)
}

async fn has_budget(portal: &Portal, request: &Request, others: &[&Request]) -> anyhow::Result<bool> {
    let is_beyond =
        |request: &Request| request.approval().exception.as_ref().is_some_and(|one| one.budget.is_some());
    let budget = portal.organization.team(&request.team).and_then(|team| team.monthly_budget);
    let Some(limit) = budget.filter(|_| is_beyond(request)) else { return Ok(true) };
    // An approver has reduced it to what costs no more, which needs no room however full the budget is.
    if request.adds(request.approval()) == Some(Decimal::ZERO) {
        return Ok(true);
    }
    let team_use = portal.ports.store.team_use(&request.team).await?;
    let waiting: Decimal =
        others.iter().filter(|other| is_beyond(other)).filter_map(|other| other.adds(other.approval())).sum();
    Ok(BudgetUse::of(&team_use, limit).spent - waiting <= limit)
}
