//! Who is who, asked from Slack. What somebody decides by is at most a minute old; what is only shown is what is known,
//! and asked for anew in the background. Who may do what is the portal's to say.
//!
//! Slack takes few calls a minute (docs.slack.dev/apis/web-api/rate-limits: tier 2 twenty, tier 3 fifty, tier 4 a hundred,
//! looked up on 2026-11-29), so an answer costs as much as its question, however large the organization is: who is in which
//! group is one call for all groups, whoever wants to know it; an account is one call, unless all of them have just been
//! listed or are being listed; whose an address is, is read off the accounts, and asked only where none of them has it.

mod listing;
mod memory;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::SignedDuration;

use super::client::{Identity, SlackClient, SlackUser};
use crate::domain::catalog::Principal;
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;
use crate::ports::clock::Clock;
use crate::ports::directory::{Directory, Freshness, Late};
use listing::Listing;
use memory::{AnswerCache, REMEMBERED};

/// How old may be shown what is asked about one by one, before it is asked for anew.
const SHOWN: SignedDuration = SignedDuration::from_mins(15);

/// Accounts, their addresses, and answers of each other kind, that are kept before old ones are forgotten.
const MOST_ACCOUNTS: usize = 100_000;
const MOST: usize = 10_000;

/// Slack as the directory.
#[derive(Debug)]
pub struct SlackDirectory {
    client: Arc<SlackClient>,
    clock: Arc<dyn Clock>,
    accounts: Arc<AnswerCache<PersonId, SlackAccount>>,
    groups: AnswerCache<(), Arc<GroupMembers>>,
    addresses: Arc<AnswerCache<String, Address>>,
    named: AnswerCache<(PersonId, String), Option<PersonId>>,
    listing: Arc<Listing>,
    /// Whether anybody wanted to know anything since the accounts were listed.
    is_used: AtomicBool,
}

/// Who is in which group.
type GroupMembers = HashMap<GroupId, Arc<BTreeSet<PersonId>>>;

/// Whose an address is, and whether Slack has confirmed that; `None` for nobody's.
type Address = Option<(PersonId, bool)>;

/// What is known of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SlackAccount {
    uncounted: Option<Uncounted>,
    /// Its address in small letters, and whether Slack has confirmed that.
    email: Option<(String, bool)>,
}

impl SlackAccount {
    /// What Slack's answer about an account says to the workspace or enterprise that our token is for.
    fn of(member: Option<&SlackUser>, ours: &Identity) -> Self {
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
        let accounts = Arc::new(AnswerCache::new(MOST_ACCOUNTS, SHOWN));
        // Old addresses are not asked about one by one: the accounts are listed again.
        let addresses = Arc::new(AnswerCache::new(MOST_ACCOUNTS, SignedDuration::MAX));
        let (accounts_too, addresses_too) = (Arc::clone(&accounts), Arc::clone(&addresses));
        let listing = Listing::new(Arc::clone(&client), Arc::clone(&clock), accounts_too, addresses_too);
        Self {
            client,
            clock,
            accounts,
            groups: AnswerCache::new(1, REMEMBERED),
            addresses,
            named: AnswerCache::new(MOST, SHOWN),
            listing: Arc::new(listing),
            is_used: AtomicBool::new(true),
        }
    }

    /// The answer to one question, if it comes within the limit for one. It is kept when it comes later.
    async fn answered<A>(&self, asked: impl Future<Output = anyhow::Result<A>>) -> anyhow::Result<A> {
        self.is_used.store(true, Ordering::Relaxed);
        tokio::time::timeout(self.client.limits().question, asked).await.map_err(|_| Late)?
    }

    async fn account(&self, person: &PersonId, freshness: Freshness) -> anyhow::Result<SlackAccount> {
        let asked = self.answered(async {
            if let Some(account) = self.accounts.any(person)
                && freshness == Freshness::Known
                && self.listing.is_awaited()
            {
                return Ok(account);
            }
            let is_known = || self.accounts.has(person, freshness, self.clock.now());
            if !is_known() {
                self.accounts.expect(person);
                self.listing.brings(is_known).await;
            }
            let (client, asked) = (Arc::clone(&self.client), person.clone());
            let ask = async move {
                let member = client.member(&asked).await?;
                // Only of an account that could count it matters whose it is.
                let ours = match &member {
                    Some(member) if member.uncounted().is_none() => client.own_identity().await?,
                    Some(_) | None => Identity::default(),
                };
                Ok(SlackAccount::of(member.as_ref(), &ours))
            };
            self.accounts.recall((person, freshness), &self.clock, ask).await
        });
        asked.await.with_context(|| format!("cannot ask Slack who {person} is"))
    }

    /// Whose this address is. It is read off the accounts, which are listed for it unless that was done
    /// lately; Slack is asked about the one address that somebody decides by and that no account has.
    pub(super) async fn owner_of(&self, address: &str, freshness: Freshness) -> anyhow::Result<Address> {
        let asked = self.answered(async {
            if let Some(permit) = self.listing.begin() {
                tokio::spawn(async move {
                    if let Err(error) = permit.list().await {
                        tracing::debug!(error = format!("{error:#}"), "addresses are asked about one by one");
                    }
                });
            }
            let address = address.to_lowercase();
            let is_known = || self.addresses.has(&address, freshness, self.clock.now());
            if !is_known() {
                self.addresses.expect(&address);
                self.listing.brings(is_known).await;
            }
            let listed = self.addresses.any(&address);
            if freshness == Freshness::Known && listed.is_none() && self.listing.is_complete() {
                return Ok(None);
            }
            if !is_known()
                && let Some(Some((person, _))) = listed
                && let Some((own, is_confirmed)) = self.account(&person, freshness).await?.email
                && own == address
            {
                return Ok(Some((person, is_confirmed)));
            }
            let (client, asked) = (Arc::clone(&self.client), address.clone());
            let ask = async move {
                let member = client.member_by_email(&asked).await?;
                Ok(member.map(|member| (member.person(), member.has_confirmed_email())))
            };
            self.addresses.recall((&address, freshness), &self.clock, ask).await
        });
        asked.await.context("cannot ask Slack whose address this is")
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
        let groups = self.answered(self.groups.recall((&(), freshness), &self.clock, ask)).await;
        let groups = groups.with_context(|| format!("cannot ask Slack who is in group {group}"))?;
        Ok(groups.get(group).cloned().unwrap_or_default())
    }

    async fn has_email(&self, person: &PersonId, email: &str, freshness: Freshness) -> anyhow::Result<bool> {
        let email = email.to_lowercase();
        match self.account(person, freshness).await?.email {
            Some((own, _)) if own != email => Ok(false),
            Some((_, true)) => Ok(true),
            // Their account does not say so; it may be known to be another's, else Slack is asked by the address.
            Some((_, false)) | None => match self.addresses.any(&email) {
                Some(Some((owner, _))) if owner != *person => Ok(false),
                _ => Ok(self.owner_of(&email, freshness).await? == Some((person.clone(), true))),
            },
        }
    }

    async fn person_by_email(&self, email: &str, freshness: Freshness) -> anyhow::Result<Option<PersonId>> {
        let owner = self.owner_of(email, freshness).await?;
        Ok(owner.and_then(|(person, is_confirmed)| is_confirmed.then_some(person)))
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
        let asked = self.answered(self.named.recall((&question, freshness), &self.clock, ask)).await;
        asked.with_context(|| format!("cannot ask Slack whom field {field} of {person} names"))
    }

    async fn refresh(&self) {
        if !self.is_used.swap(false, Ordering::Relaxed) {
            return;
        }
        let Some(permit) = self.listing.begin() else { return };
        if let Err(error) = permit.list().await {
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
