//! A store of 200 teams with very many requests, written in one transaction past the program but into its own tables. A tenth
//! of all, and of what waits, is the first team's, where ten people look after it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use quartermaster::domain::audit::{Actor, AuditEntry, AuditSubject};
use quartermaster::domain::catalog::Product;
use quartermaster::domain::ids::{ChannelId, PersonId, RequestId, TaskToken};
use quartermaster::domain::job::{Job, JobKind};
use quartermaster::domain::lease::Lease;
use quartermaster::domain::request::{MessageRef, MessageSlot, Request, Status};
use quartermaster::domain::submission::{Submission, submit};
use quartermaster::local::database::Database;
use rusqlite::{Connection, params};

use crate::crowd::office::{TEAMS, member};
use crate::rig::asked;

/// What is in a store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Requests that have not ended.
    pub(super) live: usize,
    /// One of so many of them waits for approvers.
    pub(super) one_waits_of: usize,
    /// Entries of the trail of each.
    pub(super) entries: usize,
}

/// Days of which counts are there.
const DAYS: i64 = 30;
/// People of each team who look after something.
const OWNERS: usize = 10;

/// The id of the request with this number.
pub(super) fn id(number: usize) -> anyhow::Result<RequestId> {
    // As a person finds it, by its beginning.
    let scattered = (number as u64).wrapping_mul(2_654_435_761) % 0xffff_ffff;
    RequestId::parse(&format!("{scattered:08x}-0000-4000-8000-{number:012x}")).context("not an id")
}

/// The team and the owner of the request with this number.
fn place(number: usize) -> (usize, String) {
    let group = number / 10;
    let team = if group.is_multiple_of(10) { 0 } else { 1 + group % (TEAMS - 1) };
    (team, member(team, group / 10 % OWNERS))
}

pub(super) fn fill(path: &Path, size: Size, now: Timestamp) -> anyhow::Result<()> {
    drop(Database::open(path.to_str().context("a path that is not text")?)?);
    let (bucket, database) = (asked::product("s3-bucket")?, asked::product("rds-postgres")?);
    let connection = Connection::open(path).context("cannot open the store")?;
    connection.execute_batch(
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN IMMEDIATE",
    )?;
    for number in 0..size.live {
        let waits = number.is_multiple_of(size.one_waits_of);
        let (request, trail, job) =
            request(if waits { database } else { bucket }, number, waits, size.entries, now)?;
        insert(&connection, &request, &trail, &job)?;
    }
    count(&connection, now)?;
    connection.execute_batch("COMMIT")?;
    std::fs::File::open(path)?.sync_all().context("cannot flush the store")
}

fn request(
    product: &Product,
    number: usize,
    waits: bool,
    entries: usize,
    now: Timestamp,
) -> anyhow::Result<(Request, Vec<AuditEntry>, Job)> {
    let (team, owner) = place(number);
    let seconds = i64::try_from(number % 40_000).unwrap_or_default();
    let at = now.saturating_sub(SignedDuration::from_secs(60 + seconds))?;
    let submission = Submission {
        requester: PersonId::new(&owner),
        owner: PersonId::new(&owner),
        ..asked::submission(id(number)?, 0, &format!("team-{team:03}"))
    };
    let born = submit(submission, product, at);
    let (mut request, mut trail) = (born.request, born.audit);
    let direct = MessageRef { channel: ChannelId::new(format!("D{owner}")), ts: format!("{number}.1") };
    request.messages.insert(MessageSlot::Direct, direct);
    request.revision = 8;
    let job = if waits {
        request.status = Status::AwaitingApproval { token: TaskToken::new(format!("token-{number}")) };
        JobKind::ApprovalDeadline.due(request.id, request.creation.answer_by)
    } else {
        let lease = Lease::begin(&product.lease, at);
        let due = lease.warn_at;
        request.activated_at = Some(at);
        request.status = Status::Active { lease };
        JobKind::Lease.due(request.id, due)
    };
    while trail.len() < entries {
        let subject = AuditSubject::Request {
            id: request.id,
            team: &request.team,
            product: &request.product.key,
            status: request.status.name().as_str(),
        };
        trail.push(request.audit.append(
            at,
            subject,
            "looked at",
            &Actor::Clock,
            "as in every life of a request",
        ));
    }
    Ok((request, trail, job))
}

fn insert(connection: &Connection, request: &Request, trail: &[AuditEntry], job: &Job) -> anyhow::Result<()> {
    let waits = request.waits_for_approvers();
    let micros = |at: Timestamp| at.as_microsecond();
    connection
        .prepare_cached(
            "INSERT INTO requests (id, revision, owner, team, product, status, waits, monthly, submitted_at,
                                   activated_at, expires_at, body, asked_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 115, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            request.id.to_string(),
            i64::try_from(request.revision)?,
            request.owner.as_str(),
            request.team.as_str(),
            request.product.key.as_str(),
            request.status.name().as_str(),
            waits,
            micros(request.submitted_at),
            request.activated_at.map(micros),
            request.lease().map(|lease| micros(lease.expires_at)),
            serde_json::to_string(request)?,
            if waits { Some(micros(request.approval().asked_at)) } else { None },
        ])?;
    for entry in trail {
        connection.prepare_cached("INSERT INTO audit (request, seq, body) VALUES (?1, ?2, ?3)")?.execute(
            params![entry.request.to_string(), i64::try_from(entry.seq)?, serde_json::to_string(entry)?],
        )?;
    }
    connection
        .prepare_cached("INSERT INTO jobs (of, name, kind, due_at, written_at) VALUES (?1, ?2, ?3, ?4, ?4)")?
        .execute(params![
            job.key.owner.to_string(),
            job.key.name,
            serde_json::to_string(&job.kind)?,
            micros(job.due_at)
        ])?;
    Ok(())
}

/// Quotas, and what was counted in the last month.
fn count(connection: &Connection, now: Timestamp) -> anyhow::Result<()> {
    connection.execute_batch(
        "INSERT INTO quota SELECT team, product, count(*), sum(monthly) FROM requests GROUP BY team, product",
    )?;
    let words = ["submitted", "auto", "approved", "ready", "torn_down", "ready_4", "ready_5", "approved_9"];
    let marks: BTreeMap<&str, u64> = words.into_iter().map(|word| (word, 3)).collect();
    let marks = serde_json::to_string(&marks)?;
    for team in 0..TEAMS {
        for day in 0..DAYS {
            let day = now.saturating_sub(SignedDuration::from_hours(24 * day))?;
            let day = quartermaster::domain::counters::day(day).to_string();
            connection.prepare_cached("INSERT INTO counted VALUES (?1, ?2, ?3)")?.execute(params![
                format!("team-{team:03}"),
                day,
                marks
            ])?;
        }
    }
    Ok(())
}
