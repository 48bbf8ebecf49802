//! Who belongs where, according to Slack. Three questions are asked here: which teams a person belongs to
//! ([`Portal::teams_of`], from the cache), whether a person may do something now ([`Portal::is_one_of`], at most a
//! minute old, about that person alone), and whom to mention ([`Portal::to_mention`]).
//!
//! Whether an account counts at all is decided in one place, [`Portal::why_not_counted`], however it is named.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::Instant;

use crate::domain::audit::By;
use crate::domain::ids::PersonId;
use crate::domain::organization::Team;
use crate::domain::principal::Principal;
use crate::domain::refusal::{Refusal, Uncounted};
use crate::domain::request::Request;
use crate::portal::access::lookup_deadline::answered_by;
use crate::portal::{Error, Portal};
use crate::ports::directory::{Freshness, Late};
use crate::ports::outage::{Side, warn_unless};
use crate::ports::slack::SlackError;

/// How many accounts to look up one by one for those who count.
const MOST_LOOKED_AT: usize = 50;

/// Some people who count, and whether there may be more.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// The people found.
    pub(crate) people: BTreeSet<PersonId>,
    /// Whether all candidates were looked up.
    pub(crate) is_all: bool,
}

/// Marks an error as one of Slack's, for a lookup of people.
fn silent(error: anyhow::Error) -> anyhow::Error {
    Side::Slack.failed(error)
}

/// Returns whether Slack may answer a retry: it was slow, rate-limited the call, or did not answer.
pub(crate) fn is_for_now(error: &anyhow::Error) -> bool {
    let is_unanswered =
        |error: &SlackError| matches!(error, SlackError::RateLimited(_) | SlackError::Silence(_));
    error.is::<Late>() || error.downcast_ref().is_some_and(is_unanswered)
}

impl Portal {
    /// Returns why this account does not count, or `None` for an active full member of our workspace.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn why_not_counted(
        &self,
        person: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<Option<Uncounted>> {
        self.ports.directory.why_not_counted(person, freshness).await.map_err(silent)
    }

    /// Returns whether this account counts.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn counts(&self, person: &PersonId) -> anyhow::Result<bool> {
        Ok(self.why_not_counted(person, Freshness::Fresh).await?.is_none())
    }

    /// Refuses an action on a request by an account that does not count, and records that on the request's trail. If
    /// Slack does not answer, the action continues: whatever needs a permission checks the account again.
    pub(crate) async fn check_counts(&self, request: &Request, by: &By, tried: &str) -> Result<(), Error> {
        let (portal, person) = (self.clone(), by.person.clone());
        match self.wait_briefly(async move { portal.why_not_counted(&person, Freshness::Fresh).await }).await
        {
            Ok(Some(why)) => Err(self.refuse(request, by, tried, Refusal::NotAFullMember { why }).await),
            Ok(None) => Ok(()),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::debug!(actor = %by.person, error, "cannot look up an account in time; it is checked again where a permission is needed");
                Ok(())
            }
        }
    }

    /// Returns whether `person` is among these people and groups and counts, according to answers at most a minute old.
    /// Groups are looked up only if no id matches, and no other account is looked up.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn is_one_of(
        &self,
        person: &PersonId,
        principals: &[Principal],
    ) -> anyhow::Result<bool> {
        self.is_one_of_as_of(person, principals, Freshness::Fresh).await
    }

    /// Like [`Self::is_one_of`], with a choice of freshness.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn is_one_of_as_of(
        &self,
        person: &PersonId,
        principals: &[Principal],
        freshness: Freshness,
    ) -> anyhow::Result<bool> {
        // Named first: most people are not, and then their account need not be looked up.
        Ok(self.is_named(person, principals, freshness).await?
            && self.why_not_counted(person, freshness).await?.is_none())
    }

    /// Like [`Self::is_one_of`], while a user waits: see [`Self::wait_for_answer`].
    ///
    /// # Errors
    /// If Slack had to be asked and could not be, or does not answer in time.
    pub(crate) async fn is_one_of_in_time(
        &self,
        person: &PersonId,
        principals: &[Principal],
    ) -> anyhow::Result<bool> {
        let (portal, person, principals) = (self.clone(), person.clone(), principals.to_vec());
        self.wait_for_answer(async move { portal.is_one_of(&person, &principals).await }).await
    }

    /// Like [`Self::is_one_of`], for any of several sets of people; a later set is looked up only if no earlier one
    /// matches.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn is_in_any(&self, person: &PersonId, sets: &[&[Principal]]) -> anyhow::Result<bool> {
        self.is_in_any_as_of(person, sets, Freshness::Fresh).await
    }

    /// Like [`Self::is_in_any`], with a choice of freshness.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn is_in_any_as_of(
        &self,
        person: &PersonId,
        sets: &[&[Principal]],
        freshness: Freshness,
    ) -> anyhow::Result<bool> {
        let mut unknown = None;
        for principals in sets {
            match self.is_one_of_as_of(person, principals, freshness).await {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                // A failed lookup must not take away what another set allows.
                Err(error) => unknown = Some(error),
            }
        }
        unknown.map_or(Ok(false), Err)
    }

    /// Returns whether these principals include this account. Does not check whether the account counts.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn is_named(
        &self,
        person: &PersonId,
        principals: &[Principal],
        freshness: Freshness,
    ) -> anyhow::Result<bool> {
        if principals.iter().any(|principal| matches!(principal, Principal::Person(id) if id == person)) {
            return Ok(true);
        }
        let mut unknown = None;
        // Look up all at once: the first match is enough, however long other answers take.
        let lookups = principals.iter().map(|principal| self.means(principal, person, freshness));
        let mut lookups: FuturesUnordered<_> = lookups.collect();
        while let Some(answer) = lookups.next().await {
            match answer {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => unknown = Some(error),
            }
        }
        unknown.map_or(Ok(false), Err)
    }

    /// Returns whether this principal includes this account. Looks up the account, not the principal, and all groups in
    /// one call, so that the number of principals does not matter.
    async fn means(
        &self,
        principal: &Principal,
        person: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<bool> {
        let directory = &self.ports.directory;
        match principal {
            Principal::Person(named) => Ok(named == person),
            Principal::Group(group) => {
                let people = directory.group_members(group, freshness).await.map_err(silent)?;
                Ok(people.contains(person))
            }
            Principal::Email(email) => directory.has_email(person, email, freshness).await.map_err(silent),
        }
    }

    /// Returns the accounts of a principal; none if Slack does not know it.
    async fn accounts_of(
        &self,
        principal: &Principal,
        freshness: Freshness,
    ) -> anyhow::Result<Arc<BTreeSet<PersonId>>> {
        let directory = &self.ports.directory;
        Ok(match principal {
            Principal::Person(person) => Arc::new(BTreeSet::from([person.clone()])),
            Principal::Group(group) => directory.group_members(group, freshness).await.map_err(silent)?,
            Principal::Email(email) => {
                let person = directory.person_by_email(email, freshness).await.map_err(silent)?;
                // An address that Slack does not know stands for nobody.
                Arc::new(person.into_iter().collect())
            }
        })
    }

    /// Returns the teams for which `person` may submit requests, from the cache. Only the answer "none" is checked with
    /// Slack.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn teams_of(&self, person: &PersonId) -> anyhow::Result<Vec<&Team>> {
        let members = |team: &Team| team.members.clone();
        let deadline = self.question_deadline();
        let teams = self.teams_by(deadline, person, Freshness::Known, members).await?;
        // Somebody who has just joined would be sent away by an old answer.
        if teams.is_empty() {
            self.teams_by(deadline, person, Freshness::Fresh, members).await
        } else {
            Ok(teams)
        }
    }

    /// Returns the teams of which `people_of` includes this person.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be, and none of the other teams match.
    pub(crate) async fn teams_as_of(
        &self,
        person: &PersonId,
        freshness: Freshness,
        people_of: impl Fn(&Team) -> Vec<Principal>,
    ) -> anyhow::Result<Vec<&Team>> {
        self.teams_by(self.question_deadline(), person, freshness, people_of).await
    }

    async fn teams_by(
        &self,
        deadline: Instant,
        person: &PersonId,
        freshness: Freshness,
        people_of: impl Fn(&Team) -> Vec<Principal>,
    ) -> anyhow::Result<Vec<&Team>> {
        // Each lookup runs in its own task, so that one which misses the deadline still fills the cache.
        let lookups = self.organization.teams.iter().map(|team| {
            let (portal, person, people) = (self.clone(), person.clone(), people_of(team));
            answered_by(deadline, async move { portal.is_named(&person, &people, freshness).await })
        });
        let (portal, account) = (self.clone(), person.clone());
        let uncounted =
            answered_by(deadline, async move { portal.why_not_counted(&account, freshness).await });
        let (uncounted, answers) = tokio::join!(uncounted, join_all(lookups));
        match uncounted {
            Ok(None) => {}
            Ok(Some(_)) => return Ok(Vec::new()),
            // Continue: this only decides what they see. Whether they may request it is checked when they do.
            Err(error) => {
                warn_unless!(
                    self.ports.trouble.outages.explains(&error),
                    actor = %person,
                    error = format!("{error:#}"),
                    "cannot look up whether an account counts"
                );
            }
        }
        let (mut mine, mut unknown) = (Vec::new(), None);
        for (team, answer) in self.organization.teams.iter().zip(answers) {
            match answer {
                Ok(true) => mine.push(team),
                Ok(false) => {}
                Err(error) => {
                    warn_unless!(
                        self.ports.trouble.outages.explains(&error),
                        team = %team.name,
                        error = format!("{error:#}"),
                        "cannot look up the members of a team"
                    );
                    unknown = Some(error);
                }
            }
        }
        // A team that cannot be looked up must not stop members of the others from working.
        match unknown {
            Some(error) if mine.is_empty() => Err(error),
            _ => Ok(mine),
        }
    }

    /// Returns these principals as they should be mentioned: e-mail addresses are replaced by ids where Slack knows
    /// them, and accounts that are known not to count are left out. Without an answer from Slack a principal stays as
    /// it is.
    pub(crate) async fn to_mention(&self, principals: &[Principal]) -> Vec<Principal> {
        self.mentionable(principals).await.0
    }

    /// Like [`Self::to_mention`]; also returns whether some of them are unknown only for now.
    pub(crate) async fn mentionable(&self, principals: &[Principal]) -> (Vec<Principal>, bool) {
        let answers = join_all(principals.iter().map(|principal| self.mentioned(principal))).await;
        let (mut mentioned, mut is_partial): (Vec<Principal>, bool) = (Vec::new(), false);
        for (answer, principal) in answers.into_iter().zip(principals) {
            let mention = answer.unwrap_or_else(|error| {
                is_partial |= is_for_now(&error);
                let error = format!("{error:#}");
                tracing::debug!(%principal, error, "cannot look up a person; they are shown as the settings name them");
                Some(principal.clone())
            });
            // An e-mail address and an id may name the same person.
            mentioned.extend(mention.filter(|mention| !mentioned.contains(mention)));
        }
        (mentioned, is_partial)
    }

    /// Returns how to mention a principal; `None` if its account does not count.
    async fn mentioned(&self, principal: &Principal) -> anyhow::Result<Option<Principal>> {
        let (directory, deadline) = (Arc::clone(&self.ports.directory), self.question_deadline());
        let person = match principal {
            Principal::Group(_) => return Ok(Some(principal.clone())),
            Principal::Person(person) => person.clone(),
            Principal::Email(email) => {
                let (directory, email) = (Arc::clone(&directory), email.clone());
                let answer = answered_by(deadline, async move {
                    directory.person_by_email(&email, Freshness::Known).await
                });
                match answer.await? {
                    Some(person) => person,
                    None => return Ok(Some(principal.clone())),
                }
            }
        };
        let account = person.clone();
        let lookup = async move { directory.why_not_counted(&account, Freshness::Known).await };
        let uncounted = answered_by(deadline, lookup).await;
        // If it is unknown whether they count, mention them.
        Ok(if matches!(uncounted, Ok(Some(_))) { None } else { Some(Principal::Person(person)) })
    }

    /// Formats these principals as a comma-separated list of mentions.
    pub(crate) async fn mentions(&self, principals: &[Principal]) -> String {
        mentions(&self.to_mention(principals).await)
    }

    /// Loads bulk answers of Slack before a user waits for them: which accounts count and, at the start, the members of
    /// groups, if any group is named. Looking up one group loads all; groups that were looked up once are refreshed
    /// later.
    pub(crate) async fn look_ahead(&self, is_start: bool) {
        let members = self.organization.teams.iter().flat_map(|team| &team.members);
        let named = members.chain(&self.organization.auditors).cloned().chain(self.every_approver());
        let group = named.filter(|_| is_start).find_map(|principal| match principal {
            Principal::Group(group) => Some(group),
            Principal::Person(_) | Principal::Email(_) => None,
        });
        let groups = async {
            if let Some(group) = group
                && let Err(error) = self.ports.directory.group_members(&group, Freshness::Known).await
            {
                tracing::debug!(
                    error = format!("{error:#}"),
                    "cannot load user groups in advance; they are looked up when needed"
                );
            }
        };
        tokio::join!(groups, self.ports.directory.refresh());
    }

    /// Finds people among these principals who count, including members of groups, until there are `enough`.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be, and there were not enough others.
    pub(crate) async fn some_who_count(
        &self,
        principals: &[Principal],
        excluded: &[&PersonId],
        enough: usize,
        freshness: Freshness,
    ) -> anyhow::Result<Counted> {
        let (mut people, mut unknown) = (BTreeSet::new(), None);
        let (mut looked_at, mut is_all) = (BTreeSet::new(), true);
        // People named individually come first: they cost one lookup each, groups may cost many.
        let (groups, named): (Vec<_>, Vec<_>) =
            principals.iter().partition(|principal| matches!(principal, Principal::Group(_)));
        // A group may have thousands of members, hence the two limits.
        'all: for principal in named.into_iter().chain(groups) {
            let accounts = match self.accounts_of(principal, freshness).await {
                Ok(accounts) => accounts,
                Err(error) => {
                    unknown = Some(error);
                    continue;
                }
            };
            for person in accounts.iter() {
                if excluded.contains(&person) || !looked_at.insert(person.clone()) {
                    continue;
                }
                if people.len() >= enough || looked_at.len() > MOST_LOOKED_AT {
                    is_all = false;
                    break 'all;
                }
                match self.why_not_counted(person, freshness).await {
                    Ok(None) => drop(people.insert(person.clone())),
                    Ok(Some(_)) => {}
                    Err(error) => unknown = Some(error),
                }
            }
        }
        match unknown {
            // A failed lookup matters only if it could have changed the result.
            Some(error) if people.len() < enough => Err(error),
            _ => Ok(Counted { people, is_all }),
        }
    }
}

/// Returns the approvers without the requester, unless self-approval is allowed.
pub(crate) fn others(approvers: Vec<Principal>, requester: &PersonId, self_approval: bool) -> Vec<Principal> {
    let own = Principal::Person(requester.clone());
    approvers.into_iter().filter(|approver| self_approval || *approver != own).collect()
}

/// Formats principals as mentions.
pub(crate) fn mentions(principals: &[Principal]) -> String {
    let mention = |principal: &Principal| match principal {
        Principal::Person(id) => format!("<@{id}>"),
        Principal::Group(id) => format!("<!subteam^{id}>"),
        Principal::Email(email) => email.clone(),
    };
    match principals {
        // Shown where a list of people is expected.
        [] => "nobody is named as approver; ask your platform team".to_owned(),
        named => named.iter().map(mention).collect::<Vec<_>>().join(", "),
    }
}
