//! A store that translates team names: what is stored under a former name of a team belongs to that team. Everything
//! that reads or writes requests goes through here, so a renamed team keeps everything at once.
//!
//! A row that is read gets the current name and remembers the stored one. It is written back under the stored name, and
//! its slot is counted there, so that bots with the previous settings count the same. Only `teams` moves rows and slots
//! to the new name, both in one commit.
//!
//! Also marks every error as one of [`Side::Store`], so that users can be told what does not answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::audit::AuditEntry;
use crate::domain::away::Away;
use crate::domain::counters::CounterTotals;
use crate::domain::ids::{PersonId, ProductKey, RequestId, TeamName};
use crate::domain::job::{JobKey, JobOwner};
use crate::domain::organization::Organization;
use crate::domain::pause::Pause;
use crate::domain::quota::{QuotaSlot, TeamUse};
use crate::domain::repeats::RepeatedRefusal;
use crate::domain::request::{MessageRef, Request};
use crate::domain::spending::Amounts;
use crate::ports::outage::Side;
use crate::ports::store::{
    Bot, Claim, ClaimedJob, Commit, CommitError, CountedRefusal, Cursor, Holding, HomeTab, ParkedJob,
    PortalHead, RequestFilter, RequestPage, RequestScope, RowChange, Store,
};
use crate::ports::stored::is_unread;

/// A store with the team names of these settings.
#[derive(Debug)]
struct NamedStore {
    stored: Arc<dyn Store>,
    organization: Arc<Organization>,
}

/// Wraps a store to use the team names of these settings.
pub(crate) fn named(stored: &Arc<dyn Store>, organization: &Arc<Organization>) -> Arc<dyn Store> {
    let (stored, organization) = (Arc::clone(stored), Arc::clone(organization));
    Arc::new(NamedStore { stored, organization })
}

/// Marks an error as one of the store.
fn marked<T>(answer: anyhow::Result<T>) -> anyhow::Result<T> {
    answer.map_err(of_store)
}

/// Leaves unreadable data alone: the store did answer, and retrying does not help.
fn of_store(error: anyhow::Error) -> anyhow::Error {
    if is_unread(&error) { error } else { Side::Store.failed(error) }
}

impl NamedStore {
    /// Returns all names of the team, the current one last: a row that moves from a former name to the current one
    /// while both are read may be seen twice, but is not missed.
    fn names(&self, team: &TeamName) -> Vec<TeamName> {
        let former = self.organization.former_names(team).iter().cloned();
        former.chain([self.organization.current_name(team)]).collect()
    }

    /// Returns the scope under each name of its team.
    fn each(&self, scope: &RequestScope) -> Vec<RequestScope> {
        match scope {
            RequestScope::Team(team) => self.names(team).into_iter().map(RequestScope::Team).collect(),
            RequestScope::TeamProduct(team, product) => {
                let named = |team| RequestScope::TeamProduct(team, product.clone());
                self.names(team).into_iter().map(named).collect()
            }
            RequestScope::Owner(_) | RequestScope::Product(_) | RequestScope::All => vec![scope.clone()],
        }
    }

    fn as_now(&self, mut request: Request) -> Request {
        let now = self.organization.current_name(&request.team);
        if now != request.team {
            request.stored_team = Some(std::mem::replace(&mut request.team, now));
        }
        request
    }
}

/// Restores the stored team name of a row.
fn as_stored(row: RowChange) -> RowChange {
    let stored = |mut request: Box<Request>| {
        if let Some(team) = request.stored_team.take() {
            request.team = team;
        }
        request
    };
    match row {
        RowChange::Insert(request) => RowChange::Insert(stored(request)),
        RowChange::Replace(request) => RowChange::Replace(stored(request)),
    }
}

#[async_trait]
impl Store for NamedStore {
    async fn commit(&self, mut commit: Commit) -> Result<(), CommitError> {
        commit.row = commit.row.map(as_stored);
        if let Some(change) = &commit.quota {
            commit.namesakes = self.names(change.team());
            commit.namesakes.retain(|name| name != change.team());
        }
        match self.stored.commit(commit).await {
            Err(CommitError::Other(error)) => Err(of_store(error).into()),
            other => other,
        }
    }

    async fn load(&self, id: RequestId) -> anyhow::Result<Option<Request>> {
        Ok(marked(self.stored.load(id).await)?.map(|request| self.as_now(request)))
    }

    async fn find(&self, prefix: &str, limit: usize) -> anyhow::Result<Vec<Request>> {
        let requests = marked(self.stored.find(prefix, limit).await)?;
        Ok(requests.into_iter().map(|request| self.as_now(request)).collect())
    }

    async fn list(
        &self,
        scope: &RequestScope,
        filter: RequestFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> anyhow::Result<RequestPage> {
        let (mut rows, mut more) = (BTreeMap::new(), false);
        for named in self.each(scope) {
            let page = marked(self.stored.list(&named, filter, after, limit).await)?;
            more |= page.more;
            // Keyed by id: a row that moves between names meanwhile is listed once.
            rows.extend(
                page.places.into_iter().map(|(at, request)| (request.id, (at, self.as_now(request)))),
            );
        }
        let mut places: Vec<(Cursor, Request)> = rows.into_values().collect();
        places.sort_by(|(one, _), (other, _)| one.cmp(other));
        if !filter.is_oldest_first() {
            places.reverse();
        }
        // Each name may contribute a full page.
        let page = RequestPage::cut(places, limit);
        Ok(RequestPage { more: more || page.more, ..page })
    }

    async fn put_into_lists(&self, id: RequestId, revision: u64) -> anyhow::Result<()> {
        marked(self.stored.put_into_lists(id, revision).await)
    }

    async fn holdings(&self, scope: &RequestScope, since: Timestamp) -> anyhow::Result<Vec<Holding>> {
        let mut holdings = BTreeMap::new();
        for named in self.each(scope) {
            for holding in marked(self.stored.holdings(&named, since).await)? {
                let team = self.organization.current_name(&holding.team);
                // Keyed by id, as in `list`.
                holdings.insert(holding.request, Holding { team, ..holding });
            }
        }
        Ok(holdings.into_values().collect())
    }

    async fn count_waiting(&self, scope: &RequestScope, most: usize) -> anyhow::Result<usize> {
        let mut count = 0_usize;
        for named in self.each(scope) {
            count = count.saturating_add(marked(self.stored.count_waiting(&named, most).await)?);
        }
        Ok(count.min(most))
    }

    async fn spending(
        &self,
        scope: &RequestScope,
        now: Timestamp,
    ) -> anyhow::Result<BTreeMap<ProductKey, Amounts>> {
        let mut sums: BTreeMap<ProductKey, Amounts> = BTreeMap::new();
        for named in self.each(scope) {
            for (product, amounts) in marked(self.stored.spending(&named, now).await)? {
                sums.entry(product).or_default().add(&amounts);
            }
        }
        Ok(sums)
    }

    async fn requests_of_message(&self, message: &MessageRef) -> anyhow::Result<Vec<RequestId>> {
        marked(self.stored.requests_of_message(message).await)
    }

    async fn quota_used(&self, slot: &QuotaSlot) -> anyhow::Result<u32> {
        let mut used = 0_u32;
        for team in self.names(&slot.team) {
            let slot = QuotaSlot { team, product: slot.product.clone() };
            // A slot is counted under the name that its request was stored with.
            used = used.saturating_add(marked(self.stored.quota_used(&slot).await)?);
        }
        Ok(used)
    }

    async fn team_use(&self, team: &TeamName) -> anyhow::Result<Vec<TeamUse>> {
        let mut uses: BTreeMap<_, TeamUse> = BTreeMap::new();
        for name in self.names(team) {
            for used in marked(self.stored.team_use(&name).await)? {
                uses.entry(used.product.clone())
                    // Both names may hold the same product.
                    .and_modify(|sum| {
                        sum.used = sum.used.saturating_add(used.used);
                        sum.monthly = sum.monthly.saturating_add(used.monthly);
                    })
                    .or_insert(used);
            }
        }
        Ok(uses.into_values().collect())
    }

    async fn teams(&self) -> anyhow::Result<Vec<TeamName>> {
        let mut teams: Vec<TeamName> = marked(self.stored.teams().await)?
            .iter()
            .map(|name| self.organization.current_name(name))
            .collect();
        teams.sort();
        // Several stored names may belong to one team.
        teams.dedup();
        Ok(teams)
    }

    async fn move_counts(&self, from: &TeamName, to: &TeamName) -> anyhow::Result<()> {
        // Both names are meant literally.
        marked(self.stored.move_counts(from, to).await)
    }

    async fn counts(&self, team: &TeamName, from: Date) -> anyhow::Result<CounterTotals> {
        let mut counts = CounterTotals::default();
        for name in self.names(team) {
            counts.extend(&marked(self.stored.counts(&name, from).await)?);
        }
        Ok(counts)
    }

    async fn home(&self, person: &PersonId) -> anyhow::Result<Option<HomeTab>> {
        marked(self.stored.home(person).await)
    }

    async fn put_home(&self, person: &PersonId, home: &HomeTab) -> anyhow::Result<()> {
        marked(self.stored.put_home(person, home).await)
    }

    async fn homes_opened_since(&self, since: Timestamp) -> anyhow::Result<Vec<PersonId>> {
        marked(self.stored.homes_opened_since(since).await)
    }

    async fn aways(&self, now: Timestamp) -> anyhow::Result<Vec<Away>> {
        marked(self.stored.aways(now).await)
    }

    async fn audit_of(&self, request: RequestId) -> anyhow::Result<Vec<AuditEntry>> {
        marked(self.stored.audit_of(request).await)
    }

    async fn audit_last(&self, request: RequestId) -> anyhow::Result<Option<AuditEntry>> {
        marked(self.stored.audit_last(request).await)
    }

    async fn audit_page(&self, cursor: u64, limit: usize) -> anyhow::Result<(Vec<AuditEntry>, u64)> {
        marked(self.stored.audit_page(cursor, limit).await)
    }

    async fn audit_end(&self) -> anyhow::Result<u64> {
        marked(self.stored.audit_end().await)
    }

    async fn portal_head(&self) -> anyhow::Result<PortalHead> {
        marked(self.stored.portal_head().await)
    }

    async fn repeated_refusal(&self, key: &str) -> anyhow::Result<Option<RepeatedRefusal>> {
        marked(self.stored.repeated_refusal(key).await)
    }

    async fn refused_again(&self, key: &str, now: Timestamp) -> anyhow::Result<bool> {
        marked(self.stored.refused_again(key, now).await)
    }

    async fn counted_refusals(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<CountedRefusal>> {
        marked(self.stored.counted_refusals(now, limit).await)
    }

    async fn forget_refusals(&self, key: &str) -> anyhow::Result<()> {
        marked(self.stored.forget_refusals(key).await)
    }

    async fn put_bot(&self, bot: &Bot) -> anyhow::Result<()> {
        marked(self.stored.put_bot(bot).await)
    }

    async fn bots(&self, since: Timestamp) -> anyhow::Result<Vec<Bot>> {
        marked(self.stored.bots(since).await)
    }

    async fn put_heard(&self, at: Timestamp) -> anyhow::Result<()> {
        marked(self.stored.put_heard(at).await)
    }

    async fn heard_at(&self) -> anyhow::Result<Option<Timestamp>> {
        marked(self.stored.heard_at().await)
    }

    async fn pause(&self) -> anyhow::Result<Option<Pause>> {
        marked(self.stored.pause().await)
    }

    async fn due(&self, now: Timestamp, limit: usize) -> anyhow::Result<Vec<JobKey>> {
        marked(self.stored.due(now, limit).await)
    }

    async fn claim(
        &self,
        keys: &[JobKey],
        now: Timestamp,
        until: Timestamp,
    ) -> anyhow::Result<Vec<ClaimedJob>> {
        marked(self.stored.claim(keys, now, until).await)
    }

    async fn complete(&self, claim: &Claim) -> anyhow::Result<()> {
        marked(self.stored.complete(claim).await)
    }

    async fn put_off(&self, claim: &Claim, due_at: Timestamp, why: &str) -> anyhow::Result<()> {
        marked(self.stored.put_off(claim, due_at, why).await)
    }

    async fn park(&self, claim: &Claim, why: &str) -> anyhow::Result<()> {
        marked(self.stored.park(claim, why).await)
    }

    async fn retry_parked(&self, owner: &JobOwner, prefix: &str, now: Timestamp) -> anyhow::Result<usize> {
        marked(self.stored.retry_parked(owner, prefix, now).await)
    }

    async fn parked(&self, limit: usize) -> anyhow::Result<Vec<ParkedJob>> {
        marked(self.stored.parked(limit).await)
    }

    async fn count_parked(&self) -> anyhow::Result<usize> {
        marked(self.stored.count_parked().await)
    }

    async fn jobs_of(&self, owner: &JobOwner) -> anyhow::Result<Vec<JobKey>> {
        marked(self.stored.jobs_of(owner).await)
    }

    async fn due_between(
        &self,
        from: Timestamp,
        by: Timestamp,
        limit: usize,
    ) -> anyhow::Result<Vec<(Timestamp, JobKey)>> {
        marked(self.stored.due_between(from, by, limit).await)
    }

    async fn next_due(&self) -> anyhow::Result<Option<Timestamp>> {
        marked(self.stored.next_due().await)
    }

    async fn forget(&self, now: Timestamp) -> anyhow::Result<bool> {
        marked(self.stored.forget(now).await)
    }

    async fn check(&self) -> anyhow::Result<()> {
        marked(self.stored.check().await)
    }
}
