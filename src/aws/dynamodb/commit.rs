//! Writes one commit as one transaction. Its parts are in the order in which the port documents the reasons
//! for a refusal, so the first part whose condition failed gives the reason.
//!
//! The one exception is a commit of nothing but more than 100 jobs: it is split into several transactions,
//! since writing a job again does no harm.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use aws_sdk_dynamodb::types::CancellationReason;

use super::expression::Expression;
use super::item::{
    IS_READABLE, Item, TTL, ends, is_readable, may_be_read, must_text, number, read_amount, read_number,
    read_text, readable_value, text,
};
use super::sums::Changes;
use super::tables::{DynamoStore, LONGEST};
use super::tip::Tip;
use super::transaction::{
    Check, MOST_WRITES, RetryPauses, Table, TransactionOutcome, TransactionWrite, is_refusal,
};
use super::{aways, counts, jobs, keys, lists, quota, refusals, row, teams, trail};
use crate::domain::ids::RequestId;
use crate::domain::job::{Job, JobKey};
use crate::domain::quota::QuotaUse;
use crate::domain::request::Request;
use crate::ports::retention::{IdempotencyKey, KEPT_FOR, MESSAGES_KEPT_FOR, later};
use crate::ports::store::{Commit, CommitError, RowChange};
use crate::ports::stored::Newer;

/// The time limit includes waiting for the lock on the trail.
pub(super) async fn commit(store: &DynamoStore, commit: Commit) -> Result<(), CommitError> {
    let all = async {
        for part in in_parts(commit) {
            commit_whole(store, PreparedCommit::new(part)?).await?;
        }
        Ok(())
    };
    let late = |_| Err(anyhow!("DynamoDB did not take a commit within {} s", LONGEST.as_secs()).into());
    tokio::time::timeout(LONGEST, all).await.unwrap_or_else(late)
}

/// Removes duplicate jobs, and splits a commit of jobs alone into parts that fit into a transaction.
fn in_parts(mut commit: Commit) -> Vec<Commit> {
    let mut once_each: BTreeMap<JobKey, usize> = BTreeMap::new();
    for (place, job) in commit.jobs.iter().enumerate() {
        once_each.insert(job.key.clone(), place);
    }
    // A transaction must not write an item twice; of two jobs with the same key the later one wins.
    let mut place = 0;
    commit.jobs.retain(|job| {
        place += 1;
        once_each.get(&job.key) == Some(&(place - 1))
    });
    // Anything else has to be written as a whole, or is refused as too large.
    if commit.jobs.len() <= MOST_WRITES || !is_of_jobs_alone(&commit) {
        return vec![commit];
    }
    let few = commit.jobs.chunks(MOST_WRITES);
    few.map(|jobs| Commit { jobs: jobs.to_vec(), ..Commit::default() }).collect()
}

/// Whether the commit writes jobs and nothing else. Destructures every field, so that a new one cannot be
/// forgotten.
fn is_of_jobs_alone(commit: &Commit) -> bool {
    let Commit {
        row: None,
        audit,
        jobs: _,
        idle,
        quota: None,
        // Only qualifies `quota`.
        namesakes: _,
        tally: None,
        idempotency_key: None,
        done: None,
        unparked: None,
        unless_paused: false,
        pausing: None,
        absence: None,
        refusals: None,
    } = commit
    else {
        return false;
    };
    audit.is_empty() && idle.is_empty()
}

async fn commit_whole(store: &DynamoStore, mut prepared: PreparedCommit) -> Result<(), CommitError> {
    // Locked until the answer arrives: the trail has no gaps, so the next number is unknown until then.
    let mut end = match prepared.commit.audit.len() {
        0 => None,
        _ => Some(store.trail.lock().await),
    };
    let mut pauses = RetryPauses::default();
    loop {
        let begins = match &mut end {
            Some(end) => trail::next(store, end).await?,
            // Not used, as there are no entries to number.
            None => Tip::default(),
        };
        let parts = prepared.parts(store, begins).await?;
        if parts.is_empty() {
            return Ok(());
        }
        match store.transact(&parts).await? {
            TransactionOutcome::Taken => {
                if let Some(end) = &mut end {
                    // There is an end only for commits with entries, so the length is at least 1.
                    end.is_at(begins.plus(prepared.audit_len() - 1));
                }
                if let Some(change) = &prepared.commit.quota {
                    // Only now: a commit that is refused does not add the team to the list.
                    teams::is_known(store, change.team());
                }
                return Ok(());
            }
            TransactionOutcome::Refused(reasons) => {
                // The SDK may have retried a write that was taken although its answer was lost. Then this
                // commit's own items make the conditions fail.
                if prepared.is_there_already(store).await? {
                    if let Some(done) = &prepared.commit.done {
                        jobs::complete(store, done).await?;
                    }
                    return Ok(());
                }
                if let Some(refusal) = refusal(&parts, &reasons)? {
                    return Err(refusal);
                }
                prepared.leave_unread(&parts, &reasons);
            }
        }
        pauses.next().await;
    }
}

/// Returns the first reason in the order of the parts, or `None` if only data that the plan was based on has
/// changed.
fn refusal(
    parts: &[TransactionWrite],
    reasons: &[CancellationReason],
) -> anyhow::Result<Option<CommitError>> {
    let nothing = Item::new();
    let failed = |part: &TransactionWrite, reason: &CancellationReason| {
        part.check == Check::Plan && is_refusal(reason)
    };
    let is_outdated = parts.iter().zip(reasons).any(|(part, reason)| failed(part, reason));
    for (part, reason) in parts.iter().zip(reasons).filter(|(_, reason)| is_refusal(reason)) {
        let there = reason.item().unwrap_or(&nothing);
        return Ok(Some(match part.check {
            Check::Claim => CommitError::ClaimLost,
            Check::Parked => CommitError::NotParked,
            Check::Pause => CommitError::Paused(Box::new(counts::read_pause(there)?)),
            Check::Once => CommitError::Again(read_text(there, "request").and_then(RequestId::parse)),
            // Written by a newer bot: reading and planning again would not help.
            Check::Counted if !may_be_read(there) => CommitError::Other(Newer.into()),
            Check::Row | Check::Entry | Check::Counted => CommitError::Stale,
            Check::Format => CommitError::Other(Newer.into()),
            // The use under the team's other names has changed since it was read. These conditions depend on
            // it, so plan again before refusing.
            Check::Budget { .. } | Check::Slot { .. } if is_outdated => continue,
            Check::Budget { elsewhere } => {
                let spent = read_amount(there, "monthly")?.unwrap_or_default();
                CommitError::BudgetSpent(spent.saturating_add(elsewhere))
            }
            Check::Slot { limit, elsewhere } => {
                let used = u32::try_from(read_number(there, "used")?.unwrap_or(0));
                let used = used.context("cannot count slots")?.saturating_add(elsewhere);
                CommitError::QuotaFull(QuotaUse { used, limit })
            }
            Check::Plan | Check::Idle | Check::Nothing => continue,
        }));
    }
    Ok(None)
}

/// A commit with its row and audit entries encoded.
struct PreparedCommit {
    commit: Commit,
    row: Option<RowWrite>,
    /// The JSON of each entry of `commit.audit`, encoded once for both places that it is stored in.
    audit: Vec<String>,
}

struct RowWrite {
    request: Box<Request>,
    body: String,
    replaces: Option<u64>,
}

impl PreparedCommit {
    fn new(mut commit: Commit) -> anyhow::Result<Self> {
        let row = commit.row.take().map(RowWrite::new).transpose().context("cannot encode a row")?;
        let audit = commit.audit.iter().map(serde_json::to_string).collect::<Result<_, _>>();
        Ok(Self { row, audit: audit.context("cannot encode an audit entry")?, commit })
    }

    fn audit_len(&self) -> u64 {
        self.audit.len() as u64
    }

    /// Builds the parts in the order of the port's refusal reasons. `begins` is the trail position of the
    /// first entry.
    async fn parts(&self, store: &DynamoStore, begins: Tip) -> anyhow::Result<Vec<TransactionWrite>> {
        let mut parts = Vec::new();
        parts.extend(self.cause(store)?);
        parts.extend(self.unparked(store)?);
        if let Some(key) = &self.commit.idempotency_key {
            parts.push(self.idempotency_key(store, key)?);
        }
        if self.commit.unless_paused {
            parts.push(store.absent(keys::pause(), Check::Pause)?);
        }
        if let Some(row) = &self.row {
            parts.push(row.part(store)?);
        }
        if let Some(change) = &self.commit.quota {
            parts.extend(quota::parts(store, change, &self.commit.namesakes).await?);
        }
        for (entry, body) in self.commit.audit.iter().zip(&self.audit) {
            let mut item = keys::audit(entry.request, entry.seq);
            item.insert("body".to_owned(), text(body));
            parts.push(store.put_if(Table::Events, item, Check::Entry, is_new("pk"))?);
        }
        if let Some(last) = self.commit.audit.iter().rfind(|entry| entry.request == RequestId::PORTAL) {
            parts.extend(trail::portal_head_at(store, last).await?);
        }
        if let Some(change) = &self.commit.refusals {
            parts.push(refusals::part(store, change)?);
        }
        // A taken number only means that another bot was faster, so the commit is planned again with the next
        // one.
        for (n, body) in (0..).zip(&self.audit) {
            let item = begins.plus(n).item(body);
            parts.push(store.put_if(Table::Events, item, Check::Plan, is_new("pk"))?);
        }
        if let Some(change) = &self.commit.quota {
            parts.extend(teams::part(store, change.team())?);
        }
        if let Some(tally) = &self.commit.tally {
            parts.push(counts::part(store, tally)?);
        }
        if let Some(pausing) = &self.commit.pausing {
            parts.push(counts::pausing(store, pausing)?);
        }
        if let Some(absence) = &self.commit.absence {
            parts.push(aways::part(store, absence)?);
        }
        // `cause` and `unparked` have written theirs, and a transaction must not write an item twice.
        for job in self.commit.jobs.iter().filter(|job| !self.is_cause(job) && !self.is_given_up(job)) {
            parts.push(store.put_if(Table::Events, jobs::encode(job)?, Check::Format, is_readable())?);
        }
        for key in &self.commit.idle {
            parts.push(store.delete_if(keys::job(key), Check::Idle, is_readable())?);
        }
        if let Some(row) = &self.row {
            parts.extend(row.found_by(store).await?);
        }
        Ok(parts)
    }

    /// Removes from the plan finished jobs that only a newer program can read, so that they are kept.
    fn leave_unread(&mut self, parts: &[TransactionWrite], reasons: &[CancellationReason]) {
        let idle = parts.iter().zip(reasons).filter(|(part, _)| part.check == Check::Idle);
        let mut unread = idle.map(|(_, reason)| is_refusal(reason));
        self.commit.idle.retain(|_| !unread.next().unwrap_or(false));
    }

    /// Records an idempotency key. Expired items may still exist, as DynamoDB deletes them late, so the
    /// condition checks the date too.
    fn idempotency_key(&self, store: &DynamoStore, key: &IdempotencyKey) -> anyhow::Result<TransactionWrite> {
        let mut item = keys::idempotency_key(&key.key);
        if let Some(row) = &self.row {
            item.insert("request".to_owned(), text(row.request.id.to_string()));
        }
        if let Some(until) = key.until {
            ends(&mut item, until);
        }
        let is_new = Expression::new(
            "attribute_not_exists(pk) OR #ttl <= :now",
            vec![(":now", number(&key.at.as_second()))],
        );
        store.put_if(Table::Events, item, Check::Once, is_new.named("#ttl", TTL))
    }

    /// Whether this job has the key of the completed job, which the same commit then writes anew.
    fn is_cause(&self, job: &Job) -> bool {
        self.commit.done.as_ref().is_some_and(|done| done.key == job.key)
    }

    /// Deletes the completed job, or replaces it if the commit writes a job with the same key.
    fn cause(&self, store: &DynamoStore) -> anyhow::Result<Option<TransactionWrite>> {
        let Some(done) = &self.commit.done else { return Ok(None) };
        let is_ours = jobs::is_held_by(done);
        let part = match self.commit.jobs.iter().find(|job| self.is_cause(job)) {
            Some(job) => store.put_if(Table::Events, jobs::encode(job)?, Check::Claim, is_ours)?,
            None => store.delete_if(keys::job(&done.key), Check::Claim, is_ours)?,
        };
        Ok(Some(part))
    }

    /// Whether this job has the key of the abandoned job, which the same commit then writes anew.
    fn is_given_up(&self, job: &Job) -> bool {
        self.commit.unparked.as_ref() == Some(&job.key)
    }

    /// Deletes the abandoned (parked) job, or replaces it if the commit writes a job with the same key.
    fn unparked(&self, store: &DynamoStore) -> anyhow::Result<Option<TransactionWrite>> {
        let Some(key) = &self.commit.unparked else { return Ok(None) };
        let part = match self.commit.jobs.iter().find(|job| self.is_given_up(job)) {
            Some(job) => {
                store.put_if(Table::Events, jobs::encode(job)?, Check::Parked, jobs::parked_still())?
            }
            None => store.delete_if(keys::job(key), Check::Parked, jobs::parked_still())?,
        };
        Ok(Some(part))
    }

    /// Whether this very row is stored already: then this commit succeeded and only the answer was lost.
    ///
    /// The audit entries make a row unique, because it contains their digest. Without any, two commits that
    /// differ only in their jobs would look the same.
    async fn is_there_already(&self, store: &DynamoStore) -> anyhow::Result<bool> {
        let Some(row) = self.row.as_ref().filter(|_| !self.audit.is_empty()) else { return Ok(false) };
        let Some(there) = store.row(row.request.id).await? else { return Ok(false) };
        Ok(must_text(&there, "body")? == row.body)
    }
}

impl RowWrite {
    fn new(change: RowChange) -> anyhow::Result<Self> {
        let (request, replaces) = change.into_parts()?;
        let body = serde_json::to_string(&request)?;
        Ok(Self { request, body, replaces })
    }

    fn part(&self, store: &DynamoStore) -> anyhow::Result<TransactionWrite> {
        let condition = match self.replaces {
            None => is_new("requestId"),
            Some(revision) => Expression::new(
                format!("rev = :before AND {IS_READABLE}"),
                vec![(":before", number(&revision)), readable_value()],
            ),
        };
        store.put_if(Table::Requests, row::encode(&self.request, &self.body), Check::Row, condition)
    }

    /// Writes the items by which the row is found: its id in the list of ids, its places in lists (with their
    /// sums), and its messages. Replaced messages stay known, so that a click on an old one still finds its
    /// request.
    async fn found_by(&self, store: &DynamoStore) -> anyhow::Result<Vec<TransactionWrite>> {
        let id = self.request.id;
        // Two message slots may share a message, and a transaction must not write an item twice.
        let messages: BTreeMap<_, _> = self
            .request
            .messages
            .values()
            .map(|message| ((message.channel.as_str(), &message.ts), message))
            .collect();
        let request = &self.request;
        let end = match request.ended_at {
            Some(ended_at) => later(ended_at, KEPT_FOR),
            // Each commit of a live request writes its messages again, which extends their time.
            None => later(request.updated_at, MESSAGES_KEPT_FOR),
        };
        let messages = messages.into_values().map(|message| {
            let mut item = keys::message(message, id);
            ends(&mut item, end);
            item
        });
        let new = self.replaces.is_none().then(|| keys::id(id));
        let puts = new.into_iter().chain(messages).map(|item| store.put(Table::Events, item));
        let mut parts = puts.collect::<anyhow::Result<Vec<_>>>()?;
        // A new request has no places yet.
        let before = if self.replaces.is_none() { None } else { store.event(lists::place(id)).await? };
        let mut changes = Changes::default();
        parts.extend(lists::parts_of(store, request, before.as_ref(), &mut changes)?);
        parts.extend(changes.parts(store)?);
        Ok(parts)
    }
}

fn is_new(key: &str) -> Expression {
    Expression::new(format!("attribute_not_exists({key})"), Vec::new())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::counters::{Counter, CounterDay};
    use crate::domain::fixtures;
    use crate::domain::ids::PersonId;
    use crate::domain::job::JobKind;

    #[test]
    fn many_jobs_are_written_one_after_the_other_and_with_anything_else_at_once() {
        let due = |n| JobKind::Home.due(PersonId::new(format!("U{n}")), Timestamp::UNIX_EPOCH);
        let many = Commit { jobs: (0..250).map(due).collect(), ..Commit::default() };
        let lengths =
            |commit: Commit| in_parts(commit).iter().map(|part| part.jobs.len()).collect::<Vec<_>>();
        assert_eq!(lengths(many.clone()), [100, 100, 50]);
        let submitted = fixtures::submission();
        let (team, day) = (submitted.team, jiff::civil::date(2026, 3, 2));
        let tally = Some(CounterDay { team, day, marks: [Counter::Submitted].into() });
        for with_more in [
            Commit { idle: vec![due(900).key], ..many.clone() },
            Commit { tally, ..many.clone() },
            Commit { unless_paused: true, ..many.clone() },
        ] {
            assert_eq!(lengths(with_more.clone()), [250], "{with_more:?}");
        }
    }
}
