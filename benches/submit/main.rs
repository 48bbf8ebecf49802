//! B3: how long a person waits after pressing Submit until the request is stored and Slack has its answer, in
//! multiples of one disk flush. The program is the real one on a file, with everything that follows a submission
//! going on at the same time; at the end it is killed and the file must hold whatever was acknowledged.

#[path = "../rig/mod.rs"]
mod rig;

mod filled;
mod flush;
mod kept;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use filled::FilledForm;
use rig::bot::{self, PROGRAM};
use rig::connection::Answer;
use rig::figures::{median, percentile};
use rig::load::Load;
use rig::signed::{SECRET, Signer};
use rig::{Scale, judge, say};

/// The slowest of a hundred may take this many flushes.
const LIMIT: f64 = 3.0;
/// A quick run judges only [`LONGEST`] and what is kept: on a busy machine with a fast disk, flushes say little.
const QUICK_LIMIT: f64 = f64::INFINITY;
/// No submission may take longer, in milliseconds: Slack gives up at three times this.
const LONGEST: f64 = 1_000.0;
/// Connections that stay open, each with one submission under way.
const CONNECTIONS: usize = 32;

fn main() -> ExitCode {
    rig::run("submit", measure)
}

fn measure(scale: Scale) -> anyhow::Result<bool> {
    let folder = rig::folder()?;
    let catalog = folder.path().join("catalog");
    copy_catalog(&bot::shipped_catalog(), &catalog)?;
    let server = bot::start(Command::new(PROGRAM), folder.path(), &catalog, &rig::slack::start()?)?;
    let form = FilledForm::of("s3-bucket", &folder.path().join("quartermaster.toml"))?;
    let signer = Signer::new(SECRET)?;
    let (rounds, requests) = scale.pick((7, 640), (2, 128));
    let mut acked = 0;
    let mut submit = |connections: usize, requests: usize| {
        let base = acked;
        let request = |number: usize| signer.request("/slack/interactions", &form.body(base + number));
        let taken =
            Load { address: server.address, connections, requests, request: &request, is_right: is_stored }
                .run();
        acked += requests;
        taken
    };
    // First one at a time: what a person waits for when nobody else is there.
    let flush = flush::sample(folder.path(), scale.pick(100, 30))?;
    let alone = median(&submit(1, scale.pick(100, 30))?);
    let flushes = alone / median(&flush);
    say(&format!("B3 one connection: p50 {alone:.2} ms = {flushes:.2} flushes"));
    let mut figures = Figures::default();
    for _ in 0..rounds {
        let flush = flush::sample(folder.path(), scale.pick(100, 30))?;
        figures.add(&flush, &submit(CONNECTIONS, requests)?);
    }
    let peak = server.mebibytes("status", "VmHWM")?;
    drop(server);
    let kept = kept::count(&folder.path().join("quartermaster.db"))?;
    say(&format!(
        "B3 {rounds} rounds of {requests} submissions, {CONNECTIONS} connections, peak RSS {peak:.1} MiB"
    ));
    let fast = figures.judge(scale.pick(LIMIT, QUICK_LIMIT));
    let line = format!(
        "B3 after a kill: {acked} acknowledged, {} requests, {} first audit entries, {} of quota used",
        kept.requests, kept.submitted, kept.quota
    );
    let all = [kept.requests, kept.submitted, kept.quota];
    let whole = judge(&line, all.into_iter().all(|count| usize::try_from(count) == Ok(acked)));
    Ok(fast && whole)
}

/// What the rounds showed, in milliseconds and in flushes of the same round.
#[derive(Default)]
struct Figures {
    flush: Vec<f64>,
    slow_flush: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    p50_flushes: Vec<f64>,
    p99_flushes: Vec<f64>,
    longest: f64,
}

impl Figures {
    fn add(&mut self, flush: &[f64], taken: &[f64]) {
        let one = median(flush);
        let (p50, p99) = (median(taken), percentile(taken, 99.0));
        self.flush.push(one);
        self.slow_flush.push(percentile(flush, 99.0));
        self.p50.push(p50);
        self.p99.push(p99);
        self.p50_flushes.push(p50 / one);
        self.p99_flushes.push(p99 / one);
        self.longest = self.longest.max(percentile(taken, 100.0));
        say(&format!("B3 round: flush {one:.2} ms, p50 {p50:.2} ms, p99 {p99:.2} ms"));
    }

    fn judge(&self, limit: f64) -> bool {
        let (flush, slow) = (median(&self.flush), median(&self.slow_flush));
        say(&format!("B3 one flush: {flush:.2} ms (p99 {slow:.2} ms)"));
        let (p50, p99) = (median(&self.p50_flushes), median(&self.p99_flushes));
        say(&format!("B3 submission to ack: p50 {:.2} ms = {p50:.2} flushes", median(&self.p50)));
        let line = format!(
            "B3 submission to ack: p99 {:.2} ms = {p99:.2} flushes (limit {limit}), longest {:.0} ms (limit {LONGEST})",
            median(&self.p99),
            self.longest
        );
        judge(&line, p99 <= limit && self.longest <= LONGEST)
    }
}

/// The answer that closes the form; anything else was not stored.
fn is_stored(answer: &Answer<'_>) -> bool {
    answer.status == 200 && answer.body == br#"{"response_action":"clear"}"#
}

/// The shipped catalog with a quota that the run does not use up.
fn copy_catalog(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).context("cannot make a folder")?;
    for entry in fs::read_dir(from).context("cannot read the catalog")? {
        let entry = entry.context("cannot read the catalog")?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_catalog(&entry.path(), &target)?;
        } else {
            let text = fs::read_to_string(entry.path()).context("cannot read the catalog")?;
            let text = text.replace("quota: { per_team: 10 }", "quota: { per_team: 1000000 }");
            fs::write(target, text).context("cannot copy the catalog")?;
        }
    }
    Ok(())
}
