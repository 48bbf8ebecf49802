//! Looking at requests: one's own, the team's, one by its id.

use super::form::shown;
use super::{Error, Portal, outsider};
use crate::domain::audit::{AuditEntry, By, Via};
use crate::domain::catalog::Principal;
use crate::domain::ids::{PersonId, RequestId, TeamName};
use crate::domain::quota::{QuotaSlot, QuotaUse};
use crate::domain::refusal::Refusal;
use crate::domain::repeats::RefusedAction;
use crate::domain::request::Request;
use crate::ports::store::{Which, Whose};

/// Fewest characters of an id that a command takes.
const SHORTEST_PREFIX: usize = 6;

/// A page of requests.
#[derive(Clone, Debug)]
pub struct Page {
    /// Whose they are, for the heading.
    pub whose: Whose,
    /// Those that have not ended, newest first; or those that have, the one that ended last first.
    pub requests: Vec<Request>,
    /// Whether there are more of this kind.
    pub more: bool,
    /// Whether there are any that have ended.
    pub any_ended: bool,
}

/// Which requests a page is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Those that have ended, instead of those that have not.
    pub ended: bool,
    /// Requests before the page.
    pub skip: usize,
    /// Requests on the page.
    pub limit: usize,
}

/// A page of the person's own requests, or of a team's if `team` is named and the person may see it.
///
/// # Errors
/// A refusal when the team is not theirs to see; a failure when Slack or the store is silent.
pub async fn list(portal: &Portal, person: &PersonId, team: Option<&str>, cut: Cut) -> Result<Page, Error> {
    let whose = match team {
        None => Whose::Owner(person.clone()),
        Some(name) => Whose::Team(visible_team(portal, person, name).await?),
    };
    let store = &portal.ports.store;
    let which = if cut.ended { Which::Ended } else { Which::Live };
    let mut requests = store.list(&whose, which, cut.skip, cut.limit.saturating_add(1)).await?;
    let more = requests.len() > cut.limit;
    requests.truncate(cut.limit);
    let any_ended = !store.list(&whose, Which::Ended, 0, 1).await?.is_empty();
    Ok(Page { whose, requests, more, any_ended })
}

/// The team of this name, if the person is in it, answers its requests, or may read everything.
pub(super) async fn visible_team(portal: &Portal, person: &PersonId, name: &str) -> Result<TeamName, Error> {
    let wanted = portal.organization.team(&TeamName::new(name));
    if let Some(team) = wanted {
        let organization = &portal.organization;
        let circles = [&team.members[..], &team.approvers, &organization.admins, &organization.auditors];
        if portal.is_in_any(person, &circles).await? {
            return Ok(team.name.clone());
        }
    }
    let yours: Vec<String> =
        portal.teams_of(person).await?.iter().map(|team| team.name.to_string()).collect();
    if yours.is_empty() {
        return Err(outsider::refusal(portal, person).await.into());
    }
    Err(Refusal::NotYourTeam { team: shown(name), yours: yours.join(", ") }.into())
}

/// The one request that the person can see whose id begins with `typed`.
///
/// # Errors
/// A refusal when there is none or there are several; a failure when Slack or the store is silent.
pub async fn find(portal: &Portal, person: &PersonId, typed: &str) -> Result<Request, Error> {
    let prefix = typed.trim().trim_matches('`').to_lowercase();
    let unknown = || Refusal::UnknownRequest { typed: shown(typed) };
    if prefix.len() < SHORTEST_PREFIX || !RequestId::may_begin_with(&prefix) {
        return Err(unknown().into());
    }
    let mut visible = Vec::new();
    let found = portal.ports.store.find(&prefix, 50).await?;
    for request in found.iter().cloned() {
        if portal.may_see(person, &request).await? {
            visible.push(request);
        }
    }
    match visible.len() {
        0 => {
            if let [one] = found.as_slice() {
                note_stranger(portal, one, person).await?;
            }
            Err(unknown().into())
        }
        1 => Ok(visible.swap_remove(0)),
        matches => Err(Refusal::AmbiguousRequest { typed: shown(typed), matches }.into()),
    }
}

/// Notes that somebody named a request by its id who may not see it. They are told that there is none.
async fn note_stranger(portal: &Portal, request: &Request, person: &PersonId) -> Result<(), Error> {
    let by = By { person: person.clone(), via: Via::Command };
    let (tried, why) = ("look up".to_owned(), "not theirs to see".to_owned());
    Ok(portal.note(&RefusedAction { chain: request.id, meant: None, by, tried, why }).await?)
}

/// A request with everything that is said about it.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The request.
    pub request: Request,
    /// Who can answer it.
    pub approvers: Vec<Principal>,
    /// What its team uses of the product.
    pub quota: QuotaUse,
    /// What happened to it, in order.
    pub entries: Vec<AuditEntry>,
    /// Whether nothing real is made.
    pub simulated: bool,
}

/// As [`find`], with everything that is said about it.
///
/// # Errors
/// As [`find`].
pub async fn find_in_full(portal: &Portal, person: &PersonId, typed: &str) -> Result<Detail, Error> {
    let request = find(portal, person, typed).await?;
    detail(portal, request).await
}

async fn detail(portal: &Portal, request: Request) -> Result<Detail, Error> {
    let slot = QuotaSlot { team: request.team.clone(), product: request.product.key.clone() };
    let used = portal.ports.store.quota_used(&slot).await?;
    Ok(Detail {
        approvers: portal.askable(&request).await.asked,
        quota: QuotaUse { used, limit: request.product.per_team },
        entries: portal.ports.store.audit_of(request.id).await?,
        simulated: portal.ports.provisioner.is_simulated(),
        request,
    })
}
