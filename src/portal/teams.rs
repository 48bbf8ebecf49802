//! Teams that are not, or no longer, in the settings and still hold something.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::counters::CounterTotals;
use crate::domain::ids::TeamName;
use crate::domain::organization::Organization;
use crate::portal::Portal;
use crate::ports::store::{RequestScope, Store};

/// Up to how many waiting requests to count.
const MOST_WAITING: usize = 1_000;

/// Returns every team: those of the settings in their order, then removed ones that ever held something. Teams of the
/// settings are included even if the store does not list them, since an older program may have written for them without
/// listing them.
///
/// # Errors
/// If the store cannot be read.
pub async fn all_teams(store: &dyn Store, organization: &Organization) -> anyhow::Result<Vec<TeamName>> {
    let mut teams: Vec<TeamName> = organization.teams.iter().map(|team| team.name.clone()).collect();
    let stored = store.teams().await?;
    teams.extend(stored.into_iter().filter(|team| organization.team(team).is_none()));
    Ok(teams)
}

impl Portal {
    /// Like the function [`all_teams`], with the current settings.
    pub(crate) async fn all_teams(&self) -> anyhow::Result<Vec<TeamName>> {
        all_teams(&*self.ports.store, &self.organization).await
    }
}

/// A team that was removed from the settings and still holds something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Its name.
    pub team: TeamName,
    /// Its requests that have not ended.
    pub alive: u32,
    /// How many of those wait for approvers.
    pub waiting: usize,
}

impl Gone {
    /// Describes the problem to admins; begins with a small letter.
    pub fn problem(&self) -> String {
        let Self { team, alive, waiting } = self;
        let have = if *alive == 1 { "request that has" } else { "requests that have" };
        format!(
            "team `{team}` is no longer in the settings but has {alive} {have} not ended ({waiting} waiting for approvers)"
        )
    }

    /// Describes what to write in the settings.
    pub fn remedy(&self) -> String {
        let team = &self.team;
        format!("add `formerly = [\"{team}\"]` to the team that takes its place, or add team `{team}` again")
    }
}

/// Returns removed teams that still hold something, ordered by name.
///
/// # Errors
/// If the store cannot be read.
pub async fn gone(store: &dyn Store, organization: &Organization) -> anyhow::Result<Vec<Gone>> {
    let mut gone = Vec::new();
    for team in all_teams(store, organization).await? {
        if organization.team(&team).is_some() {
            continue;
        }
        let alive = store.team_use(&team).await?.iter().map(|used| used.used).sum();
        if alive > 0 {
            let waiting = store.count_waiting(&RequestScope::Team(team.clone()), MOST_WAITING).await?;
            gone.push(Gone { team, alive, waiting });
        }
    }
    Ok(gone)
}

/// What is still stored under a former name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The former name.
    pub former: TeamName,
    /// The current name.
    pub team: TeamName,
    /// Number of requests, ended ones included.
    pub requests: usize,
    /// Whether there are daily counters.
    pub counts: bool,
}

/// Returns what is left under each former name in these settings.
///
/// # Errors
/// If the store cannot be read.
pub async fn left(store: &dyn Store, organization: &Organization) -> anyhow::Result<Vec<Left>> {
    let mut left = Vec::new();
    for team in &organization.teams {
        for former in &team.formerly {
            let requests = store.holdings(&RequestScope::Team(former.clone()), Timestamp::MIN).await?.len();
            let counts = store.counts(former, Date::MIN).await? != CounterTotals::default();
            left.push(Left { former: former.clone(), team: team.name.clone(), requests, counts });
        }
    }
    Ok(left)
}

/// Logs removed teams that still hold something. Only warns if the store does not answer.
pub(crate) async fn warn_of_gone(portal: &Portal) {
    match gone(&*portal.stored, &portal.organization).await {
        Ok(gone) => {
            for gone in gone {
                tracing::warn!(team = %gone.team, remedy = gone.remedy(), "{}", gone.problem());
            }
        }
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "cannot look for removed teams");
        }
    }
}
