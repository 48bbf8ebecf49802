//! Who belongs where: the teams, the platform team and the channels of the settings.

use super::catalog::Principal;
use super::ids::{ChannelId, TeamName};
use super::policy::Team;

/// The people's side of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Teams, in the order of the settings.
    pub teams: Vec<Team>,
    /// The platform team.
    pub admins: Vec<Principal>,
    /// May read everything and change nothing.
    pub auditors: Vec<Principal>,
    /// Where cards go when a team names no channel or its channel cannot be written to.
    pub approvals_channel: ChannelId,
    /// The Slack workspace, `T…`, whose user groups are meant, where the app is installed for a whole enterprise.
    pub workspace: Option<String>,
    /// The profile field that names a person's manager.
    pub manager_field: Option<String>,
    /// A channel for those who watch over all teams.
    pub audit_channel: Option<ChannelId>,
    /// The slash command, such as `/provision`.
    pub command: String,
}

impl Organization {
    /// The team of this name.
    pub fn team(&self, name: &TeamName) -> Option<&Team> {
        self.teams.iter().find(|team| team.name == *name)
    }

    /// Who may ask on a team's behalf; nobody where there is no such team.
    pub fn members_of(&self, name: &TeamName) -> &[Principal] {
        self.team(name).map(|team| team.members.as_slice()).unwrap_or_default()
    }

    /// Who answers a team's requests; nobody where there is no such team.
    pub fn approvers_of(&self, name: &TeamName) -> &[Principal] {
        self.team(name).map(|team| team.approvers.as_slice()).unwrap_or_default()
    }

    /// Where a team's cards go.
    pub fn channel_of(&self, name: &TeamName) -> &ChannelId {
        self.team(name).and_then(|team| team.channel.as_ref()).unwrap_or(&self.approvals_channel)
    }
}
