//! Who is who, asked from Slack. What somebody decides by is at most a minute old; what is only shown is what is known,
//! and asked for anew in the background. Who may do what is the portal's to say.
//!
//! Slack takes few calls a minute (docs.slack.dev/apis/web-api/rate-limits: tier 2 twenty, tier 3 fifty, tier 4 a hundred,
//! looked up on 2026-11-29), so an answer costs as much as its question, however large the organization is: who is in which
//! group is one call for all groups, whoever wants to know it; an account is one call, unless all of them have just been
//! listed; whether an address is somebody's is read off their account.

mod memory;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::client::{Identity, Member, SlackClient};
use crate::domain::catalog::Principal;
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;
use crate::ports::clock::Clock;
use crate::ports::directory::{Directory, Freshness};
use crate::ports::slack::SlackError;
use memory::{Memory, REMEMBERED};

/// How old may be shown what is asked about one by one, before it is asked for anew.
const SHOWN: SignedDuration = SignedDuration::from_mins(15);

/// All accounts are listed again after this time, as long as somebody wants to know something.
const LISTED_AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// Pages of accounts that are asked for one after the other; then one in each [`PAGE_PAUSE`]: together no more than the twenty
/// that Slack takes in any minute.
const PAGES_AT_ONCE: usize = 5;
const PAGE_PAUSE: Duration = Duration::from_secs(4);

/// The most pages, those included that Slack asks to wait with; whoever is on none of them is asked about one by one.
const MOST_PAGES: usize = 60;

/// Accounts, and answers of each other kind, that are kept before old ones are forgotten.
const MOST_ACCOUNTS: usize = 100_000;
const MOST: usize = 10_000;

/// Slack as the directory.
#[derive(Debug)]
pub struct SlackDirectory {
    client: Arc<SlackClient>,
    clock: Arc<dyn Clock>,
    accounts: Memory<PersonId, Account>,
    groups: Memory<(), Arc<Groups>>,
    addresses: Memory<String, Option<PersonId>>,
    named: Memory<(PersonId, String), Option<PersonId>>,
    /// When all accounts were listed the last time.
    listed: Mutex<Option<Timestamp>>,
    /// Whether anybody wanted to know anything since.
    is_used: AtomicBool,
}

/// Who is in which group.
type Groups = HashMap<GroupId, Arc<BTreeSet<PersonId>>>;

/// What is known of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Account {
    uncounted: Option<Uncounted>,
    /// Its address in small letters, and whether Slack has confirmed that.
    email: Option<(String, bool)>,
}

impl Account {
    /// What Slack's answer about an account says to the workspace or enterprise that our token is for.
    fn of(member: Option<&Member>, ours: &Identity) -> Self {
        let Some(member) = member else { return Self { uncounted: Some(Uncounted::Unknown), email: None } };
        let stranger = || (!member.is_of(ours)).then_some(Uncounted::Stranger);
        Self {
            uncounted: member.uncounted().or_else(stranger),
            email: member.email().map(|email| (email.to_lowercase(), member.has_confirmed_email())),
        }
    }
}

impl SlackDirectory {
    /// A directory that asks through `client`.
    pub fn new(client: Arc<SlackClient>, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            clock,
            accounts: Memory::new(MOST_ACCOUNTS, SHOWN),
            groups: Memory::new(1, REMEMBERED),
            addresses: Memory::new(MOST, SHOWN),
            named: Memory::new(MOST, SHOWN),
            listed: Mutex::default(),
            is_used: AtomicBool::new(true),
        }
    }

    /// An answer of this memory, as fresh as it has to be.
    async fn recall<K, A>(
        &self,
        memory: &Memory<K, A>,
        question: (&K, Freshness),
        ask: impl Future<Output = anyhow::Result<A>> + Send + 'static,
    ) -> anyhow::Result<A>
    where
        K: Clone + Eq + Hash,
        A: Clone + Send + Sync + 'static,
    {
        self.is_used.store(true, Ordering::Relaxed);
        let limit = self.client.limits().question;
        let recalled = tokio::time::timeout(limit, memory.recall(question, &self.clock, ask)).await;
        // The answer is kept when it comes later.
        recalled.map_err(|_| self.client.late(format!("Slack did not answer within {limit:?}")))?
    }

    async fn account(&self, person: &PersonId, freshness: Freshness) -> anyhow::Result<Account> {
        let (client, asked) = (Arc::clone(&self.client), person.clone());
        let ask = async move {
            let member = client.member(&asked).await?;
            // Only of an account that could count it matters whose it is.
            let ours = match &member {
                Some(member) if member.uncounted().is_none() => client.own_identity().await?,
                Some(_) | None => Identity::default(),
            };
            Ok(Account::of(member.as_ref(), &ours))
        };
        let asked = self.recall(&self.accounts, (person, freshness), ask).await;
        asked.with_context(|| format!("cannot ask Slack who {person} is"))
    }

    /// Lists all accounts, unless that was done lately.
    async fn list_accounts(&self) -> anyhow::Result<()> {
        let began = self.clock.now();
        let listed = *self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if listed.is_some_and(|at| began.duration_since(at).abs() < LISTED_AGAIN) {
            return Ok(());
        }
        let ours = self.client.own_identity().await?;
        let mut cursor = None;
        for page in 0..MOST_PAGES {
            if page >= PAGES_AT_ONCE {
                tokio::time::sleep_until(tokio::time::Instant::now() + PAGE_PAUSE).await;
            }
            let asked_at = self.clock.now();
            let page = match self.client.members(cursor.clone()).await {
                Err(SlackError::RateLimited(wait)) => {
                    tokio::time::sleep_until(tokio::time::Instant::now() + wait).await;
                    continue;
                }
                page => page?,
            };
            for member in &page.members {
                let account = Account::of(Some(member), &ours);
                // Whoever has left and was never asked about needs no room.
                let counts = account.uncounted.is_none();
                self.accounts.learn(&member.person(), counts, asked_at, account);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = Some(began);
        Ok(())
    }
}

#[async_trait]
impl Directory for SlackDirectory {
    async fn why_not_counted(
        &self,
        person: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<Option<Uncounted>> {
        Ok(self.account(person, freshness).await?.uncounted)
    }

    async fn group_members(
        &self,
        group: &GroupId,
        freshness: Freshness,
    ) -> anyhow::Result<Arc<BTreeSet<PersonId>>> {
        let client = Arc::clone(&self.client);
        let ask = async move {
            let groups = client.groups().await?.into_iter();
            Ok(Arc::new(groups.map(|(group, people)| (group, Arc::new(people))).collect()))
        };
        let groups = self.recall(&self.groups, (&(), freshness), ask).await;
        let groups = groups.with_context(|| format!("cannot ask Slack who is in group {group}"))?;
        Ok(groups.get(group).cloned().unwrap_or_default())
    }

    async fn has_email(&self, person: &PersonId, email: &str, freshness: Freshness) -> anyhow::Result<bool> {
        let email = email.to_lowercase();
        match self.account(person, freshness).await?.email {
            Some((own, _)) if own != email => Ok(false),
            Some((_, true)) => Ok(true),
            // Their account does not say so; asked by the address, Slack may.
            Some((_, false)) | None => {
                Ok(self.person_by_email(&email, freshness).await?.as_ref() == Some(person))
            }
        }
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

    async fn refresh(&self) {
        if !self.is_used.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.list_accounts().await {
            self.is_used.store(true, Ordering::Relaxed);
            tracing::debug!(error = format!("{error:#}"), "accounts are asked about one by one");
        }
    }
}

/// The first of the people that a profile field holds, as Slack writes them: ids with commas between.
fn first_person(value: &str) -> Option<PersonId> {
    match Principal::parse(value.split(',').next()?.trim()) {
        Some(Principal::Person(person)) => Some(person),
        Some(Principal::Group(_) | Principal::Email(_)) | None => None,
    }
}
