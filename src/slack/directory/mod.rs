//! Users and groups, looked up in Slack. Decisions use answers that are at most a minute old; what is only shown uses
//! cached answers and refreshes them in the background. The portal decides who may do what.
//!
//! Slack allows few calls a minute (docs.slack.dev/apis/web-api/rate-limits: tier 2 twenty, tier 3 fifty, tier 4 a
//! hundred, looked up on 2026-11-29), so the number of calls must not grow with the organization. Group membership is
//! one call for all groups. An account is one call, unless all accounts were just listed or are being listed. The owner
//! of an e-mail address is found among the listed accounts, and Slack is asked for it only if none of them has it.

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
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::principal::Principal;
use crate::domain::refusal::Uncounted;
use crate::ports::clock::Clock;
use crate::ports::directory::{Directory, Freshness, Late};
use listing::Listing;
use memory::{AnswerCache, REMEMBERED};

/// How old an individually looked-up answer may be before it is refreshed, when it is only shown.
const SHOWN: SignedDuration = SignedDuration::from_mins(15);

/// How many accounts and addresses, and how many answers of each other kind, are cached before old ones are dropped.
const MOST_ACCOUNTS: usize = 100_000;
const MOST: usize = 10_000;

/// The [`Directory`] backed by Slack.
#[derive(Debug)]
pub struct SlackDirectory {
    client: Arc<SlackClient>,
    clock: Arc<dyn Clock>,
    accounts: Arc<AnswerCache<PersonId, SlackAccount>>,
    groups: AnswerCache<(), Arc<GroupMembers>>,
    addresses: Arc<AnswerCache<String, Address>>,
    named: AnswerCache<(PersonId, String), Option<PersonId>>,
    listing: Arc<Listing>,
    /// Whether anything was looked up since the accounts were last listed. If not, [`Directory::refresh`] does nothing.
    is_used: AtomicBool,
}

/// The members of every group, from the one call that lists all.
type GroupMembers = HashMap<GroupId, Arc<BTreeSet<PersonId>>>;

/// The owner of an address and whether Slack has confirmed the address; `None` if nobody has it.
type Address = Option<(PersonId, bool)>;

/// What the cache holds about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SlackAccount {
    uncounted: Option<Uncounted>,
    /// Its address in lower case, and whether Slack has confirmed it.
    email: Option<(String, bool)>,
}

impl SlackAccount {
    /// Reads Slack's answer about an account. `ours` is the workspace or enterprise of our token.
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
    /// Creates a directory that asks Slack through `client`.
    pub fn new(client: Arc<SlackClient>, clock: Arc<dyn Clock>) -> Self {
        let accounts = Arc::new(AnswerCache::new(MOST_ACCOUNTS, SHOWN));
        // Addresses never expire one by one: listing the accounts again replaces them.
        let addresses = Arc::new(AnswerCache::new(MOST_ACCOUNTS, SignedDuration::MAX));
        let (accounts_too, addresses_too) = (Arc::clone(&accounts), Arc::clone(&addresses));
        let listing = Listing::new(Arc::clone(&client), Arc::clone(&clock), accounts_too, addresses_too);
        Self {
            client,
            clock,
            accounts,
            // One entry, because one call answers for all groups.
            groups: AnswerCache::new(1, REMEMBERED),
            addresses,
            named: AnswerCache::new(MOST, SHOWN),
            listing: Arc::new(listing),
            is_used: AtomicBool::new(true),
        }
    }

    /// Returns the answer to one lookup, or [`Late`] after the time limit. An answer that arrives later is still
    /// cached.
    async fn answered<A>(&self, lookup: impl Future<Output = anyhow::Result<A>>) -> anyhow::Result<A> {
        self.is_used.store(true, Ordering::Relaxed);
        tokio::time::timeout(self.client.limits().question, lookup).await.map_err(|_| Late)?
    }

    async fn account(&self, person: &PersonId, freshness: Freshness) -> anyhow::Result<SlackAccount> {
        let lookup = self.answered(async {
            // For what is only shown, spend no call on an account that the running list is about to bring.
            if let Some(account) = self.accounts.any(person)
                && freshness == Freshness::Known
                && self.listing.is_awaited()
            {
                return Ok(account);
            }
            let is_known = || self.accounts.has(person, freshness, self.clock.now());
            if !is_known() {
                // Have the list store this account even if it does not count.
                self.accounts.expect(person);
                self.listing.brings(is_known).await;
            }
            let (client, id) = (Arc::clone(&self.client), person.clone());
            let ask = async move {
                let member = client.member(&id).await?;
                // Which workspace an account belongs to matters only if the account counts otherwise.
                let ours = match &member {
                    Some(member) if member.uncounted().is_none() => client.own_identity().await?,
                    Some(_) | None => Identity::default(),
                };
                Ok(SlackAccount::of(member.as_ref(), &ours))
            };
            self.accounts.recall((person, freshness), &self.clock, ask).await
        });
        lookup.await.with_context(|| format!("cannot ask Slack who {person} is"))
    }

    /// Returns the owner of an address. Looks among the accounts, which are listed first unless that was done recently.
    /// Slack is asked about the single address only for decisions, and only if no account has it.
    pub(super) async fn owner_of(&self, address: &str, freshness: Freshness) -> anyhow::Result<Address> {
        let lookup = self.answered(async {
            if let Some(permit) = self.listing.begin() {
                // Not awaited, because the whole list takes many calls. The lookup waits below for one page at a time.
                tokio::spawn(async move {
                    if let Err(error) = permit.list().await {
                        tracing::debug!(error = format!("{error:#}"), "looking up addresses one by one");
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
            // For what is only shown, a complete list without this address is enough.
            if freshness == Freshness::Known && listed.is_none() && self.listing.is_complete() {
                return Ok(None);
            }
            // The account of the listed owner confirms the address, without the slower-paced lookup by address.
            if !is_known()
                && let Some(Some((person, _))) = listed
                && let Some((account_email, is_confirmed)) = self.account(&person, freshness).await?.email
                && account_email == address
            {
                return Ok(Some((person, is_confirmed)));
            }
            let (client, email) = (Arc::clone(&self.client), address.clone());
            let ask = async move {
                let member = client.member_by_email(&email).await?;
                Ok(member.map(|member| (member.person(), member.has_confirmed_email())))
            };
            self.addresses.recall((&address, freshness), &self.clock, ask).await
        });
        lookup.await.context("cannot ask Slack whose address this is")
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
            Some((account_email, _)) if account_email != email => Ok(false),
            Some((_, true)) => Ok(true),
            // The account does not confirm the address. The cache may show another owner; otherwise ask Slack by
            // address.
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
        let (client, (id, key)) = (Arc::clone(&self.client), question.clone());
        let ask = async move {
            let value = client.profile_field(&id, &key).await?;
            Ok(value.as_deref().and_then(first_person))
        };
        let manager = self.answered(self.named.recall((&question, freshness), &self.clock, ask)).await;
        manager.with_context(|| format!("cannot ask Slack whom field {field} of {person} names"))
    }

    async fn refresh(&self) {
        if !self.is_used.swap(false, Ordering::Relaxed) {
            return;
        }
        let Some(permit) = self.listing.begin() else { return };
        if let Err(error) = permit.list().await {
            // The next refresh must try again.
            self.is_used.store(true, Ordering::Relaxed);
            tracing::debug!(error = format!("{error:#}"), "looking up accounts one by one");
        }
    }
}

/// Returns the first user in a profile field, which Slack writes as ids separated by commas.
fn first_person(value: &str) -> Option<PersonId> {
    match Principal::parse(value.split(',').next()?.trim()) {
        Some(Principal::Person(person)) => Some(person),
        Some(Principal::Group(_) | Principal::Email(_)) | None => None,
    }
}
