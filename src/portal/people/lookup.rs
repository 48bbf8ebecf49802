//! Finding requests: a person's own, a team's, or one by its id.

use crate::domain::audit::{AuditEntry, By, Via};
use crate::domain::ids::{PersonId, RequestId, TeamName};
use crate::domain::organization::ALL_TEAMS;
use crate::domain::principal::Principal;
use crate::domain::quota::{QuotaSlot, QuotaUse};
use crate::domain::refusal::Refusal;
use crate::domain::repeats::RefusedAction;
use crate::domain::request::Request;
use crate::portal::access::no_team;
use crate::portal::access::readers::{reads_all, teams_to_see};
use crate::portal::people::form::quotable;
use crate::portal::{Error, Portal};
use crate::ports::directory::Freshness;
use crate::ports::store::{Cursor, RequestFilter, RequestScope};

/// The shortest prefix of an id that a command accepts.
const SHORTEST_PREFIX: usize = 6;

/// A page of requests.
#[derive(Clone, Debug)]
pub struct RequestList {
    /// Whose requests, for the heading.
    pub whose: RequestScope,
    /// Live requests, newest first; or ended ones, latest end first.
    pub requests: Vec<Request>,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor>,
    /// Whether there are any ended requests.
    pub any_ended: bool,
}

/// Which page of a list to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut<'a> {
    /// Ended requests instead of live ones.
    pub ended: bool,
    /// Position before the page; `None` for the first page.
    pub after: Option<&'a Cursor>,
    /// Number of requests on the page.
    pub limit: usize,
}

/// Returns a page of the person's own requests, or of the team or all teams that `team` names, if the person may see
/// them.
///
/// # Errors
/// A refusal if the person may not see the team; a failure if Slack or the store does not answer.
pub async fn list(
    portal: &Portal,
    person: &PersonId,
    team: Option<&str>,
    cut: Cut<'_>,
) -> Result<RequestList, Error> {
    let scope = match named_team(portal, person, team).await? {
        ListTarget::Nothing => RequestScope::Owner(person.clone()),
        ListTarget::All => RequestScope::All,
        ListTarget::Team(team) => RequestScope::Team(team),
    };
    let store = &portal.ports.store;
    let filter = if cut.ended { RequestFilter::Ended } else { RequestFilter::Live };
    let page = store.list(&scope, filter, cut.after, cut.limit).await?;
    // One row is enough to know whether to offer the others.
    let any_ended = !store.list(&scope, RequestFilter::Ended, None, 1).await?.places.is_empty();
    Ok(RequestList { whose: scope, next: page.next(), requests: page.requests(), any_ended })
}

/// Returns the team of this name if the person belongs to it, approves for it, or may read everything. Only the latter
/// may name a removed team.
pub(super) async fn visible_team(portal: &Portal, person: &PersonId, name: &str) -> Result<TeamName, Error> {
    let team_name = TeamName::new(name);
    if let Some(team) = portal.organization.team(&team_name) {
        let organization = &portal.organization;
        let sets = [&team.members[..], &team.approvers, &organization.admins, &organization.auditors];
        if portal.is_in_any(person, &sets).await? {
            return Ok(team.name.clone());
        }
    } else if portal.all_teams().await?.contains(&team_name)
        && reads_all(portal, person, Freshness::Fresh).await?
    {
        return Ok(team_name);
    }
    let yours = teams_to_see(portal, person).await?;
    // A person without a team reads why, not an empty list.
    if yours.is_empty() {
        return Err(no_team::refusal(portal, person).await.into());
    }
    let yours = yours.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Err(Refusal::NotYourTeam { team: quotable(name), yours }.into())
}

/// The argument of a command that takes a team.
pub(super) enum ListTarget {
    /// No argument.
    Nothing,
    /// All teams; the person may read them.
    All,
    /// This team; the person may read it.
    Team(TeamName),
}

/// Parses the argument, and checks that the person may read what it names.
pub(super) async fn named_team(
    portal: &Portal,
    person: &PersonId,
    name: Option<&str>,
) -> Result<ListTarget, Error> {
    match name {
        None => Ok(ListTarget::Nothing),
        Some(ALL_TEAMS) if reads_all(portal, person, Freshness::Fresh).await? => Ok(ListTarget::All),
        Some(ALL_TEAMS) => {
            let yours = teams_to_see(portal, person).await?;
            let yours = yours.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(Refusal::NotAllTeams { yours }.into())
        }
        Some(name) => Ok(ListTarget::Team(visible_team(portal, person, name).await?)),
    }
}

/// Finds the one visible request whose id starts with `typed`.
///
/// # Errors
/// A refusal if there is none or more than one; a failure if Slack or the store does not answer.
pub async fn find(portal: &Portal, person: &PersonId, typed: &str) -> Result<Request, Error> {
    // Messages show ids in backticks, and people copy those as well.
    let prefix = typed.trim().trim_matches('`').to_lowercase();
    let unknown = || Refusal::UnknownRequest { typed: quotable(typed) };
    if prefix.chars().count() < SHORTEST_PREFIX {
        return Err(Refusal::ShortRequestId { typed: quotable(typed), fewest: SHORTEST_PREFIX }.into());
    }
    // Such a text begins no id, so the store need not be asked.
    if !RequestId::may_begin_with(&prefix) {
        return Err(unknown().into());
    }
    let mut visible = Vec::new();
    // A prefix of this length matches a few requests at most.
    let matches = portal.ports.store.find(&prefix, 50).await?;
    for request in matches.iter().cloned() {
        if portal.may_see(person, &request).await? {
            visible.push(request);
        }
    }
    match visible.len() {
        0 => {
            // With several matches it is unknown which one was meant.
            if let [request] = matches.as_slice() {
                note_stranger(portal, request, person).await?;
            }
            Err(unknown().into())
        }
        1 => Ok(visible.swap_remove(0)),
        matches => Err(Refusal::AmbiguousRequest { typed: quotable(typed), matches }.into()),
    }
}

/// Records on the trail that somebody named a request that they may not see. They are told that it does not exist.
async fn note_stranger(portal: &Portal, request: &Request, person: &PersonId) -> Result<(), Error> {
    let by = By { person: person.clone(), via: Via::Command };
    let (tried, why) = ("look up".to_owned(), "not theirs to see".to_owned());
    Ok(portal.note(&RefusedAction { chain: request.id, meant: None, by, tried, why }).await?)
}

/// A request with all details.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The request.
    pub request: Request,
    /// Its approvers.
    pub approvers: Vec<Principal>,
    /// What its team uses of the product.
    pub quota: QuotaUse,
    /// Its audit entries in order.
    pub entries: Vec<AuditEntry>,
    /// Whether nothing real is provisioned.
    pub simulated: bool,
}

/// Like [`find`], with all details.
///
/// # Errors
/// See [`find`].
pub async fn find_in_full(portal: &Portal, person: &PersonId, typed: &str) -> Result<Detail, Error> {
    let request = find(portal, person, typed).await?;
    detail(portal, request).await
}

async fn detail(portal: &Portal, request: Request) -> Result<Detail, Error> {
    let slot = QuotaSlot { team: request.team.clone(), product: request.product.key.clone() };
    let used = portal.ports.store.quota_used(&slot).await?;
    Ok(Detail {
        approvers: portal.approver_set(&request).await.mentioned,
        quota: QuotaUse { used, limit: request.product.per_team },
        entries: portal.ports.store.audit_of(request.id).await?,
        simulated: portal.ports.provisioner.is_simulated(),
        request,
    })
}
