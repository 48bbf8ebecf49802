//! Who belongs where: the teams, the platform team and the channels of the settings.

use std::sync::Arc;

use super::catalog::{Catalog, Principal};
use super::ids::{ChannelId, TeamName};
use super::policy::Team;

/// What commands take for all teams, so that no team is called so.
pub const ALL_TEAMS: &str = "all";

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
    /// The team that has this name, or had it before it was renamed.
    pub fn team(&self, name: &TeamName) -> Option<&Team> {
        let named = self.teams.iter().find(|team| team.name == *name);
        named.or_else(|| self.teams.iter().find(|team| team.formerly.contains(name)))
    }

    /// The name that this team has now; the same one where no team has it.
    pub fn current_name(&self, name: &TeamName) -> TeamName {
        self.team(name).map_or_else(|| name.clone(), |team| team.name.clone())
    }

    /// The names that this team had before.
    pub fn former_names(&self, name: &TeamName) -> &[TeamName] {
        self.team(name).map(|team| team.formerly.as_slice()).unwrap_or_default()
    }

    /// The catalog with the present names of teams in the place of former ones.
    pub fn with_current_teams(&self, catalog: &Catalog) -> Catalog {
        let mut catalog = catalog.clone();
        for product in catalog.products.values_mut() {
            let is_named = product.teams().any(|team| self.current_name(team) != *team);
            if is_named {
                let product = Arc::make_mut(product);
                for team in product.teams_mut() {
                    *team = self.current_name(team);
                }
            }
        }
        catalog
    }

    /// Whether any team had another name before.
    pub fn has_renamed_teams(&self) -> bool {
        self.teams.iter().any(|team| !team.formerly.is_empty())
    }

    /// Who may ask on a team's behalf; nobody where there is no such team.
    pub fn members_of(&self, name: &TeamName) -> &[Principal] {
        self.team(name).map(|team| team.members.as_slice()).unwrap_or_default()
    }

    /// Who answers a team's requests; the admins where there is no such team any more.
    pub fn approvers_of(&self, name: &TeamName) -> &[Principal] {
        self.team(name).map_or(self.admins.as_slice(), |team| team.approvers.as_slice())
    }

    /// Where a team's cards go.
    pub fn channel_of(&self, name: &TeamName) -> &ChannelId {
        self.team(name).and_then(|team| team.channel.as_ref()).unwrap_or(&self.approvals_channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(name: &str, formerly: &[&str]) -> Team {
        Team {
            formerly: formerly.iter().map(|name| TeamName::new(*name)).collect(),
            approvers: vec![Principal::parse("U0MORGAN").unwrap()],
            ..Team::without_people(name)
        }
    }

    #[test]
    fn a_former_name_leads_to_the_team_and_a_name_that_nobody_has_to_the_admins() {
        let admins = vec![Principal::parse("U0ADMIN").unwrap()];
        let organization = Organization {
            teams: vec![team("billing", &["pay", "payments"]), team("search", &[])],
            admins: admins.clone(),
            auditors: Vec::new(),
            approvals_channel: ChannelId::new("C0APPROVALS"),
            workspace: None,
            manager_field: None,
            audit_channel: None,
            command: "/provision".into(),
        };
        let now = |name: &str| organization.current_name(&TeamName::new(name)).to_string();
        assert_eq!(
            ["pay", "payments", "billing", "search", "gone"].map(now),
            ["billing", "billing", "billing", "search", "gone"]
        );
        assert_eq!(organization.former_names(&TeamName::new("billing")).len(), 2);
        assert_eq!(organization.approvers_of(&TeamName::new("gone")), admins);
        assert_eq!(organization.approvers_of(&TeamName::new("pay")), organization.teams[0].approvers);
    }
}
