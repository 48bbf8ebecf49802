//! B1: what a signed `/provision help` costs the program in processor time, against the least that a Rust server can
//! do for it ([`super::floor`]) in the same run. Both run as processes of as many worker threads on the same processor, in
//! turns, first with one and then with the two of a small machine; the load comes from the other processor.

use std::net::SocketAddr;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::Context as _;

use super::start_floor;
use crate::rig;
use crate::rig::bot::{PROGRAM, Server, is_help};
use crate::rig::company::Company;
use crate::rig::connection::Answer;
use crate::rig::figures::{median, percentile};
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{self, SECRET, Signer};
use crate::rig::slack::{Manners, Slack};

/// The program may cost this many times the floor.
const LIMIT: f64 = 1.5;
/// A quick run only looks for a miss by a wide margin: its samples are small and its machine is busy.
const QUICK_LIMIT: f64 = 3.0;
/// Connections that stay open.
const CONNECTIONS: usize = 16;

/// What one server did in one round.
struct Round {
    /// Processor time of the server per request, in microseconds.
    cpu: f64,
    /// Time from sending to answer of each request, in milliseconds.
    taken: Vec<f64>,
}

/// Worker threads of both servers: alone, and the runtime that the program has on two processors.
const WORKERS: [&str; 2] = ["1", "2"];

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let pinned = leave_the_server_core();
    WORKERS.into_iter().try_for_each(|workers| compare(report, pinned, workers))
}

fn compare(report: &mut Report, pinned: bool, workers: &str) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let slack = Slack::start(Manners::default())?;
    let command = |program: &str| with_workers(program, workers, pinned);
    let bot = Company::in_folder(folder.path()).start_by(command(PROGRAM), &slack.api)?;
    let floor = start_floor(folder.path(), command)?;
    let scale = report.scale;
    for server in [&floor, &bot] {
        refuses_what_slack_did_not_sign(server.address)?;
        round(server, scale.pick(2_000, 500))?;
    }
    let (rounds, requests) = scale.pick((9, 20_000), (3, 5_000));
    let (mut floors, mut bots) = (Vec::new(), Vec::new());
    for number in 0..rounds {
        // In turns, so that neither always runs after the other.
        if number % 2 == 0 {
            floors.push(round(&floor, requests)?);
            bots.push(round(&bot, requests)?);
        } else {
            bots.push(round(&bot, requests)?);
            floors.push(round(&floor, requests)?);
        }
    }
    let place = if pinned { "one processor for the servers" } else { "not pinned" };
    report.note(&format!(
        "workers: {workers}; {rounds} rounds of {requests} requests, {CONNECTIONS} connections, {place}"
    ));
    tell(report, "floor", &floors, &floor)?;
    tell(report, "quartermaster", &bots, &bot)?;
    // Of neighbours in time: how fast a shared machine is changes from one second to the next.
    let ratios: Vec<f64> = bots.iter().zip(&floors).map(|(bot, floor)| bot.cpu / floor.cpu).collect();
    let ratio = median(&ratios);
    let limit = scale.pick(LIMIT, QUICK_LIMIT);
    report.judge(
        &format!(
            "processor time to answer `/provision help` (workers: {workers}), against bare axum with HMAC"
        ),
        format!("{ratio:.2} ×"),
        format!("{limit} ×"),
        ratio <= limit,
    );
    Ok(())
}

fn round(server: &Server, requests: usize) -> anyhow::Result<Round> {
    let signer = Signer::new(SECRET)?;
    let request = |number: usize| signer.request("/slack/commands", &signed::help(number));
    let is_right = |_: usize, answer: &Answer<'_>| is_help(answer);
    let load = Load::closed(server.address, CONNECTIONS, requests, &request, &is_right);
    let before = server.cpu()?;
    let taken = load.run()?;
    #[expect(clippy::cast_precision_loss, reason = "counts of this size are exact")]
    let cpu = (server.cpu()? - before) / requests as f64;
    Ok(Round { cpu, taken })
}

fn costs(rounds: &[Round]) -> Vec<f64> {
    rounds.iter().map(|round| round.cpu).collect()
}

fn tell(report: &Report, name: &str, rounds: &[Round], server: &Server) -> anyhow::Result<()> {
    let costs = costs(rounds);
    let middle = |percent: f64| {
        let each: Vec<f64> = rounds.iter().map(|round| percentile(&round.taken, percent)).collect();
        median(&each)
    };
    let peak = server.mebibytes("status", "VmHWM")?;
    let (least, most) = (percentile(&costs, 0.0), percentile(&costs, 100.0));
    report.note(&format!(
        "{name}: {:.1} µs CPU/request [{least:.1} to {most:.1}], p50 {:.2} ms, p99 {:.2} ms, peak RSS {peak:.1} MiB",
        median(&costs),
        middle(50.0),
        middle(99.0),
    ));
    Ok(())
}

/// A server that answers anybody would look fast.
fn refuses_what_slack_did_not_sign(address: SocketAddr) -> anyhow::Result<()> {
    let stranger = Signer::new("another secret")?;
    let request = |number: usize| stranger.request("/slack/commands", &signed::help(number));
    let is_right = |_: usize, answer: &Answer<'_>| answer.status == 401 && answer.body.is_empty();
    let forged = Load::closed(address, 1, 3, &request, &is_right);
    forged.run().context("a forged request was not refused").map(|_| ())
}

/// Keeps this process off the servers' processor; must come before any thread is started. `false` where that cannot
/// be done: the figures are then less steady.
fn leave_the_server_core() -> bool {
    let id = std::process::id().to_string();
    let moved = || Command::new("taskset").args(["-cp", "1", &id]).output();
    available_parallelism().is_ok_and(|count| count.get() > 1)
        && moved().is_ok_and(|output| output.status.success())
}

/// Runs `program` with so many worker threads, on the first processor if `pinned`.
fn with_workers(program: &str, workers: &str, pinned: bool) -> Command {
    let mut command = Command::new(if pinned { "taskset" } else { program });
    if pinned {
        command.args(["-c", "0", program]);
    }
    command.env("TOKIO_WORKER_THREADS", workers);
    command
}
