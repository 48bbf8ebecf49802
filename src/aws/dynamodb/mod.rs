//! The store port on two DynamoDB tables, as `infra/portal.yml` creates them. Several replicas may share
//! them, so whatever must not happen twice is guarded by a condition on the write, never by a check before
//! it.
//!
//! Reading order: `tables`, `item` (attributes), `keys` (which item is where), `row` (a request), `commit` (one
//! transaction), `quota`, `counts`, `trail`, `refusals`, then `jobs`, `lists`, `sums`, `filling`, `homes` and
//! `bots`.
//!
//! An index is eventually consistent with its table. A list may therefore lack a request committed a moment
//! ago, and a home tab opened a moment ago may be missed. Entries that no longer match their item are
//! skipped, and reading continues until the page is full or the list ends. Requests, sums, counters, jobs by
//! key, the trail and home tabs are read consistently.

mod aways;
mod batch;
mod bots;
mod check;
mod commit;
mod counts;
mod expression;
mod filling;
mod homes;
mod item;
mod jobs;
mod keys;
mod lists;
mod query;
mod quota;
mod refusals;
mod rights;
mod row;
mod schema;
mod sums;
mod tables;
mod teams;
mod tip;
mod trail;
mod transaction;

use std::collections::BTreeMap;

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

pub use self::tables::{DynamoStore, Tables};

use self::tables::within;
use crate::aws::SetupProblem;
use crate::domain::audit::AuditEntry;
use crate::domain::away::Away;
use crate::domain::counters::CounterTotals;
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::job::{JobKey, JobOwner};
use crate::domain::pause::Pause;
use crate::domain::quota::{QuotaSlot, TeamUse};
use crate::domain::repeats::RepeatedRefusal;
use crate::domain::request::{MessageRef, Request};
use crate::domain::spending::Amounts;
use crate::ports::store::{
    Bot, Claim, ClaimedJob, Commit, CommitError, CountedRefusal, Cursor, Holding, HomeTab, ParkedJob,
    PortalHead, RequestFilter, RequestPage, RequestScope, Store,
};

impl DynamoStore {
    /// Names what [`Self::problems`] checks, for its report.
    pub fn subject(&self) -> String {
        let Tables { requests, events } = &self.tables;
        format!("the tables `{requests}` and `{events}` with their indexes")
    }

    /// Returns all problems with the tables: missing tables or indexes, missing rights, or a newer schema
    /// version.
    pub async fn problems(&self) -> Vec<SetupProblem> {
        let mut problems = check::problems(self).await;
        if problems.is_empty() {
            problems = self.missing_rights().await;
        }
        if problems.is_empty() { self.unknown_version().await } else { problems }
    }

    /// Returns a problem if the tables have a schema version that this program does not know.
    pub async fn unknown_version(&self) -> Vec<SetupProblem> {
        schema::problems(self).await
    }

    /// Migrates the tables to the current schema version and fills lists that an older bot left incomplete.
    ///
    /// # Errors
    /// If the tables have a newer version, or cannot be read and written.
    pub async fn bring_forward(&self) -> anyhow::Result<()> {
        let steps = async {
            schema::bring_forward(self).await?;
            trail::begin(self).await
        };
        within(Box::pin(steps)).await?;
        // These may read every request, so unlike single operations they have no time limit.
        Box::pin(teams::find(self)).await.context("cannot find out which teams have something")?;
        Box::pin(filling::fill(self)).await.context("cannot put the requests into the lists")
    }

    /// Returns the rights on the tables that the bot lacks. Tests them without changing anything.
    pub async fn missing_rights(&self) -> Vec<SetupProblem> {
        rights::missing(self).await
    }

    async fn check_both_tables(&self) -> anyhow::Result<()> {
        let write = self.client.put_item().table_name(&self.tables.events);
        let key = keys::check();
        write.set_item(Some(key)).send().await.context("cannot write to the table of events")?;
        jobs::next_due(self).await.context("cannot read the jobs that are due")?;
        // A random id finds nothing, but shows that the table can be read.
        self.row(RequestId::random()).await.map(drop).context("cannot read the table of requests")
    }
}

#[async_trait]
impl Store for DynamoStore {
    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        commit::commit(self, commit).await
    }

    async fn load(&self, id: RequestId) -> anyhow::Result<Option<Request>> {
        let item = self.row(id).await?;
        item.map(|item| row::decode(&item)).transpose()
    }

    async fn find(&self, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
        within(lists::find(self, prefix, limit)).await
    }

    async fn list(
        &self,
        whose: &RequestScope,
        which: RequestFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> anyhow::Result<RequestPage> {
        within(lists::list(self, whose, which, after, limit)).await.context("cannot list requests")
    }

    async fn put_into_lists(&self, id: RequestId, revision: u64) -> anyhow::Result<()> {
        within(filling::fill_one(self, id, revision)).await.context("cannot put a request into the lists")
    }

    async fn holdings(&self, whose: &RequestScope, since: Timestamp) -> anyhow::Result<Vec<Holding>> {
        within(lists::holdings(self, whose, since)).await.context("cannot read what is held")
    }

    async fn count_waiting(&self, whose: &RequestScope, most: usize) -> anyhow::Result<usize> {
        within(lists::count_waiting(self, whose, most)).await.context("cannot count what waits")
    }

    async fn spending(
        &self,
        whose: &RequestScope,
        now: Timestamp,
    ) -> anyhow::Result<BTreeMap<ProductKey, Amounts>> {
        within(sums::spending(self, whose, now)).await.context("cannot sum up what is held")
    }

    async fn requests_of_message(&self, message: &MessageRef) -> anyhow::Result<Vec<RequestId>> {
        within(lists::requests_of_message(self, message)).await
    }

    async fn quota_used(&self, slot: &QuotaSlot) -> anyhow::Result<u32> {
        quota::used(self, slot).await
    }

    async fn team_use(&self, team: &TeamName) -> anyhow::Result<Vec<TeamUse>> {
        within(quota::team_use(self, team)).await
    }

    async fn teams(&self) -> anyhow::Result<Vec<TeamName>> {
        within(teams::known(self)).await
    }

    async fn move_counts(&self, from: &TeamName, to: &TeamName) -> anyhow::Result<()> {
        within(counts::move_all(self, from, to)).await
    }

    async fn counts(&self, team: &TeamName, from: Date) -> anyhow::Result<CounterTotals> {
        within(counts::since(self, team, from)).await
    }

    async fn home(&self, person: &PersonId) -> anyhow::Result<Option<HomeTab>> {
        homes::load(self, person).await
    }

    async fn put_home(&self, person: &PersonId, home: &HomeTab) -> anyhow::Result<()> {
        homes::put(self, person, home).await
    }

    async fn aways(&self, now: Timestamp) -> anyhow::Result<Vec<Away>> {
        within(aways::at(self, now)).await
    }

    async fn homes_opened_since(&self, since: Timestamp) -> anyhow::Result<Vec<PersonId>> {
        within(homes::opened_since(self, since)).await
    }

    async fn audit_of(&self, request: RequestId) -> anyhow::Result<Vec<AuditEntry>> {
        within(trail::of(self, request)).await
    }

    async fn audit_last(&self, request: RequestId) -> anyhow::Result<Option<AuditEntry>> {
        within(trail::last(self, request)).await
    }

    async fn audit_page(&self, cursor: u64, limit: usize) -> anyhow::Result<(Vec<AuditEntry>, u64)> {
        within(trail::page(self, cursor, limit)).await
    }

    async fn audit_end(&self) -> anyhow::Result<u64> {
        within(trail::end(self)).await
    }

    async fn portal_head(&self) -> anyhow::Result<PortalHead> {
        within(trail::portal_head(self)).await
    }

    async fn repeated_refusal(&self, key: &str) -> anyhow::Result<Option<RepeatedRefusal>> {
        within(refusals::load(self, key)).await
    }

    async fn refused_again(&self, key: &str, now: Timestamp) -> anyhow::Result<bool> {
        within(refusals::again(self, key, now)).await
    }

    async fn counted_refusals(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<CountedRefusal>> {
        within(refusals::counted(self, now, limit)).await
    }

    async fn forget_refusals(&self, key: &str) -> anyhow::Result<()> {
        within(refusals::forget(self, key)).await
    }

    async fn put_bot(&self, bot: &Bot) -> anyhow::Result<()> {
        within(bots::put(self, bot)).await
    }

    async fn bots(&self, since: Timestamp) -> anyhow::Result<Vec<Bot>> {
        within(bots::since(self, since)).await
    }

    async fn put_heard(&self, at: Timestamp) -> anyhow::Result<()> {
        within(bots::put_heard(self, at)).await
    }

    async fn heard_at(&self) -> anyhow::Result<Option<Timestamp>> {
        within(bots::heard_at(self)).await
    }

    async fn pause(&self) -> anyhow::Result<Option<Pause>> {
        counts::pause(self).await.context("cannot read whether new requests are paused")
    }

    async fn due(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<JobKey>> {
        within(jobs::due(self, now, limit)).await.context("cannot read the jobs that are due")
    }

    async fn claim(
        &self,
        keys: &[JobKey],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<Vec<ClaimedJob>> {
        jobs::claim(self, keys, now, until).await
    }

    async fn complete(&self, claim: &Claim) -> anyhow::Result<()> {
        jobs::complete(self, claim).await
    }

    async fn put_off(&self, claim: &Claim, due_at: Timestamp, why: &str) -> anyhow::Result<()> {
        jobs::put_off(self, claim, due_at, why).await
    }

    async fn park(&self, claim: &Claim, why: &str) -> anyhow::Result<()> {
        jobs::park(self, claim, why).await
    }

    async fn retry_parked(&self, owner: &JobOwner, prefix: &str, now: Timestamp) -> anyhow::Result<usize> {
        jobs::retry_parked(self, owner, prefix, now).await
    }

    async fn parked(&self, limit: usize) -> anyhow::Result<Vec<ParkedJob>> {
        within(jobs::parked(self, limit)).await.context("cannot read the jobs that are parked")
    }

    async fn count_parked(&self) -> anyhow::Result<usize> {
        within(jobs::count_parked(self)).await.context("cannot count the jobs that are parked")
    }

    async fn jobs_of(&self, owner: &JobOwner) -> anyhow::Result<Vec<JobKey>> {
        within(jobs::jobs_of(self, owner)).await.with_context(|| format!("cannot read the jobs of {owner}"))
    }

    async fn due_between(
        &self,
        from: Timestamp,
        by: Timestamp,
        limit: usize,
    ) -> anyhow::Result<Vec<(Timestamp, JobKey)>> {
        within(jobs::due_between(self, from, by, limit)).await.context("cannot read the jobs that are due")
    }

    async fn next_due(&self) -> anyhow::Result<Option<Timestamp>> {
        within(jobs::next_due(self)).await.context("cannot read the jobs that are due")
    }

    async fn forget(&self, _: Timestamp) -> anyhow::Result<bool> {
        // DynamoDB deletes expired items through TTL. What is left to do is to list what older bots have
        // written.
        Box::pin(filling::fill(self)).await.map(|()| false)
    }

    async fn check(&self) -> anyhow::Result<()> {
        within(self.check_both_tables()).await
    }
}
