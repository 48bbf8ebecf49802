//! Home tabs: what each shows, and keeping those up to date that people look at.

use super::perform::{JobError, Performed};
use super::{Error, Portal};
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::job::{Job, JobKind};
use crate::domain::period::Period;
use crate::domain::policy::Team;
use crate::domain::quota::QuotaUse;
use crate::domain::request::Request;
use crate::ports::slack::{Excerpt, HomePage, ProductUse, TeamPage};
use crate::ports::store::{HomeTab, Which, Whose};

/// A home tab is kept up to date for this long after it was last opened.
const LOOKED_AT: Period = Period::days(7);
/// Requests shown of each kind.
const ROWS: usize = 8;

/// Notes that somebody opened their home tab, and has it published.
///
/// # Errors
/// When the store cannot be used.
pub async fn opened(portal: &Portal, person: &PersonId) -> Result<(), Error> {
    let known = portal.ports.store.home(person).await?;
    let shows = known.map(|home| home.shows).unwrap_or_default();
    portal.ports.store.put_home(person, &HomeTab { opened_at: portal.now(), shows }).await?;
    Ok(portal.write_jobs(vec![JobKind::Home.due(person.clone(), portal.now())]).await?)
}

/// Has the home tabs published that this request is shown on.
pub(super) async fn find_homes(portal: &Portal, id: RequestId) -> Result<Performed, JobError> {
    let Some(request) = portal.ports.store.load(id).await? else { return Ok(Performed::Done) };
    let now = portal.now();
    let mut jobs: Vec<Job> = Vec::new();
    for person in portal.ports.store.homes_opened_since(LOOKED_AT.before(now)).await? {
        if is_shown_to(portal, &person, &request).await? {
            jobs.push(JobKind::Home.due(person, now));
        }
    }
    if !jobs.is_empty() {
        portal.write_jobs(jobs).await?;
    }
    Ok(Performed::Done)
}

async fn is_shown_to(portal: &Portal, person: &PersonId, request: &Request) -> anyhow::Result<bool> {
    if *person == request.owner || *person == request.requester {
        return Ok(true);
    }
    let members = portal.organization.team(&request.team).map(|team| team.members.as_slice());
    Ok(portal.is_one_of(person, members.unwrap_or_default()).await?
        || portal.is_one_of(person, &portal.approvers_of(request)).await?)
}

/// Publishes a person's home tab if it shows something else now.
pub(super) async fn publish(portal: &Portal, person: &PersonId) -> Result<Performed, JobError> {
    let Some(known) = portal.ports.store.home(person).await? else { return Ok(Performed::Done) };
    let page = page(portal, person, known.shows.is_empty()).await?;
    let shows = portal.ports.slack.publish_home(&page, &known.shows).await?;
    if shows != known.shows {
        portal.ports.store.put_home(person, &HomeTab { shows, ..known }).await?;
    }
    Ok(Performed::Done)
}

async fn page(portal: &Portal, person: &PersonId, is_first_visit: bool) -> anyhow::Result<HomePage> {
    let store = &portal.ports.store;
    let mine = store.list(&Whose::Owner(person.clone()), Which::Live, 0, ROWS + 1).await?;
    let mut teams = Vec::new();
    for team in portal.teams_of(person).await? {
        teams.push(team_page(portal, team).await?);
    }
    Ok(HomePage {
        person: person.clone(),
        is_first_visit,
        waiting: excerpt(waiting_for(portal, person).await?),
        mine: excerpt(mine),
        teams,
        command: portal.organization.command.clone(),
        simulated: portal.ports.provisioner.is_simulated(),
    })
}

fn excerpt(mut requests: Vec<Request>) -> Excerpt {
    let more = requests.len() > ROWS;
    requests.truncate(ROWS);
    Excerpt { requests, more }
}

/// Requests that this person can answer, the longest waiting first.
async fn waiting_for(portal: &Portal, person: &PersonId) -> anyhow::Result<Vec<Request>> {
    let mut waiting = Vec::new();
    for team in &portal.organization.teams {
        let whose = Whose::Team(team.name.clone());
        for request in portal.ports.store.list(&whose, Which::Waiting, 0, 100).await? {
            let is_own = *person == request.requester && !request.product.approval.self_approval;
            if !is_own && portal.is_one_of(person, &portal.askable(&request)).await? {
                waiting.push(request);
            }
        }
    }
    waiting.sort_by_key(|request| request.submitted_at);
    Ok(waiting)
}

async fn team_page(portal: &Portal, team: &Team) -> anyhow::Result<TeamPage> {
    let store = &portal.ports.store;
    let live = store.list(&Whose::Team(team.name.clone()), Which::Live, 0, ROWS + 1).await?;
    let held = store.team_use(&team.name).await?;
    let offered = portal.catalog.products.values().filter(|product| product.requesters.include(&team.name));
    let mut uses: Vec<ProductUse> = offered
        .map(|product| {
            let held = held.iter().find(|held| held.product == product.key);
            ProductUse {
                product: product.name.clone(),
                quota: QuotaUse { used: held.map_or(0, |held| held.used), limit: product.quota.per_team },
                monthly: held.map(|held| held.monthly).unwrap_or_default(),
            }
        })
        .collect();
    // What has left the catalog lives on.
    let gone = held.iter().filter(|held| held.used > 0 && portal.catalog.product(&held.product).is_none());
    uses.extend(gone.map(|held| ProductUse {
        product: held.product.to_string(),
        quota: QuotaUse { used: held.used, limit: held.used },
        monthly: held.monthly,
    }));
    Ok(TeamPage {
        team: team.name.clone(),
        live: excerpt(live),
        monthly: held.iter().map(|held| held.monthly).sum(),
        budget: team.monthly_budget,
        uses,
    })
}
