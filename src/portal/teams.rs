//! Teams that were renamed or removed in the settings. What is left under a former name is given to its team, a page at a
//! time; of a team that is gone the admins hear once.
//!
//! One job does it, for ever, and can be stopped anywhere: a row moves to the new name together with its slot, what was
//! moved before is not found under the old one any more, and that it was begun is noted on the trail in the commit that
//! says so in the job.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;

use super::perform::{JobError, Performed};
use super::{Portal, portal_audit};
use crate::domain::audit::Actor;
use crate::domain::counters::CounterTotals;
use crate::domain::ids::TeamName;
use crate::domain::job::{JobKind, JobOwner};
use crate::domain::organization::Organization;
use crate::domain::transition::rename_team;
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Commit, CommitError, RequestFilter, RequestScope, Store};

/// Between two looks.
const EVERY: Duration = Duration::from_mins(1);
/// Rows that are given to their team in one run.
const PAGE: usize = 100;
/// Waiting requests that are counted.
const MOST_WAITING: usize = 1_000;

/// Every team: those of the settings in their order, then those that are gone and ever had something. A program of before
/// may have written for one of the settings without the store listing it.
///
/// # Errors
/// When the store cannot be read.
pub async fn all_teams(store: &dyn Store, organization: &Organization) -> anyhow::Result<Vec<TeamName>> {
    let mut teams: Vec<TeamName> = organization.teams.iter().map(|team| team.name.clone()).collect();
    let had_something = store.teams().await?;
    teams.extend(had_something.into_iter().filter(|team| organization.team(team).is_none()));
    Ok(teams)
}

impl Portal {
    /// As [`all_teams`].
    pub(super) async fn all_teams(&self) -> anyhow::Result<Vec<TeamName>> {
        all_teams(&*self.ports.store, &self.organization).await
    }
}

/// A team that is not in the settings any more and has something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// What it was called.
    pub team: TeamName,
    /// Its requests that have not ended.
    pub alive: u32,
    /// Those of them that wait for an answer.
    pub waiting: usize,
}

impl Gone {
    /// What is so.
    pub fn what(&self) -> String {
        let Self { team, alive, waiting } = self;
        let have = if *alive == 1 { "request of it has" } else { "requests of it have" };
        format!(
            "team `{team}` is not in the settings any more, and {alive} {have} not ended ({waiting} waiting for approvers)"
        )
    }

    /// What to write.
    pub fn remedy(&self) -> String {
        let team = &self.team;
        format!(
            "add `formerly = [\"{team}\"]` to the team that has its things now, or add team `{team}` again"
        )
    }
}

/// The teams that are not in these settings any more and have something, in the order of their names.
///
/// # Errors
/// When the store cannot be read.
pub async fn gone(store: &dyn Store, organization: &Organization) -> anyhow::Result<Vec<Gone>> {
    let mut gone = Vec::new();
    for team in all_teams(store, organization).await? {
        if organization.team(&team).is_some() {
            continue;
        }
        let alive = store.team_use(&team).await?.iter().map(|held| held.used).sum();
        if alive > 0 {
            let waiting = store.count_waiting(&RequestScope::Team(team.clone()), MOST_WAITING).await?;
            gone.push(Gone { team, alive, waiting });
        }
    }
    Ok(gone)
}

/// Something that stands under a former name still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The former name.
    pub former: TeamName,
    /// The name of now.
    pub team: TeamName,
    /// Requests, ended ones included.
    pub requests: usize,
    /// Whether anything that was counted day by day is.
    pub counts: bool,
}

/// How much is left under each former name that these settings have.
///
/// # Errors
/// When the store cannot be read.
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

/// Begins to look after teams that were renamed or removed; does nothing where that was begun. Those that are gone are named
/// in the log.
///
/// # Errors
/// When the store cannot be used.
pub async fn begin(portal: &Portal) -> anyhow::Result<()> {
    warn_of_gone(portal).await;
    let job = nothing_known().due(JobOwner::Portal, portal.now());
    let once = Some(IdempotencyKey::for_ever("teams"));
    match portal.stored.commit(Commit { jobs: vec![job], once, ..Commit::default() }).await {
        Ok(()) | Err(CommitError::Again(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn nothing_known() -> JobKind {
    JobKind::Teams { begun: Vec::new(), gone: Vec::new(), news: Vec::new() }
}

/// Names the teams in the log that are gone and have something. That the store is silent keeps nothing else from going on.
pub(super) async fn warn_of_gone(portal: &Portal) {
    match gone(&*portal.stored, &portal.organization).await {
        Ok(gone) => {
            for gone in gone {
                tracing::warn!(team = %gone.team, remedy = gone.remedy(), "{}", gone.what());
            }
        }
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "cannot look for teams that are gone");
        }
    }
}

/// What the job knows of earlier runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct TakeoverProgress<'k> {
    pub(super) begun: &'k [TeamName],
    pub(super) gone: &'k [TeamName],
    pub(super) news: &'k [String],
}

/// Tells the admins what they have to be told, and looks after teams.
pub(super) async fn look_at_teams(
    portal: &Portal,
    known: TakeoverProgress<'_>,
) -> Result<Performed, JobError> {
    // What nobody could be told is told next time.
    let mut news = Vec::new();
    for text in known.news {
        if !portal.tell_admins(text).await {
            news.push(text.clone());
        }
    }
    // What was begun is told once for as long as the settings have the line, whatever else turns up under the old name.
    let (mut begun, mut is_more) = (Vec::new(), false);
    for team in &portal.organization.teams {
        for former in &team.formerly {
            let is_begun = known.begun.contains(former);
            begun.extend(is_begun.then(|| former.clone()));
            match take_over(portal, former, &team.name, is_begun).await? {
                Takeover::Done => {}
                Takeover::GoesOn => is_more = true,
                Takeover::Begins(text) => {
                    note_takeover(
                        portal,
                        former,
                        &team.name,
                        (TakeoverProgress { news: &news, ..known }, text),
                    )
                    .await?;
                    return Ok(Performed::Done);
                }
            }
        }
    }
    let mut told = Vec::new();
    for gone in gone(&*portal.stored, &portal.organization).await? {
        let command = &portal.organization.command;
        let text = format!(
            "{}. Admins answer for them meanwhile: `{command} list {}` shows them. To fix this, {}.",
            capitalized(&gone.what()),
            gone.team,
            gone.remedy()
        );
        if known.gone.contains(&gone.team) || portal.tell_admins(&text).await {
            told.push(gone.team);
        }
    }
    let wait = if is_more { Duration::ZERO } else { EVERY };
    Ok(Performed::AgainAs(JobKind::Teams { begun, gone: told, news }, wait))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// How far a takeover has come.
enum Takeover {
    /// There is something to take over, and it is not on the trail; says how much.
    Begins(String),
    /// There may be more.
    GoesOn,
    /// Nothing is left under the former name.
    Done,
}

async fn take_over(
    portal: &Portal,
    former: &TeamName,
    team: &TeamName,
    is_begun: bool,
) -> anyhow::Result<Takeover> {
    let store = &portal.stored;
    let whose = RequestScope::Team(former.clone());
    let mut rows = store.list(&whose, RequestFilter::Live, None, PAGE).await?.requests();
    if rows.is_empty() {
        rows = store.list(&whose, RequestFilter::Ended, None, PAGE).await?.requests();
    }
    if rows.is_empty() {
        // Nobody can be counted under it any more but by a bot that goes by the settings of before.
        store.move_counts(former, team).await?;
        return Ok(Takeover::Done);
    }
    if !is_begun {
        let held = store.holdings(&whose, Timestamp::MIN).await?;
        let alive = held.iter().filter(|holding| holding.ended_at.is_none()).count();
        return Ok(Takeover::Begins(format!("{} requests, {alive} of them not ended", held.len())));
    }
    for row in rows {
        match portal.commit(rename_team(&row, team, portal.now()), None, None).await {
            // Whoever was faster wrote it under the name that it had: it is found again.
            Ok(_) | Err(CommitError::Stale) => {}
            Err(error) => {
                return Err(error.into_error().context("cannot rename the team of a request"));
            }
        }
    }
    Ok(Takeover::GoesOn)
}

/// Puts the takeover on the trail, in the commit that has the job know it and tell the admins next.
async fn note_takeover(
    portal: &Portal,
    former: &TeamName,
    team: &TeamName,
    (known, how_much): (TakeoverProgress<'_>, String),
) -> anyhow::Result<()> {
    let news = format!(
        "Team `{team}` takes over what team `{former}` had: {how_much}. It counts for `{team}` from now on. Leave \
         `formerly = [\"{former}\"]` in the settings until `quartermaster doctor` says that nothing is left."
    );
    let mut begun = known.begun.to_vec();
    begun.push(former.clone());
    let next = JobKind::Teams { begun, gone: known.gone.to_vec(), news: [known.news, &[news]].concat() };
    let job = next.due(JobOwner::Portal, portal.now());
    let woken = job.key.clone();
    let change = Commit { jobs: vec![job], ..Commit::default() };
    let detail = format!("{former} -> {team}: {how_much}");
    let noted = portal_audit::commit(
        &*portal.stored,
        &Actor::Clock,
        ("team taken over", &detail),
        portal.now(),
        &change,
    );
    noted.await.map_err(CommitError::into_error).context("cannot note a takeover on the trail")?;
    tracing::info!(%former, %team, how_much, "a team takes over what another name had");
    portal.wake(vec![woken]);
    Ok(())
}
