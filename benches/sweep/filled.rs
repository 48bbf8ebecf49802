//! Stores with very many leases, written in one transaction past the program but into its own tables.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use quartermaster::domain::catalog::Product;
use quartermaster::domain::ids::{ChannelId, RequestId};
use quartermaster::domain::job::JobKind;
use quartermaster::domain::lease::Lease;
use quartermaster::domain::period::Period;
use quartermaster::domain::request::{MessageRef, MessageSlot, Request, Status};
use quartermaster::domain::submission::submit;
use quartermaster::local::database::Database;
use rusqlite::{Connection, params};

use crate::rig::asked;

/// Leases that are due in each round.
pub(crate) const DUE: usize = 20;
/// Rounds that there is something due for.
pub(crate) const ROUNDS: u64 = 7;
/// A team with very much.
pub(crate) const BIG_TEAM: &str = "platform";
/// What it has, in a store that is large enough.
pub(crate) const IN_BIG_TEAM: usize = 10_000;

/// Leases of each owner. One of them is due at most, so that every owner is warned by themselves.
const OF_ONE_OWNER: u64 = 7;
/// The same as a count.
pub(crate) const OF_ONE_OWNER_AT_MOST: usize = 7;
/// Leases of each team but the big one.
const OF_ONE_TEAM: u64 = 200;
/// A prime that divides no store's size: multiplied with it, neighbors in the table have nothing to do with each other.
const SCATTER: u64 = 7_919;

/// When a round takes place.
pub(crate) fn round_at(round: u64) -> Timestamp {
    hours(begin(), round)
}

fn begin() -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(jiff::SignedDuration::from_hours(490_000)).unwrap_or(Timestamp::MAX)
}

fn hours(from: Timestamp, hours: u64) -> Timestamp {
    Period::hours(u16::try_from(hours).unwrap_or(u16::MAX)).after(from)
}

/// Makes the store at this path with so many active requests and the job of each one's lease.
pub(crate) fn fill(path: &Path, leases: u64) -> anyhow::Result<()> {
    drop(Database::open(path.to_str().context("a path that is not text")?)?);
    let product = asked::product("s3-bucket")?;
    let connection = Connection::open(path).context("cannot open the store")?;
    connection.execute_batch(
        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN IMMEDIATE",
    )?;
    let indexes = take_indexes(&connection)?;
    for number in 0..leases {
        insert(&connection, &active(product, number, leases)?)?;
    }
    indexes.iter().try_for_each(|sql| connection.execute_batch(sql))?;
    connection.execute_batch("COMMIT")?;
    // Else the first rounds would pay for getting it to the disk.
    std::fs::File::open(path)?.sync_all().context("cannot flush the store")
}

/// Drops the indexes, and tells how to make them: that is far quicker once all rows are there.
fn take_indexes(connection: &Connection) -> anyhow::Result<Vec<String>> {
    let mut statement =
        connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")?;
    let indexes = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    for (name, _) in &indexes {
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(indexes.into_iter().map(|(_, sql)| sql).collect())
}

/// The requests whose leases are due by then, in a store of so many.
pub(crate) fn due_by(leases: u64, now: Timestamp) -> anyhow::Result<BTreeSet<RequestId>> {
    let all = (0..leases).map(|number| Place::of(number, leases));
    all.filter_map(|place| place.map(|place| (place.due <= now).then_some(place.id)).transpose()).collect()
}

/// What follows from a request's number.
struct Place {
    id: RequestId,
    /// Where it is in the order of owners and teams.
    at: u64,
    owner: u64,
    due: Timestamp,
}

impl Place {
    fn of(number: u64, leases: u64) -> anyhow::Result<Self> {
        // Ids ascend with the number, which is quick to insert; all else is scattered over them.
        let high = number * (u64::MAX / leases);
        let (first, second, third) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
        let id = format!("{first:08x}-{second:04x}-{third:04x}-8000-000000000000");
        let at = number * SCATTER % leases;
        let (owner, nth) = (at / OF_ONE_OWNER, at % OF_ONE_OWNER);
        let round = owner / u64::try_from(DUE)?;
        let is_early = nth == 0 && round < ROUNDS;
        let due = if is_early { round_at(round) } else { hours(begin(), 1_000 + at % 9_000) };
        Ok(Self { id: RequestId::parse(&id).context("not an id")?, at, owner, due })
    }
}

/// The request with this number, as the program would have stored it once it had become active.
fn active(product: &Product, number: u64, leases: u64) -> anyhow::Result<Request> {
    let Place { id, at, owner, due } = Place::of(number, leases)?;
    let is_big = (leases / 2..leases / 2 + u64::try_from(IN_BIG_TEAM)?).contains(&at);
    let team = if is_big { BIG_TEAM.to_owned() } else { format!("team-{}", at / OF_ONE_TEAM) };
    let submission = asked::submission(id, owner, &team);
    let activated_at = Period::days(30).before(due);
    let mut request = submit(submission, product, activated_at).request;
    let place = |ts: &str| MessageRef {
        channel: ChannelId::new(format!("D{owner:010}")),
        ts: format!("{number}.{ts}"),
    };
    request.messages.insert(MessageSlot::Direct, place("1"));
    request.activated_at = Some(activated_at);
    request.revision = 8;
    let lease = Lease { warn_at: due, ..Lease::begin(&product.lease, activated_at) };
    request.status = Status::Active { lease };
    Ok(request)
}

fn insert(connection: &Connection, request: &Request) -> anyhow::Result<()> {
    let lease = request.lease().context("not active")?;
    connection
        .prepare_cached(
            "INSERT INTO requests (id, revision, owner, team, product, status, waits, monthly, submitted_at,
                                   activated_at, expires_at, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 115, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            request.id.to_string(),
            i64::try_from(request.revision)?,
            request.owner.as_str(),
            request.team.as_str(),
            request.product.key.as_str(),
            request.status.name().as_str(),
            request.submitted_at.as_microsecond(),
            request.activated_at.map(Timestamp::as_microsecond),
            lease.expires_at.as_microsecond(),
            serde_json::to_string(request)?,
        ])?;
    let job = JobKind::Lease.due(request.id, lease.warn_at);
    connection
        .prepare_cached("INSERT INTO jobs (of, name, kind, due_at, written_at) VALUES (?1, ?2, ?3, ?4, ?4)")?
        .execute(params![
            job.key.owner.to_string(),
            job.key.name,
            serde_json::to_string(&job.kind)?,
            job.due_at.as_microsecond()
        ])?;
    Ok(())
}
