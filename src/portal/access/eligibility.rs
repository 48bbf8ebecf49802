//! What one person may answer: whether their approval would count, on whose behalf, and which lists of waiting requests
//! may contain something for them.

use crate::domain::approval::{Eligibility, may_decide};
use crate::domain::away::Away;
use crate::domain::catalog::Approvers;
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::principal::Principal;
use crate::domain::request::Request;
use crate::portal::Portal;
use crate::ports::directory::Freshness;
use crate::ports::outage::warn_unless;
use crate::ports::store::{RequestFilter, RequestScope};

/// Where to look for requests that somebody may be able to answer.
pub(crate) struct Answerable {
    /// The teams that they approve for.
    pub(crate) teams: Vec<TeamName>,
    /// Lists of other waiting requests that may contain some.
    pub(crate) lists: Vec<(RequestScope, RequestFilter)>,
}

impl Portal {
    /// Returns who is away; nobody if the store does not answer.
    pub(crate) async fn aways_or_none(&self) -> Vec<Away> {
        self.ports.store.aways(self.now()).await.unwrap_or_else(|error| {
            warn_unless!(
                self.ports.trouble.outages.explains(&error),
                error = format!("{error:#}"),
                "cannot look up who is away"
            );
            Vec::new()
        })
    }

    /// Like [`Self::can_decide`], but also looks up who is away.
    pub(crate) async fn can_decide_now(&self, person: &PersonId, request: &Request) -> bool {
        self.can_decide(person, request, &self.aways_or_none().await).await
    }

    /// Returns whether an approval by this person would count, according to the cache and to these absences.
    pub(crate) async fn can_decide(&self, person: &PersonId, request: &Request, aways: &[Away]) -> bool {
        if !request.waits_for_approvers() {
            return false;
        }
        match self.eligibility_with(person, request, Freshness::Known, aways).await {
            Ok(eligibility) => may_decide(request, person, eligibility, "").is_ok(),
            // A group that Slack cannot list must not hide everything else.
            Err(error) => {
                warn_unless!(
                    self.ports.trouble.outages.explains(&error),
                    actor = %person,
                    request = %request.id,
                    error = format!("{error:#}"),
                    "cannot look up the approvers of a request"
                );
                false
            }
        }
    }

    /// Returns whether this person's answer would count now, and on whose behalf. Does not check for own requests.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn eligibility(
        &self,
        person: &PersonId,
        request: &Request,
        freshness: Freshness,
    ) -> anyhow::Result<Eligibility> {
        let aways = self.ports.store.aways(self.now()).await?;
        self.eligibility_with(person, request, freshness, &aways).await
    }

    /// Like [`Self::eligibility`], with known absences.
    async fn eligibility_with(
        &self,
        person: &PersonId,
        request: &Request,
        freshness: Freshness,
        aways: &[Away],
    ) -> anyhow::Result<Eligibility> {
        let asker = &request.approval().asked_by;
        let in_force = self.stage_in_force(request);
        let (eligible, _) = self.approvers_in(&in_force.stage, &request.team, asker, freshness).await?;
        if self.is_in_any_as_of(person, &[&eligible, self.admins_beside(request)], freshness).await? {
            return Ok(Eligibility::Approver);
        }
        // Only now, since an approver answers in person even if they are a delegate as well.
        let mut represented = Vec::new();
        for away in aways {
            let is_theirs = away.delegate == *person && away.person != request.owner;
            if is_theirs && self.is_answered_for(away, &eligible, asker, freshness).await? {
                represented.push(away);
            }
        }
        let is_answered =
            |away: &Away| request.approval().consents.iter().any(|approval| approval.is_of(&away.person));
        // A delegate of several approvers acts for one who has not been answered for yet.
        let chosen =
            represented.iter().find(|away| !is_answered(away)).or_else(|| represented.first()).copied();
        Ok(chosen.map_or(Eligibility::Nobody, |away| Eligibility::OnBehalfOf(away.person.clone())))
    }

    /// Returns where to look for waiting requests that this person may be able to answer, according to the cache: those
    /// of the teams they approve for, those of products that name them, and for admins the exceptions and escalations.
    pub(crate) async fn may_answer(&self, person: &PersonId, aways: &[Away]) -> Answerable {
        // A delegate may answer whatever the absent approver could.
        let represented = aways.iter().filter(|away| away.delegate == *person).map(|away| &away.person);
        let people: Vec<&PersonId> = [person].into_iter().chain(represented).collect();
        let mut lists = Vec::new();
        if self.any_is_named(&people, &self.organization.admins).await {
            // Escalated requests have waited longest, so they come first in this list.
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
                named.extend_from_slice(&stage.silent);
            }
            if self.any_is_named(&people, &named).await {
                lists.push((RequestScope::Product(product.key.clone()), RequestFilter::Waiting));
            }
        }
        Answerable { teams, lists }
    }

    /// Returns whether one of these people is named; `true` if Slack does not answer.
    async fn any_is_named(&self, people: &[&PersonId], principals: &[Principal]) -> bool {
        for person in people {
            if self.is_named(person, principals, Freshness::Known).await.unwrap_or(true) {
                return true;
            }
        }
        false
    }
}
