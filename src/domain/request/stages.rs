//! What approvers are asked about now, and which of them: the previous, current and next stages.

use jiff::Timestamp;

use super::{Approval, ChangeOrder, MessageSlot, Renewal, Request, Status};
use crate::domain::approval::{Approvers, Stage};
use crate::domain::catalog::ApprovalRule;
use crate::domain::ids::PersonId;
use crate::domain::policy::{ApprovalPath, matching_rule, needed_in_all};

/// A stage with the approvers who are in charge now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageInForce {
    /// The stage. How many have to approve is fixed by the request, who may approve by the current catalog.
    pub stage: Stage,
    /// Whether the catalog no longer names anybody for this stage, so that the admins are asked.
    pub is_gone: bool,
}

/// What approvers are asked about, or would be.
#[derive(Clone, Copy, Debug)]
pub enum Question<'a> {
    /// The request itself.
    Request,
    /// A renewal that needs an approval.
    Renewal(&'a Renewal),
    /// A change of the existing product.
    Change(&'a ChangeOrder),
}

impl Request {
    /// Returns what approvers are asked about; the request itself if nothing else waits.
    pub fn question(&self) -> Question<'_> {
        match (self.waiting_renewal(), self.waiting_change()) {
            (Some(renewal), _) => Question::Renewal(renewal),
            (None, Some(order)) => Question::Change(order),
            (None, None) => Question::Request,
        }
    }

    /// Whether approvers can answer now.
    pub fn waits_for_approvers(&self) -> bool {
        match self.question() {
            Question::Request => matches!(self.status, Status::AwaitingApproval { .. }),
            Question::Renewal(_) | Question::Change(_) => true,
        }
    }

    /// Whether it is an undecided exception, which becomes an ordinary request once there is room.
    pub fn waits_for_room(&self) -> bool {
        self.exception.is_some() && self.status.name().is_undecided()
    }

    /// Returns when the current approval was asked for. A renewal stores only its deadline, so its start is computed
    /// from that.
    pub fn asked_at(&self) -> Timestamp {
        match self.question() {
            Question::Request => self.submitted_at,
            Question::Renewal(renewal) => self.product.approval.timeout.before(renewal.approve_by),
            Question::Change(order) => order.asked_at,
        }
    }

    /// Returns who waits for the approvers' answer: the requester, or the person who asked for the waiting renewal or
    /// change.
    pub fn asker(&self) -> &PersonId {
        match self.question() {
            Question::Request => &self.requester,
            Question::Renewal(renewal) => &renewal.by,
            Question::Change(order) => &order.by,
        }
    }

    /// Whether this person may withdraw what approvers are asked: the person who asked, and for requests and renewals
    /// also the owner.
    pub fn may_withdraw(&self, person: &PersonId) -> bool {
        let is_owners = !matches!(self.question(), Question::Change(_));
        person == self.asker() || (is_owners && *person == self.owner)
    }

    /// Returns when the current approval times out.
    pub fn answer_by(&self) -> Timestamp {
        match self.question() {
            Question::Request => self.approve_by,
            Question::Renewal(renewal) => renewal.approve_by,
            Question::Change(order) => order.approve_by,
        }
    }

    /// Returns the slot of the card that approvers answer on: that of the current approval, or of the latest one.
    pub fn card(&self) -> MessageSlot {
        let renewal = self.renewal.as_ref().map(|renewal| (renewal.approve_by, MessageSlot::Renewal));
        let change = self.change.as_ref().map(|order| (order.approve_by, MessageSlot::Change));
        match self.question() {
            Question::Renewal(_) => MessageSlot::Renewal,
            Question::Change(_) => MessageSlot::Change,
            // The later deadline tells which of them was asked last.
            Question::Request => renewal.max(change).map_or(MessageSlot::Card, |(_, surface)| surface),
        }
    }

    /// Returns the approval rule of the current question; for a change, that of the new version.
    pub fn rule(&self) -> &ApprovalRule {
        match self.question() {
            Question::Request | Question::Renewal(_) => &self.product.approval,
            Question::Change(order) => &order.product.approval,
        }
    }

    /// Returns the approvals given so far to the current question, in the order of the clicks.
    pub fn agreed(&self) -> &[Approval] {
        match self.question() {
            Question::Request => &self.approvals,
            Question::Renewal(renewal) => &renewal.approvals,
            Question::Change(order) => &order.approvals,
        }
    }

    /// Returns all stages in order; at least one. A renewal uses the request's stages, a change its own.
    pub fn stages(&self) -> Vec<Stage> {
        match self.path() {
            ApprovalPath::Ask { stages, .. } if !stages.is_empty() => stages.clone(),
            ApprovalPath::Ask { .. } | ApprovalPath::Auto { .. } => self.rule().stages(),
        }
    }

    fn path(&self) -> &ApprovalPath {
        match self.question() {
            Question::Request | Question::Renewal(_) => &self.approval,
            Question::Change(order) => &order.approval,
        }
    }

    /// Returns the stages with the approvers that the product names for them `now`, if the catalog still has the
    /// product. The number of stages, the number of approvals in each and the rule they come from stay as they were
    /// at submission.
    pub fn stages_in_force(&self, now: Option<&ApprovalRule>) -> Vec<StageInForce> {
        let named = now.and_then(|now| self.stages_of(now)).unwrap_or_default();
        let in_force = |(at, stage): (usize, Stage)| {
            let needed = stage.needed;
            match (&stage.approvers, named.get(at)) {
                // The admins of an exception come from the settings, not from a product.
                (Approvers::Admins, _) => StageInForce { stage, is_gone: false },
                (_, Some(named)) => StageInForce { stage: Stage { needed, ..named.clone() }, is_gone: false },
                // A removed stage must not count as approved, so the admins take its place.
                (_, None) => {
                    let stage = Stage { approvers: Approvers::Admins, needed, quiet: Vec::new() };
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
        let ApprovalPath::Ask { stages, why, .. } = self.path() else { return Some(now.stages()) };
        let stages: Vec<&Stage> =
            stages.iter().filter(|stage| stage.approvers != Approvers::Admins).collect();
        let is_same = |other: &[Stage]| other.iter().eq(stages.iter().copied());
        // An exception lists the product's usual stages explicitly, before the admins.
        if stages.is_empty() || (why.is_none() && is_same(&rule.stages())) {
            return Some(now.stages());
        }
        let (parameters, estimate) = match self.question() {
            Question::Request | Question::Renewal(_) => (&self.parameters, self.estimate.as_ref()),
            Question::Change(order) => (&order.parameters, order.estimate.as_ref()),
        };
        let matching = matching_rule(rule, &self.team, parameters, estimate);
        let matching = matching.filter(|at| is_same(&rule.rules[*at].stages));
        // Approvers may have reduced the parameters since, so that the rule which chose the stages no longer matches.
        let matched = matching.or_else(|| rule.rules.iter().position(|one| is_same(&one.stages)));
        let Some(at) = matched else { return is_same(&rule.stages()).then(|| now.stages()) };
        // Rules have no name. One is identified by its conditions, or by its position if only the conditions were
        // edited.
        let by_place = || now.rules.get(at).filter(|_| now.rules.len() == rule.rules.len());
        let named = now.rules.iter().find(|one| one.when == rule.rules[at].when).or_else(by_place)?;
        Some(if named.stages.is_empty() { now.stages() } else { named.stages.clone() })
    }

    /// Returns how many approvals a renewal or change needs; for a renewal as many as the request, even if the
    /// request itself was auto-approved.
    pub fn needed_for_answer(&self) -> u32 {
        needed_in_all(&self.stages())
    }

    /// Returns the current stage; the last one once all have approved.
    pub fn stage(&self) -> Stage {
        let mut stages = self.stages();
        let at = place(&stages, self.agreed().len());
        stages.swap_remove(at)
    }

    /// Returns the stage that is asked after this many approvals, counted from 0, and the number of stages.
    pub fn stage_after(&self, agreed: usize) -> (usize, usize) {
        let stages = self.stages();
        (place(&stages, agreed), stages.len())
    }
}

fn place(stages: &[Stage], agreed: usize) -> usize {
    let mut left = agreed;
    for (at, stage) in stages.iter().enumerate() {
        let needed = usize::try_from(stage.needed.max(1)).unwrap_or(usize::MAX);
        if left < needed {
            return at;
        }
        left -= needed;
    }
    stages.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::approval::{ApprovalMode, Condition, RuleFor};
    use crate::domain::catalog::Principal;
    use crate::domain::fixtures::at;
    use crate::domain::ids::TeamName;
    use crate::domain::policy::path_of_exception;
    use crate::domain::request::StatusName;

    fn stage(needed: u32, names: &[&str]) -> Stage {
        let approvers = names.iter().map(|name| Principal::parse(name).unwrap()).collect();
        Stage { approvers: Approvers::Listed(approvers), needed, quiet: Vec::new() }
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
        request.approval = path;
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
    fn a_rule_is_found_again_by_its_conditions_and_where_they_were_edited_by_its_place() {
        // The sample request is for team payments.
        let listed = || vec![stage(1, &["U0SEC"])];
        let before = rule(Vec::new(), vec![when("search", listed()), when("payments", listed())]);
        let path = crate::domain::policy::approval_path(&before, &TeamName::new("payments"), &[], None);
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
