//! Whose answer counts right now: the stage that is asked, resolved to people and groups, with the admins where nobody
//! has answered for long.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::Portal;
use super::people::{in_time, mentions, others};
use crate::domain::away::Away;
use crate::domain::catalog::{Approvers, Principal, Product, Stage};
use crate::domain::ids::{PersonId, TeamName};
use crate::domain::period::Period;
use crate::domain::policy::{ApprovalPath, Standing, may_decide};
use crate::domain::preview::Turn;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::seats::can_be_filled;
use crate::ports::store::{Which, Whose};

/// Those who are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Circle {
    /// Whose answer counts.
    pub(crate) may: Vec<Principal>,
    /// Who is asked by name; in the place of who is away, who answers for them.
    pub(crate) asked: Vec<Principal>,
    /// Approvers who are away, and who answers for each.
    pub(crate) aways: Vec<Away>,
    /// Why others are asked than the product says, for people to read.
    pub(crate) note: Option<String>,
}

/// Requests that are looked at for how long an answer usually takes, and answers that it takes to say so.
const LOOKED_AT: usize = 20;
const FEWEST_ANSWERS: usize = 3;

/// How long it took lately until this team's requests of the product were approved: half of them took no longer.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn usual_answer(
    portal: &Portal,
    product: &Product,
    team: &TeamName,
) -> anyhow::Result<Option<Period>> {
    let whose = Whose::TeamProduct(team.clone(), product.key.clone());
    let lately = portal.ports.store.list(&whose, Which::All, 0, LOOKED_AT).await?;
    let took = |request: &Request| {
        let last = request.approvals.last()?;
        Some(last.at.duration_since(request.submitted_at))
    };
    let mut took: Vec<SignedDuration> = lately.iter().filter_map(took).collect();
    took.sort();
    let half = took.get(took.len() / 2).filter(|_| took.len() >= FEWEST_ANSWERS);
    Ok(half.and_then(|half| Some(Period::minutes(u16::try_from(half.as_mins()).ok()?.max(1)))))
}

/// Why a person's manager is not asked.
const NO_MANAGER: &str = "no approver of the team is named as manager in their profile";

impl Portal {
    /// Whose answer counts for what this request asks now, as the settings and the product's snapshot have it.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn circle_of(&self, request: &Request) -> anyhow::Result<Circle> {
        let mut circle = self.circle(&request.stage(), &request.team, request.asker()).await?;
        let is_gone = self.organization.team(&request.team).is_none();
        if request.waits_for_approvers() && (is_gone || request.asking.escalated_at.is_some()) {
            for admin in &self.organization.admins {
                add(&mut circle.may, admin);
                add(&mut circle.asked, admin);
            }
        }
        let self_approval = request.allows_self_approval();
        // Nobody is answered for who could not answer.
        circle.aways.retain(|away| away.person != request.owner && away.delegate != request.owner);
        circle.asked = others(circle.asked, request.asker(), self_approval);
        circle.asked = others(circle.asked, &request.owner, self_approval);
        Ok(circle)
    }

    /// Whose answer counts in this stage when this person asks for this team.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn circle(
        &self,
        stage: &Stage,
        team: &TeamName,
        asker: &PersonId,
    ) -> anyhow::Result<Circle> {
        let (mut may, note) = match &stage.approvers {
            Approvers::Team => (self.organization.approvers_of(team).to_vec(), None),
            Approvers::Listed(principals) => (principals.clone(), None),
            Approvers::Admins => (self.organization.admins.clone(), None),
            Approvers::Manager => {
                if let Some(manager) = self.manager_of(team, asker).await? {
                    (vec![Principal::Person(manager)], None)
                } else {
                    let note = format!("{NO_MANAGER}, so the team's approvers are asked");
                    (self.organization.approvers_of(team).to_vec(), Some(note))
                }
            }
        };
        let mut named: Vec<Principal> =
            may.iter().filter(|one| !stage.quiet.contains(one)).cloned().collect();
        stage.quiet.iter().for_each(|quiet| add(&mut may, quiet));
        let aways = self.away_of(&may, asker).await?;
        for away in &aways {
            let person = Principal::Person(away.person.clone());
            if !stage.quiet.contains(&person) {
                named.retain(|one| *one != person);
                add(&mut named, &Principal::Person(away.delegate.clone()));
            }
        }
        let note =
            [note, absences(&aways)].into_iter().flatten().reduce(|one, other| format!("{one}; {other}"));
        Ok(Circle { may, asked: named, aways, note })
    }

    /// Who would be asked, one after the other, and a remark about it; whoever may not agree to their own request is not
    /// named. Where Slack does not say, the team's approvers stand for whoever it is.
    pub(super) async fn turns(
        &self,
        product: &Product,
        path: &ApprovalPath,
        team: &TeamName,
        person: &PersonId,
    ) -> (Vec<Turn>, Option<String>) {
        let ApprovalPath::Ask { stages, .. } = path else { return (Vec::new(), None) };
        let own = product.approval.stages();
        let self_approval = product.approval.self_approval && !path.asks_admins();
        let (mut turns, mut note) = (Vec::new(), None);
        for stage in if stages.is_empty() { &own } else { stages } {
            let circle = self.circle(stage, team, person).await.unwrap_or_default();
            let approvers = others(circle.asked, person, self_approval);
            turns.push(Turn { needed: stage.needed, approvers });
            note = note.or(circle.note);
        }
        (turns, note)
    }

    /// Refuses what nobody could ever approve. While Slack does not say who is in a group, it is taken for enough.
    pub(super) async fn somebody_can_approve(
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
        match in_time(self.clone().seats(stages, team.clone(), theirs, self_approval)).await {
            Ok(seats) if can_be_filled(&seats) => Ok(()),
            Ok(_) if is_exception => {
                let admins = others(self.organization.admins.clone(), asker, false);
                let admins = others(admins, owner, false);
                let whom = (!admins.is_empty()).then(|| mentions(&admins));
                Err(Refusal::NobodyCanExcept { needed, whom })
            }
            Ok(_) => Err(Refusal::NobodyCanApprove { needed, whom: mentions(&self.organization.admins) }),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "cannot count those who could approve");
                Ok(())
            }
        }
    }

    /// Who could give the approvals of each stage, and how many it takes.
    async fn seats(
        self,
        stages: Vec<Stage>,
        team: TeamName,
        [asker, owner]: [PersonId; 2],
        self_approval: bool,
    ) -> anyhow::Result<Vec<(u32, BTreeSet<PersonId>)>> {
        let mut seats = Vec::new();
        for stage in &stages {
            let circle = self.circle(stage, &team, &asker).await?;
            let mut people = self.each_of(&circle.may).await?;
            if !self_approval {
                people.remove(&asker);
                people.remove(&owner);
            }
            seats.push((stage.needed, people));
        }
        Ok(seats)
    }

    /// Those of them who are away, if somebody else than the asker answers for them. An answer is handed on once: whoever
    /// answers for one may be away, too.
    async fn away_of(&self, may: &[Principal], asker: &PersonId) -> anyhow::Result<Vec<Away>> {
        let mut found = Vec::new();
        for away in self.ports.store.aways(self.now()).await? {
            let is_own = away.person == *asker || away.delegate == *asker;
            if !is_own && self.is_one_of(&away.person, may).await? {
                found.push(away);
            }
        }
        Ok(found)
    }

    /// The person's manager, if that is an approver of the team: people can write into their own profile.
    async fn manager_of(&self, team: &TeamName, person: &PersonId) -> anyhow::Result<Option<PersonId>> {
        let Some(field) = &self.organization.manager_field else { return Ok(None) };
        let Some(manager) = self.ports.directory.named_in_profile(person, field).await? else {
            return Ok(None);
        };
        let counts =
            manager != *person && self.is_one_of(&manager, self.organization.approvers_of(team)).await?;
        Ok(counts.then_some(manager))
    }

    /// Who can be asked to answer this request. As long as Slack does not say, the approvers of its team.
    pub(crate) async fn askable(&self, request: &Request) -> Circle {
        self.circle_of(request).await.unwrap_or_else(|error| {
            let error = format!("{error:#}");
            tracing::warn!(request = %request.id, error, "cannot find out who is asked: the team's approvers are shown");
            let asked = self.organization.approvers_of(&request.team).to_vec();
            Circle { asked, ..Circle::default() }
        })
    }

    /// Whose answer counts in any stage of this request.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn approvers_of(&self, request: &Request) -> anyhow::Result<Vec<Principal>> {
        let mut all = Vec::new();
        for stage in request.stages() {
            let circle = self.circle(&stage, &request.team, request.asker()).await?;
            circle.may.iter().for_each(|one| add(&mut all, one));
        }
        Ok(all)
    }

    /// Whether a click of theirs on Approve would count, as far as Slack says who they are.
    pub(crate) async fn can_decide(&self, person: &PersonId, request: &Request) -> bool {
        if !request.waits_for_approvers() {
            return false;
        }
        match self.standing(person, request).await {
            Ok(standing) => may_decide(request, person, standing, "").is_ok(),
            // A group that Slack cannot list keeps nothing else from being shown.
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(actor = %person, request = %request.id, error, "cannot find out who approves");
                false
            }
        }
    }

    /// In whose place this person's answer would count now, own requests aside.
    ///
    /// # Errors
    /// When Slack had to be asked and could not.
    pub(crate) async fn standing(&self, person: &PersonId, request: &Request) -> anyhow::Result<Standing> {
        let circle = self.circle_of(request).await?;
        if self.is_one_of(person, &circle.may).await? {
            return Ok(Standing::Approver);
        }
        let taken = |away: &&Away| request.agreed().iter().any(|approval| approval.is_of(&away.person));
        let for_them = circle.aways.iter().filter(|away| away.delegate == *person);
        // Of several the one who was not answered for yet.
        let chosen = for_them.clone().find(|away| !taken(away)).or_else(|| for_them.clone().next());
        match chosen {
            Some(away) if self.ports.directory.is_full_member(person).await? => {
                Ok(Standing::InsteadOf(away.person.clone()))
            }
            Some(_) | None => Ok(Standing::Nobody),
        }
    }
}

/// Who answers for whom, for people to read.
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
