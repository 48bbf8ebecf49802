//! How requests went lately, added up from what was counted day by day, and what waits now. What it costs depends on the
//! number of teams, not on how many requests there were or wait.

use futures_util::stream::{self, StreamExt as _};
use jiff::civil::Date;

use super::lookup::{ListTarget, named_team, reads_all, teams_to_see};
use super::{Error, Portal};
use crate::domain::counters::{CounterTotals, day};
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::period::Period;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::ports::directory::Freshness;
use crate::ports::store::{RequestFilter, RequestScope};

/// Days that are added up, today included.
pub const DAYS: u16 = 30;
/// Waiting requests of one team that are counted.
const MOST_WAITING: usize = 100;
/// Waiting requests that are named, of each team and of all.
const NAMED: usize = 5;
/// Parts of which more is said than figures.
pub const DETAILED: usize = 10;
/// Teams that are read at a time.
const AT_ONCE: usize = 8;

/// What is shown when somebody asks how requests went.
#[derive(Clone, Debug)]
pub struct Stats {
    /// The first day that is counted.
    pub since: Date,
    /// All teams together, for those who may read everything and did not name one.
    pub all: Option<StatsSection>,
    /// Teams, in the order of the settings: the person's own, or all for those who may read everything, those that are gone
    /// at the end, or the one.
    pub teams: Vec<(TeamName, StatsSection)>,
}

/// What is said of one team, or of all.
#[derive(Clone, Debug, Default)]
pub struct StatsSection {
    /// What happened.
    pub counts: CounterTotals,
    /// How many wait for approvers.
    pub waiting: usize,
    /// Whether more are waiting than that.
    pub more: bool,
    /// Those of them that wait longest, the longest waiting first.
    pub longest: Vec<Request>,
}

/// How the requests of a person's teams went, or of the team or all teams they name if they may
/// see them.
///
/// # Errors
/// A refusal when the team is not theirs to see or they have none; a failure when Slack or the store is silent.
pub async fn stats(portal: &Portal, person: &PersonId, team: Option<&str>) -> Result<Stats, Error> {
    let since = day(Period::days(DAYS - 1).before(portal.now()));
    let (names, reads_all): (Vec<TeamName>, bool) = match named_team(portal, person, team).await? {
        ListTarget::Team(team) => (vec![team], false),
        ListTarget::All => (portal.all_teams().await?, true),
        ListTarget::Nothing if reads_all(portal, person, Freshness::Fresh).await? => {
            (portal.all_teams().await?, true)
        }
        ListTarget::Nothing => (teams_to_see(portal, person).await?, false),
    };
    if names.is_empty() {
        return Err(Refusal::NotInATeam.into());
    }
    let of_one = |(place, name)| part(portal, name, since, if place < DETAILED { NAMED } else { 0 });
    let parts: Vec<_> = names.iter().enumerate().map(of_one).collect();
    let parts: Vec<anyhow::Result<StatsSection>> = stream::iter(parts).buffered(AT_ONCE).collect().await;
    let parts = parts.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let all = if reads_all { Some(together(portal, &parts).await?) } else { None };
    Ok(Stats { since, all, teams: names.into_iter().zip(parts).collect() })
}

async fn part(portal: &Portal, team: &TeamName, since: Date, named: usize) -> anyhow::Result<StatsSection> {
    let (store, whose) = (&portal.ports.store, RequestScope::Team(team.clone()));
    let counts = store.counts(team, since).await?;
    let waiting = store.count_waiting(&whose, MOST_WAITING + 1).await?;
    let longest = if waiting.min(named) == 0 {
        Vec::new()
    } else {
        store.list(&whose, RequestFilter::Waiting, None, named).await?.requests()
    };
    Ok(StatsSection { counts, waiting: waiting.min(MOST_WAITING), more: waiting > MOST_WAITING, longest })
}

async fn together(portal: &Portal, parts: &[StatsSection]) -> anyhow::Result<StatsSection> {
    let longest = portal.ports.store.list(&RequestScope::All, RequestFilter::Waiting, None, NAMED).await?;
    let mut all = StatsSection { longest: longest.requests(), ..StatsSection::default() };
    for part in parts {
        all.counts.extend(&part.counts);
        all.waiting += part.waiting;
        all.more |= part.more;
    }
    Ok(all)
}
