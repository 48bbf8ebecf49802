//! Home tabs: their content, and keeping them up to date for those who look at them.

use std::collections::BTreeMap;

use crate::domain::away::Away;
use crate::domain::ids::{PersonId, RequestId, TeamName};
use crate::domain::job::{Job, JobKind};
use crate::domain::organization::Team;
use crate::domain::period::Period;
use crate::domain::quota::QuotaUse;
use crate::domain::request::Request;
use crate::portal::Portal;
use crate::portal::access::ApproverSet;
use crate::portal::access::readers::{reads_all, teams_to_show};
use crate::portal::jobs::freed_room::{give_out, may_make_room};
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::ports::directory::Freshness;
use crate::ports::outage::warn_unless;
use crate::ports::slack::{Everything, Excerpt, HomePage, ProductUse, TeamPage};
use crate::ports::store::{HomeTab, RequestFilter, RequestScope};

/// How long a home tab is kept up to date after it was last opened.
const LOOKED_AT: Period = Period::days(7);
/// Opening it again within this time is still the first visit, since clients send the event more than once.
const FIRST_VISIT: Period = Period::minutes(10);
/// How many requests to show of each kind.
const ROWS: usize = 8;
/// How many requests of a team to search for those of other owners.
const ROWS_READ: usize = 50;
/// How many waiting requests of a list to search for those the person can answer, and how many to read at a time.
const MOST_WAITING: usize = 96;
const WAITING_READ: usize = 12;
/// How many teams to show, the person's own first: a view has at most 100 blocks.
const MOST_TEAMS: usize = 20;

/// Gives out the room that this request's change may have made, and has the home tabs published that may show it.
pub(super) async fn follow_up(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    // Here rather than in a job of its own, since every change of a request already leads to this one.
    if may_make_room(&request) {
        give_out(portal, &request.team).await?;
    }
    let now = portal.now();
    let mut jobs: Vec<Job> = Vec::new();
    let people = portal.ports.store.homes_opened_since(LOOKED_AT.before(now)).await?;
    // Resolve approvers once for all people. On an error everybody's tab is rendered, which only costs time.
    let approvers = if people.is_empty() { None } else { portal.try_approver_set(&request).await.ok() };
    for person in people {
        if is_shown_to(portal, &person, &request, approvers.as_ref()).await {
            jobs.push(JobKind::Home.due(person, now));
        }
    }
    if !jobs.is_empty() {
        portal.write_jobs(jobs).await?;
    }
    Ok(Performed::Done)
}

/// Has every home tab published that was opened recently.
pub(super) async fn refresh_all_homes(portal: &Portal) -> Result<Performed, JobError> {
    let now = portal.now();
    let people = portal.ports.store.homes_opened_since(LOOKED_AT.before(now)).await?;
    let jobs: Vec<Job> = people.into_iter().map(|person| JobKind::Home.due(person, now)).collect();
    if !jobs.is_empty() {
        portal.write_jobs(jobs).await?;
    }
    Ok(Performed::Done)
}

/// Returns whether this person's home tab may show the request. `true` if Slack does not answer: rendering the tab
/// decides.
async fn is_shown_to(
    portal: &Portal,
    person: &PersonId,
    request: &Request,
    approvers: Option<&ApproverSet>,
) -> bool {
    // Needs no lookup.
    if *person == request.owner || *person == request.requester {
        return true;
    }
    let Some(approvers) = approvers else { return true };
    if approvers.aways.iter().any(|away| away.delegate == *person) {
        return true;
    }
    let organization = &portal.organization;
    let answering = organization.approvers_of(&request.team);
    let principals = [organization.members_of(&request.team), answering, &approvers.eligible].concat();
    portal.is_named(person, &principals, Freshness::Known).await.unwrap_or(true)
}

/// Publishes a person's home tab if its content has changed.
pub(super) async fn publish(portal: &Portal, person: &PersonId) -> Result<Performed, JobError> {
    let Some(tab) = portal.ports.store.home(person).await? else { return Ok(Performed::Done) };
    let is_first_visit = tab.opened_at <= FIRST_VISIT.after(tab.first_opened_at);
    let page = page(portal, person, is_first_visit).await?;
    let shows = match portal.ports.slack.publish_home(&page, &tab.shows).await {
        Ok(shows) => shows,
        // Retried like any message if Slack cannot show it now.
        Err(error) => return Err(error.into()),
    };
    // Most tabs have not changed, and each write costs the store a round trip.
    if shows != tab.shows {
        portal.ports.store.put_home(person, &HomeTab { shows, ..tab }).await?;
    }
    Ok(Performed::Done)
}

async fn page(portal: &Portal, person: &PersonId, is_first_visit: bool) -> anyhow::Result<HomePage> {
    let store = &portal.ports.store;
    let mine = store.list(&RequestScope::Owner(person.clone()), RequestFilter::Live, None, ROWS).await?;
    let aways = store.aways(portal.now()).await?;
    let mut teams = Vec::new();
    // If Slack does not say which teams are theirs, the rest of the tab is better than none.
    let memberships =
        portal.teams_of(person).await.map(|teams| teams.iter().map(|team| team.name.clone()).collect());
    let memberships: Vec<TeamName> = unless_silent(portal, person, memberships);
    let mut names = unless_silent(portal, person, teams_to_show(portal, person).await);
    // `teams_of` asks Slack again if the cache has none, so it may know more.
    for name in &memberships {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    // Stable, so that each part keeps the order of the settings.
    names.sort_by_key(|name| !memberships.contains(name));
    for name in names.into_iter().take(MOST_TEAMS) {
        if let Some(team) = portal.organization.team(&name) {
            teams.push(team_page(portal, person, team, memberships.contains(&name)).await?);
        }
    }
    Ok(HomePage {
        now: portal.now(),
        person: person.clone(),
        is_first_visit,
        paused: store.pause().await?,
        waiting: waiting_for(portal, person, &aways).await?,
        aways: aways_of(portal, person, &aways).await,
        mine: Excerpt { more: mine.more, requests: mine.requests() },
        teams,
        everything: everything(portal, person).await?,
        command: portal.organization.command.clone(),
        simulated: portal.ports.provisioner.is_simulated(),
    })
}

fn unless_silent<T: Default>(portal: &Portal, person: &PersonId, answer: anyhow::Result<T>) -> T {
    answer.unwrap_or_else(|error| {
        warn_unless!(
            portal.ports.trouble.outages.explains(&error),
            actor = %person,
            error = format!("{error:#}"),
            "cannot look up what to show on a home tab"
        );
        T::default()
    })
}

/// Returns the part for those who may read everything.
async fn everything(portal: &Portal, person: &PersonId) -> anyhow::Result<Option<Everything>> {
    if !unless_silent(portal, person, reads_all(portal, person, Freshness::Known).await) {
        return Ok(None);
    }
    let is_admin = unless_silent(
        portal,
        person,
        portal.is_one_of_as_of(person, &portal.organization.admins, Freshness::Known).await,
    );
    // Auditors could do nothing about failed jobs.
    let parked = if is_admin { portal.ports.store.count_parked().await? } else { 0 };
    Ok(Some(Everything { parked }))
}

/// Returns the person's own absence, and those in which they are the delegate of somebody who still counts.
async fn aways_of(portal: &Portal, person: &PersonId, aways: &[Away]) -> Vec<Away> {
    let mut visible = Vec::new();
    for away in aways {
        let is_visible = if away.person == *person {
            true
        } else {
            away.delegate == *person && still_counts(portal, &away.person).await
        };
        if is_visible {
            visible.push(away.clone());
        }
    }
    visible
}

/// Returns whether the account still counts; `true` if Slack does not answer.
async fn still_counts(portal: &Portal, person: &PersonId) -> bool {
    let (lookup, person) = (portal.clone(), person.clone());
    let uncounted =
        portal.wait_briefly(async move { lookup.why_not_counted(&person, Freshness::Known).await }).await;
    !matches!(uncounted, Ok(Some(_)))
}

fn first_rows(mut requests: Vec<Request>) -> Excerpt {
    let more = requests.len() > ROWS;
    requests.truncate(ROWS);
    Excerpt { requests, more }
}

/// Returns requests that this person can answer, longest waiting first. `more` is also set if the search was cut off.
async fn waiting_for(portal: &Portal, person: &PersonId, aways: &[Away]) -> anyhow::Result<Excerpt> {
    let answerable = portal.may_answer(person, aways).await;
    let mut waiting = WaitingSearch { portal, person, aways, matches: BTreeMap::new(), is_cut: false };
    for (scope, filter) in &answerable.lists {
        waiting.is_cut |= !waiting.look_through(scope, *filter).await?;
    }
    // With many teams, search the list of all teams first: it needs fewer reads, unless too much there waits for
    // others.
    let is_enough = answerable.teams.len() > MOST_TEAMS
        && waiting.look_through(&RequestScope::All, RequestFilter::Waiting).await?;
    if !is_enough {
        for team in answerable.teams {
            waiting.is_cut |=
                !waiting.look_through(&RequestScope::Team(team), RequestFilter::Waiting).await?;
        }
    }
    let mut requests: Vec<Request> = waiting.matches.into_values().collect();
    requests.sort_by_key(|request| request.approval().asked_at);
    let excerpt = first_rows(requests);
    Ok(Excerpt { more: excerpt.more || waiting.is_cut, ..excerpt })
}

/// A search for requests that a person can answer.
struct WaitingSearch<'p> {
    portal: &'p Portal,
    person: &'p PersonId,
    aways: &'p [Away],
    /// By id, since several lists may contain the same request.
    matches: BTreeMap<RequestId, Request>,
    /// Whether a list had too many requests for others.
    is_cut: bool,
}

impl WaitingSearch<'_> {
    /// Adds what they can answer from this list, up to one more than is shown. Returns `false` if too many other
    /// requests came first.
    async fn look_through(&mut self, scope: &RequestScope, filter: RequestFilter) -> anyhow::Result<bool> {
        let (mut read, mut count, mut after) = (0, 0, None);
        // One more than is shown, to know whether there are more.
        while count <= ROWS {
            if read >= MOST_WAITING {
                return Ok(false);
            }
            let page = self.portal.ports.store.list(scope, filter, after.as_ref(), WAITING_READ).await?;
            after = page.next();
            read += page.places.len();
            for request in page.requests() {
                if self.portal.can_decide(self.person, &request, self.aways).await {
                    count += 1;
                    self.matches.insert(request.id, request);
                }
            }
            if after.is_none() {
                break;
            }
        }
        Ok(true)
    }
}

/// Returns what others of a team hold, newest first.
async fn others_of(portal: &Portal, person: &PersonId, team: &TeamName) -> anyhow::Result<Excerpt> {
    let scope = RequestScope::Team(team.clone());
    let (mut others, mut read, mut after) = (Vec::new(), 0, None);
    // One more than is shown, to know whether there are more.
    while others.len() <= ROWS && read < ROWS_READ {
        let page = portal.ports.store.list(&scope, RequestFilter::Live, after.as_ref(), ROWS).await?;
        after = page.next();
        read += page.places.len();
        // Filtered here, since no list leaves out an owner.
        others.extend(page.requests().into_iter().filter(|request| request.owner != *person));
        if after.is_none() {
            return Ok(first_rows(others));
        }
    }
    Ok(Excerpt { more: true, ..first_rows(others) })
}

async fn team_page(
    portal: &Portal,
    person: &PersonId,
    team: &Team,
    is_member: bool,
) -> anyhow::Result<TeamPage> {
    let store = &portal.ports.store;
    let live = others_of(portal, person, &team.name).await?;
    let team_use = store.team_use(&team.name).await?;
    let offered = portal.catalog.products.values().filter(|product| product.requesters.include(&team.name));
    let mut uses: Vec<ProductUse> = offered
        .map(|product| {
            let product_use = team_use.iter().find(|used| used.product == product.key);
            ProductUse {
                product: product.name.clone(),
                quota: QuotaUse {
                    used: product_use.map_or(0, |used| used.used),
                    limit: product.quota.per_team,
                },
                monthly: product_use.map(|used| used.monthly).unwrap_or_default(),
            }
        })
        .collect();
    // Products removed from the catalog may still be held.
    let removed =
        team_use.iter().filter(|used| used.used > 0 && portal.catalog.product(&used.product).is_none());
    uses.extend(removed.map(|removed| ProductUse {
        product: removed.product.to_string(),
        // There is no limit any more; nobody can request another one.
        quota: QuotaUse { used: removed.used, limit: removed.used },
        monthly: removed.monthly,
    }));
    Ok(TeamPage {
        team: team.name.clone(),
        is_member,
        live,
        monthly: team_use.iter().map(|used| used.monthly).sum(),
        budget: team.monthly_budget,
        uses,
    })
}
