//! The approver set of a request: the current stage resolved to people and groups, plus the admins after an escalation.

use jiff::SignedDuration;

use crate::domain::approval::{ApprovalPath, StageInForce, can_be_staffed, needed_in_all};
use crate::domain::away::Away;
use crate::domain::catalog::{Approvers, Product, Stage};
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::period::Period;
use crate::domain::preview::PreviewStage;
use crate::domain::principal::Principal;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::portal::access::ApproverSet;
use crate::portal::access::membership::{is_for_now, mentions, others};
use crate::portal::{Error, Portal};
use crate::ports::directory::Freshness;
use crate::ports::outage::warn_unless;
use crate::ports::store::{RequestFilter, RequestScope};

/// How many live and ended requests are examined for the usual time to an answer, and how many answers it takes.
const LOOKED_AT: usize = 10;
const FEWEST_ANSWERS: usize = 3;

/// Returns the median time until this team's recent requests of the product were approved.
///
/// # Errors
/// If the store cannot be read.
pub(crate) async fn usual_answer(
    portal: &Portal,
    product: &Product,
    team: &TeamName,
) -> anyhow::Result<Option<Period>> {
    let whose = RequestScope::TeamProduct(team.clone(), product.key.clone());
    let store = &portal.ports.store;
    let mut lately = store.list(&whose, RequestFilter::Live, None, LOOKED_AT).await?.requests();
    lately.extend(store.list(&whose, RequestFilter::Ended, None, LOOKED_AT).await?.requests());
    let took = |request: &Request| {
        let last = request.creation.consents.last()?;
        Some(last.at.duration_since(request.submitted_at))
    };
    let mut took: Vec<SignedDuration> = lately.iter().filter_map(took).collect();
    took.sort();
    let half = took.get(took.len() / 2).filter(|_| took.len() >= FEWEST_ANSWERS);
    Ok(half.and_then(|half| Some(Period::minutes(u16::try_from(half.as_mins()).ok()?.max(1)))))
}

/// Note for users if a manager cannot be asked.
const NO_MANAGER: &str = "no approver of the team is named as manager in their profile";

/// Note for users if the admins are asked because the product no longer names approvers.
const NO_APPROVERS: &str = "the catalog no longer names who approves this, so the admins are asked";

impl Portal {
    /// Returns all stages of this request, with the people whom the current catalog names.
    fn stages_in_force(&self, request: &Request) -> Vec<StageInForce> {
        let product = self.catalog.product(&request.product.key);
        request.stages_in_force(product.map(|product| &product.approval))
    }

    /// Returns the stage that is asked now.
    pub(crate) fn stage_in_force(&self, request: &Request) -> StageInForce {
        let (at, _) = request.stage_after(request.approval().consents.len());
        self.stages_in_force(request).swap_remove(at)
    }

    /// Returns the admins if their answer counts as well: after an escalation, or if the team was removed from the
    /// settings.
    pub(crate) fn beside(&self, request: &Request) -> &[Principal] {
        let is_teamless = self.organization.team(&request.team).is_none();
        let are_asked = request.asking.escalated_at.is_some() || is_teamless;
        if are_asked && request.waits_for_approvers() { &self.organization.admins } else { &[] }
    }

    /// Returns who can answer this request now. The rule is the one from submission; people come from the current
    /// settings and catalog.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn circle_of(&self, request: &Request) -> anyhow::Result<ApproverSet> {
        let StageInForce { stage, is_gone } = self.stage_in_force(request);
        let aways = self.ports.store.aways(self.now()).await?;
        let mut circle = self.circle(&stage, &request.team, &request.approval().asked_by, &aways).await?;
        if is_gone {
            circle.note = join([Some(NO_APPROVERS.to_owned()), circle.note]);
        }
        let beside = self.beside(request);
        let (mentioned, is_partial) = self.mentionable(beside).await;
        add_all(&mut circle.asked, &mentioned);
        circle.is_partial |= is_partial;
        add_all(&mut circle.may, beside);
        let self_approval = request.allows_self_approval();
        // A delegate cannot answer what they, or the absent approver, own themselves.
        circle.aways.retain(|away| away.person != request.owner && away.delegate != request.owner);
        // Without self-approval neither the requester nor the owner may approve.
        circle.asked = others(circle.asked, &request.approval().asked_by, self_approval);
        circle.asked = others(circle.asked, &request.owner, self_approval);
        Ok(circle)
    }

    /// Returns whose answer counts in this stage for a request by `asker`, and whom to mention. For display, so cached
    /// answers are enough; only the requester's manager is looked up now, since that is a single call.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn circle(
        &self,
        stage: &Stage,
        team: &TeamName,
        asker: &PersonId,
        aways: &[Away],
    ) -> anyhow::Result<ApproverSet> {
        let (may, note) = self.approvers_in(stage, team, asker, Freshness::Fresh).await?;
        let named: Vec<Principal> = may.iter().filter(|one| !stage.quiet.contains(one)).cloned().collect();
        let (mut named, is_partial) = self.mentionable(&named).await;
        let aways = self.away_of(&may, asker, aways).await?;
        for away in &aways {
            let person = Principal::Person(away.person.clone());
            if !stage.quiet.contains(&person) {
                named.retain(|one| *one != person);
                add(&mut named, &Principal::Person(away.delegate.clone()));
            }
        }
        let note = join([note, absences(&aways)]);
        Ok(ApproverSet { may, asked: named, aways, note, is_partial })
    }

    /// Returns whose own answer counts in this stage for a request by `asker`, silent approvers included, and a note if
    /// they are not those whom the product names.
    pub(crate) async fn approvers_in(
        &self,
        stage: &Stage,
        team: &TeamName,
        asker: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<(Vec<Principal>, Option<String>)> {
        let (mut may, note) = match &stage.approvers {
            Approvers::Team => (self.organization.approvers_of(team).to_vec(), None),
            Approvers::Listed(principals) => (principals.clone(), None),
            Approvers::Admins => (self.organization.admins.clone(), None),
            Approvers::Manager => {
                if let Some(manager) = self.manager_of(team, asker, freshness).await? {
                    (vec![Principal::Person(manager)], None)
                } else {
                    let note = format!("{NO_MANAGER}, so the team's approvers are asked");
                    (self.organization.approvers_of(team).to_vec(), Some(note))
                }
            }
        };
        add_all(&mut may, &stage.quiet);
        Ok((may, note))
    }

    /// Previews the stages of a new request with their approvers, and a note for users. The requester is left out
    /// unless self-approval is allowed. If Slack does not answer, the team's approvers are shown.
    pub(crate) async fn turns(
        &self,
        product: &Product,
        path: &ApprovalPath,
        team: &TeamName,
        person: &PersonId,
    ) -> (Vec<PreviewStage>, Option<String>) {
        let ApprovalPath::Ask { stages, .. } = path else { return (Vec::new(), None) };
        let own = product.approval.stages();
        // Nobody approves their own exception.
        let self_approval = product.approval.self_approval && !path.asks_admins();
        let (mut turns, mut note) = (Vec::new(), None);
        let aways = self.aways_or_none().await;
        for stage in if stages.is_empty() { &own } else { stages } {
            let circle = match self.circle(stage, team, person, &aways).await {
                Ok(circle) => circle,
                Err(error) => {
                    warn_unless!(
                        self.ports.trouble.outages.explains(&error),
                        %team,
                        error = format!("{error:#}"),
                        "cannot find out who would be asked"
                    );
                    let asked = self.to_mention(self.organization.approvers_of(team)).await;
                    ApproverSet { asked, ..ApproverSet::default() }
                }
            };
            let approvers = others(circle.asked, person, self_approval);
            turns.push(PreviewStage { needed: stage.needed, approvers });
            note = note.or(circle.note);
        }
        (turns, note)
    }

    /// Refuses a request that nobody could ever approve. Unanswered lookups count as enough approvers.
    pub(crate) async fn somebody_can_approve(
        &self,
        product: &Product,
        team: &TeamName,
        [asker, owner]: [&PersonId; 2],
        path: &ApprovalPath,
    ) -> Result<(), Refusal> {
        let ApprovalPath::Ask { needed, stages, .. } = path else { return Ok(()) };
        let (needed, is_exception) = (*needed, path.asks_admins());
        let stages = if stages.is_empty() { product.approval.stages() } else { stages.clone() };
        let theirs = [asker.clone(), owner.clone()];
        let self_approval = product.approval.self_approval && !is_exception;
        // Nobody gains a permission from this, so cached answers are enough.
        let how = (self_approval, Freshness::Known);
        match self.wait_for_answer(self.clone().can_be_filled(stages, team.clone(), theirs, how)).await {
            Ok(true) => Ok(()),
            Ok(false) if is_exception => {
                let admins = others(self.to_mention(&self.organization.admins).await, asker, false);
                let admins = others(admins, owner, false);
                let whom = (!admins.is_empty()).then(|| mentions(&admins));
                Err(Refusal::NobodyCanExcept { needed, whom })
            }
            Ok(false) => Err(Refusal::NobodyCanApprove {
                needed,
                whom: self.mentions(&self.organization.admins).await,
            }),
            Err(error) => {
                warn_unless!(
                    self.ports.trouble.outages.explains(&error),
                    error = format!("{error:#}"),
                    "cannot count those who could approve"
                );
                Ok(())
            }
        }
    }

    /// Returns whether nobody is left who can answer what the request waits for. `false` while Slack does not answer.
    pub(crate) async fn nobody_can_answer(&self, request: &Request) -> bool {
        let at = request.stage_after(request.approval().consents.len()).0;
        let mut stages: Vec<Stage> =
            self.stages_in_force(request).into_iter().skip(at).map(|in_force| in_force.stage).collect();
        // Approvers who have agreed cannot agree again, so the current stage needs that many fewer.
        let agreed = request.stages().iter().take(at).map(|stage| stage.needed.max(1)).sum::<u32>();
        let here =
            u32::try_from(request.approval().consents.len()).unwrap_or(u32::MAX).saturating_sub(agreed);
        if let Some(stage) = stages.first_mut() {
            stage.needed = stage.needed.max(1).saturating_sub(here);
            // After an escalation the admins can answer as well.
            add_all(&mut stage.quiet, self.beside(request));
        }
        let theirs = [request.approval().asked_by.clone(), request.owner.clone()];
        let self_approval = request.allows_self_approval();
        let (portal, how) = (self.clone(), (self_approval, Freshness::Fresh));
        match portal.can_be_filled(stages, request.team.clone(), theirs, how).await {
            Ok(can) => !can,
            Err(error) => {
                warn_unless!(
                    self.ports.trouble.outages.explains(&error),
                    request = %request.id,
                    error = format!("{error:#}"),
                    "cannot count those who could approve"
                );
                false
            }
        }
    }

    /// Returns whether enough people count for each stage; stops looking as soon as there are enough.
    async fn can_be_filled(
        self,
        stages: Vec<Stage>,
        team: TeamName,
        [asker, owner]: [PersonId; 2],
        (self_approval, freshness): (bool, Freshness),
    ) -> anyhow::Result<bool> {
        // A stage with as many people as all stages need together can be staffed whatever the other stages take.
        let enough = usize::try_from(needed_in_all(&stages)).unwrap_or(usize::MAX);
        let without: &[&PersonId] = if self_approval { &[] } else { &[&asker, &owner] };
        let (mut seats, mut is_all) = (Vec::new(), true);
        for stage in &stages {
            let (may, _) = self.approvers_in(stage, &team, &asker, freshness).await?;
            let counted = self.some_who_count(&may, without, enough, freshness).await?;
            is_all &= counted.is_all || counted.people.len() >= enough;
            seats.push((stage.needed, counted.people));
        }
        // If the search stopped early, assume that the rest is enough.
        Ok(can_be_staffed(&seats) || !is_all)
    }

    /// Returns the absences in which an approver of this stage is away and the delegate may answer. Delegation is not
    /// transitive: the delegate of a delegate cannot answer. A delegate can answer only what the absent approver could.
    async fn away_of(
        &self,
        may: &[Principal],
        asker: &PersonId,
        aways: &[Away],
    ) -> anyhow::Result<Vec<Away>> {
        let mut found = Vec::new();
        for away in aways {
            if self.is_answered_for(away, may, asker, Freshness::Known).await? {
                found.push(away.clone());
            }
        }
        Ok(found)
    }

    pub(crate) async fn is_answered_for(
        &self,
        away: &Away,
        may: &[Principal],
        asker: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<bool> {
        let is_own = away.person == *asker || away.delegate == *asker;
        Ok(!is_own
            && self.is_one_of_as_of(&away.person, may, freshness).await?
            && self.why_not_counted(&away.delegate, freshness).await?.is_none())
    }

    /// Returns the person's manager from their profile, but only if that is an approver of the team: people can edit
    /// their own profile.
    async fn manager_of(
        &self,
        team: &TeamName,
        person: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<Option<PersonId>> {
        let Some(field) = &self.organization.manager_field else { return Ok(None) };
        let directory = &self.ports.directory;
        let Some(manager) = directory.named_in_profile(person, field, freshness).await? else {
            return Ok(None);
        };
        let approvers = self.organization.approvers_of(team);
        let counts = manager != *person && self.is_one_of_as_of(&manager, approvers, freshness).await?;
        Ok(counts.then_some(manager))
    }

    /// Returns who can answer this request; the team's approvers while Slack does not answer.
    pub(crate) async fn approver_set(&self, request: &Request) -> ApproverSet {
        match self.circle_of(request).await {
            Ok(circle) => circle,
            Err(error) => {
                warn_unless!(
                    self.ports.trouble.outages.explains(&error),
                    request = %request.id,
                    error = format!("{error:#}"),
                    "cannot find out who is asked: the team's approvers are shown"
                );
                let is_partial = is_for_now(&error);
                let asked = self.to_mention(self.organization.approvers_of(&request.team)).await;
                ApproverSet { asked, is_partial, ..ApproverSet::default() }
            }
        }
    }

    /// Returns whose answer counts in any stage of this request.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn approvers_of(&self, request: &Request) -> anyhow::Result<Vec<Principal>> {
        let mut all = Vec::new();
        for in_force in self.stages_in_force(request) {
            let asker = &request.approval().asked_by;
            let (may, _) = self.approvers_in(&in_force.stage, &request.team, asker, Freshness::Fresh).await?;
            add_all(&mut all, &may);
        }
        Ok(all)
    }

    /// Refuses an absence of somebody who approves nothing, and a delegate whose account does not count.
    pub(crate) async fn check_absence(&self, person: &PersonId, delegate: &PersonId) -> Result<(), Error> {
        let (portal, person, delegate) = (self.clone(), person.clone(), delegate.clone());
        let refusal = self.wait_for_answer(async move {
            if let Some(why) = portal.why_not_counted(&person, Freshness::Fresh).await? {
                return Ok(Some(Refusal::NotAFullMember { why }));
            }
            if !portal.is_named(&person, &portal.every_approver(), Freshness::Known).await? {
                return Ok(Some(Refusal::NothingToAnswer));
            }
            let counts = portal.counts(&delegate).await?;
            Ok((!counts).then_some(Refusal::DelegateIsNoMember { person: delegate }))
        });
        refusal.await?.map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// Returns everybody who may ever be asked for an approval: approvers of teams and products, and admins.
    pub(crate) fn every_approver(&self) -> Vec<Principal> {
        let mut all = Vec::new();
        for team in &self.organization.teams {
            add_all(&mut all, &team.approvers);
        }
        for stage in self.catalog.products.values().flat_map(|product| product.approval.paths()).flatten() {
            if let Approvers::Listed(listed) = &stage.approvers {
                add_all(&mut all, listed);
            }
            add_all(&mut all, &stage.quiet);
        }
        add_all(&mut all, &self.organization.admins);
        all
    }
}

/// Joins two notes.
fn join(notes: [Option<String>; 2]) -> Option<String> {
    notes.into_iter().flatten().reduce(|one, other| format!("{one}; {other}"))
}

/// Describes who answers for whom; shown to users.
fn absences(aways: &[Away]) -> Option<String> {
    let line = |away: &Away| {
        format!("<@{}> is away until {}, <@{}> answers for them", away.person, away.until, away.delegate)
    };
    (!aways.is_empty()).then(|| aways.iter().map(line).collect::<Vec<_>>().join("; "))
}

fn add(to: &mut Vec<Principal>, one: &Principal) {
    if !to.contains(one) {
        to.push(one.clone());
    }
}

fn add_all<'a>(to: &mut Vec<Principal>, all: impl IntoIterator<Item = &'a Principal>) {
    for one in all {
        add(to, one);
    }
}
