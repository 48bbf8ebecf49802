//! What is refused and why, as data. The sentences about it are in `slack/refusal`.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::ids::{PersonId, ProductKey, TeamName};
use super::period::Period;
use super::quota::QuotaUse;
use super::request::{Request, StatusName};
use crate::domain::approval::Irreducible;
use crate::domain::approval::{About, AboutKind, Approval};

mod lack;
mod uncounted;

#[cfg(test)]
pub(crate) mod tests;

pub use self::uncounted::Uncounted;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user belongs to no configured team.
    NotInATeam,
    /// The user is in no team, and their account could not be a member of one.
    NotAFullMember {
        /// Why the account does not count.
        why: Uncounted,
    },
    /// The user belongs to a workspace that the app is not configured for.
    NotOurWorkspace,
    /// The user named a team they do not belong to.
    NotYourTeam {
        /// The team as the user typed it, escaped for Slack.
        team: String,
        /// The user's own teams, comma separated.
        yours: String,
    },
    /// Only admins and auditors may read the requests of all teams.
    NotAllTeams {
        /// The teams whose requests the user may read, comma separated; may be empty.
        yours: String,
    },
    /// No product has this key.
    UnknownProduct {
        /// The key as the user typed it, escaped for Slack.
        typed: String,
        /// The most similar keys, best match first.
        nearest: Vec<String>,
    },
    /// The product is not offered to the user's team.
    NotOffered {
        /// The product's name.
        product: String,
        /// The user's team.
        team: TeamName,
        /// The product's owner, from the catalog.
        owner: String,
    },
    /// The team has used all its slots of this product.
    QuotaFull {
        /// The team.
        team: TeamName,
        /// The product.
        product: ProductKey,
        /// How much is in use.
        quota: QuotaUse,
    },
    /// The request has been decided already.
    AlreadyDecided {
        /// The request's current status.
        status: StatusName,
        /// The person who decided; `None` if the program did.
        by: Option<PersonId>,
        /// When the request last changed.
        at: Timestamp,
    },
    /// The approver has approved already, and further approvals are needed.
    AlreadyApprovedByYou {
        /// How many approvals by other people are missing.
        missing: u32,
    },
    /// The request cannot be approved with these changes.
    CannotReduce {
        /// Why not.
        why: Irreducible,
    },
    /// The user is not an approver of this request.
    NotAnApprover {
        /// The approvers, as mentions.
        approvers: String,
    },
    /// The user is the requester, and the product does not allow self-approval.
    OwnRequest {
        /// The approvers, as mentions.
        approvers: String,
    },
    /// Only the requester may do this, or the team-mate they requested it for.
    NotTheRequester {
        /// The person who may.
        requester: PersonId,
    },
    /// Somebody else has already answered for this approver, or for the person they represent.
    PlaceIsTaken {
        /// The person who answered.
        by: PersonId,
        /// How many approvals by other people are missing.
        missing: u32,
    },
    /// Users cannot name themselves as their own delegate.
    OwnDelegate,
    /// The last day of the absence is in the past or too far ahead.
    NotAnAbsence {
        /// How many days ahead an absence may end.
        most: i64,
    },
    /// The chosen delegate is away.
    DelegateIsAway {
        /// The delegate.
        delegate: PersonId,
        /// The delegate's last day away.
        until: Date,
    },
    /// The user approves nothing, so there is nothing for a delegate to answer.
    NothingToAnswer,
    /// The chosen delegate is a guest, an app or a deactivated account.
    DelegateIsNoMember {
        /// The delegate.
        person: PersonId,
    },
    /// Too few people could approve the request, so it would only time out.
    NobodyCanApprove {
        /// How many approvals the request needs.
        needed: u32,
        /// The people who can name more approvers, as mentions.
        whom: String,
    },
    /// Too few people, or too few admins, could approve the exception.
    NobodyCanExcept {
        /// How many approvals the exception needs.
        needed: u32,
        /// The admins to ask, as mentions; `None` if the requester is the only one.
        whom: Option<String>,
    },
    /// Only the person who waits for the answer may nudge the approvers.
    NotTheirsToNudge {
        /// The person who may.
        asker: PersonId,
    },
    /// The approvers have been nudged already, which is allowed once.
    AlreadyNudged {
        /// When they were nudged.
        at: Timestamp,
    },
    /// The request has progressed too far to be cancelled.
    TooLateToCancel {
        /// The request's current status.
        status: StatusName,
    },
    /// The request has no running lease to renew.
    NothingToRenew {
        /// The request's current status.
        status: StatusName,
    },
    /// The product does not offer this renewal period.
    NotARenewal {
        /// The periods that the product offers.
        offered: Vec<Period>,
    },
    /// The lease already ends so late that a renewal would add next to nothing.
    RenewsTooLittle {
        /// From when a renewal is possible.
        from: Timestamp,
        /// When the lease ends.
        until: Timestamp,
    },
    /// A renewal or change already waits for approval.
    ApprovalWaits {
        /// What it is about.
        kind: AboutKind,
        /// When it times out.
        until: Timestamp,
    },
    /// An update is in progress, and nothing else may happen until it is done.
    BeingChanged,
    /// The request has nothing provisioned that could be changed.
    NothingToChange {
        /// The request's current status.
        status: StatusName,
    },
    /// No parameter may be changed, and there is no newer version.
    NotChangeable {
        /// The product's name.
        product: String,
    },
    /// The form was submitted without any change.
    NothingDifferent,
    /// A teardown is already in progress.
    AlreadyTearingDown,
    /// The request has nothing provisioned that could be torn down.
    NothingToTearDown {
        /// The request's current status.
        status: StatusName,
    },
    /// No operation is in progress, so none can be stuck.
    NotStuck {
        /// The request's current status.
        status: StatusName,
    },
    /// No teardown has failed and nothing is stuck, so there is nothing to retain.
    NothingToRetain {
        /// The request's current status.
        status: StatusName,
    },
    /// The request has nothing provisioned that could be handed over.
    NothingToTransfer {
        /// The request's current status.
        status: StatusName,
    },
    /// The new owner already owns it.
    AlreadyTheirs {
        /// The current owner.
        owner: PersonId,
    },
    /// The new owner does not belong to the request's team.
    NotATeamMate {
        /// The intended owner.
        to: PersonId,
        /// The team that the request belongs to.
        team: TeamName,
    },
    /// The user may neither renew, tear down nor transfer this request.
    NotTheirs {
        /// The current owner.
        owner: PersonId,
    },
    /// The owner is no longer a member of the request's team.
    LeftTheTeam {
        /// The request's team.
        team: TeamName,
        /// The people who can take it over, as mentions; may be empty.
        approvers: String,
    },
    /// The request's team has been removed from the settings.
    TeamIsGone {
        /// The request's team.
        team: TeamName,
        /// The admins, as mentions.
        admins: String,
    },
    /// Only admins may do this.
    NotAnAdmin,
    /// New requests are paused by an admin.
    Paused {
        /// The admin's message, exactly as written.
        message: String,
    },
    /// The same command, click or form was delivered before and has been handled.
    DoneBefore,
    /// The job is no longer parked, or has been parked again since the list was shown.
    NotParked,
    /// The stored job cannot be deserialized by this version, so it cannot be retried.
    JobUnreadable,
    /// The user may not read the audit trail.
    NotAReader,
    /// The estimate exceeds what is left of the team's budget.
    BudgetSpent {
        /// The team.
        team: TeamName,
        /// The sum of the team's estimates, US dollars a month.
        spent: Decimal,
        /// The team's budget, US dollars a month.
        budget: Decimal,
    },
    /// No request visible to the user matches.
    UnknownRequest {
        /// The id as the user typed it, escaped for Slack.
        typed: String,
    },
    /// The id prefix is too short to be looked up.
    ShortRequestId {
        /// The prefix as the user typed it, escaped for Slack.
        typed: String,
        /// The shortest prefix that is accepted, in characters.
        fewest: usize,
    },
    /// Several requests match the id prefix.
    AmbiguousRequest {
        /// The prefix as the user typed it, escaped for Slack.
        typed: String,
        /// How many requests match.
        matches: usize,
    },
    /// The click or form contains something that the portal never offered.
    Forged {
        /// The slash command that opens a genuine form.
        command: String,
    },
    /// The button belongs to an older epoch of the request.
    StaleButton {
        /// How the request stands now.
        now: CurrentState,
    },
    /// The product's template has changed since the form was opened or the request was made.
    ProductChanged {
        /// The product's name.
        product: String,
    },
    /// Slack did not confirm in time whether the user is an approver.
    NotJudgedInTime,
    /// An event of the workflow or the provisioner does not fit the request's status. Logged, never shown to
    /// a person.
    DoesNotApply {
        /// The request's current status.
        status: StatusName,
        /// The event, by [`Event::as_str`](super::event::Event::as_str).
        event: &'static str,
    },
}

impl Refusal {
    /// Refuses a button of an older epoch, with how the request stands now.
    pub fn stale(request: &Request) -> Self {
        Self::StaleButton { now: CurrentState::of(request) }
    }

    /// Refuses something new while this waits for approvers.
    pub fn waits(approval: &Approval) -> Self {
        Self::ApprovalWaits { kind: approval.about.kind(), until: approval.answer_by }
    }
}

/// How a request stands, as far as a button could have changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CurrentState {
    /// An approval of this kind waits for its approvers.
    Waits {
        /// What it is about.
        kind: AboutKind,
        /// The length of the extension, if it is a renewal.
        period: Option<Period>,
        /// When it times out.
        until: Timestamp,
    },
    /// Its lease runs until then, and has been renewed.
    Renewed(Timestamp),
    /// Its lease runs until then.
    Lives(Timestamp),
    /// It has no running lease.
    Is(StatusName),
}

impl CurrentState {
    fn of(request: &Request) -> Self {
        if let Some(waiting) = request.waiting() {
            let period = match &waiting.about {
                About::Renew(renewal) => Some(renewal.period),
                About::Create | About::Change(_) => None,
            };
            return Self::Waits { kind: waiting.about.kind(), period, until: waiting.answer_by };
        }
        match request.lease() {
            Some(lease) if lease.renewals > 0 => Self::Renewed(lease.expires_at),
            Some(lease) => Self::Lives(lease.expires_at),
            None => Self::Is(request.status.name()),
        }
    }
}
