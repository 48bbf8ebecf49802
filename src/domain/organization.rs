//! The organization in the settings: teams, admins, auditors and channels.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::catalog::Catalog;
use super::ids::{ChannelId, TeamName};
use super::principal::Principal;
use super::quiet_hours::QuietHours;

/// Stands for all teams in commands, so no team may have this name.
pub const ALL_TEAMS: &str = "all";

/// The part of the settings that is about people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Teams, in the order of the settings.
    pub teams: Vec<Team>,
    /// The platform team.
    pub admins: Vec<Principal>,
    /// People who may read everything and change nothing.
    pub auditors: Vec<Principal>,
    /// The channel for approval cards if a team has none or its channel cannot be written to.
    pub approvals_channel: ChannelId,
    /// The Slack workspace, `T…`, whose user groups are used, if the app is installed for a whole enterprise.
    pub workspace: Option<String>,
    /// The profile field that names a person's manager.
    pub manager_field: Option<String>,
    /// The channel that gets a copy of the audit trail.
    pub audit_channel: Option<ChannelId>,
    /// The slash command, such as `/provision`.
    pub command: String,
}

/// A team of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its current name.
    pub name: TeamName,
    /// Its former names; requests stored under those belong to it.
    pub formerly: Vec<TeamName>,
    /// Who may request on its behalf.
    pub members: Vec<Principal>,
    /// Who approves its requests.
    pub approvers: Vec<Principal>,
    /// The channel for its approval cards; the approvals channel if `None`.
    pub channel: Option<ChannelId>,
    /// The most that its estimates may add up to, US dollars a month.
    pub monthly_budget: Option<Decimal>,
    /// When its leases do not end although they have run out; `None` for any time.
    pub quiet: Option<QuietHours>,
}

impl Team {
    /// Returns a team without members, approvers or limits.
    pub fn without_people(name: &str) -> Self {
        Self {
            name: TeamName::new(name),
            formerly: Vec::new(),
            members: Vec::new(),
            approvers: Vec::new(),
            channel: None,
            monthly_budget: None,
            quiet: None,
        }
    }
}

impl Organization {
    /// Returns the team with this name or former name.
    pub fn team(&self, name: &TeamName) -> Option<&Team> {
        let named = self.teams.iter().find(|team| team.name == *name);
        // A current name wins over a former one that another team has given up.
        named.or_else(|| self.teams.iter().find(|team| team.formerly.contains(name)))
    }

    /// Returns the team's current name; the given name if no team has it.
    pub fn current_name(&self, name: &TeamName) -> TeamName {
        self.team(name).map_or_else(|| name.clone(), |team| team.name.clone())
    }

    /// Returns the team's former names.
    pub fn former_names(&self, name: &TeamName) -> &[TeamName] {
        self.team(name).map(|team| team.formerly.as_slice()).unwrap_or_default()
    }

    /// Returns the catalog with former team names replaced by current ones.
    pub fn with_current_teams(&self, catalog: &Catalog) -> Catalog {
        let mut catalog = catalog.clone();
        for product in catalog.products.values_mut() {
            // `make_mut` copies the product, so only those that name a renamed team are touched.
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

    /// Whether any team has been renamed.
    pub fn has_renamed_teams(&self) -> bool {
        self.teams.iter().any(|team| !team.formerly.is_empty())
    }

    /// Returns who may request on the team's behalf; empty if there is no such team.
    pub fn members_of(&self, name: &TeamName) -> &[Principal] {
        self.team(name).map(|team| team.members.as_slice()).unwrap_or_default()
    }

    /// Returns who approves the team's requests; the admins if the team no longer exists.
    pub fn approvers_of(&self, name: &TeamName) -> &[Principal] {
        // Somebody has to be able to answer what still waits for a removed team.
        self.team(name).map_or(self.admins.as_slice(), |team| team.approvers.as_slice())
    }

    /// Returns the channel for the team's cards.
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
