//! Who may see a request, tend what became of it, and read its trail, as things are right now. Who is who is asked of
//! `people`.

use super::membership::mentions;
use super::{Error, Portal};
use crate::domain::audit::By;
use crate::domain::ids::PersonId;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;

/// What somebody wants to do with something that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tending {
    /// Renew, change, hand over, have approvers pressed: what its owner may do as a member of its team.
    Keep,
    /// Tear down: what its owner may do wherever they are.
    TearDown,
}

impl Portal {
    /// Whether `person` may see this request: its requester, its team, its approvers and the team's, admins and auditors.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn may_see(&self, person: &PersonId, request: &Request) -> anyhow::Result<bool> {
        if *person == request.requester || *person == request.owner {
            return Ok(true);
        }
        let organization = &self.organization;
        let approvers = self.approvers_of(request).await?;
        let (members, answering) =
            (organization.members_of(&request.team), organization.approvers_of(&request.team));
        let circles = [members, answering, &approvers, &organization.admins, &organization.auditors];
        self.is_in_any(person, &circles).await
    }

    /// Whether `person` may do this with what was asked for now: its owner, for more than tearing it down only as a member
    /// of its team; its team's approvers; admins.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn may_tend(
        &self,
        person: &PersonId,
        request: &Request,
        tending: Tending,
    ) -> anyhow::Result<bool> {
        let is_owner = *person == request.owner;
        if is_owner && tending == Tending::TearDown {
            return Ok(true);
        }
        let organization = &self.organization;
        let members = if is_owner { organization.members_of(&request.team) } else { &[] };
        let approvers = organization.approvers_of(&request.team);
        self.is_in_any(person, &[members, approvers, &organization.admins]).await
    }

    /// Whether `person` may read the whole trail of this request: its approvers, admins and auditors.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn may_audit(&self, person: &PersonId, request: &Request) -> anyhow::Result<bool> {
        let organization = &self.organization;
        let approvers = self.approvers_of(request).await?;
        self.is_in_any(person, &[&approvers, &organization.admins, &organization.auditors]).await
    }

    /// Refuses whoever may not do this with what was asked for now, and notes that on its trail.
    pub(super) async fn check_tends(
        &self,
        request: &Request,
        by: &By,
        (tending, tried): (Tending, &str),
    ) -> Result<(), Error> {
        let (portal, person, asked) = (self.clone(), by.person.clone(), request.clone());
        if self.wait_for_answer(async move { portal.may_tend(&person, &asked, tending).await }).await? {
            return Ok(());
        }
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
