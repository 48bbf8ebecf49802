//! The store port on SQLite. `commit` checks and writes commits, `jobs` claims jobs, `lists` reads lists,
//! `queries` everything else, `sums` what people and teams hold, `cents` converts amounts, and `forget`
//! deletes expired data.

mod aways;
mod bots;
mod cents;
mod commit;
mod counts;
mod forget;
mod jobs;
mod lists;
mod queries;
mod refusals;
mod sums;

use std::collections::BTreeMap;

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use super::database::Database;
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

/// The store in a [`Database`].
#[derive(Clone, Debug)]
pub struct SqliteStore {
    database: Database,
}

impl SqliteStore {
    /// Creates the store in this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let prepared = commit::EncodedCommit::new(commit).context("cannot encode a commit")?;
        self.database.write(move |tx| prepared.apply(tx)).await
    }

    async fn load(&self, id: RequestId) -> anyhow::Result<Option<Request>> {
        self.database.read(move |connection| queries::load(connection, id)).await
    }

    async fn find(&self, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
        let prefix = prefix.to_owned();
        self.database.read(move |connection| queries::find(connection, &prefix, limit)).await
    }

    async fn list(
        &self,
        whose: &RequestScope,
        which: RequestFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> anyhow::Result<RequestPage> {
        let (whose, after) = (whose.clone(), after.cloned());
        let list = move |connection: &_| lists::list(connection, &whose, which, after.as_ref(), limit);
        self.database.read(list).await
    }

    async fn put_into_lists(&self, _: RequestId, _: u64) -> anyhow::Result<()> {
        // Lists are queries of the rows themselves.
        Ok(())
    }

    async fn holdings(&self, whose: &RequestScope, since: Timestamp) -> anyhow::Result<Vec<Holding>> {
        let whose = whose.clone();
        self.database.read(move |connection| lists::holdings(connection, &whose, since)).await
    }

    async fn count_waiting(&self, whose: &RequestScope, most: usize) -> anyhow::Result<usize> {
        let whose = whose.clone();
        self.database.read(move |connection| lists::count_waiting(connection, &whose, most)).await
    }

    async fn spending(
        &self,
        whose: &RequestScope,
        now: Timestamp,
    ) -> anyhow::Result<BTreeMap<ProductKey, Amounts>> {
        let whose = whose.clone();
        self.database.read(move |connection| sums::spending(connection, &whose, now)).await
    }

    async fn requests_of_message(&self, message: &MessageRef) -> anyhow::Result<Vec<RequestId>> {
        let message = message.clone();
        self.database.read(move |connection| queries::requests_of_message(connection, &message)).await
    }

    async fn quota_used(&self, slot: &QuotaSlot) -> anyhow::Result<u32> {
        let slot = slot.clone();
        self.database.read(move |connection| queries::quota_used(connection, &slot)).await
    }

    async fn team_use(&self, team: &TeamName) -> anyhow::Result<Vec<TeamUse>> {
        let team = team.clone();
        self.database.read(move |connection| queries::team_use(connection, &team)).await
    }

    async fn teams(&self) -> anyhow::Result<Vec<TeamName>> {
        self.database.read(queries::teams).await
    }

    async fn move_counts(&self, from: &TeamName, to: &TeamName) -> anyhow::Result<()> {
        let (from, to) = (from.clone(), to.clone());
        self.database.write(move |tx| counts::move_all(tx, &from, &to)).await
    }

    async fn counts(&self, team: &TeamName, from: Date) -> anyhow::Result<CounterTotals> {
        let team = team.clone();
        self.database.read(move |connection| counts::since(connection, &team, from)).await
    }

    async fn home(&self, person: &PersonId) -> anyhow::Result<Option<HomeTab>> {
        let person = person.clone();
        self.database.read(move |connection| queries::home(connection, &person)).await
    }

    async fn put_home(&self, person: &PersonId, home: &HomeTab) -> anyhow::Result<()> {
        let (person, home) = (person.clone(), home.clone());
        self.database.write(move |tx| queries::put_home(tx, &person, &home)).await
    }

    async fn aways(&self, now: Timestamp) -> anyhow::Result<Vec<Away>> {
        self.database.read(move |connection| aways::at(connection, now)).await
    }

    async fn homes_opened_since(&self, since: Timestamp) -> anyhow::Result<Vec<PersonId>> {
        self.database.read(move |connection| queries::homes_opened_since(connection, since)).await
    }

    async fn audit_of(&self, request: RequestId) -> anyhow::Result<Vec<AuditEntry>> {
        self.database.read(move |connection| queries::audit_of(connection, request)).await
    }

    async fn audit_last(&self, request: RequestId) -> anyhow::Result<Option<AuditEntry>> {
        self.database.read(move |connection| queries::audit_last(connection, request)).await
    }

    async fn audit_page(&self, cursor: u64, limit: usize) -> anyhow::Result<(Vec<AuditEntry>, u64)> {
        self.database.read(move |connection| queries::audit_page(connection, cursor, limit)).await
    }

    async fn audit_end(&self) -> anyhow::Result<u64> {
        self.database.read(queries::audit_end).await
    }

    async fn portal_head(&self) -> anyhow::Result<PortalHead> {
        self.database.read(queries::portal_head).await
    }

    async fn repeated_refusal(&self, key: &str) -> anyhow::Result<Option<RepeatedRefusal>> {
        let key = key.to_owned();
        self.database.read(move |connection| refusals::load(connection, &key)).await
    }

    async fn refused_again(&self, key: &str, now: Timestamp) -> anyhow::Result<bool> {
        let key = key.to_owned();
        self.database.write(move |tx| refusals::again(tx, &key, now)).await
    }

    async fn counted_refusals(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<CountedRefusal>> {
        self.database.read(move |connection| refusals::counted(connection, now, limit)).await
    }

    async fn forget_refusals(&self, key: &str) -> anyhow::Result<()> {
        let key = key.to_owned();
        self.database.write(move |tx| refusals::forget(tx, &key)).await
    }

    async fn put_bot(&self, bot: &Bot) -> anyhow::Result<()> {
        let bot = bot.clone();
        self.database.write(move |tx| bots::put(tx, &bot)).await
    }

    async fn bots(&self, since: Timestamp) -> anyhow::Result<Vec<Bot>> {
        self.database.read(move |connection| bots::since(connection, since)).await
    }

    async fn put_heard(&self, at: Timestamp) -> anyhow::Result<()> {
        self.database.write(move |tx| bots::put_heard(tx, at)).await
    }

    async fn heard_at(&self) -> anyhow::Result<Option<Timestamp>> {
        self.database.read(bots::heard_at).await
    }

    async fn pause(&self) -> anyhow::Result<Option<Pause>> {
        self.database.read(queries::pause).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<JobKey>> {
        let due = async || self.database.read(move |connection| jobs::due(connection, now, limit)).await;
        let mut found = due().await?;
        // A job whose key is not text cannot be claimed by key. Give it a valid one, so that it is parked
        // instead of staying due forever.
        if found.iter().any(Option::is_none) {
            self.database.write(jobs::name_anew).await.context("cannot name a job whose key is no text")?;
            found = due().await?;
        }
        Ok(found.into_iter().flatten().collect())
    }

    async fn claim(
        &self,
        keys: &[JobKey],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<Vec<ClaimedJob>> {
        let keys = keys.to_vec();
        self.database.write(move |tx| jobs::claim(tx, &keys, now, until)).await
    }

    async fn complete(&self, claim: &Claim) -> anyhow::Result<()> {
        let claim = claim.clone();
        self.database.write(move |tx| jobs::delete(tx, &claim).map(drop)).await
    }

    async fn put_off(&self, claim: &Claim, due_at: Timestamp, why: &str) -> anyhow::Result<()> {
        let (claim, why) = (claim.clone(), why.to_owned());
        self.database.write(move |tx| jobs::put_off(tx, &claim, due_at, &why)).await
    }

    async fn park(&self, claim: &Claim, why: &str) -> anyhow::Result<()> {
        let (claim, why) = (claim.clone(), why.to_owned());
        self.database.write(move |tx| jobs::park(tx, &claim, &why)).await
    }

    async fn retry_parked(&self, owner: &JobOwner, prefix: &str, now: Timestamp) -> anyhow::Result<usize> {
        let (owner, prefix) = (owner.clone(), prefix.to_owned());
        self.database.write(move |tx| jobs::retry_parked(tx, &owner, &prefix, now)).await
    }

    async fn parked(&self, limit: usize) -> anyhow::Result<Vec<ParkedJob>> {
        self.database.read(move |connection| jobs::parked(connection, limit)).await
    }

    async fn count_parked(&self) -> anyhow::Result<usize> {
        self.database.read(jobs::count_parked).await
    }

    async fn jobs_of(&self, owner: &JobOwner) -> anyhow::Result<Vec<JobKey>> {
        let owner = owner.clone();
        self.database.read(move |connection| jobs::jobs_of(connection, &owner)).await
    }

    async fn due_between(
        &self,
        from: Timestamp,
        by: Timestamp,
        limit: usize,
    ) -> anyhow::Result<Vec<(Timestamp, JobKey)>> {
        self.database.read(move |connection| jobs::due_between(connection, from, by, limit)).await
    }

    async fn next_due(&self) -> anyhow::Result<Option<Timestamp>> {
        self.database.read(jobs::next_due).await
    }

    async fn forget(&self, now: Timestamp) -> anyhow::Result<bool> {
        self.database.write(move |tx| forget::some(tx, now)).await.context("cannot forget what has ended")
    }

    async fn check(&self) -> anyhow::Result<()> {
        self.database.write(jobs::check).await.context("cannot write to the store")?;
        // Reading uses other connections than writing, so check both.
        self.next_due().await.map(drop).context("cannot read the store")
    }
}
