//! What approvers are asked about now, and who of them first, next and last, as far as people have agreed.

use jiff::Timestamp;

use super::{Approval, ChangeOrder, Renewal, Request, Status, Surface};
use crate::domain::approval::Stage;
use crate::domain::catalog::ApprovalRule;
use crate::domain::ids::PersonId;
use crate::domain::policy::{ApprovalPath, needed_in_all};

/// What approvers are or would be asked about.
#[derive(Clone, Copy, Debug)]
pub enum Question<'a> {
    /// The request itself.
    Request,
    /// A renewal beyond those that need nobody.
    Renewal(&'a Renewal),
    /// A change of what lives.
    Change(&'a ChangeOrder),
}

impl Request {
    /// What approvers are asked about; the request itself where nothing else waits.
    pub fn question(&self) -> Question<'_> {
        match (self.waiting_renewal(), self.waiting_change()) {
            (Some(renewal), _) => Question::Renewal(renewal),
            (None, Some(order)) => Question::Change(order),
            (None, None) => Question::Request,
        }
    }

    /// Whether approvers can answer something about it now.
    pub fn waits_for_approvers(&self) -> bool {
        match self.question() {
            Question::Request => matches!(self.status, Status::AwaitingApproval { .. }),
            Question::Renewal(_) | Question::Change(_) => true,
        }
    }

    /// Who waits for the approvers' answer: the requester, or whoever asked for the renewal or the change that waits.
    pub fn asker(&self) -> &PersonId {
        match self.question() {
            Question::Request => &self.requester,
            Question::Renewal(renewal) => &renewal.by,
            Question::Change(order) => &order.by,
        }
    }

    /// Whether this person can take back what approvers are asked: whoever asked, and of a request and a renewal also
    /// the owner.
    pub fn may_withdraw(&self, person: &PersonId) -> bool {
        let is_owners = !matches!(self.question(), Question::Change(_));
        person == self.asker() || (is_owners && *person == self.owner)
    }

    /// When what approvers are asked now ends unanswered.
    pub fn answer_by(&self) -> Timestamp {
        match self.question() {
            Question::Request => self.approve_by,
            Question::Renewal(renewal) => renewal.approve_by,
            Question::Change(order) => order.approve_by,
        }
    }

    /// The card that approvers answer on: that of what they are asked, or were asked last.
    pub fn card(&self) -> Surface {
        let renewal = self.renewal.as_ref().map(|renewal| (renewal.approve_by, Surface::Renewal));
        let change = self.change.as_ref().map(|order| (order.approve_by, Surface::Change));
        match self.question() {
            Question::Renewal(_) => Surface::Renewal,
            Question::Change(_) => Surface::Change,
            Question::Request => renewal.max(change).map_or(Surface::Card, |(_, surface)| surface),
        }
    }

    /// The rule that what is asked goes by: of a change that of the version it leads to.
    pub fn rule(&self) -> &ApprovalRule {
        match self.question() {
            Question::Request | Question::Renewal(_) => &self.product.approval,
            Question::Change(order) => &order.product.approval,
        }
    }

    /// Who agreed so far to what approvers are asked, in the order of their clicks.
    pub fn agreed(&self) -> &[Approval] {
        match self.question() {
            Question::Request => &self.approvals,
            Question::Renewal(renewal) => &renewal.approvals,
            Question::Change(order) => &order.approvals,
        }
    }

    /// Everybody who is asked, in order; at least one stage. A renewal goes the way of its request, a change its own.
    pub fn stages(&self) -> Vec<Stage> {
        let path = match self.question() {
            Question::Request | Question::Renewal(_) => &self.approval,
            Question::Change(order) => &order.approval,
        };
        match path {
            ApprovalPath::Ask { stages, .. } if !stages.is_empty() => stages.clone(),
            ApprovalPath::Ask { .. } | ApprovalPath::Auto { .. } => self.rule().stages(),
        }
    }

    /// Approvals that a renewal or a change takes: of a renewal as many as the request, also where that one itself needed
    /// none.
    pub fn needed_for_answer(&self) -> u32 {
        needed_in_all(&self.stages())
    }

    /// Who is asked now; the last ones once all have agreed.
    pub fn stage(&self) -> Stage {
        let mut stages = self.stages();
        let at = place(&stages, self.agreed().len());
        stages.swap_remove(at)
    }

    /// Which stage is asked when so many have agreed, counted from 0, and how many there are.
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
