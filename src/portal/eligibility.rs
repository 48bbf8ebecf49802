//! What one person may answer: whether a click of theirs on Approve would count, in whose place, and among which waiting
//! requests there may be some of which it would.

use super::Portal;
use crate::domain::away::Away;
use crate::domain::catalog::{Approvers, Principal};
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::policy::{Eligibility, may_decide};
use crate::domain::request::Request;
use crate::ports::directory::Freshness;
use crate::ports::outage::warn_unless;
use crate::ports::store::{RequestFilter, RequestScope};

/// Where the requests stand that somebody may be able to answer.
pub(super) struct Answerable {
    /// The teams that they answer for.
    pub(super) teams: Vec<TeamName>,
    /// Lists of other waiting requests, in which there may be some.
    pub(super) lists: Vec<(RequestScope, RequestFilter)>,
}

impl Portal {
    /// Who is away; nobody, while the store does not say.
    pub(super) async fn aways_or_none(&self) -> Vec<Away> {
        self.ports.store.aways(self.now()).await.unwrap_or_else(|error| {
            warn_unless!(
                self.ports.trouble.outages.explains(&error),
                error = format!("{error:#}"),
                "cannot find out who is away"
            );
            Vec::new()
        })
    }

    /// As [`Self::can_decide`], where nobody has looked yet who is away.
    pub(crate) async fn can_decide_now(&self, person: &PersonId, request: &Request) -> bool {
        self.can_decide(person, request, &self.aways_or_none().await).await
    }

    /// Whether a click of theirs on Approve would count, as far as it is known who they are, of whom these are away.
    pub(crate) async fn can_decide(&self, person: &PersonId, request: &Request, aways: &[Away]) -> bool {
        if !request.waits_for_approvers() {
            return false;
        }
        match self.eligibility_with(person, request, Freshness::Known, aways).await {
            Ok(standing) => may_decide(request, person, standing, "").is_ok(),
            // A group that Slack cannot list keeps nothing else from being shown.
            Err(error) => {
                warn_unless!(
                    self.ports.trouble.outages.explains(&error),
                    actor = %person,
                    request = %request.id,
                    error = format!("{error:#}"),
                    "cannot find out who approves"
                );
                false
            }
        }
    }

    /// In whose place this person's answer would count now, own requests aside.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn eligibility(
        &self,
        person: &PersonId,
        request: &Request,
        freshness: Freshness,
    ) -> anyhow::Result<Eligibility> {
        let aways = self.ports.store.aways(self.now()).await?;
        self.eligibility_with(person, request, freshness, &aways).await
    }

    /// The same, of whom it is known already who is away.
    async fn eligibility_with(
        &self,
        person: &PersonId,
        request: &Request,
        freshness: Freshness,
        aways: &[Away],
    ) -> anyhow::Result<Eligibility> {
        let asker = request.asker();
        let in_force = self.stage_in_force(request);
        let (may, _) = self.approvers_in(&in_force.stage, &request.team, asker, freshness).await?;
        if self.is_in_any_as_of(person, &[&may, self.beside(request)], freshness).await? {
            return Ok(Eligibility::Approver);
        }
        let mut for_them = Vec::new();
        for away in aways {
            let is_theirs = away.delegate == *person && away.person != request.owner;
            if is_theirs && self.is_answered_for(away, &may, asker, freshness).await? {
                for_them.push(away);
            }
        }
        let taken = |away: &Away| request.agreed().iter().any(|approval| approval.is_of(&away.person));
        // Of several the one who was not answered for yet.
        let chosen = for_them.iter().find(|away| !taken(away)).or_else(|| for_them.first()).copied();
        Ok(chosen.map_or(Eligibility::Nobody, |away| Eligibility::InsteadOf(away.person.clone())))
    }

    /// Which waiting requests this person may be able to answer, as far as it is known who they are: those of the teams that
    /// they answer for, of the products that name them, and for admins what became theirs.
    pub(super) async fn may_answer(&self, person: &PersonId, aways: &[Away]) -> Answerable {
        let represented = aways.iter().filter(|away| away.delegate == *person).map(|away| &away.person);
        let people: Vec<&PersonId> = [person].into_iter().chain(represented).collect();
        let mut lists = Vec::new();
        if self.any_is_named(&people, &self.organization.admins).await {
            // What nobody has answered for long is theirs as well, and comes first there.
            lists.extend([
                (RequestScope::All, RequestFilter::Exceptions),
                (RequestScope::All, RequestFilter::Waiting),
            ]);
        }
        let mut teams = Vec::new();
        for team in &self.organization.teams {
            if self.any_is_named(&people, &team.approvers).await {
                teams.push(team.name.clone());
            }
        }
        for product in self.catalog.products.values() {
            let mut named = Vec::new();
            for stage in product.approval.paths().into_iter().flatten() {
                if let Approvers::Listed(listed) = &stage.approvers {
                    named.extend_from_slice(listed);
                }
                named.extend_from_slice(&stage.quiet);
            }
            if self.any_is_named(&people, &named).await {
                lists.push((RequestScope::Product(product.key.clone()), RequestFilter::Waiting));
            }
        }
        Answerable { teams, lists }
    }

    /// Whether one of these people is named; while Slack does not say, they may be.
    async fn any_is_named(&self, people: &[&PersonId], principals: &[Principal]) -> bool {
        for person in people {
            if self.is_named(person, principals, Freshness::Known).await.unwrap_or(true) {
                return true;
            }
        }
        false
    }
}
