//! Looking at requests: one's own, the team's, one by its id.

use futures_util::future::join_all;

use super::form::shown;
use super::{Error, Portal, no_team};
use crate::domain::audit::{AuditEntry, By, Via};
use crate::domain::catalog::Principal;
use crate::domain::ids::{PersonId, RequestId, TeamName};
use crate::domain::organization::ALL_TEAMS;
use crate::domain::policy::Team;
use crate::domain::quota::{QuotaSlot, QuotaUse};
use crate::domain::refusal::Refusal;
use crate::domain::repeats::RefusedAction;
use crate::domain::request::Request;
use crate::ports::directory::Freshness;
use crate::ports::store::{Cursor, RequestFilter, RequestScope};

/// Fewest characters of an id that a command takes.
const SHORTEST_PREFIX: usize = 6;

/// A page of requests.
#[derive(Clone, Debug)]
pub struct RequestList {
    /// Whose they are, for the heading.
    pub whose: RequestScope,
    /// Those that have not ended, newest first; or those that have, the one that ended last first.
    pub requests: Vec<Request>,
    /// Where the next page of this kind begins, if there is one.
    pub next: Option<Cursor>,
    /// Whether there are any that have ended.
    pub any_ended: bool,
}

/// Which requests a page is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut<'a> {
    /// Those that have ended, instead of those that have not.
    pub ended: bool,
    /// The place before the page; none before the first.
    pub after: Option<&'a Cursor>,
    /// Requests on the page.
    pub limit: usize,
}

/// A page of the person's own requests, or of a team's or of all teams' if `team` names them and the person may see them.
///
/// # Errors
/// A refusal when the team is not theirs to see; a failure when Slack or the store is silent.
pub async fn list(
    portal: &Portal,
    person: &PersonId,
    team: Option<&str>,
    cut: Cut<'_>,
) -> Result<RequestList, Error> {
    let whose = match named_team(portal, person, team).await? {
        ListTarget::Nothing => RequestScope::Owner(person.clone()),
        ListTarget::All => RequestScope::All,
        ListTarget::Team(team) => RequestScope::Team(team),
    };
    let store = &portal.ports.store;
    let which = if cut.ended { RequestFilter::Ended } else { RequestFilter::Live };
    let page = store.list(&whose, which, cut.after, cut.limit).await?;
    let any_ended = !store.list(&whose, RequestFilter::Ended, None, 1).await?.places.is_empty();
    Ok(RequestList { whose, next: page.next(), requests: page.requests(), any_ended })
}

/// The team of this name, if the person is in it, answers its requests, or may read everything. Those may name teams that
/// are gone as well.
pub(super) async fn visible_team(portal: &Portal, person: &PersonId, name: &str) -> Result<TeamName, Error> {
    let wanted = TeamName::new(name);
    if let Some(team) = portal.organization.team(&wanted) {
        let organization = &portal.organization;
        let circles = [&team.members[..], &team.approvers, &organization.admins, &organization.auditors];
        if portal.is_in_any(person, &circles).await? {
            return Ok(team.name.clone());
        }
    } else if portal.all_teams().await?.contains(&wanted)
        && reads_all(portal, person, Freshness::Fresh).await?
    {
        return Ok(wanted);
    }
    let yours = teams_to_see(portal, person).await?;
    if yours.is_empty() {
        return Err(no_team::refusal(portal, person).await.into());
    }
    let yours = yours.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Err(Refusal::NotYourTeam { team: shown(name), yours }.into())
}

/// What somebody named behind a command that takes a team.
pub(super) enum ListTarget {
    /// Nothing.
    Nothing,
    /// All teams, which they may read.
    All,
    /// This team, which they may read.
    Team(TeamName),
}

/// What they named, if they may read that.
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

/// Whether they may read the requests of all teams: admins and auditors.
pub(super) async fn reads_all(
    portal: &Portal,
    person: &PersonId,
    freshness: Freshness,
) -> anyhow::Result<bool> {
    let organization = &portal.organization;
    portal.is_in_any_as_of(person, &[&organization.admins, &organization.auditors], freshness).await
}

/// The teams that they are in or answer for, in the order of the settings, for whoever reads about them: found by what is
/// known, and only those that are found are asked about anew. That there are none is asked of all.
///
/// # Errors
/// When Slack had to be asked and could not, and none was found among those it said.
pub(super) async fn teams_to_see(portal: &Portal, person: &PersonId) -> anyhow::Result<Vec<TeamName>> {
    let known = portal.teams_as_of(person, Freshness::Known, everybody_of).await.unwrap_or_default();
    let found = confirmed(portal, person, known).await.unwrap_or_default();
    if !found.is_empty() {
        return Ok(found);
    }
    confirmed(portal, person, portal.organization.teams.iter().collect()).await
}

/// The same by what is known, for what is shown without being asked for.
///
/// # Errors
/// As [`teams_to_see`].
pub(super) async fn teams_to_show(portal: &Portal, person: &PersonId) -> anyhow::Result<Vec<TeamName>> {
    let known = portal.teams_as_of(person, Freshness::Known, everybody_of).await?;
    Ok(known.into_iter().map(|team| team.name.clone()).collect())
}

/// A team's members and those who answer for it.
fn everybody_of(team: &Team) -> Vec<Principal> {
    [&team.members[..], &team.approvers].concat()
}

/// Those of these teams that they are in or answer for now.
async fn confirmed(portal: &Portal, person: &PersonId, teams: Vec<&Team>) -> anyhow::Result<Vec<TeamName>> {
    let asked = teams.iter().map(|team| async {
        let is_theirs = portal.is_one_of_in_time(person, &everybody_of(team)).await;
        is_theirs.map(|is_theirs| is_theirs.then(|| team.name.clone()))
    });
    let (found, silent): (Vec<_>, Vec<_>) = join_all(asked).await.into_iter().partition(Result::is_ok);
    let found: Vec<TeamName> = found.into_iter().flatten().flatten().collect();
    // A team that cannot be asked about must not keep the others from being shown.
    match silent.into_iter().find_map(Result::err) {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

/// The one request that the person can see whose id begins with `typed`.
///
/// # Errors
/// A refusal when there is none or there are several; a failure when Slack or the store is silent.
pub async fn find(portal: &Portal, person: &PersonId, typed: &str) -> Result<Request, Error> {
    let prefix = typed.trim().trim_matches('`').to_lowercase();
    let unknown = || Refusal::UnknownRequest { typed: shown(typed) };
    if prefix.chars().count() < SHORTEST_PREFIX {
        return Err(Refusal::ShortRequestId { typed: shown(typed), fewest: SHORTEST_PREFIX }.into());
    }
    if !RequestId::may_begin_with(&prefix) {
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
        approvers: portal.approver_set(&request).await.asked,
        quota: QuotaUse { used, limit: request.product.per_team },
        entries: portal.ports.store.audit_of(request.id).await?,
        simulated: portal.ports.provisioner.is_simulated(),
        request,
    })
}
