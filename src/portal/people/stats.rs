//! Statistics of recent requests, summed from daily counters, and what waits now. The effort depends on the number of
//! teams, not on the number of requests.

use futures_util::stream::{self, StreamExt as _};
use jiff::civil::Date;

use crate::domain::counters::{CounterTotals, day};
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::period::Period;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::portal::access::readers::{reads_all, teams_to_see};
use crate::portal::people::lookup::{ListTarget, named_team};
use crate::portal::{Error, Portal};
use crate::ports::directory::Freshness;
use crate::ports::store::{RequestFilter, RequestScope};

/// Number of days to sum up, including today.
pub const DAYS: u16 = 30;
/// Up to how many waiting requests of a team to count.
const MOST_WAITING: usize = 100;
/// How many waiting requests to name, of each team and of all.
const NAMED: usize = 5;
/// For how many teams to show more than figures.
pub const DETAILED: usize = 10;
/// How many teams to read concurrently.
const AT_ONCE: usize = 8;

/// The response to a question for statistics.
#[derive(Clone, Debug)]
pub struct Stats {
    /// The first day counted.
    pub since: Date,
    /// All teams together, for those who may read everything and did not name a team.
    pub all: Option<StatsSection>,
    /// The person's teams in the order of the settings; all teams, removed ones last, for those who may read
    /// everything; or the one that was named.
    pub teams: Vec<(TeamName, StatsSection)>,
}

/// The statistics of one team, or of all.
#[derive(Clone, Debug, Default)]
pub struct StatsSection {
    /// The counters.
    pub counts: CounterTotals,
    /// Number of requests that wait for approvers.
    pub waiting: usize,
    /// Whether even more are waiting.
    pub more: bool,
    /// The longest waiting requests, longest first.
    pub longest: Vec<Request>,
}

/// Returns the statistics of a person's teams, or of the team or all teams that `team` names, if the person may see
/// them.
///
/// # Errors
/// A refusal if the person may not see the team or has none; a failure if Slack or the store does not answer.
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
    // Beyond that only figures are shown, so the requests need not be read.
    let of_one = |(place, name)| part(portal, name, since, if place < DETAILED { NAMED } else { 0 });
    let parts: Vec<_> = names.iter().enumerate().map(of_one).collect();
    // `buffered` keeps the order of the teams.
    let parts: Vec<anyhow::Result<StatsSection>> = stream::iter(parts).buffered(AT_ONCE).collect().await;
    let parts = parts.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let all = if reads_all { Some(together(portal, &parts).await?) } else { None };
    Ok(Stats { since, all, teams: names.into_iter().zip(parts).collect() })
}

async fn part(portal: &Portal, team: &TeamName, since: Date, named: usize) -> anyhow::Result<StatsSection> {
    let (store, scope) = (&portal.ports.store, RequestScope::Team(team.clone()));
    let counts = store.counts(team, since).await?;
    // One more than is shown, to know whether there are more.
    let waiting = store.count_waiting(&scope, MOST_WAITING + 1).await?;
    // Saves a read for each team without waiting requests.
    let longest = if waiting.min(named) == 0 {
        Vec::new()
    } else {
        store.list(&scope, RequestFilter::Waiting, None, named).await?.requests()
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
