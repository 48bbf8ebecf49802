//! Jobs: found through the index of due dates, claimed and completed at their own keys. The domain decides
//! when a job is due, the dispatcher runs it.
//!
//! A job's `dueShard` is one of eight partitions of the index, or, once it is parked, a separate partition
//! that the search for due jobs does not read. The index is only a hint: whether a job is due and unclaimed
//! is a condition of the claim.

use anyhow::Context as _;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::expression::Expression;
use super::item::{
    IS_READABLE, Item, mark, may_be_read, must_text, number, read_number, read_text, read_time,
    readable_value, text, time,
};
use super::keys;
use super::query::{all, count, page_of};
use super::tables::{DUE_INDEX, DynamoStore};
use crate::domain::job::{Job, JobKey, JobKind, JobOwner};
use crate::ports::store::{Claim, ClaimedJob, ParkedJob};
use crate::ports::stored::{Unreadable, from_json};

/// Partitions of the index that due jobs are spread over, because DynamoDB limits the writes per second of
/// one partition.
const SHARDS: u32 = 8;
/// The most concurrent claims.
const AT_ONCE: usize = 8;
/// The index partition of parked jobs.
const PARKED: &str = "parked";

/// Encodes a job. `writtenAt` is its first due date: a job that waits for a date must not seem to have been
/// failing since it was written.
pub(super) fn encode(job: &Job) -> anyhow::Result<Item> {
    let mut item = keys::job(&job.key);
    let kind = serde_json::to_string(&job.kind).context("cannot encode a job")?;
    item.insert("kind".to_owned(), text(kind));
    item.insert("dueAt".to_owned(), time(job.due_at));
    item.insert("writtenAt".to_owned(), time(job.due_at));
    item.insert("attempts".to_owned(), number(&0));
    item.insert("dueShard".to_owned(), text(shard(&job.key).to_string()));
    mark(&mut item);
    Ok(item)
}

/// Chooses a job's shard. Any spread will do: the shard is read from the stored job, never computed again.
fn shard(key: &JobKey) -> u32 {
    let text = key.owner.to_string();
    let bytes = text.bytes().chain(key.name.bytes());
    bytes.fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) % SHARDS
}

/// The condition that the claim is still held.
pub(super) fn is_held_by(claim: &Claim) -> Expression {
    Expression::new("claim = :claim", vec![(":claim", number(&claim.id))])
}

/// The condition that the job is parked, in a format that this program reads.
pub(super) fn parked_still() -> Expression {
    let values = vec![(":parked", text(PARKED)), readable_value()];
    Expression::new(format!("dueShard = :parked AND {IS_READABLE}"), values)
}

fn shards(store: &DynamoStore) -> impl Iterator<Item = QueryFluentBuilder> {
    (0..SHARDS).map(|shard| {
        let query = store.client.query().table_name(&store.tables.events).index_name(DUE_INDEX);
        query.expression_attribute_values(":shard", text(shard.to_string()))
    })
}

/// A query of the index for at most one job of one partition, used to test the right to query.
pub(super) fn one_shard(store: &DynamoStore) -> QueryFluentBuilder {
    let query = store.client.query().table_name(&store.tables.events).index_name(DUE_INDEX).limit(1);
    query.key_condition_expression("dueShard = :shard").expression_attribute_values(":shard", text(PARKED))
}

pub(super) async fn due(store: &DynamoStore, now: Timestamp, limit: usize) -> anyhow::Result<Vec<JobKey>> {
    // All of the oldest jobs may be in one shard, so read each up to the limit.
    let page = page_of(limit);
    let queries = shards(store).map(|query| {
        let query = query
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":now", time(now))
            .limit(page);
        all(query, limit)
    });
    let mut jobs = Vec::new();
    for item in try_join_all(queries).await?.iter().flatten() {
        let (pk, sk) = (must_text(item, "pk")?, must_text(item, "sk")?);
        // Other kinds of items also have a due date, such as entries of lists.
        if let Some(key) = keys::read_job(pk, sk) {
            // The text of a date sorts like the date.
            jobs.push((must_text(item, "dueAt")?.to_owned(), key.owner.to_string(), key));
        }
    }
    jobs.sort_by(|a, b| (&a.0, &a.1, &a.2.name).cmp(&(&b.0, &b.1, &b.2.name)));
    Ok(jobs.into_iter().take(limit).map(|(_, _, key)| key).collect())
}

pub(super) async fn due_between(
    store: &DynamoStore,
    from: Timestamp,
    by: Timestamp,
    limit: usize,
) -> anyhow::Result<Vec<(Timestamp, JobKey)>> {
    let page = page_of(limit);
    let queries = shards(store).map(|query| {
        let query = query
            .key_condition_expression("dueShard = :shard AND dueAt BETWEEN :from AND :by")
            .expression_attribute_values(":from", time(from))
            .expression_attribute_values(":by", time(by))
            .limit(page);
        all(query, limit)
    });
    let mut jobs = Vec::new();
    for item in try_join_all(queries).await?.iter().flatten() {
        if let (Some(key), Some(due_at)) =
            (keys::read_job(must_text(item, "pk")?, must_text(item, "sk")?), read_time(item, "dueAt")?)
        {
            jobs.push((due_at, key));
        }
    }
    jobs.sort();
    jobs.truncate(limit);
    Ok(jobs)
}

pub(super) async fn count_parked(store: &DynamoStore) -> anyhow::Result<usize> {
    let query = store.client.query().table_name(&store.tables.events).index_name(DUE_INDEX);
    let query = query
        .key_condition_expression("dueShard = :parked")
        .expression_attribute_values(":parked", text(PARKED));
    count(query, usize::MAX).await
}

pub(super) async fn next_due(store: &DynamoStore) -> anyhow::Result<Option<Timestamp>> {
    let queries =
        shards(store).map(|query| all(query.key_condition_expression("dueShard = :shard").limit(1), 1));
    let firsts = try_join_all(queries).await?;
    let dates = firsts.iter().flatten().map(|item| read_time(item, "dueAt"));
    Ok(dates.collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().min())
}

pub(super) async fn claim(
    store: &DynamoStore,
    keys: &[JobKey],
    now: Timestamp,
    until: Timestamp,
) -> anyhow::Result<Vec<ClaimedJob>> {
    let claims: Vec<_> = keys.iter().map(|key| claim_one(store, key, now, until)).collect();
    let mut answers = stream::iter(claims).buffered(AT_ONCE);
    let mut claimed = Vec::new();
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(job) => claimed.extend(job),
            Err(error) if claimed.is_empty() => return Err(error),
            // Run the jobs claimed so far now, rather than when their claims expire.
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "some jobs could not be claimed; they stay due");
                break;
            }
        }
    }
    Ok(claimed)
}

/// Claims one job. The condition also accepts the claim's own id: a retry after a lost answer then succeeds
/// as well.
async fn claim_one(
    store: &DynamoStore,
    key: &JobKey,
    now: Timestamp,
    until: Timestamp,
) -> anyhow::Result<Option<ClaimedJob>> {
    let (id, _) = Uuid::new_v4().as_u64_pair();
    let update = change(store, key)
        .update_expression("SET claim = :claim, dueAt = :until")
        // Moving `dueAt` to the end of the claim hides the job from searches until then, and makes it due
        // again after a crash.
        .condition_expression(format!(
            "attribute_exists(dueShard) AND dueShard <> :parked AND (dueAt <= :now OR claim = :claim) AND {IS_READABLE}",
        ))
        .expression_attribute_values(":readable", readable_value().1)
        .expression_attribute_values(":parked", text(PARKED))
        .expression_attribute_values(":claim", number(&id))
        .expression_attribute_values(":now", time(now))
        .expression_attribute_values(":until", time(until))
        .return_values(ReturnValue::AllNew);
    let Some(job) = conditional(update).await.with_context(|| cannot("claim", key))? else { return Ok(None) };
    let JobItem { kind, attempts, written_at } = JobItem::read(key, &job);
    Ok(Some(ClaimedJob { claim: Claim { key: key.clone(), id }, kind, attempts, written_at }))
}

/// The attributes of a job besides its key. Unreadable values do not fail, so that one corrupt job cannot
/// block the others.
struct JobItem {
    kind: Result<JobKind, Unreadable>,
    attempts: u32,
    written_at: Timestamp,
}

impl JobItem {
    fn read(key: &JobKey, job: &Item) -> Self {
        let subject = format!("the job `{}` of {}", key.name, key.owner);
        let kind = match read_text(job, "kind") {
            Some(kind) => from_json(&subject, kind),
            None => Err(Unreadable::new(subject, "no text")),
        };
        let attempts = read_number(job, "attempts").ok().flatten().unwrap_or_default();
        let written_at = read_time(job, "writtenAt").ok().flatten();
        Self {
            kind,
            attempts: attempts.try_into().unwrap_or(u32::MAX),
            written_at: written_at.unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }
}

pub(super) async fn complete(store: &DynamoStore, claim: &Claim) -> anyhow::Result<()> {
    let delete = store.client.delete_item().table_name(&store.tables.events);
    let deleted = delete
        .set_key(Some(keys::job(&claim.key)))
        .condition_expression("claim = :claim")
        .expression_attribute_values(":claim", number(&claim.id))
        .send()
        .await;
    // The claim has expired and another bot holds the job, or the job was already completed.
    match deleted {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(error).with_context(|| cannot("complete", &claim.key)),
    }
}

pub(super) async fn put_off(
    store: &DynamoStore,
    claim: &Claim,
    due_at: Timestamp,
    why: &str,
) -> anyhow::Result<()> {
    let update = held(store, claim)
        .update_expression("SET dueAt = :due, attempts = attempts + :one, lastError = :why REMOVE claim")
        .expression_attribute_values(":due", time(due_at))
        .expression_attribute_values(":one", number(&1))
        .expression_attribute_values(":why", text(why));
    // If the claim is lost, nothing matches, and the job is left to its new owner.
    conditional(update).await.map(drop).with_context(|| cannot("put off", &claim.key))
}

pub(super) async fn park(store: &DynamoStore, claim: &Claim, why: &str) -> anyhow::Result<()> {
    let update = held(store, claim)
        .update_expression("SET lastError = :why, dueShard = :parked REMOVE claim")
        .expression_attribute_values(":parked", text(PARKED))
        .expression_attribute_values(":why", text(why));
    // If the claim is lost, nothing matches, and the job is left to its new owner.
    conditional(update).await.map(drop).with_context(|| cannot("park", &claim.key))
}

/// Lists parked jobs. The index may lag behind, so each job is read at its key and left out if it is no
/// longer parked.
pub(super) async fn parked(store: &DynamoStore, limit: usize) -> anyhow::Result<Vec<ParkedJob>> {
    let query = store.client.query().table_name(&store.tables.events).index_name(DUE_INDEX);
    let query = query
        .key_condition_expression("dueShard = :parked")
        .expression_attribute_values(":parked", text(PARKED));
    let mut parked = Vec::new();
    for item in all(query, limit).await? {
        let (pk, sk) = (must_text(&item, "pk")?, must_text(&item, "sk")?);
        if let Some(key) = keys::read_job(pk, sk) {
            parked.extend(read_parked(store, key).await?);
        }
    }
    parked
        .sort_by(|a, b| (a.key.owner.to_string(), &a.key.name).cmp(&(b.key.owner.to_string(), &b.key.name)));
    Ok(parked)
}

async fn read_parked(store: &DynamoStore, key: JobKey) -> anyhow::Result<Option<ParkedJob>> {
    let get = store.client.get_item().table_name(&store.tables.events).consistent_read(true);
    let read = get.set_key(Some(keys::job(&key))).send().await.with_context(|| cannot("read", &key))?;
    let Some(job) = read.item.filter(|job| is_parked(job) && may_be_read(job)) else { return Ok(None) };
    let JobItem { kind, attempts, written_at } = JobItem::read(&key, &job);
    let why = read_text(&job, "lastError").unwrap_or_default().to_owned();
    Ok(Some(ParkedJob { key, kind, attempts, written_at, why }))
}

fn is_parked(job: &Item) -> bool {
    read_text(job, "dueShard") == Some(PARKED)
}

pub(super) async fn jobs_of(store: &DynamoStore, owner: &JobOwner) -> anyhow::Result<Vec<JobKey>> {
    let key = |item: &Item| Some(JobKey { owner: owner.clone(), name: read_text(item, "sk")?.to_owned() });
    Ok(all(partition(store, owner), usize::MAX).await?.iter().filter_map(key).collect())
}

fn partition(store: &DynamoStore, owner: &JobOwner) -> QueryFluentBuilder {
    let query = store.client.query().table_name(&store.tables.events).consistent_read(true);
    query
        .key_condition_expression("pk = :of")
        .expression_attribute_values(":of", text(keys::jobs_partition(owner)))
}

/// Makes parked jobs due now and returns their number.
pub(super) async fn retry_parked(
    store: &DynamoStore,
    owner: &JobOwner,
    prefix: &str,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let mut retried = 0;
    for item in all(partition(store, owner), usize::MAX).await.context("cannot look for parked jobs")? {
        let (pk, sk) = (must_text(&item, "pk")?, must_text(&item, "sk")?);
        if !is_parked(&item) || !sk.starts_with(prefix) {
            continue;
        }
        let key = keys::read_job(pk, sk).with_context(|| format!("`{pk}` is no job"))?;
        let update = change(store, &key)
            .condition_expression(format!("attribute_exists(kind) AND dueShard = :parked AND {IS_READABLE}"))
            .expression_attribute_values(":readable", readable_value().1)
            .expression_attribute_values(":parked", text(PARKED))
            .update_expression("SET dueShard = :shard, dueAt = :now, writtenAt = :now, attempts = :none")
            .expression_attribute_values(":shard", text(shard(&key).to_string()))
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":none", number(&0))
            .return_values(ReturnValue::AllNew);
        let changed = conditional(update).await.with_context(|| cannot("retry", &key))?;
        retried += usize::from(changed.is_some());
    }
    Ok(retried)
}

fn change(store: &DynamoStore, key: &JobKey) -> UpdateItemFluentBuilder {
    store.client.update_item().table_name(&store.tables.events).set_key(Some(keys::job(key)))
}

fn held(store: &DynamoStore, claim: &Claim) -> UpdateItemFluentBuilder {
    change(store, &claim.key)
        .condition_expression("claim = :claim")
        .expression_attribute_values(":claim", number(&claim.id))
}

/// Sends an update and returns the resulting item if it was requested, or `None` if the condition did not
/// hold.
pub(super) async fn conditional(update: UpdateItemFluentBuilder) -> anyhow::Result<Option<Item>> {
    match update.send().await {
        Ok(updated) => Ok(updated.attributes),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn cannot(action: &str, key: &JobKey) -> String {
    format!("cannot {action} the job `{}` of {}", key.name, key.owner)
}
