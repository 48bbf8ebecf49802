//! B1: what a signed `/provision help` costs the program in processor time, against the least that a Rust server can
//! do for it ([`floor`]) in the same run. Both run as processes of one worker thread on the same processor, in turns;
//! the load comes from the other processor.

#[path = "../rig/mod.rs"]
mod rig;

mod floor;

use std::net::SocketAddr;
use std::process::{Command, ExitCode};
use std::thread::available_parallelism;

use anyhow::{Context as _, bail};

use rig::bot::{self, PROGRAM, Server, is_help};
use rig::connection::Answer;
use rig::figures::{median, percentile};
use rig::load::Load;
use rig::signed::{self, SECRET, Signer};
use rig::{Scale, judge, say};

/// The program may cost this many times the floor.
const LIMIT: f64 = 1.5;
/// A quick run only looks for a miss by a wide margin: its samples are small and its machine is busy.
const QUICK_LIMIT: f64 = 3.0;
/// Connections that stay open.
const CONNECTIONS: usize = 16;
/// Linux counts a process's time in hundredths of a second, whatever its own clock does.
const MICROSECONDS_PER_TICK: f64 = 10_000.0;

/// What one server did in one round.
struct Round {
    /// Processor time of the server per request, in microseconds.
    cpu: f64,
    /// Time from sending to answer of each request, in milliseconds.
    taken: Vec<f64>,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("floor") {
        return floor::run(arguments.next());
    }
    rig::run("ack", measure)
}

fn measure(scale: Scale) -> anyhow::Result<bool> {
    let pinned = leave_the_server_core();
    let folder = rig::folder()?;
    let bot = bot::start(
        one_thread(PROGRAM, pinned),
        folder.path(),
        &bot::shipped_catalog(),
        &rig::slack::start()?,
    )?;
    let floor = start_floor(pinned, &folder.path().join("floor.log"))?;
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
    say(&format!("B1 {rounds} rounds of {requests} requests, {CONNECTIONS} connections, {place}"));
    report("floor", &floors, &floor)?;
    report("quartermaster", &bots, &bot)?;
    let ratio = median(&costs(&bots)) / median(&costs(&floors));
    let limit = scale.pick(LIMIT, QUICK_LIMIT);
    Ok(judge(&format!("B1 ack of /provision help: {ratio:.2} x floor (limit {limit})"), ratio <= limit))
}

fn round(server: &Server, requests: usize) -> anyhow::Result<Round> {
    let signer = Signer::new(SECRET)?;
    let request = |number: usize| signer.request("/slack/commands", &signed::help(number));
    let load = Load {
        address: server.address,
        connections: CONNECTIONS,
        requests,
        request: &request,
        is_right: is_help,
    };
    let before = cpu_ticks(server)?;
    let taken = load.run()?;
    let ticks = cpu_ticks(server)? - before;
    #[expect(clippy::cast_precision_loss, reason = "counts of this size are exact")]
    let cpu = ticks * MICROSECONDS_PER_TICK / requests as f64;
    Ok(Round { cpu, taken })
}

/// User and system time of the process so far, threads that ended included.
fn cpu_ticks(server: &Server) -> anyhow::Result<f64> {
    let stat = server.proc("stat")?;
    // The name in parentheses may hold blanks; behind it, user and system time are the 12th and 13th field.
    let (_, behind) = stat.rsplit_once(')').context("cannot read the times of a process")?;
    let times: Result<Vec<f64>, _> = behind.split_whitespace().skip(11).take(2).map(str::parse).collect();
    Ok(times.context("cannot read the times of a process")?.iter().sum())
}

fn costs(rounds: &[Round]) -> Vec<f64> {
    rounds.iter().map(|round| round.cpu).collect()
}

fn report(name: &str, rounds: &[Round], server: &Server) -> anyhow::Result<()> {
    let costs = costs(rounds);
    let middle = |percent: f64| {
        let each: Vec<f64> = rounds.iter().map(|round| percentile(&round.taken, percent)).collect();
        median(&each)
    };
    let peak = server.mebibytes("status", "VmHWM")?;
    let (least, most) = (percentile(&costs, 0.0), percentile(&costs, 100.0));
    say(&format!(
        "B1 {name}: {:.1} µs CPU/request [{least:.1} to {most:.1}], p50 {:.2} ms, p99 {:.2} ms, peak RSS {peak:.1} MiB",
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
    let is_right = |answer: &Answer<'_>| answer.status == 401 && answer.body.is_empty();
    let forged = Load { address, connections: 1, requests: 3, request: &request, is_right };
    forged.run().context("a forged request was not refused").map(|_| ())
}

fn start_floor(pinned: bool, log: &std::path::Path) -> anyhow::Result<Server> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let Some(program) = program.to_str() else { bail!("this program's path is not readable") };
    let address = bot::free_address()?;
    let mut command = one_thread(program, pinned);
    command.arg("floor").arg(address.to_string());
    Server::start(command, address, log)
}

/// Keeps this process off the servers' processor; must come before any thread is started. `false` where that cannot
/// be done: the figures are then less steady.
fn leave_the_server_core() -> bool {
    let id = std::process::id().to_string();
    let moved = || Command::new("taskset").args(["-cp", "1", &id]).output();
    available_parallelism().is_ok_and(|count| count.get() > 1)
        && moved().is_ok_and(|output| output.status.success())
}

/// Runs `program` with one worker thread, on the first processor if `pinned`.
fn one_thread(program: &str, pinned: bool) -> Command {
    let mut command = Command::new(if pinned { "taskset" } else { program });
    if pinned {
        command.args(["-c", "0", program]);
    }
    command.env("TOKIO_WORKER_THREADS", "1");
    command
}
