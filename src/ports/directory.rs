//! Accounts, user groups and e-mail addresses as Slack reports them. Permissions that follow from them are decided in
//! `portal::membership` and `portal::access`.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;

/// How old a cached answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// At most 60 seconds: a decision or a change depends on it.
    Fresh,
    /// Any age, if there is a cached answer: it is only shown to users, and refreshed in the background.
    Known,
}

/// Slack did not answer while the caller could still wait. The answer may arrive later and is cached then.
#[derive(Clone, Copy, Debug, Error)]
#[error("Slack takes too long to say who somebody is")]
pub struct Late;

/// Looks up people in Slack.
#[async_trait]
pub trait Directory: Debug + Send + Sync {
    /// Returns why this account does not count, or `None` for an active full member of our workspace. It does not
    /// matter how the account was named. An account that Slack does not show does not count either.
    ///
    /// # Errors
    /// If Slack cannot be asked now.
    async fn why_not_counted(
        &self,
        person: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<Option<Uncounted>>;

    /// Returns everybody whom Slack lists in a user group, whether their accounts count or not. Empty if there is no
    /// such group.
    ///
    /// # Errors
    /// If Slack cannot be asked now.
    async fn group_members(
        &self,
        group: &GroupId,
        freshness: Freshness,
    ) -> anyhow::Result<Arc<BTreeSet<PersonId>>>;

    /// Returns whether this is the account's e-mail address and Slack has confirmed it. Does not check whether the
    /// account counts.
    ///
    /// # Errors
    /// If Slack cannot be asked now.
    async fn has_email(&self, person: &PersonId, email: &str, freshness: Freshness) -> anyhow::Result<bool>;

    /// Returns the account with this e-mail address if Slack has confirmed it, whether the account counts or not.
    ///
    /// # Errors
    /// If Slack cannot be asked now.
    async fn person_by_email(&self, email: &str, freshness: Freshness) -> anyhow::Result<Option<PersonId>>;

    /// Returns the account that a profile field of this person names, such as a manager, whether it counts or not.
    ///
    /// # Errors
    /// If Slack cannot be asked now.
    async fn named_in_profile(
        &self,
        person: &PersonId,
        field: &str,
        freshness: Freshness,
    ) -> anyhow::Result<Option<PersonId>>;

    /// Refreshes old cache entries in bulk: members of user groups, and which accounts count. Lookups do not wait for
    /// it.
    async fn refresh(&self);
}
