//! Who is who, asked from Slack and remembered for a minute. Who may do what is the domain's to say.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::client::SlackClient;
use crate::domain::catalog::Principal;
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;

/// How long an answer counts.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(60);

/// Time for a whole question, however many calls it takes.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Members of a group that are asked about one by one. Slack answers about 100 such questions a minute, so a larger
/// group is taken as Slack lists it, which leaves out deactivated members by itself.
const ASKED_ABOUT: usize = 50;

/// Questions at a time.
const AT_ONCE: usize = 10;

/// Answers kept before old ones are forgotten.
const MOST: usize = 10_000;

/// Slack as the directory.
#[derive(Debug)]
pub struct SlackDirectory {
    client: Arc<SlackClient>,
    clock: Arc<dyn Clock>,
    groups: Memory<GroupId, BTreeSet<PersonId>>,
    addresses: Memory<String, Option<PersonId>>,
    full_members: Memory<PersonId, bool>,
    named: Memory<(PersonId, String), Option<PersonId>>,
}

impl SlackDirectory {
    /// A directory that asks through `client`.
    pub fn new(client: Arc<SlackClient>, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            clock,
            groups: Memory::default(),
            addresses: Memory::default(),
            full_members: Memory::default(),
            named: Memory::default(),
        }
    }

    async fn counts_fully(&self, person: &PersonId) -> anyhow::Result<bool> {
        let ask = async {
            let member = self.client.member(person).await?;
            Ok(member.is_some_and(|member| member.is_full()))
        };
        self.full_members.recall(person, self.clock.as_ref(), ask).await
    }

    async fn ask_group(&self, group: &GroupId) -> anyhow::Result<BTreeSet<PersonId>> {
        let listed = self.client.people_in(group).await?;
        if listed.len() > ASKED_ABOUT {
            return Ok(listed.into_iter().collect());
        }
        let checked = stream::iter(listed).map(|person| async move {
            let is_full = self.counts_fully(&person).await?;
            anyhow::Ok(is_full.then_some(person))
        });
        let checked: Vec<Option<PersonId>> = checked.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(checked.into_iter().flatten().collect())
    }
}

#[async_trait]
impl Directory for SlackDirectory {
    async fn is_active(&self, person: &PersonId) -> anyhow::Result<bool> {
        let ask =
            async { anyhow::Ok(self.client.member(person).await?.is_some_and(|member| member.is_here())) };
        in_time(ask).await.context("cannot ask Slack whether a person is still there")
    }

    async fn is_full_member(&self, person: &PersonId) -> anyhow::Result<bool> {
        in_time(self.counts_fully(person)).await.context("cannot ask Slack whether a person is a full member")
    }

    async fn named_in_profile(&self, person: &PersonId, field: &str) -> anyhow::Result<Option<PersonId>> {
        let ask = async {
            let value = self.client.profile_field(person, field).await?;
            let Some(named) = value.as_deref().and_then(first_person) else { return Ok(None) };
            Ok(self.counts_fully(&named).await?.then_some(named))
        };
        let question = (person.clone(), field.to_owned());
        let ask = self.named.recall(&question, self.clock.as_ref(), ask);
        in_time(ask).await.with_context(|| format!("cannot ask Slack whom field {field} of {person} names"))
    }

    async fn why_not_counted(&self, person: &PersonId) -> anyhow::Result<Option<Uncounted>> {
        let ask =
            async { anyhow::Ok(self.client.member(person).await?.and_then(|member| member.uncounted())) };
        in_time(ask).await.context("cannot ask Slack who a person is")
    }

    async fn group_members(&self, group: &GroupId) -> anyhow::Result<BTreeSet<PersonId>> {
        let ask = self.groups.recall(group, self.clock.as_ref(), self.ask_group(group));
        in_time(ask).await.with_context(|| format!("cannot ask Slack who is in group {group}"))
    }

    async fn person_by_email(&self, email: &str) -> anyhow::Result<Option<PersonId>> {
        let ask = async {
            let member = self.client.member_by_email(email).await?;
            let trusted = member.filter(|member| member.is_full() && member.has_confirmed_email());
            Ok(trusted.map(|member| member.person()))
        };
        let address = email.to_lowercase();
        let ask = self.addresses.recall(&address, self.clock.as_ref(), ask);
        in_time(ask).await.context("cannot ask Slack whose address this is")
    }
}

/// The first of the people that a profile field holds, as Slack writes them: ids with commas between.
fn first_person(value: &str) -> Option<PersonId> {
    match Principal::parse(value.split(',').next()?.trim()) {
        Some(Principal::Person(person)) => Some(person),
        Some(Principal::Group(_) | Principal::Email(_)) | None => None,
    }
}

async fn in_time<A>(ask: impl Future<Output = anyhow::Result<A>>) -> anyhow::Result<A> {
    tokio::time::timeout(PATIENCE, ask)
        .await
        .map_err(|_| anyhow!("Slack did not answer within {PATIENCE:?}"))?
}

/// Answers by question. Whoever asks what somebody else is asking already waits for that answer.
#[derive(Debug)]
struct Memory<K, A>(Mutex<HashMap<K, Slot<A>>>);

type Slot<A> = Arc<Mutex<Option<(Timestamp, A)>>>;

impl<K, A> Default for Memory<K, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, A: Clone> Memory<K, A> {
    async fn recall(
        &self,
        key: &K,
        clock: &dyn Clock,
        ask: impl Future<Output = anyhow::Result<A>>,
    ) -> anyhow::Result<A> {
        let slot = self.slot(key).await;
        let mut answer = slot.lock().await;
        let now = clock.now();
        if let Some((asked_at, known)) = answer.as_ref()
            && now.duration_since(*asked_at).abs() < REMEMBERED
        {
            return Ok(known.clone());
        }
        let fresh = ask.await?;
        // An answer is as old as its question.
        *answer = Some((now, fresh.clone()));
        Ok(fresh)
    }

    async fn slot(&self, key: &K) -> Slot<A> {
        let mut slots = self.0.lock().await;
        if slots.len() > MOST {
            slots.clear();
        }
        Arc::clone(slots.entry(key.clone()).or_default())
    }
}

#[cfg(test)]
mod tests;
