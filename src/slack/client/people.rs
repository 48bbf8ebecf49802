//! Asking Slack about people and groups. What is remembered of the answers is `directory`'s business.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::SlackClient;
use super::failure::Failure;
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;
use crate::ports::slack::SlackError;

/// Time for a question that a click waits for.
const ASK: Duration = Duration::from_millis(1500);

/// A person as Slack describes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Member {
    id: String,
    deleted: bool,
    is_bot: bool,
    is_restricted: bool,
    is_ultra_restricted: bool,
    is_stranger: bool,
    is_email_confirmed: Option<bool>,
}

impl Member {
    /// Who it is.
    pub(crate) fn person(&self) -> PersonId {
        PersonId::new(self.id.clone())
    }

    /// Whether they were not deactivated.
    pub(crate) fn is_here(&self) -> bool {
        !self.deleted && !self.id.is_empty()
    }

    /// Whether they are an active full member: not deactivated, no bot, no guest, not of another company.
    pub(crate) fn is_full(&self) -> bool {
        let other =
            self.deleted || self.is_bot || self.is_restricted || self.is_ultra_restricted || self.is_stranger;
        !other && !self.id.is_empty()
    }

    /// Why they are no active full member.
    pub(crate) fn uncounted(&self) -> Option<Uncounted> {
        match self {
            _ if self.is_full() => None,
            Self { deleted: true, .. } => Some(Uncounted::Deactivated),
            Self { is_bot: true, .. } => Some(Uncounted::App),
            Self { is_stranger: true, .. } => Some(Uncounted::Stranger),
            _ => Some(Uncounted::Guest),
        }
    }

    /// The same as the end of a sentence about them.
    pub(crate) fn why_not_counted(&self) -> Option<&'static str> {
        self.uncounted().map(|why| match why {
            Uncounted::Deactivated => "was deactivated",
            Uncounted::App => "is an app",
            Uncounted::Stranger => "belongs to another company",
            Uncounted::Guest => "is a guest",
        })
    }

    /// Whether their address is known to be theirs.
    pub(crate) fn has_confirmed_email(&self) -> bool {
        self.is_email_confirmed != Some(false)
    }
}

#[derive(Debug, Deserialize)]
struct Found {
    user: Option<Member>,
}

/// What is read of a profile. Slack writes no fields as `null` or as an empty list.
#[derive(Debug, Deserialize)]
struct Described {
    profile: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    users: Vec<String>,
}

impl SlackClient {
    /// The people Slack lists in a group; empty when there is no such group.
    pub(crate) async fn people_in(&self, group: &GroupId) -> Result<Vec<PersonId>, SlackError> {
        let mut arguments = vec![("usergroup", group.to_string())];
        arguments.extend(self.workspace.iter().map(|workspace| ("team_id", workspace.clone())));
        match self.read::<Group>("usergroups.users.list", &arguments, ASK).await {
            Ok(group) => Ok(group.users.into_iter().map(PersonId::new).collect()),
            Err(failure) if failure.is(&["no_such_subteam", "subteam_not_found"]) => Ok(Vec::new()),
            Err(failure) => Err(failure.into()),
        }
    }

    /// The person with this id.
    pub(crate) async fn member(&self, person: &PersonId) -> Result<Option<Member>, SlackError> {
        found(self.read("users.info", &[("user", person.to_string())], ASK).await)
    }

    /// What a field of a person's profile holds, if anything.
    pub(crate) async fn profile_field(
        &self,
        person: &PersonId,
        field: &str,
    ) -> Result<Option<String>, SlackError> {
        let arguments = [("user", person.to_string())];
        match self.read::<Described>("users.profile.get", &arguments, ASK).await {
            Ok(Described { profile }) => {
                let value = profile["fields"][field]["value"].as_str();
                Ok(value.filter(|value| !value.is_empty()).map(str::to_owned))
            }
            Err(failure) if failure.is(&["user_not_found"]) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// The person with this address.
    pub(crate) async fn member_by_email(&self, email: &str) -> Result<Option<Member>, SlackError> {
        found(self.read("users.lookupByEmail", &[("email", email.to_owned())], ASK).await)
    }
}

fn found(answer: Result<Found, Failure>) -> Result<Option<Member>, SlackError> {
    match answer {
        Ok(found) => Ok(found.user),
        Err(failure) if failure.is(&["user_not_found", "users_not_found", "user_not_visible"]) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}
