//! Classifies refusals for missing permission, as the audit trail records them.

use super::Refusal;

impl Refusal {
    /// Returns the audit trail's wording of a refusal for missing permission. `None` for all other refusals,
    /// such as a lost race, which are not recorded.
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
            | Self::ApprovalWaits { .. }
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
