//! Footprint: what the program takes when it only waits, how large it is, and how soon after its start it answers.

#[path = "../rig/mod.rs"]
mod rig;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use rig::bot::{self, PROGRAM, Server, is_help};
use rig::figures::{median, percentile};
use rig::load::Load;
use rig::signed::{self, SECRET, Signer};
use rig::{Scale, judge, say};

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

fn main() -> ExitCode {
    rig::run("memory", measure)
}

fn measure(scale: Scale) -> anyhow::Result<bool> {
    let folder = rig::folder()?;
    let slack_api = rig::slack::start()?;
    let start = || -> anyhow::Result<(Server, f64)> {
        let begun = Instant::now();
        let server = bot::start(Command::new(PROGRAM), folder.path(), &bot::shipped_catalog(), &slack_api)?;
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
    let starts = format!(
        "memory start to first answer: {usual:.1} ms, longest {longest:.1} ms, with a new store {first:.1} ms (limit {start_limit})"
    );
    let soon = judge(&starts, usual <= start_limit);
    answer_some(&server)?;
    std::thread::sleep(SETTLE);
    let idle = server.mebibytes("status", "VmRSS")?;
    let own = server.mebibytes("smaps_rollup", "Pss_Anon")?;
    let shared = server.mebibytes("smaps_rollup", "Pss")?;
    say(&format!(
        "memory of the waiting program: PSS {shared:.1} MiB, of which not backed by files {own:.1} MiB"
    ));
    let small = judge(
        &format!("memory of the waiting program: RSS {idle:.1} MiB (limit {IDLE_LIMIT})"),
        idle <= IDLE_LIMIT,
    );
    let bytes = std::fs::metadata(PROGRAM).context("cannot find the program")?.len();
    #[expect(clippy::cast_precision_loss, reason = "a program's size is far below where digits are lost")]
    let size = bytes as f64 / 1_000_000.0;
    let light = judge(&format!("memory on disk: {size:.1} MB (limit {SIZE_LIMIT})"), size <= SIZE_LIMIT);
    Ok(soon && small && light)
}

/// A program that has answered nothing yet looks smaller than it is.
fn answer_some(server: &Server) -> anyhow::Result<()> {
    let signer = Signer::new(SECRET)?;
    let request = |number: usize| signer.request("/slack/commands", &signed::help(number));
    let load =
        Load { address: server.address, connections: 1, requests: 100, request: &request, is_right: is_help };
    load.run().map(|_| ())
}
