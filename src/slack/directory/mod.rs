//! Who is who, asked from Slack. What somebody decides by is at most a minute old; what is only shown is what is known,
//! and asked for anew in the background. Who may do what is the portal's to say.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::client::{Identity, SlackClient};
use crate::domain::catalog::Principal;
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;
use crate::ports::clock::Clock;
use crate::ports::directory::{Directory, Freshness};

/// How long an answer counts for a decision.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(60);

/// Answers kept before old ones are forgotten.
const MOST: usize = 10_000;

/// Slack as the directory.
#[derive(Debug)]
pub struct SlackDirectory {
    client: Arc<SlackClient>,
    clock: Arc<dyn Clock>,
    identity: Memory<(), Identity>,
    accounts: Memory<PersonId, Option<Uncounted>>,
    groups: Memory<GroupId, BTreeSet<PersonId>>,
    addresses: Memory<String, Option<PersonId>>,
    named: Memory<(PersonId, String), Option<PersonId>>,
}

impl SlackDirectory {
    /// A directory that asks through `client`.
    pub fn new(client: Arc<SlackClient>, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            clock,
            identity: Memory::default(),
            accounts: Memory::default(),
            groups: Memory::default(),
            addresses: Memory::default(),
            named: Memory::default(),
        }
    }

    /// An answer of this memory, as fresh as it has to be.
    async fn recall<K, A>(
        &self,
        memory: &Memory<K, A>,
        (key, freshness): (&K, Freshness),
        ask: impl Future<Output = anyhow::Result<A>> + Send + 'static,
    ) -> anyhow::Result<A>
    where
        K: Clone + Eq + Hash,
        A: Clone + Send + 'static,
    {
        let recalled = memory.slot(key).recall(freshness, &self.clock, ask);
        let limit = self.client.limits().question;
        let recalled = tokio::time::timeout(limit, recalled).await;
        recalled.map_err(|_| anyhow!("Slack did not answer within {limit:?}"))?
    }
}

#[async_trait]
impl Directory for SlackDirectory {
    async fn why_not_counted(
        &self,
        person: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<Option<Uncounted>> {
        let (client, clock, asked) = (Arc::clone(&self.client), Arc::clone(&self.clock), person.clone());
        let identity = self.identity.slot(&());
        let ask = async move {
            let Some(member) = client.member(&asked).await? else { return Ok(Some(Uncounted::Unknown)) };
            if let Some(why) = member.uncounted() {
                return Ok(Some(why));
            }
            // Whose token this is does not change while it is used.
            let ours = async move { client.identity().await };
            let ours = identity.recall(Freshness::Known, &clock, ours).await?;
            Ok((!member.is_of(&ours)).then_some(Uncounted::Stranger))
        };
        let asked = self.recall(&self.accounts, (person, freshness), ask).await;
        asked.with_context(|| format!("cannot ask Slack who {person} is"))
    }

    async fn group_members(
        &self,
        group: &GroupId,
        freshness: Freshness,
    ) -> anyhow::Result<BTreeSet<PersonId>> {
        let (client, asked) = (Arc::clone(&self.client), group.clone());
        let ask = async move { Ok(client.people_in(&asked).await?.into_iter().collect()) };
        let asked = self.recall(&self.groups, (group, freshness), ask).await;
        asked.with_context(|| format!("cannot ask Slack who is in group {group}"))
    }

    async fn person_by_email(&self, email: &str, freshness: Freshness) -> anyhow::Result<Option<PersonId>> {
        let (client, address) = (Arc::clone(&self.client), email.to_lowercase());
        let asked = address.clone();
        let ask = async move {
            let member = client.member_by_email(&asked).await?;
            Ok(member.and_then(|member| member.has_confirmed_email().then(|| member.person())))
        };
        let asked = self.recall(&self.addresses, (&address, freshness), ask).await;
        asked.context("cannot ask Slack whose address this is")
    }

    async fn named_in_profile(
        &self,
        person: &PersonId,
        field: &str,
        freshness: Freshness,
    ) -> anyhow::Result<Option<PersonId>> {
        let question = (person.clone(), field.to_owned());
        let (client, (asked, of)) = (Arc::clone(&self.client), question.clone());
        let ask = async move {
            let value = client.profile_field(&asked, &of).await?;
            Ok(value.as_deref().and_then(first_person))
        };
        let asked = self.recall(&self.named, (&question, freshness), ask).await;
        asked.with_context(|| format!("cannot ask Slack whom field {field} of {person} names"))
    }
}

/// The first of the people that a profile field holds, as Slack writes them: ids with commas between.
fn first_person(value: &str) -> Option<PersonId> {
    match Principal::parse(value.split(',').next()?.trim()) {
        Some(Principal::Person(person)) => Some(person),
        Some(Principal::Group(_) | Principal::Email(_)) | None => None,
    }
}

/// Answers by question.
#[derive(Debug)]
struct Memory<K, A>(Mutex<HashMap<K, Arc<Slot<A>>>>);

impl<K, A> Default for Memory<K, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, A> Memory<K, A> {
    fn slot(&self, key: &K) -> Arc<Slot<A>> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() > MOST {
            slots.clear();
        }
        Arc::clone(slots.entry(key.clone()).or_insert_with(|| Arc::new(Slot::default())))
    }
}

/// One answer. Whoever asks what somebody else is asking already waits for that answer.
#[derive(Debug)]
struct Slot<A> {
    known: Mutex<Option<(Timestamp, A)>>,
    asking: Arc<tokio::sync::Mutex<()>>,
}

impl<A> Default for Slot<A> {
    fn default() -> Self {
        Self { known: Mutex::default(), asking: Arc::default() }
    }
}

impl<A: Clone + Send + 'static> Slot<A> {
    async fn recall(
        self: Arc<Self>,
        freshness: Freshness,
        clock: &Arc<dyn Clock>,
        ask: impl Future<Output = anyhow::Result<A>> + Send + 'static,
    ) -> anyhow::Result<A> {
        let (known, is_fresh) = self.known(clock.now());
        match known {
            Some(known) if is_fresh => return Ok(known),
            Some(known) if freshness == Freshness::Known => {
                self.ask_in_the_background(Arc::clone(clock), ask);
                return Ok(known);
            }
            Some(_) | None => {}
        }
        let asking = Arc::clone(&self.asking);
        let _asking = asking.lock().await;
        if let (Some(known), true) = self.known(clock.now()) {
            return Ok(known);
        }
        let asked_at = clock.now();
        let answer = ask.await?;
        self.remember(asked_at, answer.clone());
        Ok(answer)
    }

    fn ask_in_the_background(
        self: Arc<Self>,
        clock: Arc<dyn Clock>,
        ask: impl Future<Output = anyhow::Result<A>> + Send + 'static,
    ) {
        let Ok(asking) = Arc::clone(&self.asking).try_lock_owned() else { return };
        tokio::spawn(async move {
            let asked_at = clock.now();
            match ask.await {
                Ok(answer) => self.remember(asked_at, answer),
                Err(error) => {
                    tracing::debug!(
                        error = format!("{error:#}"),
                        "what Slack said about people stays as old as it is"
                    );
                }
            }
            drop(asking);
        });
    }

    /// The answer, and whether it is fresh enough to decide by.
    fn known(&self, now: Timestamp) -> (Option<A>, bool) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_ref() {
            Some((asked_at, answer)) => {
                (Some(answer.clone()), now.duration_since(*asked_at).abs() < REMEMBERED)
            }
            None => (None, false),
        }
    }

    /// The age of an answer counts from when it was asked for.
    fn remember(&self, asked_at: Timestamp, answer: A) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((asked_at, answer));
    }
}

#[cfg(test)]
mod tests;
