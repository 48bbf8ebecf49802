//! B2: how long a person waits for the answer to a slash command when a hundred come every second, counted from when
//! each was due. The floor takes the same load in turns, which tells what of it is the machine's.

use std::process::Command;
use std::time::Duration;

use super::start_floor;
use crate::rig;
use crate::rig::bot::{Server, is_help};
use crate::rig::company::Company;
use crate::rig::connection::Answer;
use crate::rig::figures::{median, percentile};
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{self, SECRET, Signer};
use crate::rig::slack::{Manners, Slack};

/// Between two requests.
const EVERY: Duration = Duration::from_millis(10);
/// Connections that stay open.
const CONNECTIONS: usize = 32;
/// Milliseconds that half of the answers may take at most, and all but one of a hundred.
const LIMITS: (f64, f64) = (1.0, 10.0);
/// Or so many times what the floor takes for half of them, where a machine needs longer to wake anybody.
const OF_THE_FLOOR: f64 = 1.25;
/// On a busy machine this shows only that something is badly wrong.
const QUICK_LIMITS: (f64, f64) = (20.0, 1_000.0);

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let slack = Slack::start(Manners::default())?;
    let bot = Company::in_folder(folder.path()).start(&slack.api)?;
    let floor = start_floor(folder.path(), |program| Command::new(program))?;
    let (rounds, requests) = report.scale.pick((5, 500), (1, 100));
    let (mut floors, mut bots) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        floors.push(round(&floor, requests)?);
        bots.push(round(&bot, requests)?);
    }
    let line = |name: &str, rounds: &[Vec<f64>]| {
        let all = rounds.concat();
        let [half, most, nearly] = [50.0, 99.0, 99.9].map(|percent| percentile(&all, percent));
        format!("{name}: p50 {half:.2} ms, p99 {most:.2} ms, p99.9 {nearly:.2} ms of {} requests", all.len())
    };
    report.note(&line("floor", &floors));
    report.note(&line("quartermaster", &bots));
    let middle = |rounds: &[Vec<f64>], percent: f64| {
        let each: Vec<f64> = rounds.iter().map(|round| percentile(round, percent)).collect();
        median(&each)
    };
    let (half, most) = (middle(&bots, 50.0), middle(&bots, 99.0));
    let mut limits = report.scale.pick(LIMITS, QUICK_LIMITS);
    limits.0 = limits.0.max(middle(&floors, 50.0) * OF_THE_FLOOR);
    report.judge(
        "answers to 100 commands a second, p50 and p99, no error",
        format!("{half:.2} ms, {most:.2} ms"),
        format!("{:.1} ms, {} ms", limits.0, limits.1),
        half <= limits.0 && most <= limits.1,
    );
    Ok(())
}

fn round(server: &Server, requests: usize) -> anyhow::Result<Vec<f64>> {
    let signer = Signer::new(SECRET)?;
    let request = |number: usize| signer.request("/slack/commands", &signed::help(number));
    let is_right = |_: usize, answer: &Answer<'_>| is_help(answer);
    Load::closed(server.address, CONNECTIONS, requests, &request, &is_right).open(EVERY).run()
}
