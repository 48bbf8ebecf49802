//! B8: more leases are due than one look at the jobs brings, and the sweep is killed again and again in the worst
//! moment, between posting a warning and noting it. In the end every one of them was warned about and has it on its
//! trail once. The person may see a message twice, once for each kill: nobody can ask Slack whether it arrived.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use quartermaster::domain::ids::RequestId;

use super::filled;
use super::stand::Stand;
use crate::rig;
use crate::rig::kept;
use crate::rig::run::Report;

/// Messages after which the sweep is killed, each time counted from its start.
const KILLS: [usize; 6] = [0, 1, 40, 150, 199, 300];
/// A claim of somebody who died holds for two minutes.
const CLAIM: SignedDuration = SignedDuration::from_secs(121);
/// What one look at the jobs brings.
const ONE_LOOK: usize = 200;

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let path = folder.path().join("store.db");
    let leases = report.scale.pick(60_000, 20_000);
    filled::fill(&path, leases)?;
    let mut now = filled::round_at(1_500);
    let due = filled::due_by(leases, now)?;
    ensure!(due.len() > 5 * ONE_LOOK, "{} leases are too few to need several looks", due.len());
    let mut warned: BTreeMap<RequestId, usize> = BTreeMap::new();
    let runtime = rig::runtime()?;
    for stop in KILLS.into_iter().map(Some).chain([None]) {
        let found = runtime.block_on(sweep(&path, now, stop))?;
        for (id, times) in found {
            *warned.entry(id).or_default() += times;
        }
        now = now.saturating_add(CLAIM)?;
    }
    let found = due.iter().filter(|id| warned.contains_key(id)).count();
    report.judge(
        "leases due on several pages, warned about though the sweep was killed 6 times",
        format!("{found} of {}", due.len()),
        "all".to_owned(),
        found == due.len(),
    );
    let noted =
        kept::texts(&path, "SELECT request FROM audit WHERE json_extract(body, '$.event') = 'warned'")?;
    let mut on_trail: BTreeMap<String, usize> = BTreeMap::new();
    for id in noted {
        *on_trail.entry(id).or_default() += 1;
    }
    let once = due.iter().filter(|id| on_trail.get(&id.to_string()) == Some(&1)).count();
    let twice = on_trail.values().filter(|times| **times > 1).count();
    report.judge(
        "of them on the trail exactly once",
        format!("{once}, and {twice} more than once"),
        "all, none".to_owned(),
        once == due.len() && twice == 0,
    );
    let again = warned.values().filter(|times| **times > 1).count();
    report.judge(
        "leases of which a person saw a warning twice",
        again.to_string(),
        format!("those of one message for each of {} kills", KILLS.len()),
        warned.values().all(|times| *times <= 1 + KILLS.len())
            && again <= KILLS.len() * filled::OF_ONE_OWNER_AT_MOST,
    );
    Ok(())
}

/// Sweeps until nothing is due, or until the message with this number was posted; tells what was warned about.
async fn sweep(
    path: &Path,
    now: Timestamp,
    stop_at: Option<usize>,
) -> anyhow::Result<BTreeMap<RequestId, usize>> {
    let stand = Stand::at(path)?;
    stand.clock.set(now);
    let Some(number) = stop_at else {
        stand.dispatcher.drain().await?;
        let left = stand.store.due(now, ONE_LOOK).await?.len();
        ensure!(left == 0, "{left} jobs are still due");
        return Ok(stand.slack.take_warned());
    };
    stand.slack.stop_at(number);
    let drained = stand.dispatcher.drain();
    tokio::select! {
        drained = drained => drained.context("the sweep ended before it was killed")?,
        () = stand.slack.has_stopped() => {}
    }
    Ok(stand.slack.take_warned())
}
