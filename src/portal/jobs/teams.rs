//! Teams that were renamed or removed in the settings. What is stored under a former name moves to the renamed team, a
//! page at a time; the admins are notified once of a removed team that still holds something.
//!
//! One job does this forever and can be interrupted anywhere: a row moves together with its slot; what has moved is no
//! longer found under the former name; and the trail entry about a takeover is in the same commit as the job that
//! remembers it.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;

use crate::domain::audit::Actor;
use crate::domain::ids::TeamName;
use crate::domain::job::{JobKind, JobOwner};
use crate::domain::transition::rename_team;
use crate::portal::jobs::outcome::{JobError, Performed};
use crate::portal::teams::{gone, warn_of_gone};
use crate::portal::{Portal, portal_audit};
use crate::ports::store::{Commit, CommitError, RequestFilter, RequestScope};

/// Time between two runs.
const EVERY: Duration = Duration::from_mins(1);
/// How many rows move in one run.
const PAGE: usize = 100;

/// Schedules the job that handles renamed and removed teams, unless that was done before. Logs removed teams.
///
/// # Errors
/// If the store cannot be used.
pub async fn begin(portal: &Portal) -> anyhow::Result<()> {
    warn_of_gone(portal).await;
    let job = nothing_known().due(JobOwner::Portal, portal.now());
    portal.write_job_once(job, "teams").await
}

fn nothing_known() -> JobKind {
    JobKind::Teams { begun: Vec::new(), gone: Vec::new(), unsent: Vec::new() }
}

/// What the job remembers of earlier runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct TakeoverProgress<'k> {
    pub(super) begun: &'k [TeamName],
    pub(super) gone: &'k [TeamName],
    pub(super) unsent: &'k [String],
}

/// Sends pending notifications to the admins, and handles renamed and removed teams.
pub(super) async fn look_at_teams(
    portal: &Portal,
    progress: TakeoverProgress<'_>,
) -> Result<Performed, JobError> {
    // Texts that reached no admin are sent again next time.
    let mut unsent = Vec::new();
    for text in progress.unsent {
        if !portal.tell_admins(text).await {
            unsent.push(text.clone());
        }
    }
    // A takeover is reported once for as long as the settings have its line, whatever else turns up under the former
    // name.
    let (mut begun, mut is_more) = (Vec::new(), false);
    for team in &portal.organization.teams {
        for former in &team.formerly {
            let is_begun = progress.begun.contains(former);
            begun.extend(is_begun.then(|| former.clone()));
            match take_over(portal, former, &team.name, is_begun).await? {
                Takeover::Done => {}
                Takeover::Continues => is_more = true,
                Takeover::Begins(text) => {
                    let progress = TakeoverProgress { unsent: &unsent, ..progress };
                    note_takeover(portal, former, &team.name, (progress, text)).await?;
                    // Its commit has replaced this job by one that remembers the takeover.
                    return Ok(Performed::Done);
                }
            }
        }
    }
    let mut reported = Vec::new();
    for gone in gone(&*portal.stored, &portal.organization).await? {
        let command = &portal.organization.command;
        let text = format!(
            "{}. Admins can answer them meanwhile: `{command} list {}` lists them. To fix this, {}.",
            capitalized(&gone.problem()),
            gone.team,
            gone.remedy()
        );
        if progress.gone.contains(&gone.team) || portal.tell_admins(&text).await {
            reported.push(gone.team);
        }
    }
    let wait = if is_more { Duration::ZERO } else { EVERY };
    Ok(Performed::AgainAs(JobKind::Teams { begun, gone: reported, unsent }, wait))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The progress of a takeover.
enum Takeover {
    /// There is something to take over and the trail does not say so yet; holds how much.
    Begins(String),
    /// There may be more.
    Continues,
    /// Nothing is left under the former name.
    Done,
}

async fn take_over(
    portal: &Portal,
    former: &TeamName,
    team: &TeamName,
    is_begun: bool,
) -> anyhow::Result<Takeover> {
    // Not `ports.store`, which would translate the former name.
    let store = &portal.stored;
    let scope = RequestScope::Team(former.clone());
    // Live requests first: until they have moved, quota and budget have to be counted under both names.
    let mut rows = store.list(&scope, RequestFilter::Live, None, PAGE).await?.requests();
    if rows.is_empty() {
        rows = store.list(&scope, RequestFilter::Ended, None, PAGE).await?.requests();
    }
    if rows.is_empty() {
        // Only bots with the previous settings can still count under the former name.
        store.move_counts(former, team).await?;
        return Ok(Takeover::Done);
    }
    if !is_begun {
        let holdings = store.holdings(&scope, Timestamp::MIN).await?;
        let alive = holdings.iter().filter(|holding| holding.ended_at.is_none()).count();
        return Ok(Takeover::Begins(format!("{} requests ({alive} not ended)", holdings.len())));
    }
    for row in rows {
        match portal.commit(rename_team(&row, team, portal.now()), Commit::default()).await {
            // Somebody else wrote the row, under the former name, so the next run finds it again.
            Ok(_) | Err(CommitError::Stale) => {}
            Err(error) => {
                return Err(error.into_error().context("cannot rename the team of a request"));
            }
        }
    }
    Ok(Takeover::Continues)
}

/// Records the takeover on the trail, in the same commit as the job that remembers it and notifies the admins next.
async fn note_takeover(
    portal: &Portal,
    former: &TeamName,
    team: &TeamName,
    (progress, how_much): (TakeoverProgress<'_>, String),
) -> anyhow::Result<()> {
    let text = format!(
        "Team `{former}` was renamed to `{team}`: {how_much} move to `{team}` and count there from now on. Keep \
         `formerly = [\"{former}\"]` in the settings until `quartermaster doctor` says that nothing is left."
    );
    let mut begun = progress.begun.to_vec();
    // So that the next run moves rows instead of recording this again.
    begun.push(former.clone());
    let next =
        JobKind::Teams { begun, gone: progress.gone.to_vec(), unsent: [progress.unsent, &[text]].concat() };
    let job = next.due(JobOwner::Portal, portal.now());
    let woken = job.key.clone();
    let change = Commit { jobs: vec![job], ..Commit::default() };
    let detail = format!("{former} -> {team}: {how_much}");
    let committed = portal_audit::commit(
        &*portal.stored,
        &Actor::Clock,
        ("team taken over", &detail),
        portal.now(),
        &change,
    );
    committed.await.map_err(CommitError::into_error).context("cannot record a renamed team on the trail")?;
    tracing::info!(%former, %team, how_much, "moving what is stored under a team's former name");
    portal.wake(vec![woken]);
    Ok(())
}
