//! B17: a year of 200 requests a day by a clock that is moved by hand, half of them withdrawn and half made and torn down on
//! their day. What the store holds beside its rows and its trail in the end, and whether its file grew with those alone.

use std::path::Path;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use quartermaster::domain::audit::{By, Via};
use quartermaster::domain::counters::CounterDay;
use quartermaster::domain::ids::RequestId;
use quartermaster::domain::quota::QuotaChange;
use quartermaster::domain::request::Request;
use quartermaster::domain::submission::submit;
use quartermaster::portal::people::cancel::cancel;
use quartermaster::portal::people::click::RequestAction;
use quartermaster::portal::people::teardown::{TornDown, tear_down};
use quartermaster::ports::retention::IdempotencyKey;
use quartermaster::ports::store::{Commit, RowChange};
use rusqlite::Connection;

use crate::rig;
use crate::rig::asked;
use crate::rig::run::Report;
use crate::sweep::stand::Stand;

/// Rows that may be there beside requests and trail.
const MOST: i64 = 1_000;
/// Bytes that the file may have in the end beyond what requests and trail take of it, as a part of those: indexes, and pages
/// that are not full.
const LOOSE: f64 = 1.0;
/// Teams, and people of each.
const TEAMS: u64 = 4;
const PEOPLE: u64 = 5;
/// Hours of a day in which people ask.
const HOURS: u64 = 10;
/// Where files are in memory: a year of flushes would take longer than a benchmark may.
const IN_MEMORY: &str = "/dev/shm";

pub(crate) fn measure(report: &mut Report) -> anyhow::Result<()> {
    let (days, a_day) = report.scale.pick((365, 200), (20, 40));
    let folder = match tempfile::tempdir_in(IN_MEMORY) {
        Ok(folder) => folder,
        Err(_) => rig::folder()?,
    };
    let path = folder.path().join("store.db");
    let month = days / 12;
    let mut sizes = Vec::new();
    rig::runtime()?.block_on(async {
        let stand = Stand::at(&path)?;
        let mut now: Timestamp = "2026-01-01T08:00:00Z".parse()?;
        for number in 0..days {
            day(&stand, now, number, a_day).await.with_context(|| format!("day {number}"))?;
            now = now.saturating_add(SignedDuration::from_hours(24))?;
            if number.is_multiple_of(month.max(1)) || number + 1 == days {
                sizes.push(held(&path)?);
            }
        }
        anyhow::Ok(())
    })?;
    let (first, last) = (sizes.get(1).context("too short")?, sizes.last().context("too short")?);
    for size in [first, last] {
        report.note(&format!("after {} requests: {}", size.requests, size.tables));
    }
    report.judge(
        &format!("rows beside requests and trail after {days} days of {a_day} requests"),
        format!("{} of {} requests, {} after the first month", last.beside, last.requests, first.beside),
        MOST.to_string(),
        last.beside <= MOST,
    );
    let more = last.file - first.file;
    let owed = last.owed - first.owed;
    let loose = (more - owed) / owed;
    report.judge(
        "growth of the file beyond what rows and trail say, since the first month",
        format!("{loose:.2} times that ({:.1} MB for {:.1} MB)", more / 1e6, owed / 1e6),
        format!("{LOOSE} times"),
        loose <= LOOSE,
    );
    Ok(())
}

/// What a store holds.
struct Held {
    requests: i64,
    beside: i64,
    /// Of which tables those are.
    tables: String,
    /// Bytes in use in the file.
    file: f64,
    /// Bytes of what requests and trail say.
    owed: f64,
}

#[expect(clippy::cast_precision_loss, reason = "sizes of this kind are exact")]
fn held(path: &Path) -> anyhow::Result<Held> {
    let connection = Connection::open(path).context("cannot open the store")?;
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let (mut beside, mut tables_beside) = (0, Vec::new());
    for table in tables.iter().filter(|name| !["requests", "audit"].contains(&name.as_str())) {
        let rows = number(&format!("SELECT count(*) FROM {table}"))?;
        beside += rows;
        tables_beside.push(format!("{table} {rows}"));
    }
    let pages = number("SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count")?;
    let owed =
        number("SELECT (SELECT sum(length(body)) FROM requests) + (SELECT sum(length(body)) FROM audit)")?;
    Ok(Held {
        requests: number("SELECT count(*) FROM requests")?,
        beside,
        tables: tables_beside.join(", "),
        file: (pages * number("PRAGMA page_size")?) as f64,
        owed: owed as f64,
    })
}

/// So many requests over the day, and a quiet night.
async fn day(stand: &Stand, morning: Timestamp, number: u64, requests: u64) -> anyhow::Result<()> {
    let mut now = morning;
    for hour in 0..24 {
        if hour < HOURS {
            let mut asked = Vec::new();
            stand.clock.set(now);
            for one in 0..requests / HOURS {
                asked.push(ask(stand, now, number + one, one.is_multiple_of(2)).await?);
            }
            stand.dispatcher.drain().await?;
            now = now.saturating_add(SignedDuration::from_mins(30))?;
            stand.clock.set(now);
            for id in asked {
                end(stand, id).await?;
            }
            stand.dispatcher.drain().await?;
            now = now.saturating_add(SignedDuration::from_mins(30))?;
        } else {
            now = now.saturating_add(SignedDuration::from_hours(1))?;
        }
        stand.clock.set(now);
        stand.dispatcher.drain().await?;
    }
    Ok(())
}

/// What the portal commits for a form.
async fn ask(stand: &Stand, now: Timestamp, number: u64, is_bucket: bool) -> anyhow::Result<RequestId> {
    let id = RequestId::random();
    let team = format!("team-{}", number % TEAMS);
    let mut submission = asked::submission(id, number % (TEAMS * PEOPLE), &team);
    // All that the template of the bucket asks for.
    let (text, owner) = (id.to_string(), submission.owner.to_string());
    let given = [
        ("BucketPurpose", "logs"),
        ("Environment", "dev"),
        ("ObjectRetention", "forever"),
        ("AccessLogBucket", "/platform/s3/access-log-bucket"),
        ("TeamName", &*team),
        ("RequesterId", &*owner),
        ("RequestId", &*text),
    ];
    submission.parameters = given.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let product = asked::product(if is_bucket { "s3-bucket" } else { "rds-postgres" })?;
    let born = submit(submission, product, now);
    let quota = born.quota.map(|change| match change {
        QuotaChange::Take { slot, monthly, .. } => {
            QuotaChange::Take { slot, limit: None, monthly, budget: None }
        }
        other @ (QuotaChange::Release { .. }
        | QuotaChange::Grow { .. }
        | QuotaChange::Shrink { .. }
        | QuotaChange::Move { .. }) => other,
    });
    let commit = Commit {
        tally: CounterDay::of(&born.request, &born.audit),
        row: Some(RowChange::Insert(Box::new(born.request))),
        audit: born.audit,
        jobs: born.jobs,
        quota,
        idempotency_key: Some(IdempotencyKey::for_now(format!("view:{id}"), now)),
        unless_paused: true,
        ..Commit::default()
    };
    stand.store.commit(commit).await?;
    Ok(id)
}

/// Whoever asked tears it down, or withdraws it where nobody has agreed.
async fn end(stand: &Stand, id: RequestId) -> anyhow::Result<()> {
    let request: Request = stand.store.load(id).await?.context("a request is gone")?;
    let click = RequestAction {
        by: By { person: request.owner.clone(), via: Via::Form },
        request: id,
        epoch: request.epoch,
        message: None,
        idempotency_key: format!("view:{id}:ends"),
    };
    if request.activated_at.is_some() {
        let begun = tear_down(&stand.portal, &click, Some(&request.resource_name())).await;
        let begun = begun.map_err(|error| anyhow::anyhow!("cannot tear down: {error}"))?;
        ensure!(matches!(begun, TornDown::Begun(_)), "nothing is torn down");
    } else {
        cancel(&stand.portal, &click).await.map_err(|error| anyhow::anyhow!("cannot withdraw: {error}"))?;
    }
    Ok(())
}
