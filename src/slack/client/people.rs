//! Looks up users and groups in Slack. `directory` caches the answers.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::Value;

use super::failure::CallFailure;
use super::rate_limits::LOOKUP;
use super::{Identity, SlackClient, flag, lenient, readable};
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;
use crate::ports::slack::SlackError;

/// Accounts per page of `users.list`. Slack's own client says "an integer with a max value of 999"
/// (docs.slack.dev/tools/node-slack-sdk/reference/web-api/interfaces/UsersListArguments, 2026-11-29).
const ON_A_PAGE: &str = "999";

/// Slackbot's id, the same in every workspace. Its `is_bot` is false (slackapi/bolt-js#794, 2026-11-28).
const SLACKBOT: &str = "USLACKBOT";

/// A user as Slack describes them (the user object, docs.slack.dev/reference/objects/user-object, 2026-11-28). Most
/// fields are absent for deactivated users and for users of other companies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct SlackUser {
    id: String,
    team_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    enterprise_user: Option<EnterpriseUser>,
    #[serde(deserialize_with = "flag")]
    deleted: bool,
    #[serde(deserialize_with = "flag")]
    is_bot: bool,
    #[serde(deserialize_with = "flag")]
    is_workflow_bot: bool,
    #[serde(deserialize_with = "flag")]
    is_restricted: bool,
    #[serde(deserialize_with = "flag")]
    is_ultra_restricted: bool,
    #[serde(deserialize_with = "flag")]
    is_stranger: bool,
    #[serde(deserialize_with = "lenient")]
    is_email_confirmed: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    profile: Profile,
}

/// The used part of an account's profile. The address is present only with the scope `users:read.email`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Profile {
    #[serde(deserialize_with = "lenient")]
    email: Option<String>,
}

/// The enterprise of an account on Enterprise Grid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct EnterpriseUser {
    enterprise_id: Option<String>,
}

impl SlackUser {
    /// Returns the user's id.
    pub(crate) fn person(&self) -> PersonId {
        PersonId::new(self.id.clone())
    }

    /// Returns why this is not an active full member of any company; `None` if it is. See [`Self::is_of`] for which
    /// company.
    pub(crate) fn uncounted(&self) -> Option<Uncounted> {
        let is_app = self.is_bot || self.is_workflow_bot || self.id == SLACKBOT;
        match self {
            Self { id, .. } if id.is_empty() => Some(Uncounted::Unknown),
            Self { deleted: true, .. } => Some(Uncounted::Deactivated),
            _ if is_app => Some(Uncounted::App),
            Self { is_stranger: true, .. } => Some(Uncounted::Stranger),
            Self { is_restricted: true, .. } | Self { is_ultra_restricted: true, .. } => {
                Some(Uncounted::Guest)
            }
            _ => None,
        }
    }

    /// Returns whether the account belongs to the workspace or enterprise of this token. `is_stranger` alone does not
    /// tell: it is false for users of other companies with whom a channel is shared (docs.slack.dev/apis/slack-connect:
    /// users of other teams come with another `team_id`, 2026-11-28).
    pub(crate) fn is_of(&self, ours: &Identity) -> bool {
        let Some(team) = &self.team_id else { return true };
        let enterprise = self.enterprise_user.as_ref().and_then(|user| user.enterprise_id.as_ref());
        let ids = [ours.team_id.as_ref(), ours.enterprise_id.as_ref()];
        // On Enterprise Grid, an account may name the enterprise as its team.
        ids.into_iter().flatten().any(|id| id == team || Some(id) == enterprise)
    }

    /// Returns the user's e-mail address, if Slack shows it.
    pub(crate) fn email(&self) -> Option<&str> {
        self.profile.email.as_deref().filter(|email| !email.is_empty())
    }

    /// Returns whether Slack says that the user's address is confirmed. The field is optional in the answer of
    /// `users.lookupByEmail`, and no scope is documented for it beyond `users:read.email`, which the call needs anyway
    /// (docs.slack.dev/reference/methods/users.lookupByEmail and the types of Slack's own client, 2026-11-28). An
    /// absent or null field means not confirmed.
    pub(crate) fn has_confirmed_email(&self) -> bool {
        self.is_email_confirmed == Some(true)
    }
}

#[derive(Debug, Deserialize)]
struct UserLookup {
    user: Option<SlackUser>,
}

/// The used part of a profile. Slack writes missing fields as `null` or as an empty list.
#[derive(Debug, Deserialize)]
struct Described {
    #[serde(default)]
    profile: Value,
}

#[derive(Debug, Deserialize)]
struct GroupsPage {
    #[serde(deserialize_with = "readable")]
    usergroups: Vec<UserGroup>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UserGroup {
    id: String,
    #[serde(deserialize_with = "readable")]
    users: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MembersList {
    #[serde(deserialize_with = "readable")]
    members: Vec<SlackUser>,
    #[serde(deserialize_with = "lenient")]
    response_metadata: Next,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    #[serde(deserialize_with = "lenient")]
    next_cursor: String,
}

/// One page of all accounts.
#[derive(Debug)]
pub(crate) struct MembersPage {
    pub(crate) members: Vec<SlackUser>,
    /// The cursor of the next page; `None` after the last one.
    pub(crate) next: Option<String>,
}

impl SlackClient {
    /// Returns the members of all active user groups. This is one call for all groups, because Slack limits it like the
    /// call for a single group: both are in tier 2, twenty a minute
    /// (docs.slack.dev/reference/methods/usergroups.list with `include_users`, 2026-11-29).
    pub(crate) async fn groups(&self) -> Result<HashMap<GroupId, BTreeSet<PersonId>>, SlackError> {
        let arguments = self.of_workspace([("include_users", "true".to_owned())]);
        let groups: GroupsPage = self.read("usergroups.list", &arguments, self.limits.call).await?;
        let people =
            |group: UserGroup| (GroupId::new(group.id), group.users.into_iter().map(PersonId::new).collect());
        // A group whose id cannot be read cannot be named in the settings either.
        Ok(groups.usergroups.into_iter().filter(|group| !group.id.is_empty()).map(people).collect())
    }

    /// Returns one page of all accounts of the workspace, including deactivated users and apps.
    pub(crate) async fn members(&self, cursor: Option<String>) -> Result<MembersPage, SlackError> {
        let cursor = cursor.map(|cursor| ("cursor", cursor));
        let arguments = self.of_workspace([("limit", ON_A_PAGE.to_owned())].into_iter().chain(cursor));
        let listed: MembersList = self.read("users.list", &arguments, self.limits.call).await?;
        let next = Some(listed.response_metadata.next_cursor).filter(|next| !next.is_empty());
        Ok(MembersPage { members: listed.members, next })
    }

    /// Adds the workspace to these arguments, if the token is for more than one.
    fn of_workspace(
        &self,
        arguments: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Vec<(&'static str, String)> {
        let workspace = self.workspace.iter().map(|workspace| ("team_id", workspace.clone()));
        arguments.into_iter().chain(workspace).collect()
    }

    /// Looks up a user by id.
    pub(crate) async fn member(&self, person: &PersonId) -> Result<Option<SlackUser>, SlackError> {
        found(self.read("users.info", &[("user", person.to_string())], self.limits.call).await)
    }

    /// Looks up a field of a user's profile; `None` if it is empty.
    pub(crate) async fn profile_field(
        &self,
        person: &PersonId,
        field: &str,
    ) -> Result<Option<String>, SlackError> {
        let arguments = [("user", person.to_string())];
        match self.read::<Described>("users.profile.get", &arguments, self.limits.call).await {
            Ok(Described { profile }) => {
                // Indexing JSON never fails: what is absent or has another shape is null.
                let value = profile["fields"][field]["value"].as_str();
                Ok(value.filter(|value| !value.is_empty()).map(str::to_owned))
            }
            // This code is an answer: there is no such user.
            Err(failure) if failure.is(&["user_not_found"]) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Looks up a user by e-mail address.
    pub(crate) async fn member_by_email(&self, email: &str) -> Result<Option<SlackUser>, SlackError> {
        self.rate_limits.turn(LOOKUP, email).map_err(CallFailure::RateLimited)?;
        found(self.read(LOOKUP, &[("email", email.to_owned())], self.limits.call).await)
    }
}

fn found(answer: Result<UserLookup, CallFailure>) -> Result<Option<SlackUser>, SlackError> {
    match answer {
        Ok(lookup) => Ok(lookup.user),
        // These codes are an answer: for this app, there is no such user.
        Err(failure) if failure.is(&["user_not_found", "users_not_found", "user_not_visible"]) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}
