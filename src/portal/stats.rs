//! How requests went lately, added up from what was counted day by day, and what waits now. What it costs depends on the
//! number of teams and of what waits, not on how many requests there were.

use futures_util::stream::{self, StreamExt as _};
use jiff::civil::Date;

use super::home::asked_at;
use super::lookup::visible_team;
use super::{Error, Portal};
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::period::Period;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::tally::{Counts, day};
use crate::ports::store::{Which, Whose};

/// Days that are added up, today included.
pub const DAYS: u16 = 30;
/// Waiting requests of one team that are looked at.
const MOST_WAITING: usize = 100;
/// Waiting requests that are named, of each team and of all.
const NAMED: usize = 5;
/// Teams that are read at a time.
const AT_ONCE: usize = 8;

/// What is shown when somebody asks how requests went.
#[derive(Clone, Debug)]
pub struct Stats {
    /// The first day that is counted.
    pub since: Date,
    /// All teams together, for those who may read everything and did not name one.
    pub all: Option<Part>,
    /// Teams, in the order of the settings: the person's own, or all for those who may read everything, or the one.
    pub teams: Vec<(TeamName, Part)>,
}

/// What is said of one team, or of all.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// What happened.
    pub counts: Counts,
    /// How many wait for approvers.
    pub waiting: usize,
    /// Whether more are waiting than that.
    pub more: bool,
    /// Those of them that wait longest, the longest waiting first.
    pub longest: Vec<Request>,
}

/// How the requests of a person's teams went, or of the team they name if they may see it.
///
/// # Errors
/// A refusal when the team is not theirs to see or they have none; a failure when Slack or the store is silent.
pub async fn stats(portal: &Portal, person: &PersonId, team: Option<&str>) -> Result<Stats, Error> {
    let since = day(Period::days(DAYS - 1).before(portal.now()));
    let (names, reads_all) = match team {
        Some(name) => (vec![visible_team(portal, person, name).await?], false),
        None => teams_to_see(portal, person).await?,
    };
    let parts: Vec<_> = names.iter().map(|name| part(portal, name, since)).collect();
    let parts: Vec<anyhow::Result<Part>> = stream::iter(parts).buffered(AT_ONCE).collect().await;
    let parts = parts.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let all = reads_all.then(|| together(&parts));
    Ok(Stats { since, all, teams: names.into_iter().zip(parts).collect() })
}

/// The teams whose requests they look after or answer; all where they may read everything.
async fn teams_to_see(portal: &Portal, person: &PersonId) -> Result<(Vec<TeamName>, bool), Error> {
    let organization = &portal.organization;
    if portal.is_in_any(person, &[&organization.admins, &organization.auditors]).await? {
        return Ok((organization.teams.iter().map(|team| team.name.clone()).collect(), true));
    }
    let mut names = Vec::new();
    for team in &organization.teams {
        if portal.is_in_any(person, &[&team.members, &team.approvers]).await? {
            names.push(team.name.clone());
        }
    }
    if names.is_empty() { Err(Refusal::NotInATeam.into()) } else { Ok((names, false)) }
}

async fn part(portal: &Portal, team: &TeamName, since: Date) -> anyhow::Result<Part> {
    let (store, whose) = (&portal.ports.store, Whose::Team(team.clone()));
    let counts = store.counts(team, since).await?;
    let mut longest = store.list(&whose, Which::Waiting, 0, MOST_WAITING + 1).await?;
    let (waiting, more) = (longest.len().min(MOST_WAITING), longest.len() > MOST_WAITING);
    longest.sort_by_key(asked_at);
    longest.truncate(NAMED);
    Ok(Part { counts, waiting, more, longest })
}

fn together(parts: &[Part]) -> Part {
    let mut all = Part::default();
    for part in parts {
        all.counts.extend(&part.counts);
        all.waiting += part.waiting;
        all.more |= part.more;
        all.longest.extend(part.longest.iter().cloned());
    }
    all.longest.sort_by_key(asked_at);
    all.longest.truncate(NAMED);
    all
}
