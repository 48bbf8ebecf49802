//! Who is who: groups and e-mail addresses, as Slack knows them.

use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;

use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;

/// Answers questions about people. Implementations may remember an answer for up to 60 seconds.
#[async_trait]
pub trait Directory: Debug + Send + Sync {
    /// The active members of a user group; empty when there is no such group.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn group_members(&self, group: &GroupId) -> anyhow::Result<BTreeSet<PersonId>>;

    /// The confirmed full member with this address; `None` when there is none.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn person_by_email(&self, email: &str) -> anyhow::Result<Option<PersonId>>;

    /// The person whom a person's profile names in this field; `None` where it names nobody.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn named_in_profile(&self, person: &PersonId, field: &str) -> anyhow::Result<Option<PersonId>>;

    /// Why this person counts for nothing whoever they are named by; `None` for a full member, and where Slack shows nobody.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn why_not_counted(&self, person: &PersonId) -> anyhow::Result<Option<Uncounted>>;

    /// Whether this person is an active full member: no guest, no app, not of another company.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn is_full_member(&self, person: &PersonId) -> anyhow::Result<bool>;

    /// Whether Slack knows this person and they were not deactivated.
    ///
    /// # Errors
    /// When Slack cannot be asked right now.
    async fn is_active(&self, person: &PersonId) -> anyhow::Result<bool>;
}
