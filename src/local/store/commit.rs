//! Applies one commit in one transaction: first the checks in the order that the port documents, then the
//! writes.

use anyhow::Context as _;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use rust_decimal::Decimal;

use super::{aways, cents, counts, jobs, queries, refusals};
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{RequestId, TeamName};
use crate::domain::quota::{QuotaChange, QuotaSlot, QuotaUse};
use crate::domain::request::Request;
use crate::local::instant;
use crate::ports::retention::IdempotencyKey;
use crate::ports::store::{Commit, CommitError, Pausing, PortalHead, RowChange};
use crate::ports::stored::FORMAT;

/// A commit with its parts encoded, so that the writer thread only runs SQL.
pub(super) struct EncodedCommit {
    commit: Commit,
    row: Option<EncodedRow>,
    /// The JSON of each entry of `commit.audit`.
    audit: Vec<String>,
    jobs: Vec<jobs::Encoded>,
}

struct EncodedRow {
    request: Box<Request>,
    body: String,
    replaces: Option<u64>,
}

impl EncodedCommit {
    pub(super) fn new(mut commit: Commit) -> anyhow::Result<Self> {
        let row = commit.row.take().map(EncodedRow::new).transpose()?;
        let audit = commit.audit.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let jobs = commit.jobs.iter().map(jobs::Encoded::new).collect::<anyhow::Result<_>>()?;
        Ok(Self { commit, row, audit, jobs })
    }

    pub(super) fn apply(&self, tx: &Connection) -> Result<(), CommitError> {
        if self.is_there_already(tx)? {
            // Only the answer was lost. The job may have been claimed anew since, and is done all the same.
            if let Some(done) = &self.commit.done {
                jobs::delete(tx, done)?;
            }
            return Ok(());
        }
        // From here on in the order of refusals that the port documents.
        self.finish_cause(tx)?;
        if let Some(key) = &self.commit.unparked
            && !jobs::delete_parked(tx, key)?
        {
            return Err(CommitError::NotParked);
        }
        self.use_key(tx)?;
        if self.commit.unless_paused
            && let Some(pause) = queries::pause(tx)?
        {
            return Err(CommitError::Paused(Box::new(pause)));
        }
        if let Some(row) = &self.row {
            row.write(tx)?;
        }
        if let Some(change) = &self.commit.quota {
            move_quota(tx, change, &self.commit.namesakes)?;
        }
        for (entry, body) in self.commit.audit.iter().zip(&self.audit) {
            append(tx, entry, body)?;
        }
        if let Some(change) = &self.commit.refusals {
            refusals::change(tx, change)?;
        }
        // Before new jobs are written, so that one with the same key stays.
        for key in &self.commit.idle {
            jobs::delete_idle(tx, key)?;
        }
        for job in &self.jobs {
            job.write(tx)?;
        }
        if let Some(tally) = &self.commit.tally {
            counts::add(tx, tally)?;
        }
        if let Some(pausing) = &self.commit.pausing {
            set_pause(tx, pausing)?;
        }
        match &self.commit.absence {
            Some(absence) => Ok(aways::set(tx, absence)?),
            None => Ok(()),
        }
    }

    /// Whether this very row is stored already: then this commit succeeded and only the answer was lost.
    ///
    /// The audit entries make a row unique, because it contains their digest. Without any, two commits that
    /// differ only in their jobs would look the same.
    fn is_there_already(&self, tx: &Connection) -> anyhow::Result<bool> {
        let Some(row) = self.row.as_ref().filter(|_| !self.audit.is_empty()) else { return Ok(false) };
        let mut statement = tx.prepare_cached("SELECT 1 FROM requests WHERE id = ?1 AND body = ?2")?;
        Ok(statement.exists(params![row.request.id.to_string(), row.body])?)
    }

    fn finish_cause(&self, tx: &Connection) -> Result<(), CommitError> {
        match &self.commit.done {
            Some(done) if !jobs::delete(tx, done)? => Err(CommitError::ClaimLost),
            _ => Ok(()),
        }
    }

    fn use_key(&self, tx: &Connection) -> Result<(), CommitError> {
        let Some(key) = &self.commit.idempotency_key else { return Ok(()) };
        if let Some(used) = queries::used_key(tx, key)? {
            return Err(CommitError::Again(used.request));
        }
        let request = self.row.as_ref().map(|row| row.request.id.to_string());
        insert_key(tx, key, request.as_deref())?;
        Ok(())
    }
}

impl EncodedRow {
    fn new(change: RowChange) -> anyhow::Result<Self> {
        let (request, replaces) = change.into_parts()?;
        let body = serde_json::to_string(&request)?;
        Ok(Self { request, body, replaces })
    }

    fn write(&self, tx: &Connection) -> Result<(), CommitError> {
        let written = match self.replaces {
            None => self.insert(tx)?,
            Some(revision) => self.replace(tx, revision)?,
        };
        if !written {
            return Err(CommitError::Stale);
        }
        self.record_messages(tx)?;
        Ok(())
    }

    fn insert(&self, tx: &Connection) -> anyhow::Result<bool> {
        let request = &self.request;
        let rows = tx
            .prepare_cached(
                "INSERT INTO requests (id, revision, owner, status, waits, activated_at, expires_at, ended_at, body,
                                       team, product, monthly, submitted_at, billed_in, billed, format, asked_at, excepted)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
                 ON CONFLICT (id) DO NOTHING",
            )?
            .execute(params![
                request.id.to_string(),
                i64::try_from(request.revision)?,
                request.owner.as_str(),
                request.status.name().as_str(),
                request.waits_for_approvers(),
                request.activated_at.map(instant::reached),
                request.lease().map(|lease| instant::reached(lease.expires_at)),
                request.ended_at.map(instant::reached),
                self.body,
                request.team.as_str(),
                request.product.key.as_str(),
                request.estimate.as_ref().map(|estimate| cents::of(estimate.monthly)).transpose()?,
                instant::reached(request.submitted_at),
                request.billed.as_ref().map(|billed| billed.month.to_string()),
                request.billed.as_ref().map(|billed| cents::of(billed.amount)).transpose()?,
                FORMAT,
                request.waits_for_approvers().then(|| instant::reached(request.approval().asked_at)),
                request.waits_for_room(),
            ])?;
        Ok(rows == 1)
    }

    fn replace(&self, tx: &Connection, revision: u64) -> anyhow::Result<bool> {
        let request = &self.request;
        let id = request.id.to_string();
        // A row that a newer program has written must not be overwritten.
        queries::readable_at(tx, "SELECT format FROM requests WHERE id = ?1", [&id])?;
        let rows = tx
            .prepare_cached(
                "UPDATE requests SET revision = ?2, owner = ?3, status = ?4, waits = ?5, activated_at = ?6,
                                     expires_at = ?7, ended_at = ?8, body = ?9, billed_in = ?11, billed = ?12, monthly = ?13,
                                     format = ?14, team = ?15, asked_at = ?16, excepted = ?17
                 WHERE id = ?1 AND revision = ?10",
            )?
            .execute(params![
                request.id.to_string(),
                i64::try_from(request.revision)?,
                request.owner.as_str(),
                request.status.name().as_str(),
                request.waits_for_approvers(),
                request.activated_at.map(instant::reached),
                request.lease().map(|lease| instant::reached(lease.expires_at)),
                request.ended_at.map(instant::reached),
                self.body,
                i64::try_from(revision)?,
                request.billed.as_ref().map(|billed| billed.month.to_string()),
                request.billed.as_ref().map(|billed| cents::of(billed.amount)).transpose()?,
                request.estimate.as_ref().map(|estimate| cents::of(estimate.monthly)).transpose()?,
                FORMAT,
                request.team.as_str(),
                request.waits_for_approvers().then(|| instant::reached(request.approval().asked_at)),
                request.waits_for_room(),
            ])?;
        Ok(rows == 1)
    }

    /// Records the messages of the request. Replaced messages stay known, so that a click on an old one still
    /// finds its request. Those of a request that ended long ago have been deleted, and are not recorded
    /// again by later writes.
    fn record_messages(&self, tx: &Connection) -> anyhow::Result<()> {
        if let Some(ended_at) = self.request.ended_at {
            let mut forgotten = tx.prepare_cached("SELECT 1 FROM program WHERE forgotten_until >= ?1")?;
            if forgotten.exists([instant::reached(ended_at)])? {
                return Ok(());
            }
        }
        let mut statement = tx.prepare_cached(
            "INSERT INTO messages (channel, ts, request) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?;
        let request = self.request.id.to_string();
        for message in self.request.messages.values() {
            statement.execute(params![message.channel.as_str(), message.ts, request])?;
        }
        Ok(())
    }
}

fn set_pause(tx: &Connection, pausing: &Pausing) -> anyhow::Result<()> {
    queries::readable_at(tx, "SELECT format FROM pause", [])?;
    match pausing {
        Pausing::Begin(pause) => {
            let body = serde_json::to_string(pause)?;
            tx.prepare_cached("INSERT OR REPLACE INTO pause (id, body, format) VALUES (1, ?1, ?2)")?
                .execute(params![body, FORMAT])?;
        }
        Pausing::End => {
            tx.prepare_cached("DELETE FROM pause")?.execute([])?;
        }
    }
    Ok(())
}

fn insert_key(tx: &Connection, key: &IdempotencyKey, request: Option<&str>) -> anyhow::Result<()> {
    // Replaces only an expired key: one that is still valid was refused before.
    let until = key.until.map(instant::not_before);
    tx.prepare_cached("INSERT OR REPLACE INTO once (key, request, until) VALUES (?1, ?2, ?3)")?
        .execute(params![key.key, request, until])?;
    Ok(())
}

fn append(tx: &Connection, entry: &AuditEntry, body: &str) -> Result<(), CommitError> {
    let seq = i64::try_from(entry.seq).context("cannot number an audit entry")?;
    let mut statement = tx
        .prepare_cached("INSERT INTO audit (request, seq, body) VALUES (?1, ?2, ?3)")
        .context("cannot append to the audit trail")?;
    match statement.execute(params![entry.request.to_string(), seq, body]) {
        Ok(_) if entry.request == RequestId::PORTAL => move_portal_head(tx, seq, &entry.digest),
        Ok(_) => Ok(()),
        // Another writer has appended an entry meanwhile.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(CommitError::Stale)
        }
        Err(error) => Err(anyhow::Error::new(error).context("cannot append to the audit trail").into()),
    }
}

/// Moves the head of the portal's chain. It only moves forward: a bot that would move it back has read the
/// chain while others appended. A head that was removed stays gone.
fn move_portal_head(tx: &Connection, seq: i64, digest: &str) -> Result<(), CommitError> {
    let sql = match queries::portal_head(tx)? {
        PortalHead::Gone => return Ok(()),
        PortalHead::At(_) => "UPDATE portal_chain SET seq = ?1, digest = ?2 WHERE seq < ?1",
        PortalHead::NotBegun => "INSERT INTO portal_chain (id, seq, digest) VALUES (1, ?1, ?2)",
    };
    let moved = tx
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params![seq, digest]))
        .context("cannot move the end of the portal's chain")?;
    tx.prepare_cached("UPDATE program SET portal_chain_begun = 1 WHERE portal_chain_begun = 0")
        .and_then(|mut statement| statement.execute([]))
        .context("cannot remember that the portal's chain has an end")?;
    if moved == 1 { Ok(()) } else { Err(CommitError::Stale) }
}

/// Applies a quota change. `namesakes` are other names of the team that share its limits.
fn move_quota(tx: &Connection, change: &QuotaChange, namesakes: &[TeamName]) -> Result<(), CommitError> {
    match change {
        QuotaChange::Take { slot, limit, monthly, budget } => {
            // The budget first: the port documents this order of refusals.
            within(tx, slot, *monthly, *budget, namesakes)?;
            let limit = limit.unwrap_or(u32::MAX);
            let elsewhere = used_elsewhere(tx, slot, namesakes)?;
            if take(tx, slot, limit.saturating_sub(elsewhere), *monthly)? {
                return Ok(());
            }
            let used = queries::quota_used(tx, slot)?.saturating_add(elsewhere);
            Err(CommitError::QuotaFull(QuotaUse { used, limit }))
        }
        QuotaChange::Grow { slot, monthly, budget } => {
            within(tx, slot, *monthly, *budget, namesakes)?;
            Ok(add(tx, slot, *monthly)?)
        }
        QuotaChange::Shrink { slot, monthly } => Ok(add(tx, slot, -*monthly)?),
        QuotaChange::Move { from, to, monthly } => {
            // The new team takes over what exists already, so its limits do not apply.
            release(tx, from, *monthly)?;
            take(tx, to, u32::MAX, *monthly)?;
            Ok(())
        }
        QuotaChange::Release { slot, monthly } => Ok(release(tx, slot, *monthly)?),
    }
}

fn used_elsewhere(tx: &Connection, slot: &QuotaSlot, namesakes: &[TeamName]) -> anyhow::Result<u32> {
    let mut used = 0_u32;
    for team in namesakes {
        let slot = QuotaSlot { team: team.clone(), product: slot.product.clone() };
        used = used.saturating_add(queries::quota_used(tx, &slot)?);
    }
    Ok(used)
}

/// Checks that the budget has room for `monthly`.
fn within(
    tx: &Connection,
    slot: &QuotaSlot,
    monthly: Decimal,
    budget: Option<Decimal>,
    namesakes: &[TeamName],
) -> Result<(), CommitError> {
    let Some(budget) = budget else { return Ok(()) };
    let mut spent = queries::team_monthly(tx, &slot.team)?;
    for team in namesakes {
        spent = spent.saturating_add(queries::team_monthly(tx, team)?);
    }
    if spent + cents::of(monthly)? > cents::of(budget)? {
        return Err(CommitError::BudgetSpent(cents::read(spent)));
    }
    Ok(())
}

fn add(tx: &Connection, slot: &QuotaSlot, monthly: Decimal) -> anyhow::Result<()> {
    tx.prepare_cached("UPDATE quota SET monthly = max(monthly + ?3, 0) WHERE team = ?1 AND product = ?2")?
        .execute(params![slot.team.as_str(), slot.product.as_str(), cents::of(monthly)?])?;
    Ok(())
}

fn take(tx: &Connection, slot: &QuotaSlot, limit: u32, monthly: Decimal) -> anyhow::Result<bool> {
    let taken: Option<i64> = tx
        .prepare_cached(
            // Without `?3 > 0` a team's first row would be inserted even if no slot is left.
            "INSERT INTO quota (team, product, used, monthly) SELECT ?1, ?2, 1, ?4 WHERE ?3 > 0
             ON CONFLICT (team, product) DO UPDATE SET used = used + 1, monthly = monthly + ?4
             WHERE used < ?3 RETURNING used",
        )?
        .query_row(params![slot.team.as_str(), slot.product.as_str(), limit, cents::of(monthly)?], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(taken.is_some())
}

fn release(tx: &Connection, slot: &QuotaSlot, monthly: Decimal) -> anyhow::Result<()> {
    tx.prepare_cached(
        "UPDATE quota SET used = max(used - 1, 0), monthly = max(monthly - ?3, 0)
         WHERE team = ?1 AND product = ?2",
    )?
    .execute(params![slot.team.as_str(), slot.product.as_str(), cents::of(monthly)?])?;
    Ok(())
}
