//! The ports of a bot whose calls go through a fuse.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use quartermaster::domain::audit::AuditEntry;
use quartermaster::domain::away::Away;
use quartermaster::domain::counters::CounterTotals;
use quartermaster::domain::drift::ProvisionedRecord;
use quartermaster::domain::ids::{
    ExecutionName, PersonId, ProductKey, RecordId, RequestId, TaskToken, TeamName,
};
use quartermaster::domain::job::{JobKey, JobOwner};
use quartermaster::domain::pause::Pause;
use quartermaster::domain::quota::{QuotaSlot, TeamUse};
use quartermaster::domain::repeats::RepeatedRefusal;
use quartermaster::domain::request::{MessageRef, Request};
use quartermaster::domain::spending::Amounts;
use quartermaster::ports::provisioner::{ProvisionError, ProvisionOrder, Provisioner, RecordState, Started};
use quartermaster::ports::queue::{Delivery, Queue};
use quartermaster::ports::store::{
    Bot, Claim, ClaimedJob, Commit, CommitError, CountedRefusal, Cursor, Holding, HomeTab, ParkedJob,
    PortalHead, RequestFilter, RequestPage, RequestScope, RowChange, Store,
};
use quartermaster::ports::workflow::{ExecutionInput, ResumeError, Workflow};

use super::fuse::Fuse;

#[derive(Debug)]
pub(super) struct Fused<T: ?Sized> {
    port: Arc<T>,
    fuse: Arc<Fuse>,
}

impl<T: ?Sized> Fused<T> {
    pub(super) fn new(port: Arc<T>, fuse: &Arc<Fuse>) -> Self {
        Self { port, fuse: Arc::clone(fuse) }
    }
}

impl Fused<dyn Store> {
    /// Fails, once, where the commit says where a message was posted that is to be lost.
    async fn loses(&self, commit: &Commit) -> Result<(), CommitError> {
        let (Some(slot), Some(RowChange::Replace(row))) = (self.fuse.lost(), &commit.row) else {
            return Ok(());
        };
        let before = self.port.load(row.id).await.unwrap().unwrap();
        if row.messages.contains_key(&slot) && !before.messages.contains_key(&slot) {
            self.fuse.loses(None);
            return Err(CommitError::Other(anyhow!("the store is gone")));
        }
        Ok(())
    }
}

/// A commit in few words.
fn summary(commit: &Commit) -> String {
    let events = commit.audit.iter().map(|entry| entry.event.as_str());
    let jobs = commit.jobs.iter().map(|job| job.kind.as_str());
    let row = if commit.row.is_some() { "row " } else { "" };
    format!("commit {row}[{}] ({})", events.collect::<Vec<_>>().join(" "), jobs.collect::<Vec<_>>().join(" "))
}

#[async_trait]
impl Store for Fused<dyn Store> {
    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.fuse.reaches_the_store().await?;
        self.loses(&commit).await?;
        self.fuse.changes(summary(&commit), self.port.commit(commit)).await?;
        Ok(self.fuse.hears_of_a_commit()?)
    }

    async fn load(&self, id: RequestId) -> anyhow::Result<Option<Request>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.load(id)).await
    }

    async fn find(&self, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.find(prefix, limit)).await
    }

    async fn list(
        &self,
        whose: &RequestScope,
        which: RequestFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> anyhow::Result<RequestPage> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.list(whose, which, after, limit)).await
    }

    async fn put_into_lists(&self, id: RequestId, revision: u64) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.put_into_lists(id, revision)).await
    }

    async fn holdings(&self, whose: &RequestScope, since: Timestamp) -> anyhow::Result<Vec<Holding>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.holdings(whose, since)).await
    }

    async fn count_waiting(&self, whose: &RequestScope, most: usize) -> anyhow::Result<usize> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.count_waiting(whose, most)).await
    }

    async fn spending(
        &self,
        whose: &RequestScope,
        now: Timestamp,
    ) -> anyhow::Result<BTreeMap<ProductKey, Amounts>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.spending(whose, now)).await
    }

    async fn requests_of_message(&self, message: &MessageRef) -> anyhow::Result<Vec<RequestId>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.requests_of_message(message)).await
    }

    async fn team_use(&self, team: &TeamName) -> anyhow::Result<Vec<TeamUse>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.team_use(team)).await
    }

    async fn teams(&self) -> anyhow::Result<Vec<TeamName>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.teams()).await
    }

    async fn move_counts(&self, from: &TeamName, to: &TeamName) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.changes("move counts", self.port.move_counts(from, to)).await
    }

    async fn counts(&self, team: &TeamName, from: Date) -> anyhow::Result<CounterTotals> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.counts(team, from)).await
    }

    async fn home(&self, person: &PersonId) -> anyhow::Result<Option<HomeTab>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.home(person)).await
    }

    async fn put_home(&self, person: &PersonId, home: &HomeTab) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.changes("put home", self.port.put_home(person, home)).await
    }

    async fn aways(&self, now: Timestamp) -> anyhow::Result<Vec<Away>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.aways(now)).await
    }

    async fn homes_opened_since(&self, since: Timestamp) -> anyhow::Result<Vec<PersonId>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.homes_opened_since(since)).await
    }

    async fn audit_end(&self) -> anyhow::Result<u64> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.audit_end()).await
    }

    async fn quota_used(&self, slot: &QuotaSlot) -> anyhow::Result<u32> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.quota_used(slot)).await
    }

    async fn audit_of(&self, request: RequestId) -> anyhow::Result<Vec<AuditEntry>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.audit_of(request)).await
    }

    async fn audit_last(&self, request: RequestId) -> anyhow::Result<Option<AuditEntry>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.audit_last(request)).await
    }

    async fn audit_page(&self, cursor: u64, limit: usize) -> anyhow::Result<(Vec<AuditEntry>, u64)> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.audit_page(cursor, limit)).await
    }

    async fn portal_head(&self) -> anyhow::Result<PortalHead> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.portal_head()).await
    }

    async fn repeated_refusal(&self, key: &str) -> anyhow::Result<Option<RepeatedRefusal>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.repeated_refusal(key)).await
    }

    async fn refused_again(&self, key: &str, now: Timestamp) -> anyhow::Result<bool> {
        self.fuse.reaches_the_store().await?;
        self.fuse.changes("count a refusal", self.port.refused_again(key, now)).await
    }

    async fn counted_refusals(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<CountedRefusal>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.counted_refusals(now, limit)).await
    }

    async fn forget_refusals(&self, key: &str) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.changes("forget refusals", self.port.forget_refusals(key)).await
    }

    async fn put_bot(&self, bot: &Bot) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.put_bot(bot)).await
    }

    async fn bots(&self, since: Timestamp) -> anyhow::Result<Vec<Bot>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.bots(since)).await
    }

    async fn put_heard(&self, at: Timestamp) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.put_heard(at)).await
    }

    async fn heard_at(&self) -> anyhow::Result<Option<Timestamp>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.heard_at()).await
    }

    async fn pause(&self) -> anyhow::Result<Option<Pause>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.pause()).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<JobKey>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.due(now, limit)).await
    }

    async fn claim(
        &self,
        keys: &[JobKey],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<Vec<ClaimedJob>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.changes("claim", self.port.claim(keys, now, until)).await
    }

    async fn complete(&self, claim: &Claim) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.changes("complete", self.port.complete(claim)).await
    }

    async fn put_off(&self, claim: &Claim, due_at: Timestamp, why: &str) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.changes("put off", self.port.put_off(claim, due_at, why)).await
    }

    async fn park(&self, claim: &Claim, why: &str) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.changes("park", self.port.park(claim, why)).await
    }

    async fn retry_parked(&self, owner: &JobOwner, prefix: &str, now: Timestamp) -> anyhow::Result<usize> {
        self.fuse.reaches_the_store().await?;
        self.fuse.changes("retry parked", self.port.retry_parked(owner, prefix, now)).await
    }

    async fn parked(&self, limit: usize) -> anyhow::Result<Vec<ParkedJob>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.parked(limit)).await
    }

    async fn count_parked(&self) -> anyhow::Result<usize> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.count_parked()).await
    }

    async fn jobs_of(&self, owner: &JobOwner) -> anyhow::Result<Vec<JobKey>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.jobs_of(owner)).await
    }

    async fn due_between(
        &self,
        from: Timestamp,
        by: Timestamp,
        limit: usize,
    ) -> anyhow::Result<Vec<(Timestamp, JobKey)>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.due_between(from, by, limit)).await
    }

    async fn next_due(&self) -> anyhow::Result<Option<Timestamp>> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.next_due()).await
    }

    async fn forget(&self, now: Timestamp) -> anyhow::Result<bool> {
        self.fuse.reaches_the_store().await?;
        self.port.forget(now).await
    }

    async fn check(&self) -> anyhow::Result<()> {
        self.fuse.reaches_the_store().await?;
        self.fuse.looks(self.port.check()).await
    }
}

#[async_trait]
impl Workflow for Fused<dyn Workflow> {
    async fn start_execution(&self, input: &ExecutionInput) -> anyhow::Result<()> {
        self.fuse.changes("start execution", self.port.start_execution(input)).await
    }

    async fn send_task_success(&self, token: &TaskToken) -> Result<(), ResumeError> {
        self.fuse.changes("send task success", self.port.send_task_success(token)).await
    }

    async fn send_task_failure(&self, token: &TaskToken, error: &str) -> Result<(), ResumeError> {
        self.fuse.changes("send task failure", self.port.send_task_failure(token, error)).await
    }

    async fn is_running(&self, execution: &ExecutionName) -> anyhow::Result<bool> {
        self.fuse.looks(self.port.is_running(execution)).await
    }

    async fn running(&self) -> anyhow::Result<Vec<ExecutionName>> {
        self.fuse.looks(self.port.running()).await
    }
}

#[async_trait]
impl Provisioner for Fused<dyn Provisioner> {
    async fn provision(&self, order: &ProvisionOrder<'_>) -> Result<Started, ProvisionError> {
        self.fuse.changes("provision", self.port.provision(order)).await
    }

    async fn update(&self, order: &ProvisionOrder<'_>, change: u32) -> Result<RecordId, ProvisionError> {
        self.fuse.changes("update", self.port.update(order, change)).await
    }

    async fn describe(&self, record: &RecordId) -> anyhow::Result<RecordState> {
        self.fuse.looks(self.port.describe(record)).await
    }

    async fn terminate(&self, request: RequestId, attempt: u32) -> Result<Option<RecordId>, ProvisionError> {
        self.fuse.changes("terminate", self.port.terminate(request, attempt)).await
    }

    async fn survey(&self) -> anyhow::Result<Vec<ProvisionedRecord>> {
        self.fuse.looks(self.port.survey()).await
    }

    async fn exists(&self, request: RequestId) -> anyhow::Result<bool> {
        self.fuse.looks(self.port.exists(request)).await
    }

    fn poll_every(&self) -> Duration {
        self.port.poll_every()
    }

    fn is_simulated(&self) -> bool {
        self.port.is_simulated()
    }
}

/// What was received and not deleted comes again.
#[async_trait]
impl Queue for Fused<dyn Queue> {
    async fn receive(&self, wait: Duration) -> anyhow::Result<Vec<Delivery>> {
        self.fuse.looks(self.port.receive(wait)).await
    }

    async fn delete(&self, receipt: &str) -> anyhow::Result<()> {
        self.fuse.changes("delete message", self.port.delete(receipt)).await
    }
}
