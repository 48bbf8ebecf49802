//! The approval that a request waits for: which of its approvals that is, and which stage of approvers is asked now.

use rust_decimal::Decimal;

use super::path::matching_rule;
use super::{About, AboutKind, Approval, ApprovalPath, ApprovalRule, Approvers, Renewal, Stage};
use crate::domain::ids::PersonId;
use crate::domain::request::{ChangeOrder, MessageSlot, Request, Status};

/// A stage with the approvers who are in charge now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageInForce {
    /// The stage. How many have to approve is fixed by the request, who may approve by the current catalog.
    pub stage: Stage,
    /// Whether the catalog no longer names anybody for this stage, so that the admins are asked.
    pub is_gone: bool,
}

impl Request {
    /// Returns the approval that waits for approvers, or else that of the request itself.
    pub fn approval(&self) -> &Approval {
        self.waiting().unwrap_or(&self.creation)
    }

    /// Returns the renewal or change that waits for approvers.
    pub fn waiting(&self) -> Option<&Approval> {
        self.later.last().filter(|approval| approval.answer.is_none() && self.lease().is_some())
    }

    /// Returns the current approval, as [`approval`](Self::approval) does.
    pub(in crate::domain) fn approval_mut(&mut self) -> &mut Approval {
        let is_waiting = self.waiting().is_some();
        match self.later.last_mut() {
            Some(approval) if is_waiting => approval,
            Some(_) | None => &mut self.creation,
        }
    }

    /// Adds an approval that is asked for now. It replaces the latest one of its kind.
    pub(in crate::domain) fn asks(&mut self, approval: Approval) {
        let kind = approval.about.kind();
        self.later.retain(|earlier| earlier.about.kind() != kind);
        self.later.push(approval);
    }

    /// Returns the latest renewal that needed an approval.
    pub fn renewal(&self) -> Option<(&Approval, &Renewal)> {
        self.later.iter().find_map(|approval| match &approval.about {
            About::Renew(renewal) => Some((approval, renewal)),
            About::Create | About::Change(_) => None,
        })
    }

    /// Returns the latest change that was asked for.
    pub fn change(&self) -> Option<(&Approval, &ChangeOrder)> {
        self.later.iter().find_map(|approval| Some((approval, approval.change()?)))
    }

    /// Returns the latest approval of this kind.
    pub fn approval_about(&self, kind: AboutKind) -> Option<&Approval> {
        let mut all = std::iter::once(&self.creation).chain(&self.later);
        all.find(|approval| approval.about.kind() == kind)
    }

    /// Whether what this approval is about exceeds the team's budget, which its approvers may allow.
    pub fn exceeds_budget_by(&self, approval: &Approval) -> bool {
        match &approval.about {
            About::Create => self.exceeds_budget,
            About::Change(order) => order.exceeds_budget,
            About::Renew(_) => false,
        }
    }

    /// Says that it is an exception and from which limits, worded to follow the number of approvals; empty if it is none.
    pub(in crate::domain) fn as_exception(&self, approval: &Approval) -> String {
        let exception = approval.exception.as_ref();
        let exception = exception.map(|exception| exception.describe(self.adds(approval)));
        exception.map(|limits| format!(", as an exception: {limits}")).unwrap_or_default()
    }

    /// Returns what it adds to the team's estimates, US dollars a month; `None` if that is not known.
    pub fn adds(&self, approval: &Approval) -> Option<Decimal> {
        match &approval.about {
            About::Create => self.estimate.as_ref().map(|estimate| estimate.monthly),
            About::Change(order) => order.estimate.as_ref().map(|_| order.more()),
            About::Renew(_) => None,
        }
    }

    /// Returns the renewal that waits for approvers.
    pub fn waiting_renewal(&self) -> Option<(&Approval, &Renewal)> {
        let waiting = self.waiting()?;
        if let About::Renew(renewal) = &waiting.about { Some((waiting, renewal)) } else { None }
    }

    /// Returns the change that waits for approvers.
    pub fn waiting_change(&self) -> Option<(&Approval, &ChangeOrder)> {
        let waiting = self.waiting()?;
        Some((waiting, waiting.change()?))
    }

    /// Returns the change that is being carried out.
    pub fn running_change(&self) -> Option<&ChangeOrder> {
        let is_running = matches!(self.status, Status::Updating { .. });
        if is_running { self.change().map(|(_, order)| order) } else { None }
    }

    /// Whether approvers can answer now.
    pub fn waits_for_approvers(&self) -> bool {
        matches!(self.status, Status::AwaitingApproval { .. }) || self.waiting().is_some()
    }

    /// Whether it is an undecided exception, which becomes an ordinary approval once there is room.
    pub fn waits_for_room(&self) -> bool {
        let is_open = self.status.name().is_undecided() || self.waiting().is_some();
        is_open && self.approval().exception.is_some()
    }

    /// Whether this person may withdraw what approvers are asked: the person who asked, and the owner.
    pub fn may_withdraw(&self, person: &PersonId) -> bool {
        *person == self.approval().asked_by || *person == self.owner
    }

    /// Returns the slot of the card that approvers answer on: that of the current approval, or of the latest one.
    pub fn card(&self) -> MessageSlot {
        self.later.last().unwrap_or(&self.creation).about.kind().card()
    }

    /// Returns the approval rule of the current approval; for a change, that of the new version.
    pub fn rule(&self) -> &ApprovalRule {
        self.approval().change().map_or(&self.product.approval, |order| &order.product.approval)
    }

    /// Returns everyone whose approval would add nothing: those who have approved, in person or through a delegate,
    /// and who asked and the owner unless self-approval is allowed.
    pub fn cannot_approve(&self) -> Vec<&PersonId> {
        let approval = self.approval();
        let own = [&approval.asked_by, &self.owner].into_iter().filter(|_| !self.allows_self_approval());
        let agreed =
            approval.consents.iter().flat_map(|consent| [Some(&consent.by), consent.on_behalf_of.as_ref()]);
        own.chain(agreed.flatten()).collect()
    }

    /// Whether an approver may approve what they asked for themselves. Never for an exception, nor for what becomes of
    /// something that was one.
    pub fn allows_self_approval(&self) -> bool {
        let approval = self.approval();
        let is_exception = approval.exception.is_some() || self.creation.exception.is_some();
        // A renewal goes the way of the request, and a bot of before does not keep the exception of a change.
        self.rule().self_approval && !is_exception && !approval.path.asks_admins()
    }

    /// Returns all stages of the current approval in order; at least one.
    pub fn stages(&self) -> Vec<Stage> {
        match &self.approval().path {
            ApprovalPath::Ask { stages, .. } if !stages.is_empty() => stages.clone(),
            ApprovalPath::Ask { .. } | ApprovalPath::Auto { .. } => self.rule().stages(),
        }
    }

    /// Returns the stages with the approvers that the product names for them `now`, if the catalog still has the
    /// product. The number of stages, the number of approvals in each and the rule they come from stay as they were
    /// at submission.
    pub fn stages_in_force(&self, now: Option<&ApprovalRule>) -> Vec<StageInForce> {
        let named = now.and_then(|now| self.stages_of(now)).unwrap_or_default();
        let in_force = |(index, stage): (usize, Stage)| {
            let needed = stage.needed;
            match (&stage.approvers, named.get(index)) {
                // The admins of an exception come from the settings, not from a product.
                (Approvers::Admins, _) => StageInForce { stage, is_gone: false },
                (_, Some(named)) => StageInForce { stage: Stage { needed, ..named.clone() }, is_gone: false },
                // A removed stage must not count as approved, so the admins take its place.
                (_, None) => {
                    let stage = Stage { approvers: Approvers::Admins, needed, silent: Vec::new() };
                    StageInForce { stage, is_gone: true }
                }
            }
        };
        self.stages().into_iter().enumerate().map(in_force).collect()
    }

    /// Returns the stages of `now` that correspond to those of this request; `None` if the rule they came from is
    /// gone.
    fn stages_of(&self, now: &ApprovalRule) -> Option<Vec<Stage>> {
        let rule = self.rule();
        let ApprovalPath::Ask { stages, why, .. } = &self.approval().path else { return Some(now.stages()) };
        let stages: Vec<&Stage> =
            stages.iter().filter(|stage| stage.approvers != Approvers::Admins).collect();
        let is_same = |other: &[Stage]| other.iter().eq(stages.iter().copied());
        // An exception lists the product's usual stages explicitly, before the admins.
        if stages.is_empty() || (why.is_none() && is_same(&rule.stages())) {
            return Some(now.stages());
        }
        let (parameters, estimate) = match self.approval().change() {
            None => (&self.parameters, self.estimate.as_ref()),
            Some(order) => (&order.parameters, order.estimate.as_ref()),
        };
        let matching = matching_rule(rule, &self.team, parameters, estimate);
        let matching = matching.filter(|index| is_same(&rule.rules[*index].stages));
        // Approvers may have reduced the parameters since, so that the rule which chose the stages no longer matches.
        let matched = matching.or_else(|| rule.rules.iter().position(|rule| is_same(&rule.stages)));
        let Some(index) = matched else { return is_same(&rule.stages()).then(|| now.stages()) };
        // Rules have no name. One is identified by its conditions, or by its position if only the conditions were
        // edited.
        let by_place = || now.rules.get(index).filter(|_| now.rules.len() == rule.rules.len());
        let named = now.rules.iter().find(|other| other.when == rule.rules[index].when).or_else(by_place)?;
        Some(if named.stages.is_empty() { now.stages() } else { named.stages.clone() })
    }

    /// Returns the current stage; the last one once all have approved.
    pub fn stage(&self) -> Stage {
        let mut stages = self.stages();
        let index = place(&stages, self.approval().consents.len());
        stages.swap_remove(index)
    }

    /// Returns the stage that is asked after this many approvals, counted from 0, and the number of stages.
    pub fn stage_after(&self, agreed: usize) -> (usize, usize) {
        let stages = self.stages();
        (place(&stages, agreed), stages.len())
    }
}

fn place(stages: &[Stage], agreed: usize) -> usize {
    // Approvals count for the stages in their order, whoever gave them.
    let mut left = agreed;
    for (index, stage) in stages.iter().enumerate() {
        let needed = usize::try_from(stage.needed.max(1)).unwrap_or(usize::MAX);
        if left < needed {
            return index;
        }
        left -= needed;
    }
    stages.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::approval::{
        ApprovalMode, Condition, Exception, RuleFor, path_of_exception, path_of_renewal,
    };
    use crate::domain::fixtures::at;
    use crate::domain::fixtures::waiting_renewal;
    use crate::domain::ids::TeamName;
    use crate::domain::principal::Principal;
    use crate::domain::request::StatusName;

    fn stage(needed: u32, names: &[&str]) -> Stage {
        let approvers = names.iter().map(|name| Principal::parse(name).unwrap()).collect();
        Stage { approvers: Approvers::Listed(approvers), needed, silent: Vec::new() }
    }

    fn rule(stages: Vec<Stage>, rules: Vec<RuleFor>) -> ApprovalRule {
        ApprovalRule { rules, stages, ..ApprovalRule::default() }
    }

    fn when(team: &str, stages: Vec<Stage>) -> RuleFor {
        let when = vec![Condition::Team(vec![TeamName::new(team)])];
        RuleFor { when, mode: ApprovalMode::Required, stages }
    }

    fn waiting(rule: ApprovalRule, path: ApprovalPath) -> Request {
        let mut request = at(StatusName::AwaitingApproval);
        request.product.approval = rule;
        request.creation.path = path;
        request
    }

    fn asked(stages: &[StageInForce]) -> String {
        let line = |one: &StageInForce| {
            let who = match &one.stage.approvers {
                Approvers::Listed(listed) => {
                    listed.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
                }
                other @ (Approvers::Team | Approvers::Manager | Approvers::Admins) => format!("{other:?}"),
            };
            format!("{} of {who}{}", one.stage.needed, if one.is_gone { " (gone)" } else { "" })
        };
        stages.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn how_many_is_the_requests_and_who_is_the_catalogs() {
        let before = rule(vec![stage(2, &["U0ANN", "U0BEN"]), stage(1, &["U0CAT"])], Vec::new());
        let request = waiting(before, ApprovalPath::ask(3));
        let after = rule(vec![stage(1, &["U0DAN", "S0LEADS"])], Vec::new());
        assert_eq!(asked(&request.stages_in_force(Some(&after))), "2 of U0DAN+S0LEADS, 1 of Admins (gone)");
        assert_eq!(asked(&request.stages_in_force(None)), "2 of Admins (gone), 1 of Admins (gone)");
        let more = rule(vec![stage(1, &["U0DAN"]), stage(1, &["U0EVE"]), stage(1, &["U0FAY"])], Vec::new());
        assert_eq!(asked(&request.stages_in_force(Some(&more))), "2 of U0DAN, 1 of U0EVE");
        let team = asked(&request.stages_in_force(Some(&ApprovalRule::default())));
        assert_eq!(team, "2 of Team, 1 of Admins (gone)");
    }

    #[test]
    fn nobody_approves_alone_what_becomes_of_their_exception() {
        let own = ApprovalRule { self_approval: true, ..rule(vec![stage(1, &["U0ANN"])], Vec::new()) };
        let ordinary = waiting(own.clone(), ApprovalPath::ask(1));
        assert!(ordinary.allows_self_approval());
        let path = path_of_exception(&own, ApprovalPath::Auto { why: String::new() });
        let mut excepted = at(StatusName::Active);
        excepted.product.approval = own.clone();
        excepted.creation.exception = Some(Exception::default());
        let renewal = Approval { path: path_of_renewal(&own, &path), ..waiting_renewal() };
        excepted.later = vec![renewal];
        assert!(!excepted.allows_self_approval(), "its renewal");
        // A bot of before has written the row and does not keep the exception.
        excepted.creation.exception = None;
        assert!(!excepted.allows_self_approval(), "the admins are still to be asked");
    }

    #[test]
    fn a_rule_is_found_again_by_its_conditions_and_where_they_were_edited_by_its_place() {
        // The sample request is for team payments.
        let listed = || vec![stage(1, &["U0SEC"])];
        let before = rule(Vec::new(), vec![when("search", listed()), when("payments", listed())]);
        let path = crate::domain::approval::approval_path(&before, &TeamName::new("payments"), &[], None);
        let request = waiting(before, path);
        let asked = |rules: Vec<RuleFor>| asked(&request.stages_in_force(Some(&rule(Vec::new(), rules))));
        let moved = vec![
            when("other", vec![stage(1, &["U0NEW"])]),
            when("search", vec![stage(1, &["U0OLD"])]),
            when("payments", vec![stage(1, &["U0PAY"])]),
        ];
        assert_eq!(asked(moved), "1 of U0PAY");
        let edited =
            vec![when("search", vec![stage(1, &["U0OLD"])]), when("billing", vec![stage(1, &["U0BIL"])])];
        assert_eq!(asked(edited), "1 of U0BIL");
        assert_eq!(
            asked(vec![when("payments", Vec::new())]),
            "1 of Team",
            "as for any request of the product"
        );
        assert_eq!(asked(vec![when("search", vec![stage(1, &["U0OLD"])])]), "1 of Admins (gone)");
        assert_eq!(asked(Vec::new()), "1 of Admins (gone)");
    }

    #[test]
    fn an_exception_keeps_its_admins_and_looks_up_the_others() {
        let before = rule(vec![stage(1, &["U0ANN"])], Vec::new());
        let path = path_of_exception(&before, ApprovalPath::ask(1));
        let request = waiting(before.clone(), path);
        let after = rule(vec![stage(1, &["U0DAN"])], Vec::new());
        assert_eq!(asked(&request.stages_in_force(Some(&after))), "1 of U0DAN, 1 of Admins");
        let alone = waiting(before, path_of_exception(&after, ApprovalPath::Auto { why: String::new() }));
        assert_eq!(asked(&alone.stages_in_force(None)), "1 of Admins");
    }
}
