//! Who is asked first, next and last about a request or its renewal, as far as people have agreed.

use super::{Approval, Request};
use crate::domain::approval::Stage;
use crate::domain::policy::{ApprovalPath, needed_in_all};

impl Request {
    /// Who agreed so far to what approvers are asked, in the order of their clicks.
    pub fn agreed(&self) -> &[Approval] {
        self.waiting_renewal().map_or(&self.approvals, |renewal| &renewal.approvals)
    }

    /// Everybody who is asked, in order; at least one stage. A renewal goes the way of its request.
    pub fn stages(&self) -> Vec<Stage> {
        match &self.approval {
            ApprovalPath::Ask { stages, .. } if !stages.is_empty() => stages.clone(),
            ApprovalPath::Ask { .. } | ApprovalPath::Auto { .. } => self.product.approval.stages(),
        }
    }

    /// Approvals that a renewal takes: as many as the request, also where that one itself needed none.
    pub fn needed_for_renewal(&self) -> u32 {
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
