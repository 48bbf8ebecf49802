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
    let scope = RequestScope::TeamProduct(team.clone(), product.key.clone());
    let store = &portal.ports.store;
    let mut recent = store.list(&scope, RequestFilter::Live, None, LOOKED_AT).await?.requests();
    recent.extend(store.list(&scope, RequestFilter::Ended, None, LOOKED_AT).await?.requests());
    let time_to_approval = |request: &Request| {
        let last = request.creation.consents.last()?;
        Some(last.at.duration_since(request.submitted_at))
    };
    let mut durations: Vec<SignedDuration> = recent.iter().filter_map(time_to_approval).collect();
    // A median of one or two answers would say more about chance than about the team.
    if durations.len() < FEWEST_ANSWERS {
        return Ok(None);
    }
    durations.sort();
    let median = durations.get(durations.len() / 2);
    Ok(median.and_then(|median| Some(Period::minutes(u16::try_from(median.as_mins()).ok()?.max(1)))))
}

/// Note for users if a manager cannot be asked.
const NO_MANAGER: &str = "the requester's profile names no approver of the team as manager";

/// Note for users if the admins are asked because the product no longer names approvers.
const NO_APPROVERS: &str = "the catalog no longer names approvers for this, so the admins are asked";

impl Portal {
    /// Returns all stages of this request, with the people whom the current catalog names.
    fn stages_in_force(&self, request: &Request) -> Vec<StageInForce> {
        let product = self.catalog.product(&request.product.key);
        request.stages_in_force(product.map(|product| &product.approval))
    }

    /// Returns the stage that is asked now.
    pub(crate) fn stage_in_force(&self, request: &Request) -> StageInForce {
        let (index, _) = request.stage_after(request.approval().consents.len());
        // Cannot panic: there is at least one stage, and the index is of one of them.
        self.stages_in_force(request).swap_remove(index)
    }

    /// Returns the admins if their answer counts as well: after an escalation, or if the team was removed from the
    /// settings.
    pub(crate) fn admins_beside(&self, request: &Request) -> &[Principal] {
        let is_teamless = self.organization.team(&request.team).is_none();
        let are_needed = request.asking.escalated_at.is_some() || is_teamless;
        if are_needed && request.waits_for_approvers() { &self.organization.admins } else { &[] }
    }

    /// Returns who can answer this request now. The rule is the one from submission; people come from the current
    /// settings and catalog.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn try_approver_set(&self, request: &Request) -> anyhow::Result<ApproverSet> {
        let StageInForce { stage, is_gone } = self.stage_in_force(request);
        let aways = self.ports.store.aways(self.now()).await?;
        let mut approvers =
            self.stage_approvers(&stage, &request.team, &request.approval().asked_by, &aways).await?;
        if is_gone {
            approvers.note = join([Some(NO_APPROVERS.to_owned()), approvers.note]);
        }
        let admins = self.admins_beside(request);
        let (mentioned, is_partial) = self.mentionable(admins).await;
        add_all(&mut approvers.mentioned, &mentioned);
        approvers.is_partial |= is_partial;
        add_all(&mut approvers.eligible, admins);
        let self_approval = request.allows_self_approval();
        // A delegate cannot answer what they, or the absent approver, own themselves.
        approvers.aways.retain(|away| away.person != request.owner && away.delegate != request.owner);
        // Without self-approval neither the requester nor the owner may approve.
        approvers.mentioned = others(approvers.mentioned, &request.approval().asked_by, self_approval);
        approvers.mentioned = others(approvers.mentioned, &request.owner, self_approval);
        Ok(approvers)
    }

    /// Returns whose answer counts in this stage for a request by `asker`, and whom to mention. For display, so cached
    /// answers are enough; only the requester's manager is looked up now, since that is a single call.
    ///
    /// # Errors
    /// If Slack had to be asked and could not be.
    pub(crate) async fn stage_approvers(
        &self,
        stage: &Stage,
        team: &TeamName,
        asker: &PersonId,
        aways: &[Away],
    ) -> anyhow::Result<ApproverSet> {
        let (eligible, note) = self.approvers_in(stage, team, asker, Freshness::Fresh).await?;
        let loud: Vec<Principal> =
            eligible.iter().filter(|principal| !stage.silent.contains(principal)).cloned().collect();
        let (mut mentioned, is_partial) = self.mentionable(&loud).await;
        let aways = self.away_of(&eligible, asker, aways).await?;
        for away in &aways {
            let person = Principal::Person(away.person.clone());
            if !stage.silent.contains(&person) {
                // The delegate takes their place on the card; the absent approver is not disturbed.
                mentioned.retain(|principal| *principal != person);
                add(&mut mentioned, &Principal::Person(away.delegate.clone()));
            }
        }
        let note = join([note, absences(&aways)]);
        Ok(ApproverSet { eligible, mentioned, aways, note, is_partial })
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
        let (mut eligible, note) = match &stage.approvers {
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
        // They may be people whom `approvers` does not name.
        add_all(&mut eligible, &stage.silent);
        Ok((eligible, note))
    }

    /// Previews the stages of a new request with their approvers, and a note for users. The requester is left out
    /// unless self-approval is allowed. If Slack does not answer, the team's approvers are shown.
    pub(crate) async fn preview_stages(
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
        let (mut previews, mut note) = (Vec::new(), None);
        let aways = self.aways_or_none().await;
        for stage in if stages.is_empty() { &own } else { stages } {
            let approvers = match self.stage_approvers(stage, team, person, &aways).await {
                Ok(approvers) => approvers,
                Err(error) => {
                    warn_unless!(
                        self.ports.trouble.outages.explains(&error),
                        %team,
                        error = format!("{error:#}"),
                        "cannot look up the approvers for a preview"
                    );
                    let mentioned = self.to_mention(self.organization.approvers_of(team)).await;
                    ApproverSet { mentioned, ..ApproverSet::default() }
                }
            };
            note = note.or(approvers.note);
            let approvers = others(approvers.mentioned, person, self_approval);
            previews.push(PreviewStage { needed: stage.needed, approvers });
        }
        (previews, note)
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
        let excluded = [asker.clone(), owner.clone()];
        let self_approval = product.approval.self_approval && !is_exception;
        // Nobody gains a permission from this, so cached answers are enough.
        let options = (self_approval, Freshness::Known);
        match self.wait_for_answer(self.clone().can_be_filled(stages, team.clone(), excluded, options)).await
        {
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
                    "cannot check whether enough people could approve"
                );
                Ok(())
            }
        }
    }

    /// Returns whether nobody is left who can answer what the request waits for. `false` while Slack does not answer.
    pub(crate) async fn nobody_can_answer(&self, request: &Request) -> bool {
        let (index, _) = request.stage_after(request.approval().consents.len());
        let mut stages: Vec<Stage> =
            self.stages_in_force(request).into_iter().skip(index).map(|in_force| in_force.stage).collect();
        // Approvers who have agreed cannot agree again, so the current stage needs that many fewer.
        let agreed = request.stages().iter().take(index).map(|stage| stage.needed.max(1)).sum::<u32>();
        let here =
            u32::try_from(request.approval().consents.len()).unwrap_or(u32::MAX).saturating_sub(agreed);
        if let Some(stage) = stages.first_mut() {
            stage.needed = stage.needed.max(1).saturating_sub(here);
            // After an escalation the admins can answer as well.
            add_all(&mut stage.silent, self.admins_beside(request));
        }
        let excluded = [request.approval().asked_by.clone(), request.owner.clone()];
        let self_approval = request.allows_self_approval();
        let (portal, options) = (self.clone(), (self_approval, Freshness::Fresh));
        match portal.can_be_filled(stages, request.team.clone(), excluded, options).await {
            Ok(is_possible) => !is_possible,
            Err(error) => {
                warn_unless!(
                    self.ports.trouble.outages.explains(&error),
                    request = %request.id,
                    error = format!("{error:#}"),
                    "cannot check whether enough people could approve"
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
        let excluded: &[&PersonId] = if self_approval { &[] } else { &[&asker, &owner] };
        let (mut candidates, mut is_all) = (Vec::new(), true);
        for stage in &stages {
            let (eligible, _) = self.approvers_in(stage, &team, &asker, freshness).await?;
            let counted = self.some_who_count(&eligible, excluded, enough, freshness).await?;
            is_all &= counted.is_all || counted.people.len() >= enough;
            candidates.push((stage.needed, counted.people));
        }
        // If the search stopped early, assume that the rest is enough.
        Ok(can_be_staffed(&candidates) || !is_all)
    }

    /// Returns the absences in which an approver of this stage is away and the delegate may answer. Delegation is not
    /// transitive: the delegate of a delegate cannot answer. A delegate can answer only what the absent approver could.
    async fn away_of(
        &self,
        eligible: &[Principal],
        asker: &PersonId,
        aways: &[Away],
    ) -> anyhow::Result<Vec<Away>> {
        let mut delegated = Vec::new();
        for away in aways {
            if self.is_answered_for(away, eligible, asker, Freshness::Known).await? {
                delegated.push(away.clone());
            }
        }
        Ok(delegated)
    }

    pub(crate) async fn is_answered_for(
        &self,
        away: &Away,
        eligible: &[Principal],
        asker: &PersonId,
        freshness: Freshness,
    ) -> anyhow::Result<bool> {
        let is_own = away.person == *asker || away.delegate == *asker;
        Ok(!is_own
            && self.is_one_of_as_of(&away.person, eligible, freshness).await?
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
        // Without a configured field nobody has a manager, and the team's approvers are asked.
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
        match self.try_approver_set(request).await {
            Ok(approvers) => approvers,
            Err(error) => {
                warn_unless!(
                    self.ports.trouble.outages.explains(&error),
                    request = %request.id,
                    error = format!("{error:#}"),
                    "cannot look up the approvers of a request; the team's approvers are shown instead"
                );
                // The card is shown all the same; if this is temporary, it is rendered again until Slack answers.
                let is_partial = is_for_now(&error);
                let mentioned = self.to_mention(self.organization.approvers_of(&request.team)).await;
                ApproverSet { mentioned, is_partial, ..ApproverSet::default() }
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
            let (eligible, _) =
                self.approvers_in(&in_force.stage, &request.team, asker, Freshness::Fresh).await?;
            add_all(&mut all, &eligible);
        }
        Ok(all)
    }

    /// Refuses an absence of somebody who approves nothing, and a delegate whose account does not count.
    pub(crate) async fn check_absence(&self, person: &PersonId, delegate: &PersonId) -> Result<(), Error> {
        let (portal, person, delegate) = (self.clone(), person.clone(), delegate.clone());
        let check = self.wait_for_answer(async move {
            // The person first: if they cannot be away at all, the choice of delegate does not matter.
            if let Some(why) = portal.why_not_counted(&person, Freshness::Fresh).await? {
                return Ok(Some(Refusal::NotAFullMember { why }));
            }
            if !portal.is_named(&person, &portal.every_approver(), Freshness::Known).await? {
                return Ok(Some(Refusal::NothingToAnswer));
            }
            let counts = portal.counts(&delegate).await?;
            Ok((!counts).then_some(Refusal::DelegateIsNoMember { person: delegate }))
        });
        check.await?.map_or(Ok(()), |refusal| Err(refusal.into()))
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
            add_all(&mut all, &stage.silent);
        }
        add_all(&mut all, &self.organization.admins);
        all
    }
}

/// Joins notes for people, either of which may be missing.
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

fn add(principals: &mut Vec<Principal>, other: &Principal) {
    if !principals.contains(other) {
        principals.push(other.clone());
    }
}

fn add_all<'a>(principals: &mut Vec<Principal>, others: impl IntoIterator<Item = &'a Principal>) {
    for other in others {
        add(principals, other);
    }
}
