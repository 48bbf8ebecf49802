//! B16: what it costs to look, where very much lives, waits and stands on the trail, against the same where little does; and
//! what one request costs while 2,000 wait and 50 people have looked at their home tab. The bot and Slack are in this process,
//! and its processor time counts, so what the simulated Slack does is in it as well.

mod filled;

use std::path::Path;

use anyhow::{Context as _, ensure};
use quartermaster::ports::clock::Clock as _;

use crate::crowd::office::{Office, approver, member};
use crate::rig;
use crate::rig::Scale;
use crate::rig::run::Report;
use filled::{Size, fill, id};

/// Where one request of so many waits, none does.
const NONE_WAITS: usize = usize::MAX;
/// Milliseconds of processor time that a look may cost.
const MOST: f64 = 50.0;
/// How many times more it may cost than with little, and on a busy machine.
const RATIO: f64 = 1.5;
const QUICK_RATIO: f64 = 3.0;
/// What is less than this is not told apart: Linux counts in hundredths of a second.
const GRAIN: f64 = 1.0;
/// Linux counts a process's time in hundredths of a second, whatever its own clock does.
const MILLISECONDS_PER_TICK: f64 = 10.0;

/// Somebody who has as much as anybody, of the team that has most; and who answers for it.
const TEAM: usize = 0;
const VIEWS: [&str; 8] =
    ["home tab", "home tab of an approver", "list", "list of the team", "costs", "stats", "form", "status"];

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let scale = report.scale;
    let much = scale.pick(
        Size { live: 110_000, one_waits_of: 11, entries: 10 },
        Size { live: 22_000, one_waits_of: 11, entries: 2 },
    );
    let little = Size { live: 1_100, one_waits_of: 11, entries: much.entries };
    let folder = rig::folder()?;
    rig::runtime()?.block_on(async {
        let few = look(&folder.path().join("little.db"), little, scale).await?;
        let many = look(&folder.path().join("much.db"), much, scale).await?;
        let ratio = scale.pick(RATIO, QUICK_RATIO);
        for ((view, few), many) in VIEWS.iter().zip(few).zip(many) {
            let of = format!("{view}, {} live and {} waiting", much.live, much.live / much.one_waits_of);
            report.judge(
                &format!("{of}, against {} and {}", little.live, little.live / little.one_waits_of),
                format!("{many:.1} ms against {few:.1} ms"),
                format!("{MOST} ms, {ratio} ×"),
                many <= MOST && many <= few.max(GRAIN) * ratio,
            );
        }
        let none = one_request(&folder.path().join("none.db"), NONE_WAITS, scale).await?;
        let waiting = one_request(&folder.path().join("waiting.db"), 2, scale).await?;
        report.judge(
            "one request while 2,000 wait, and each of the ten home tabs that show it",
            format!("{:.1} ms and {:.1} ms", waiting.alone, waiting.tab()),
            format!("{MOST} ms each"),
            waiting.alone <= MOST && waiting.tab() <= MOST,
        );
        report.judge(
            "that request with these home tabs, of the 50 that people have looked at, against none waiting",
            format!("{:.1} ms against {:.1} ms", waiting.watched, none.watched),
            format!("{ratio} ×"),
            waiting.watched <= none.watched * ratio,
        );
        Ok(())
    })
}

/// What each view costs, in milliseconds of processor time.
async fn look(path: &Path, size: Size, scale: Scale) -> anyhow::Result<Vec<f64>> {
    let office = office(path, size).await?;
    let (person, lead) = (member(TEAM, 3), approver(TEAM, 0));
    let status = format!("status {}", id(300)?);
    let mut costs = Vec::new();
    for view in VIEWS {
        let rounds = scale.pick(40, 10);
        let mut before = 0.0;
        for round in 0..rounds + 2 {
            // The first ones fill caches.
            if round == 2 {
                before = cpu()?;
            }
            match view {
                "home tab" => home(&office, &person).await?,
                "home tab of an approver" => home(&office, &lead).await?,
                "list" => types(&office, &person, "list").await?,
                "list of the team" => types(&office, &person, "list team-000").await?,
                "costs" => types(&office, &person, "costs").await?,
                "stats" => types(&office, &person, "stats").await?,
                "form" => types(&office, &person, "s3-bucket").await?,
                _ => types(&office, &person, &status).await?,
            }
            // What is known of people stays young enough.
            office.clock.passes(2);
        }
        costs.push((cpu()? - before) / f64::from(rounds));
    }
    Ok(costs)
}

async fn office(path: &Path, size: Size) -> anyhow::Result<Office> {
    let clock = crate::crowd::clock::SimulatedClock::new();
    fill(path, size, clock.now())?;
    let office = Office::open_at(path.to_str().context("a path that is not text")?, clock).await?;
    office.looks_ahead(true).await?;
    office.settles().await?;
    Ok(office)
}

async fn types(office: &Office, person: &str, words: &str) -> anyhow::Result<()> {
    office.types(person, words).await.map(drop)
}

async fn home(office: &Office, person: &str) -> anyhow::Result<()> {
    office.opens_home(person).await?;
    office.settles().await?;
    ensure!(office.has_a_home(person), "{person} has no home tab");
    Ok(())
}

/// Milliseconds of one request from its form to its end.
struct OneRequest {
    /// While nobody looks at a home tab.
    alone: f64,
    /// After 50 people have opened theirs: ten of its team, whose tabs show it, and forty who have nothing to do with it.
    watched: f64,
}

impl OneRequest {
    /// Of each of the ten.
    fn tab(&self) -> f64 {
        (self.watched - self.alone) / 10.0
    }
}

async fn one_request(path: &Path, one_waits_of: usize, scale: Scale) -> anyhow::Result<OneRequest> {
    let office = office(path, Size { live: 4_000, one_waits_of, entries: 2 }).await?;
    let rounds = scale.pick(20, 5);
    let alone = asks(&office, rounds).await?;
    let own = (0..10).map(|number| if number < 2 { approver(TEAM, number) } else { member(TEAM, number) });
    for person in own.chain((1..41).map(|team| member(team, 0))) {
        home(&office, &person).await?;
        // Slack takes a hundred home tabs a minute.
        office.clock.passes(2);
    }
    let watched = asks(&office, rounds).await?;
    Ok(OneRequest { alone, watched })
}

async fn asks(office: &Office, rounds: u32) -> anyhow::Result<f64> {
    let person = member(TEAM, 12);
    let before = cpu()?;
    for _ in 0..rounds {
        ensure!(office.opens_a_form(&person).await?, "no form opened");
        ensure!(office.sends_the_form(&person).await?, "a form was not taken");
        office.settles().await?;
        // Home tabs come a moment later.
        office.clock.passes(30);
        office.settles().await?;
    }
    Ok((cpu()? - before) / f64::from(rounds))
}

/// Milliseconds of processor time of this process so far.
fn cpu() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    // The name in parentheses may hold blanks; behind it, user and system time are the 12th and 13th field.
    let (_, behind) = stat.rsplit_once(')').context("cannot read the times of this process")?;
    let times: Result<Vec<f64>, _> = behind.split_whitespace().skip(11).take(2).map(str::parse).collect();
    let ticks: f64 = times.context("cannot read the times of this process")?.iter().sum();
    Ok(ticks * MILLISECONDS_PER_TICK)
}
