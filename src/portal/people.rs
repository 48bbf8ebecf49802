//! Who is who right now: which teams a person is in, who may decide. Groups are asked for at the moment of a click;
//! the directory remembers an answer for at most a minute.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::join_all;

use super::Portal;
use crate::domain::catalog::Principal;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::policy::Team;
use crate::domain::request::Request;

/// How long Slack has to say who somebody is while a person waits: what they did is stored or refused, and answered,
/// within a second.
const ASK_WITHIN: Duration = Duration::from_millis(400);

/// An answer of Slack's about a person, if it comes in time. The question goes on, so that whoever presses again is not
/// kept waiting by a slow answer.
pub(super) async fn in_time<T: Send + 'static>(
    asked: impl Future<Output = anyhow::Result<T>> + Send + 'static,
) -> anyhow::Result<T> {
    let asked = tokio::time::timeout(ASK_WITHIN, tokio::spawn(asked)).await;
    asked.context("Slack does not say in time who somebody is")?.context("the question ended badly")?
}

impl Portal {
    /// As [`Self::is_one_of`], for somebody who waits for an answer: see [`in_time`].
    ///
    /// # Errors
    /// When Slack had to be asked and could not, or does not say in time.
    pub(super) async fn is_one_of_in_time(
        &self,
        person: &PersonId,
        principals: &[Principal],
    ) -> anyhow::Result<bool> {
        let (portal, person, principals) = (self.clone(), person.clone(), principals.to_vec());
        in_time(async move { portal.is_one_of(&person, &principals).await }).await
    }

    /// Whether `person` is one of these people or in one of these groups. Slack is asked only if no id matches.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn is_one_of(
        &self,
        person: &PersonId,
        principals: &[Principal],
    ) -> anyhow::Result<bool> {
        if principals.iter().any(|principal| matches!(principal, Principal::Person(id) if id == person)) {
            return Ok(true);
        }
        let mut unknown = None;
        for asked in join_all(principals.iter().map(|principal| self.people_of(principal))).await {
            match asked {
                Ok(people) if people.contains(person) => return Ok(true),
                Ok(_) => {}
                Err(error) => unknown = Some(error),
            }
        }
        unknown.map_or(Ok(false), Err)
    }

    /// As [`Self::is_one_of`], of any of several circles; a later one is asked about only if no earlier one has them.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn is_in_any(
        &self,
        person: &PersonId,
        circles: &[&[Principal]],
    ) -> anyhow::Result<bool> {
        for circle in circles {
            if self.is_one_of(person, circle).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The people that are meant, none where Slack knows nobody by that name.
    async fn people_of(&self, principal: &Principal) -> anyhow::Result<BTreeSet<PersonId>> {
        Ok(match principal {
            Principal::Person(person) => BTreeSet::from([person.clone()]),
            Principal::Group(group) => self.ports.directory.group_members(group).await?,
            Principal::Email(email) => {
                self.ports.directory.person_by_email(email).await?.into_iter().collect()
            }
        })
    }

    /// The teams that `person` may ask for.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn teams_of(&self, person: &PersonId) -> anyhow::Result<Vec<&Team>> {
        let mut mine = Vec::new();
        let mut unknown = None;
        let teams = self.organization.teams.iter();
        let asked = teams.clone().map(|team| self.is_one_of_in_time(person, &team.members));
        let asked = join_all(asked).await;
        for (team, asked) in teams.zip(asked) {
            match asked {
                Ok(true) => mine.push(team),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(team = %team.name, error = format!("{error:#}"), "cannot find out who is in a team");
                    unknown = Some(error);
                }
            }
        }
        // A team that cannot be asked about must not keep the members of the others from working.
        match unknown {
            Some(error) if mine.is_empty() => Err(error),
            _ => Ok(mine),
        }
    }

    /// Who decides about a team's things where their owner cannot: its approvers, or the admins where it is gone.
    pub(crate) fn answerable_for(&self, team: &TeamName) -> Vec<Principal> {
        self.organization.approvers_of(team).to_vec()
    }

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

    /// These people one by one, whatever groups they come from.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn each_of(&self, principals: &[Principal]) -> anyhow::Result<BTreeSet<PersonId>> {
        let mut people = BTreeSet::new();
        for asked in join_all(principals.iter().map(|principal| self.people_of(principal))).await {
            people.extend(asked?);
        }
        Ok(people)
    }

    /// The admins one by one, as far as Slack says who they are.
    pub(crate) async fn admins(&self) -> BTreeSet<PersonId> {
        let mut people = BTreeSet::new();
        for admin in &self.organization.admins {
            match self.people_of(admin).await {
                Ok(some) => people.extend(some),
                Err(error) => tracing::warn!(error = format!("{error:#}"), "cannot find out who an admin is"),
            }
        }
        people
    }

    /// Tells every admin who is named by id or found by Slack, as far as they can be told.
    pub(crate) async fn tell_admins(&self, text: &str) {
        for admin in self.admins().await {
            if let Err(error) = self.ports.slack.whisper(None, &admin, text).await {
                tracing::warn!(%admin, %error, "cannot tell an admin");
            }
        }
    }

    /// Whether `person` may renew, tear down and hand over: its owner, its team's approvers, admins.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn may_tend(&self, person: &PersonId, request: &Request) -> anyhow::Result<bool> {
        if *person == request.owner {
            return Ok(true);
        }
        let organization = &self.organization;
        self.is_in_any(person, &[organization.approvers_of(&request.team), &organization.admins]).await
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
}

/// Approvers without the requester, unless that one may agree to their own request.
pub(crate) fn others(approvers: Vec<Principal>, requester: &PersonId, self_approval: bool) -> Vec<Principal> {
    let own = Principal::Person(requester.clone());
    approvers.into_iter().filter(|approver| self_approval || *approver != own).collect()
}

/// These people and groups as Slack shows them.
pub(crate) fn mentions(principals: &[Principal]) -> String {
    let mention = |principal: &Principal| match principal {
        Principal::Person(id) => format!("<@{id}>"),
        Principal::Group(id) => format!("<!subteam^{id}>"),
        Principal::Email(email) => email.clone(),
    };
    match principals {
        [] => "nobody is named as approver; ask your platform team".to_owned(),
        some => some.iter().map(mention).collect::<Vec<_>>().join(", "),
    }
}
