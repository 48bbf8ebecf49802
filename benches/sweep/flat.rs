//! B7: what it costs to find and do what is due, among more and more that is not. Twenty leases are due to be warned
//! about, each with an owner of its own, in stores of a thousand leases up to a million; the dispatcher of the program
//! runs on all of them in turns. Only Slack and the directory are made up.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use quartermaster::domain::ids::TeamName;
use quartermaster::ports::store::{RequestFilter, RequestScope};

use super::filled::{self, BIG_TEAM, DUE, IN_BIG_TEAM, ROUNDS};
use super::stand::Stand;
use crate::rig;
use crate::rig::figures::median;
use crate::rig::run::Report;

/// How many times more the largest store may cost than the smallest.
const LIMIT: f64 = 1.2;
/// On a busy machine the rounds differ more than that by themselves.
const QUICK_LIMIT: f64 = 3.0;
/// Requests on one page of a list.
const PAGE: usize = 20;

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let runtime = rig::runtime()?;
    let scale = report.scale;
    let folder = rig::folder()?;
    let sizes: &[u64] = scale.pick(&[1_000, 100_000, 1_000_000], &[1_000, 100_000]);
    let mut stands = Vec::new();
    for leases in sizes {
        let path = folder.path().join(format!("{leases}.db"));
        let begun = Instant::now();
        filled::fill(&path, *leases)?;
        let megabytes = std::fs::metadata(&path).context("cannot look at a store")?.len() / 1_000_000;
        let taken = begun.elapsed().as_secs_f64();
        report.note(&format!("{leases} leases: {megabytes} MB, filled in {taken:.1} s"));
        stands.push(Measured { leases: *leases, stand: Stand::at(&path)?, swept: vec![], looked: vec![] });
    }
    runtime.block_on(async {
        for round in 0..ROUNDS {
            for measured in &mut stands {
                measured.round(round).await.with_context(|| format!("with {} leases", measured.leases))?;
            }
        }
        lists(report, stands.last().context("no store")?).await
    })?;
    for measured in &stands {
        measured.tell(report);
    }
    let (smallest, largest) = (stands.first().context("no store")?, stands.last().context("no store")?);
    let (ratio, limit) = (median(&largest.swept) / median(&smallest.swept), scale.pick(LIMIT, QUICK_LIMIT));
    report.judge(
        &format!("20 due of {} leases against 20 due of {}, all found", largest.leases, smallest.leases),
        format!("{ratio:.2} ×"),
        format!("{limit} ×"),
        ratio <= limit,
    );
    Ok(())
}

/// A store and what the rounds on it took.
struct Measured {
    leases: u64,
    stand: Stand,
    /// Milliseconds until nothing was due any more.
    swept: Vec<f64>,
    /// Microseconds until the due jobs were found.
    looked: Vec<f64>,
}

impl Measured {
    async fn round(&mut self, round: u64) -> anyhow::Result<()> {
        let now = filled::round_at(round);
        self.stand.clock.set(now);
        let begun = Instant::now();
        self.stand.store.due(now, 200).await?;
        self.looked.push(begun.elapsed().as_secs_f64() * 1_000_000.0);
        let begun = Instant::now();
        self.stand.dispatcher.drain().await?;
        self.swept.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let warned = self.stand.slack.take_warned().len();
        ensure!(warned == DUE, "{warned} of {DUE} that were due in round {round} were warned about");
        let left = self.stand.store.due(now, 200).await?.len();
        ensure!(left == 0, "{left} jobs are still due after round {round}");
        Ok(())
    }

    fn tell(&self, report: &Report) {
        let (swept, looked) = (median(&self.swept), median(&self.looked));
        report.note(&format!(
            "{} leases: {DUE} due found in {looked:.0} µs, found and warned about in {swept:.1} ms (p50 of {ROUNDS})",
            self.leases
        ));
    }
}

/// What a person waits for who looks at a team with very much.
async fn lists(report: &Report, measured: &Measured) -> anyhow::Result<()> {
    let store = &measured.stand.store;
    let whose = RequestScope::Team(TeamName::new(BIG_TEAM));
    let (mut first, mut last, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        ensure!(
            store.list(&whose, RequestFilter::Live, None, PAGE).await?.places.len() == PAGE,
            "a page is short"
        );
        first.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let before = store.list(&whose, RequestFilter::Live, None, IN_BIG_TEAM - PAGE).await?.next();
        let begun = Instant::now();
        let page = store.list(&whose, RequestFilter::Live, before.as_ref(), PAGE).await?;
        ensure!(page.places.len() == PAGE && !page.more, "the last page is short");
        last.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let begun = Instant::now();
        let holdings = store.holdings(&whose, Timestamp::UNIX_EPOCH).await?.len();
        ensure!(holdings == IN_BIG_TEAM, "{holdings} of {IN_BIG_TEAM} holdings");
        all.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    report.note(&format!(
        "a team with {IN_BIG_TEAM} of {} leases: first page of its list {:.2} ms, last page {:.2} ms, all for sums {:.1} ms",
        measured.leases,
        median(&first),
        median(&last),
        median(&all)
    ));
    Ok(())
}
