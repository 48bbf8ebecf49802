//! A store that stands between a bot and its store to bring about what a sudden end of the process leaves behind.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use quartermaster::domain::audit::AuditEntry;
use quartermaster::domain::ids::{PersonId, RequestId, TeamName};
use quartermaster::domain::job::{JobKey, Subject};
use quartermaster::domain::quota::{QuotaSlot, TeamUse};
use quartermaster::domain::request::{MessageRef, Request, Surface};
use quartermaster::ports::store::{
    Claim, ClaimedJob, Commit, CommitError, Holding, HomeTab, RowChange, Store, Which, Whose,
};

/// What is to go wrong, and how much of it has.
#[derive(Debug)]
pub(super) struct Plan {
    jobs_left: AtomicUsize,
    /// Whether the last job is stored as done.
    lasts: bool,
    /// Where a message stands is not stored the next time that one of these is posted.
    loses: Mutex<Option<Surface>>,
    spent: AtomicBool,
}

impl Plan {
    pub(super) fn stop_after(jobs: usize, lasts: bool) -> Self {
        let (loses, spent) = (Mutex::default(), AtomicBool::new(false));
        Self { jobs_left: AtomicUsize::new(jobs), lasts, loses, spent }
    }

    pub(super) fn lose(surface: Surface) -> Self {
        Self { loses: Mutex::new(Some(surface)), ..Self::stop_after(usize::MAX, true) }
    }

    /// Whether it has happened.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub(super) struct Interrupted {
    store: Arc<dyn Store>,
    plan: Arc<Plan>,
}

impl Interrupted {
    pub(super) fn new(store: Arc<dyn Store>, plan: Arc<Plan>) -> Self {
        Self { store, plan }
    }

    /// Whether this commit says where such a message was posted.
    async fn records(&self, commit: &Commit, surface: Surface) -> bool {
        let Some(RowChange::Replace(row)) = &commit.row else { return false };
        let before = self.store.load(row.id).await.unwrap().unwrap();
        row.messages.contains_key(&surface) && !before.messages.contains_key(&surface)
    }
}

#[async_trait]
impl Store for Interrupted {
    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let lost = *self.plan.loses.lock().unwrap();
        if let Some(surface) = lost
            && self.records(&commit, surface).await
        {
            *self.plan.loses.lock().unwrap() = None;
            self.plan.spent.store(true, Ordering::Relaxed);
            return Err(CommitError::Other(anyhow::anyhow!("the store is gone")));
        }
        self.store.commit(commit).await
    }

    /// One job at a time, until the bot is killed.
    async fn due(&self, now: Timestamp, _limit: usize) -> anyhow::Result<Vec<JobKey>> {
        let due = self.store.due(now, 1).await?;
        if !due.is_empty() {
            let left = self.plan.jobs_left.load(Ordering::Relaxed);
            if left == 0 {
                self.plan.spent.store(true, Ordering::Relaxed);
                anyhow::bail!("the bot was killed");
            }
            self.plan.jobs_left.store(left - 1, Ordering::Relaxed);
        }
        Ok(due)
    }

    async fn complete(&self, claim: &Claim) -> anyhow::Result<()> {
        if !self.plan.lasts && self.plan.jobs_left.load(Ordering::Relaxed) == 0 {
            self.plan.spent.store(true, Ordering::Relaxed);
            anyhow::bail!("the bot was killed");
        }
        self.store.complete(claim).await
    }

    async fn load(&self, id: RequestId) -> anyhow::Result<Option<Request>> {
        self.store.load(id).await
    }

    async fn find(&self, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
        self.store.find(prefix, limit).await
    }

    async fn list(
        &self,
        whose: &Whose,
        which: Which,
        skip: usize,
        limit: usize,
    ) -> anyhow::Result<Vec<Request>> {
        self.store.list(whose, which, skip, limit).await
    }

    async fn holdings(&self, whose: &Whose, since: Timestamp) -> anyhow::Result<Vec<Holding>> {
        self.store.holdings(whose, since).await
    }

    async fn requests_of_message(&self, message: &MessageRef) -> anyhow::Result<Vec<RequestId>> {
        self.store.requests_of_message(message).await
    }

    async fn team_use(&self, team: &TeamName) -> anyhow::Result<Vec<TeamUse>> {
        self.store.team_use(team).await
    }

    async fn home(&self, person: &PersonId) -> anyhow::Result<Option<HomeTab>> {
        self.store.home(person).await
    }

    async fn put_home(&self, person: &PersonId, home: &HomeTab) -> anyhow::Result<()> {
        self.store.put_home(person, home).await
    }

    async fn homes_opened_since(&self, since: Timestamp) -> anyhow::Result<Vec<PersonId>> {
        self.store.homes_opened_since(since).await
    }

    async fn audit_end(&self) -> anyhow::Result<u64> {
        self.store.audit_end().await
    }

    async fn quota_used(&self, slot: &QuotaSlot) -> anyhow::Result<u32> {
        self.store.quota_used(slot).await
    }

    async fn audit_of(&self, request: RequestId) -> anyhow::Result<Vec<AuditEntry>> {
        self.store.audit_of(request).await
    }

    async fn audit_page(&self, cursor: u64, limit: usize) -> anyhow::Result<(Vec<AuditEntry>, u64)> {
        self.store.audit_page(cursor, limit).await
    }

    async fn claim(
        &self,
        keys: &[JobKey],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<Vec<ClaimedJob>> {
        self.store.claim(keys, now, until).await
    }

    async fn put_off(&self, claim: &Claim, due_at: Timestamp, why: &str) -> anyhow::Result<()> {
        self.store.put_off(claim, due_at, why).await
    }

    async fn park(&self, claim: &Claim, why: &str) -> anyhow::Result<()> {
        self.store.park(claim, why).await
    }

    async fn retry_parked(&self, of: &Subject, prefix: &str, now: Timestamp) -> anyhow::Result<usize> {
        self.store.retry_parked(of, prefix, now).await
    }

    async fn next_due(&self) -> anyhow::Result<Option<Timestamp>> {
        self.store.next_due().await
    }

    async fn check(&self) -> anyhow::Result<()> {
        self.store.check().await
    }
}
