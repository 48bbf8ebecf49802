//! B5: how many submissions a second the store takes, from 1, 8 and 64 clients at once, against a loop that writes the
//! same rows in one transaction each with the same durability ([`super::raw`]), and against the same loop with 64 in each
//! transaction, which is the most that sharing a flush can gain on this disk. With one client the loop sits in a thread of
//! its own behind a queue, as the store's writer does.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use anyhow::Context as _;
use jiff::Timestamp;
use quartermaster::domain::counters::CounterDay;
use quartermaster::domain::submission::submit;
use quartermaster::local::database::Database;
use quartermaster::local::store::SqliteStore;
use quartermaster::ports::retention::IdempotencyKey;
use quartermaster::ports::store::{Commit, RowChange, Store};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::raw::{Raw, Rows};
use crate::rig;
use crate::rig::asked::{product, submission};
use crate::rig::figures::{median, percentile};
use crate::rig::run::Report;
use quartermaster::domain::ids::RequestId;

/// What one client alone must reach of the raw loop behind a queue.
const ALONE: f64 = 0.8;
/// How many times the raw loop 64 clients together must reach,
const TOGETHER: f64 = 5.0;
/// or this part of what the raw loop gains by storing as many in each transaction, where that is less: on a disk that takes
/// next to no time there is little to share.
const OF_WHAT_CAN_BE: f64 = 0.5;
/// How many times the usual time the slowest of a hundred may take with 64 clients.
const TAIL: f64 = 10.0;
/// Clients at once.
const CLIENTS: [usize; 3] = [1, 8, 64];

/// Submissions a second, and what each took in milliseconds.
struct Round {
    rate: f64,
    taken: Vec<f64>,
}

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = rig::folder()?;
    let runtime = rig::runtime()?;
    let mut raw = Raw::open(&folder.path().join("raw.db"))?;
    let stores = CLIENTS.map(|clients| open(&folder.path().join(format!("{clients}.db"))));
    let (rounds, each) = report.scale.pick((7, 400), (2, 100));
    let (mut loops, mut groups, mut queued) = (Vec::new(), Vec::new(), Vec::new());
    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    let mut tails = Vec::new();
    for _ in 0..rounds {
        let least = raw_round(&raw, each, 1)?;
        groups.push(raw_round(&raw, each * 64 / 10, 64)? / least);
        queued.push(queued_round(&runtime, &mut raw, each)? / least);
        for ((clients, opened), rates) in CLIENTS.into_iter().zip(&stores).zip(&mut rates) {
            let opened = opened.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
            // As many groups for each number of clients, not as many submissions.
            let round = store_round(&runtime, opened, clients, each.max(clients * each / 10))?;
            rates.push(round.rate / least);
            if clients == 64 {
                tails.push(percentile(&round.taken, 99.0) / median(&round.taken));
            }
        }
        loops.push(least);
    }
    let [alone, eight, together] = rates.map(|rates| median(&rates));
    let (can_be, behind) = (median(&groups), median(&queued));
    report.note(&format!(
        "raw loop {:.0} submissions a second, behind a queue {behind:.2} ×, 64 in a transaction {can_be:.2} ×; 1 client {alone:.2} ×, 8 clients \
         {eight:.2} ×, 64 clients {together:.2} ×",
        median(&loops)
    ));
    // With a disk that takes next to no time, a loop that decides nothing is hard to beat.
    let wide = report.scale.pick(1.0, 0.2);
    judge(report, "store with one client, against the raw loop behind a queue", alone / behind, ALONE * wide);
    let shared = TOGETHER.min(can_be * OF_WHAT_CAN_BE);
    judge(report, "store with 64 clients, against the raw loop", together, shared * wide);
    let (tail, limit) = (median(&tails), TAIL / wide);
    report.judge("its p99 against its p50", format!("{tail:.1} ×"), format!("{limit} ×"), tail <= limit);
    Ok(())
}

fn judge(report: &mut Report, what: &str, ratio: f64, least: f64) {
    report.judge(what, format!("{ratio:.2} ×"), format!("at least {least:.2} ×"), ratio >= least);
}

fn open(path: &Path) -> anyhow::Result<Arc<SqliteStore>> {
    let database = Database::open(path.to_str().context("a path that is not text")?)?;
    Ok(Arc::new(SqliteStore::new(database)))
}

/// Submissions a second, so many in each transaction.
fn raw_round(raw: &Raw, count: usize, together: usize) -> anyhow::Result<f64> {
    let rows = (0..count).map(|_| rows()).collect::<anyhow::Result<Vec<_>>>()?;
    let begun = Instant::now();
    for group in rows.chunks(together) {
        raw.store(group)?;
    }
    Ok(rate(count, begun))
}

/// Submissions a second of one client who hands them to a thread and waits for each.
fn queued_round(runtime: &Runtime, raw: &mut Raw, count: usize) -> anyhow::Result<f64> {
    let rows = (0..count).map(|_| rows()).collect::<anyhow::Result<Vec<_>>>()?;
    let (queue, queued) = mpsc::channel::<(Rows, oneshot::Sender<anyhow::Result<()>>)>();
    thread::scope(|threads| {
        threads.spawn(move || {
            for (rows, done) in queued {
                // A client that is gone wants no answer.
                drop(done.send(raw.store(&[rows])));
            }
        });
        let begun = Instant::now();
        runtime.block_on(async move {
            for rows in rows {
                let (done, is_done) = oneshot::channel();
                queue.send((rows, done)).context("the thread is gone")?;
                is_done.await.context("the thread is gone")??;
            }
            anyhow::Ok(())
        })?;
        Ok(rate(count, begun))
    })
}

fn store_round(
    runtime: &Runtime,
    store: &Arc<SqliteStore>,
    clients: usize,
    count: usize,
) -> anyhow::Result<Round> {
    let mut waiting = (0..count).map(|_| commit()).collect::<anyhow::Result<Vec<_>>>()?;
    let begun = Instant::now();
    let taken = runtime.block_on(async {
        let mut working = JoinSet::new();
        for client in (1..=clients).rev() {
            let part = waiting.split_off(waiting.len() - waiting.len() / client);
            let store = Arc::clone(store);
            working.spawn(async move {
                let mut taken = Vec::with_capacity(part.len());
                for commit in part {
                    let sent = Instant::now();
                    store.commit(commit).await?;
                    taken.push(sent.elapsed().as_secs_f64() * 1_000.0);
                }
                anyhow::Ok(taken)
            });
        }
        let mut all = Vec::new();
        while let Some(taken) = working.join_next().await {
            all.extend(taken.context("a client ended badly")??);
        }
        anyhow::Ok(all)
    })?;
    Ok(Round { rate: rate(count, begun), taken })
}

fn rate(count: usize, begun: Instant) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of this size are exact")]
    let count = count as f64;
    count / begun.elapsed().as_secs_f64()
}

/// What the portal commits for a submitted form.
fn commit() -> anyhow::Result<Commit> {
    let now = Timestamp::UNIX_EPOCH;
    let id = RequestId::random();
    let born = submit(submission(id, 0, "payments"), product("s3-bucket")?, now);
    Ok(Commit {
        tally: CounterDay::of(&born.request, &born.audit),
        row: Some(RowChange::Insert(Box::new(born.request))),
        audit: born.audit,
        jobs: born.jobs,
        quota: born.quota.map(endless),
        idempotency_key: Some(IdempotencyKey::for_now(format!("view:{id}"), Timestamp::UNIX_EPOCH)),
        unless_paused: true,
        ..Commit::default()
    })
}

fn rows() -> anyhow::Result<Rows> {
    let commit = commit()?;
    let Some(RowChange::Insert(request)) = commit.row else { anyhow::bail!("a submission without a row") };
    let kinds = commit.jobs.iter().map(|job| Ok((job.key.name.clone(), serde_json::to_string(&job.kind)?)));
    Ok(Rows {
        id: request.id.to_string(),
        body: serde_json::to_string(&request)?,
        entry: serde_json::to_string(commit.audit.first().context("a submission without an entry")?)?,
        idempotency_key: commit.idempotency_key.context("a submission without a key")?.key,
        jobs: kinds.collect::<anyhow::Result<_>>()?,
        marks: commit.tally.iter().flat_map(|tally| &tally.marks).map(|mark| mark.name()).collect(),
    })
}

/// No slot is ever missing here.
fn endless(change: quartermaster::domain::quota::QuotaChange) -> quartermaster::domain::quota::QuotaChange {
    use quartermaster::domain::quota::QuotaChange;
    match change {
        QuotaChange::Take { slot, monthly, budget, .. } => {
            QuotaChange::Take { slot, limit: None, monthly, budget }
        }
        other @ (QuotaChange::Release { .. }
        | QuotaChange::Grow { .. }
        | QuotaChange::Shrink { .. }
        | QuotaChange::Move { .. }) => other,
    }
}
