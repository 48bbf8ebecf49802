//! B12: what the program takes when it only waits, how large it is, and how soon after its start it answers.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::rig;
use crate::rig::bot::{PROGRAM, Server, is_help};
use crate::rig::company::Company;
use crate::rig::connection::Answer;
use crate::rig::figures::{median, percentile};
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{self, SECRET, Signer};
use crate::rig::slack::{Manners, Slack};

/// Memory of the waiting program, in MiB.
const IDLE_LIMIT: f64 = 25.0;
/// From start to the first answer, in milliseconds.
const START_LIMIT: f64 = 100.0;
/// A busy machine may take longer; this shows only that something is badly wrong.
const QUICK_START_LIMIT: f64 = 2_000.0;
/// The program's file, in MB of a million bytes.
const SIZE_LIMIT: f64 = 25.0;
/// What is due at the start is done by then.
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let company = Company::in_folder(folder.path());
    let slack = Slack::start(Manners::default())?;
    let scale = report.scale;
    let start = || -> anyhow::Result<(Server, f64)> {
        let begun = Instant::now();
        let server = company.start(&slack.api)?;
        Ok((server, begun.elapsed().as_secs_f64() * 1000.0))
    };
    let mut started = Vec::new();
    // The first start creates the store, so it is not like the others.
    let (mut server, first) = start()?;
    for _ in 0..scale.pick(9, 3) {
        drop(server);
        let (next, taken) = start()?;
        server = next;
        started.push(taken);
    }
    let start_limit = scale.pick(START_LIMIT, QUICK_START_LIMIT);
    let (usual, longest) = (median(&started), percentile(&started, 100.0));
    report.judge(
        "from start to the first right answer",
        format!("{usual:.1} ms, longest {longest:.1} ms, with a new store {first:.1} ms"),
        format!("{start_limit} ms"),
        usual <= start_limit,
    );
    answer_some(&server)?;
    std::thread::sleep(SETTLE);
    let idle = server.mebibytes("status", "VmRSS")?;
    let own = server.mebibytes("smaps_rollup", "Pss_Anon")?;
    let shared = server.mebibytes("smaps_rollup", "Pss")?;
    report.note(&format!("waiting: PSS {shared:.1} MiB, of which not backed by files {own:.1} MiB"));
    report.judge(
        "memory of the waiting program, RSS",
        format!("{idle:.1} MiB"),
        format!("{IDLE_LIMIT} MiB"),
        idle <= IDLE_LIMIT,
    );
    let bytes = std::fs::metadata(PROGRAM).context("cannot find the program")?.len();
    #[expect(clippy::cast_precision_loss, reason = "a program's size is far below where digits are lost")]
    let size = bytes as f64 / 1_000_000.0;
    report.judge(
        "the program with its AWS side on disk",
        format!("{size:.1} MB"),
        format!("{SIZE_LIMIT} MB"),
        size <= SIZE_LIMIT,
    );
    Ok(())
}

/// A program that has answered nothing yet looks smaller than it is.
fn answer_some(server: &Server) -> anyhow::Result<()> {
    let signer = Signer::new(SECRET)?;
    let request = |number: usize| signer.request("/slack/commands", &signed::help(number));
    let is_right = |_: usize, answer: &Answer<'_>| is_help(answer);
    Load::closed(server.address, 1, 100, &request, &is_right).run().map(drop)
}
