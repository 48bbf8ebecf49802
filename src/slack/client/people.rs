//! Asking Slack about people and groups. What is remembered of the answers is `directory`'s business.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::Value;

use super::failure::CallFailure;
use super::rate_limits::LOOKUP;
use super::{Identity, SlackClient, flag, lenient, readable};
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::refusal::Uncounted;
use crate::ports::slack::SlackError;

/// Accounts on a page of `users.list`: Slack's own client says "an integer with a max value of 999"
/// (docs.slack.dev/tools/node-slack-sdk/reference/web-api/interfaces/UsersListArguments, 2026-11-29).
const ON_A_PAGE: &str = "999";

/// Slackbot has this id in every workspace, and its `is_bot` is false (slackapi/bolt-js#794, 2026-11-28).
const SLACKBOT: &str = "USLACKBOT";

/// A person as Slack describes them (the user object, docs.slack.dev/reference/objects/user-object, 2026-11-28). Of
/// deactivated people and of people of other companies most fields are absent.
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

/// What is read of an account's profile; the address is there only with the scope `users:read.email`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Profile {
    #[serde(deserialize_with = "lenient")]
    email: Option<String>,
}

/// What an account of a grid says about its enterprise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct EnterpriseUser {
    enterprise_id: Option<String>,
}

impl SlackUser {
    /// Who it is.
    pub(crate) fn person(&self) -> PersonId {
        PersonId::new(self.id.clone())
    }

    /// Why this is no active full member of any company; which company it is of is asked of [`Self::is_of`].
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

    /// Whether the account belongs to the workspace or the enterprise of this token. `is_stranger` alone does not tell: it
    /// is false for people of other companies with whom a channel is shared (docs.slack.dev/apis/slack-connect: users of
    /// other teams come with another `team_id`, 2026-11-28).
    pub(crate) fn is_of(&self, ours: &Identity) -> bool {
        let Some(team) = &self.team_id else { return true };
        let enterprise = self.enterprise_user.as_ref().and_then(|user| user.enterprise_id.as_ref());
        let own = [ours.team_id.as_ref(), ours.enterprise_id.as_ref()];
        // On a grid an account may name the enterprise as its team.
        own.into_iter().flatten().any(|own| own == team || Some(own) == enterprise)
    }

    /// Their address, if Slack shows it.
    pub(crate) fn email(&self) -> Option<&str> {
        self.profile.email.as_deref().filter(|email| !email.is_empty())
    }

    /// Whether Slack says that their address is theirs. The field is optional in what `users.lookupByEmail` answers and
    /// no scope is documented for it beyond `users:read.email`, which the call needs anyway
    /// (docs.slack.dev/reference/methods/users.lookupByEmail and the types of Slack's own client, 2026-11-28). Where it is
    /// absent or null, nobody has said that the address was confirmed.
    pub(crate) fn has_confirmed_email(&self) -> bool {
        self.is_email_confirmed == Some(true)
    }
}

#[derive(Debug, Deserialize)]
struct UserLookup {
    user: Option<SlackUser>,
}

/// What is read of a profile. Slack writes no fields as `null` or as an empty list.
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

/// Some of all accounts.
#[derive(Debug)]
pub(crate) struct MembersPage {
    pub(crate) members: Vec<SlackUser>,
    /// Where the next page begins; `None` after the last one.
    pub(crate) next: Option<String>,
}

impl SlackClient {
    /// Everybody whom Slack lists in each user group that is not disabled. One call for all of them, since Slack takes as
    /// few of it as of a call for one group: both are of tier 2, twenty a minute
    /// (docs.slack.dev/reference/methods/usergroups.list with `include_users`, 2026-11-29).
    pub(crate) async fn groups(&self) -> Result<HashMap<GroupId, BTreeSet<PersonId>>, SlackError> {
        let arguments = self.of_workspace([("include_users", "true".to_owned())]);
        let groups: GroupsPage = self.read("usergroups.list", &arguments, self.limits.call).await?;
        let people =
            |group: UserGroup| (GroupId::new(group.id), group.users.into_iter().map(PersonId::new).collect());
        Ok(groups.usergroups.into_iter().filter(|group| !group.id.is_empty()).map(people).collect())
    }

    /// A page of all accounts of the workspace, deactivated ones and apps included.
    pub(crate) async fn members(&self, cursor: Option<String>) -> Result<MembersPage, SlackError> {
        let cursor = cursor.map(|cursor| ("cursor", cursor));
        let arguments = self.of_workspace([("limit", ON_A_PAGE.to_owned())].into_iter().chain(cursor));
        let listed: MembersList = self.read("users.list", &arguments, self.limits.call).await?;
        let next = Some(listed.response_metadata.next_cursor).filter(|next| !next.is_empty());
        Ok(MembersPage { members: listed.members, next })
    }

    /// These arguments and the workspace that is meant, where the token is for more than one.
    fn of_workspace(
        &self,
        arguments: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Vec<(&'static str, String)> {
        let workspace = self.workspace.iter().map(|workspace| ("team_id", workspace.clone()));
        arguments.into_iter().chain(workspace).collect()
    }

    /// The person with this id.
    pub(crate) async fn member(&self, person: &PersonId) -> Result<Option<SlackUser>, SlackError> {
        found(self.read("users.info", &[("user", person.to_string())], self.limits.call).await)
    }

    /// What a field of a person's profile holds, if anything.
    pub(crate) async fn profile_field(
        &self,
        person: &PersonId,
        field: &str,
    ) -> Result<Option<String>, SlackError> {
        let arguments = [("user", person.to_string())];
        match self.read::<Described>("users.profile.get", &arguments, self.limits.call).await {
            Ok(Described { profile }) => {
                let value = profile["fields"][field]["value"].as_str();
                Ok(value.filter(|value| !value.is_empty()).map(str::to_owned))
            }
            Err(failure) if failure.is(&["user_not_found"]) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// The person with this address.
    pub(crate) async fn member_by_email(&self, email: &str) -> Result<Option<SlackUser>, SlackError> {
        self.rate_limits.turn(LOOKUP, email).map_err(CallFailure::RateLimited)?;
        found(self.read(LOOKUP, &[("email", email.to_owned())], self.limits.call).await)
    }
}

fn found(answer: Result<UserLookup, CallFailure>) -> Result<Option<SlackUser>, SlackError> {
    match answer {
        Ok(found) => Ok(found.user),
        Err(failure) if failure.is(&["user_not_found", "users_not_found", "user_not_visible"]) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}
