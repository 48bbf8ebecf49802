//! Permissions: who may see a request, manage its resource, and read its trail, as of now. `membership` knows who
//! belongs where.

mod approver_set;
pub(crate) mod approvers;
mod eligibility;
mod lookup_deadline;
pub(crate) mod membership;
pub(crate) mod no_team;
pub(crate) mod readers;

pub(crate) use approver_set::ApproverSet;

use crate::domain::audit::By;
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::portal::access::membership::mentions;
use crate::portal::{Error, Portal};

/// What somebody wants to do with a provisioned resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Managing {
    /// Renew, change, transfer or nudge: the owner needs to be a member of the team.
    Keep,
    /// Tear down: the owner may always do this.
    TearDown,
}

impl Portal {
    /// Returns whether `person` may see this request: its requester and owner, its team, its approvers and the team's,
    /// admins and auditors.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn may_see(&self, person: &PersonId, request: &Request) -> anyhow::Result<bool> {
        // Needs no lookup.
        if *person == request.requester || *person == request.owner {
            return Ok(true);
        }
        let organization = &self.organization;
        let approvers = self.approvers_of(request).await?;
        let (members, team_approvers) =
            (organization.members_of(&request.team), organization.approvers_of(&request.team));
        let sets = [members, team_approvers, &approvers, &organization.admins, &organization.auditors];
        self.is_in_any(person, &sets).await
    }

    /// Returns whether `person` may do this with the resource: its owner, who has to be a member of the team for
    /// anything but tearing it down; the team's approvers; admins.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn may_manage(
        &self,
        person: &PersonId,
        request: &Request,
        managing: Managing,
    ) -> anyhow::Result<bool> {
        let is_owner = *person == request.owner;
        if is_owner && managing == Managing::TearDown {
            return Ok(true);
        }
        let organization = &self.organization;
        // Membership alone gives no right to another member's resource.
        let members = if is_owner { organization.members_of(&request.team) } else { &[] };
        let approvers = organization.approvers_of(&request.team);
        self.is_in_any(person, &[members, approvers, &organization.admins]).await
    }

    /// Returns whether `person` may read this request's trail: its approvers, admins and auditors.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn may_audit(&self, person: &PersonId, request: &Request) -> anyhow::Result<bool> {
        let organization = &self.organization;
        let approvers = self.approvers_of(request).await?;
        self.is_in_any(person, &[&approvers, &organization.admins, &organization.auditors]).await
    }

    /// Refuses everybody who may not do this with the resource, and records that on the trail.
    pub(crate) async fn check_manages(
        &self,
        request: &Request,
        by: &By,
        (managing, tried): (Managing, &str),
    ) -> Result<(), Error> {
        let (portal, person, about) = (self.clone(), by.person.clone(), request.clone());
        if self.wait_for_answer(async move { portal.may_manage(&person, &about, managing).await }).await? {
            return Ok(());
        }
        // The owner lost the right, anybody else never had it: the text says which.
        let refusal = if by.person == request.owner {
            let approvers = self.to_mention(self.organization.approvers_of(&request.team)).await;
            let approvers = if approvers.is_empty() { String::new() } else { mentions(&approvers) };
            let team = request.team.clone();
            if self.organization.team(&team).is_some() {
                Refusal::LeftTheTeam { team, approvers }
            } else {
                Refusal::TeamIsGone { team, admins: approvers }
            }
        } else {
            Refusal::NotTheirs { owner: request.owner.clone() }
        };
        Err(self.refuse(request, by, tried, refusal).await)
    }
}
