//! Which refusals are for lack of a right, as the audit trail words them.

use super::Refusal;

impl Refusal {
    /// What the audit trail says of a refusal for lack of right; `None` for the others, such as losing a race,
    /// which do not go on the trail.
    #[expect(clippy::too_many_lines, reason = "a line for each refusal, so that none is forgotten")]
    pub fn lack_of_right(&self) -> Option<&'static str> {
        match self {
            Self::NotInATeam => Some("in no team"),
            Self::NotAFullMember { .. } => Some("no full member"),
            Self::NotOurWorkspace => Some("of another workspace"),
            Self::NotYourTeam { .. } => Some("not a member of the team"),
            Self::NotAllTeams { .. } => Some("may not read all teams"),
            Self::NotOffered { .. } => Some("not offered to the team"),
            Self::NotAnApprover { .. } => Some("not an approver"),
            Self::OwnRequest { .. } => Some("own request"),
            Self::NotTheRequester { .. } => Some("not the requester"),
            Self::NotTheirsToNudge { .. } => Some("not the one who waits"),
            Self::NotTheirs { .. } => Some("not theirs"),
            Self::LeftTheTeam { .. } => Some("no longer a member of the team"),
            Self::TeamIsGone { .. } => Some("its team is gone"),
            Self::NotAnAdmin => Some("not an admin"),
            Self::NotAReader => Some("not a reader of the trail"),
            Self::NotATeamMate { .. } => Some("to somebody of another team"),
            Self::Forged { .. } => Some("not something the portal offered"),
            Self::UnknownProduct { .. }
            | Self::QuotaFull { .. }
            | Self::AlreadyDecided { .. }
            | Self::AlreadyApprovedByYou { .. }
            | Self::CannotReduce { .. }
            | Self::AlreadyNudged { .. }
            | Self::NobodyCanApprove { .. }
            | Self::NobodyCanExcept { .. }
            | Self::PlaceIsTaken { .. }
            | Self::OwnDelegate
            | Self::NothingToAnswer
            | Self::NotAnAbsence { .. }
            | Self::DelegateIsAway { .. }
            | Self::DelegateIsNoMember { .. }
            | Self::TooLateToCancel { .. }
            | Self::UnknownRequest { .. }
            | Self::ShortRequestId { .. }
            | Self::AmbiguousRequest { .. }
            | Self::StaleButton { .. }
            | Self::ProductChanged { .. }
            | Self::NotJudgedInTime
            | Self::NothingToRenew { .. }
            | Self::NotARenewal { .. }
            | Self::RenewsTooLittle { .. }
            | Self::RenewalWaits { .. }
            | Self::ChangeWaits { .. }
            | Self::BeingChanged
            | Self::NothingToChange { .. }
            | Self::NotChangeable { .. }
            | Self::NothingDifferent
            | Self::AlreadyTearingDown
            | Self::NothingToTearDown { .. }
            | Self::NothingToRetain { .. }
            | Self::NotStuck { .. }
            | Self::NothingToTransfer { .. }
            | Self::AlreadyTheirs { .. }
            | Self::BudgetSpent { .. }
            | Self::Paused { .. }
            | Self::DoneBefore
            | Self::NotParked
            | Self::JobUnreadable
            | Self::DoesNotApply { .. } => None,
        }
    }
}
