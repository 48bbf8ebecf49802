//! B3: how long a person waits after pressing Submit until the request is stored and Slack has its answer, while 31
//! others do the same. The program is the real one on a file, with everything that follows a submission going on at the
//! same time; at the end it is killed and the file must hold whatever was acknowledged.
//!
//! The references are measured in turns with it: one flush of this disk, and the floor ([`super::floor`]), which stores
//! the same rows and does nothing else.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::rig;
use crate::rig::bot::{self, Server, is_help, is_stored};
use crate::rig::company::Company;
use crate::rig::connection::Answer;
use crate::rig::figures::{median, percentile};
use crate::rig::form::FilledForm;
use crate::rig::load::Load;
use crate::rig::run::Report;
use crate::rig::signed::{self, SECRET, Signer};
use crate::rig::slack::{Manners, Slack};
use crate::rig::{flush, kept};

/// The slowest of a hundred may take this many flushes.
const FLUSHES: f64 = 3.0;
/// Or this many times what it takes the floor, where not the disk decides but the processors.
const FLOORS: f64 = 3.0;
/// A quick run judges only [`LONGEST`] and what is kept: a busy machine says little about either reference.
const QUICK: f64 = f64::INFINITY;
/// No submission may take longer, in milliseconds: Slack gives up at three times this.
const LONGEST: f64 = 1_000.0;
/// Connections that stay open, each with one submission under way.
const CONNECTIONS: usize = 32;

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let company = Company::in_folder(folder.path()).with_quota(1_000_000)?;
    let slack = Slack::start(Manners::default())?;
    let server = company.start(&slack.api)?;
    let floor = start_floor(folder.path())?;
    let form = FilledForm::of("s3-bucket", folder.path())?;
    let mut bot = Submitter { server: &server, form: &form, acked: 0 };
    let mut least = Submitter { server: &floor, form: &form, acked: 0 };
    let (rounds, requests, samples) = report.scale.pick((7, 640, 100), (2, 128, 30));
    // First one at a time: what a person waits for when nobody else is there.
    let flush = median(&flush::sample(folder.path(), samples)?);
    let alone = [&mut least, &mut bot].map(|one| one.submit(1, samples).map(|taken| median(&taken)));
    let [least_alone, alone] = alone;
    let (least_alone, alone) = (least_alone?, alone?);
    report.note(&format!(
        "alone: p50 {alone:.2} ms = {:.2} flushes = {:.2} × the floor",
        alone / flush,
        alone / least_alone
    ));
    let mut figures = Figures::default();
    for _ in 0..rounds {
        let flush = flush::sample(folder.path(), samples)?;
        let floor = least.submit(CONNECTIONS, requests)?;
        figures.add(report, &flush, &floor, &bot.submit(CONNECTIONS, requests)?);
    }
    let (acked, peak) = (bot.acked, server.mebibytes("status", "VmHWM")?);
    drop(server);
    report.note(&format!(
        "{rounds} rounds of {requests} submissions, {CONNECTIONS} connections, peak RSS {peak:.1} MiB"
    ));
    figures.judge(report);
    let kept = kept::count(&company.store())?;
    let found = format!("{} requests, {} entries, {} of quota", kept.requests, kept.submitted, kept.quota);
    report.judge(
        "after SIGKILL, all that was acknowledged is there",
        found,
        acked.to_string(),
        kept.is(acked),
    );
    Ok(())
}

/// Submits a form again and again, each time as another view.
struct Submitter<'a> {
    server: &'a Server,
    form: &'a FilledForm,
    acked: usize,
}

impl Submitter<'_> {
    fn submit(&mut self, connections: usize, requests: usize) -> anyhow::Result<Vec<f64>> {
        let (signer, base) = (Signer::new(SECRET)?, self.acked);
        let request = |number: usize| signer.request("/slack/interactions", &self.form.body(base + number));
        let is_right = |_: usize, answer: &Answer<'_>| is_stored(answer);
        let taken = Load::closed(self.server.address, connections, requests, &request, &is_right).run();
        self.acked += requests;
        taken
    }
}

fn start_floor(folder: &Path) -> anyhow::Result<Server> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let file = folder.join("floor.db");
    let Some(file) = file.to_str() else { bail!("the folder's path is not readable") };
    let address = bot::free_address()?;
    let mut command = Command::new(program);
    command.args(["floor-of-submissions", &address.to_string(), file]);
    let mut server = Server::spawn(command, address, &folder.join("floor.log"))?;
    let signer = Signer::new(SECRET)?;
    let request = |_: usize| signer.request("/slack/commands", &signed::help(0));
    server.answers(&request, &is_help, &folder.join("floor.log"))?;
    Ok(server)
}

/// What the rounds showed: milliseconds, and how many times the references of the same round.
#[derive(Default)]
struct Figures {
    p50: Vec<f64>,
    p99: Vec<f64>,
    flushes: Vec<f64>,
    floors: Vec<f64>,
    /// The p99 of each round as part of what it may be.
    used: Vec<f64>,
    longest: f64,
}

impl Figures {
    fn add(&mut self, report: &Report, flush: &[f64], floor: &[f64], taken: &[f64]) {
        let (flush, floor_p99) = (median(flush), percentile(floor, 99.0));
        let (p50, p99) = (median(taken), percentile(taken, 99.0));
        report.note(&format!(
            "round: flush {flush:.2} ms; floor p50 {:.2} ms, p99 {floor_p99:.2} ms; quartermaster p50 {p50:.2} ms, p99 {p99:.2} ms",
            median(floor)
        ));
        self.p50.push(p50);
        self.p99.push(p99);
        self.flushes.push(p99 / flush);
        self.floors.push(p99 / floor_p99);
        self.used.push(p99 / (FLUSHES * flush).max(FLOORS * floor_p99));
        self.longest = self.longest.max(percentile(taken, 100.0));
    }

    fn judge(&self, report: &mut Report) {
        let (flushes, floors, used) = (median(&self.flushes), median(&self.floors), median(&self.used));
        report.note(&format!(
            "p50 {:.2} ms, p99 {:.2} ms = {flushes:.1} flushes",
            median(&self.p50),
            median(&self.p99)
        ));
        report.judge(
            "Submit to answer at 32 connections, p99 against the larger of 3 flushes and 3 × the floor",
            format!("{:.1} ms = {flushes:.1} flushes = {floors:.2} × the floor", median(&self.p99)),
            format!("{FLUSHES} flushes or {FLOORS} ×"),
            used <= report.scale.pick(1.0, QUICK),
        );
        report.judge(
            "the longest of them",
            format!("{:.0} ms", self.longest),
            format!("{LONGEST} ms"),
            self.longest <= LONGEST,
        );
    }
}
