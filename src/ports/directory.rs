//! Who is who: accounts, groups and e-mail addresses, as Slack knows them. It says what Slack says and nothing more; who
//! may do what by it is asked of `portal::people`.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;

/// How old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// At most 60 seconds: somebody decides or changes something because of it.
    Fresh,
    /// However old it is, if there is one: it is shown to people, and asked for anew in the background.
    Known,
}

/// Slack answers, or may answer, only after whoever waits for it could wait.
#[derive(Clone, Copy, Debug, Error)]
#[error("Slack does not say in time who somebody is")]
pub struct Late;

/// Answers questions about people.
#[async_trait]
pub trait Directory: Debug + Send + Sync {
    /// Why this account counts for nothing, by whatever way it is named; `None` for an active full member of ours. An
    /// account that Slack does not show counts for nothing as well.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn why_not_counted(
        &self,
        person: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<Option<Uncounted>>;

    /// Everybody whom Slack lists in a user group, whether they count or not; empty when there is no such group.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn group_members(
        &self,
        group: &GroupId,
        freshness: Freshness,
    ) -> anyhow::Result<Arc<BTreeSet<PersonId>>>;

    /// Whether this address is that of this account, and Slack has confirmed it; whether the account counts or not.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn has_email(&self, person: &PersonId, email: &str, freshness: Freshness) -> anyhow::Result<bool>;

    /// The account with this address, if Slack has confirmed it, whether it counts or not; `None` when there is none.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn person_by_email(&self, email: &str, freshness: Freshness) -> anyhow::Result<Option<PersonId>>;

    /// The account that a person's profile names in this field, whether it counts or not; `None` where it names nobody.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn named_in_profile(
        &self,
        person: &PersonId,
        field: &str,
        freshness: Freshness,
    ) -> anyhow::Result<Option<PersonId>>;

    /// Asks anew, in a few calls for everybody, what has become old of what is often asked about: who is in which group,
    /// which accounts count. Whoever wants to know something meanwhile does not wait for it.
    async fn refresh(&self);
}
