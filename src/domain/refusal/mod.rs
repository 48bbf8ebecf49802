//! Every sentence that refuses something to a person: what happened, then what to do about it. People are
//! mentioned as `<@id>`, which Slack renders as a name in the reader's client.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use thiserror::Error;

use self::words::{
    decided_words, instead_of_teardown, nearest_sentence, noun, others_in_words, periods, quoted, stands,
    teams_sentence, when,
};
use super::approval::Irreducible;
use super::cost::dollars;
use super::ids::{PersonId, ProductKey, TeamName};
use super::period::Period;
use super::quota::QuotaUse;
use super::request::{Request, StatusName};
use crate::domain::approval::{AboutKind, Approval};

mod lack;
mod uncounted;
mod words;

#[cfg(test)]
mod tests;

pub use self::uncounted::Uncounted;
pub(crate) use self::words::safe;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The user belongs to no configured team.
    #[error("You are not in a team yet. Ask your platform team to add you to one, then try again.")]
    NotInATeam,
    /// The user is in no team, and their account could not be a member of one.
    #[error("{why}")]
    NotAFullMember {
        /// Why the account does not count.
        why: Uncounted,
    },
    /// The user belongs to a workspace that the app is not configured for.
    #[error(
        "This app is set up for another Slack workspace. Ask your platform team how to use it from here."
    )]
    NotOurWorkspace,
    /// The user named a team they do not belong to.
    #[error("You are not a member of *{team}*. Your teams: {yours}.")]
    NotYourTeam {
        /// The team as the user typed it, escaped for Slack.
        team: String,
        /// The user's own teams, comma separated.
        yours: String,
    },
    /// Only admins and auditors may read the requests of all teams.
    #[error("Only the platform team and auditors can look at all teams together.{}", teams_sentence(yours))]
    NotAllTeams {
        /// The teams whose requests the user may read, comma separated; may be empty.
        yours: String,
    },
    /// No product has this key.
    #[error("There is no product called *{typed}*.{}", nearest_sentence(nearest))]
    UnknownProduct {
        /// The key as the user typed it, escaped for Slack.
        typed: String,
        /// The most similar keys, best match first.
        nearest: Vec<String>,
    },
    /// The product is not offered to the user's team.
    #[error("*{product}* is not offered to team *{team}*. Ask the product's owner, {owner}.")]
    NotOffered {
        /// The product's name.
        product: String,
        /// The user's team.
        team: TeamName,
        /// The product's owner, from the catalog.
        owner: String,
    },
    /// The team has used all its slots of this product.
    #[error(
        "Team *{team}* already uses {} of {} *{product}*. Free one by tearing down what is no longer needed, or ask your platform team for a larger quota.",
        .quota.used, .quota.limit
    )]
    QuotaFull {
        /// The team.
        team: TeamName,
        /// The product.
        product: ProductKey,
        /// How much is in use.
        quota: QuotaUse,
    },
    /// The request has been decided already.
    #[error("This request is already {}. Nothing was changed.", decided_words(*status, by.as_ref(), *at))]
    AlreadyDecided {
        /// The request's current status.
        status: StatusName,
        /// The person who decided; `None` if the program did.
        by: Option<PersonId>,
        /// When the request last changed.
        at: Timestamp,
    },
    /// The approver has approved already, and further approvals are needed.
    #[error("You have already approved this request. {missing} more approval{} needed.", if *missing == 1 { " is" } else { "s are" })]
    AlreadyApprovedByYou {
        /// How many approvals by other people are missing.
        missing: u32,
    },
    /// The request cannot be approved with these changes.
    #[error("{why}")]
    CannotReduce {
        /// Why not.
        why: Irreducible,
    },
    /// The user is not an approver of this request.
    #[error("Only its approvers can decide about this request: {approvers}.")]
    NotAnApprover {
        /// The approvers, as mentions.
        approvers: String,
    },
    /// The user is the requester, and the product does not allow self-approval.
    #[error("This is your own request, so somebody else has to decide: {approvers}.")]
    OwnRequest {
        /// The approvers, as mentions.
        approvers: String,
    },
    /// Only the requester may do this, or the team-mate they requested it for.
    #[error("Only <@{requester}> can cancel this request. An approver can deny it.")]
    NotTheRequester {
        /// The person who may.
        requester: PersonId,
    },
    /// Somebody else has already answered for this approver, or for the person they represent.
    #[error("<@{by}> has answered in that place already. {missing} more approval{} needed, from somebody else.", if *missing == 1 { " is" } else { "s are" })]
    PlaceIsTaken {
        /// The person who answered.
        by: PersonId,
        /// How many approvals by other people are missing.
        missing: u32,
    },
    /// Users cannot name themselves as their own delegate.
    #[error("You cannot answer for yourself while you are away. Choose somebody else.")]
    OwnDelegate,
    /// The last day of the absence is in the past or too far ahead.
    #[error("Choose a day from today on, {most} days ahead at most.")]
    NotAnAbsence {
        /// How many days ahead an absence may end.
        most: i64,
    },
    /// The chosen delegate is away.
    #[error("<@{delegate}> is away until {until}. Choose somebody else.")]
    DelegateIsAway {
        /// The delegate.
        delegate: PersonId,
        /// The delegate's last day away.
        until: Date,
    },
    /// The user approves nothing, so there is nothing for a delegate to answer.
    #[error(
        "Nothing here waits for your approval: no team and no product names you as an approver, so nobody has to answer for you. Nothing was stored."
    )]
    NothingToAnswer,
    /// The chosen delegate is a guest, an app or a deactivated account.
    #[error("<@{person}> is no full member of this workspace. Choose somebody who is.")]
    DelegateIsNoMember {
        /// The delegate.
        person: PersonId,
    },
    /// Too few people could approve the request, so it would only time out.
    #[error("Nobody could approve this for you: it needs {} who may, and there are not so many. Ask your platform team to name more: {whom}.", others_in_words(*needed))]
    NobodyCanApprove {
        /// How many approvals the request needs.
        needed: u32,
        /// The people who can name more approvers, as mentions.
        whom: String,
    },
    /// Too few people, or too few admins, could approve the exception.
    #[error(
        "Nobody could grant you this exception: it needs {}, an admin the last of them, and there are not so many. {} `slack.admins`.",
        others_in_words(*needed), whom.as_ref().map_or("Have another admin named in the settings, as".to_owned(), |whom| format!("Ask {whom} to name more in the settings, as"))
    )]
    NobodyCanExcept {
        /// How many approvals the exception needs.
        needed: u32,
        /// The admins to ask, as mentions; `None` if the requester is the only one.
        whom: Option<String>,
    },
    /// Only the person who waits for the answer may nudge the approvers.
    #[error("Only <@{asker}>, who waits for the answer, can nudge its approvers.")]
    NotTheirsToNudge {
        /// The person who may.
        asker: PersonId,
    },
    /// The approvers have been nudged already, which is allowed once.
    #[error("You have nudged its approvers already ({}), and that can be done once. They are reminded by themselves.", when(*at))]
    AlreadyNudged {
        /// When they were nudged.
        at: Timestamp,
    },
    /// The request has progressed too far to be cancelled.
    #[error(
        "It is too late to cancel this request, which is at *{}*. Nothing was changed; `status` shows how it goes on.",
        .status.label()
    )]
    TooLateToCancel {
        /// The request's current status.
        status: StatusName,
    },
    /// The request has no running lease to renew.
    #[error("There is nothing to renew: the request is at *{}*.", .status.label())]
    NothingToRenew {
        /// The request's current status.
        status: StatusName,
    },
    /// The product does not offer this renewal period.
    #[error("It can be renewed by {}. Nothing was changed.", periods(offered))]
    NotARenewal {
        /// The periods that the product offers.
        offered: Vec<Period>,
    },
    /// The lease already ends so late that a renewal would add next to nothing.
    #[error(
        "This already runs until {}, the longest its product allows at a time. You can renew it from {}. Nothing was changed.",
        when(*until), when(*from)
    )]
    RenewsTooLittle {
        /// From when a renewal is possible.
        from: Timestamp,
        /// When the lease ends.
        until: Timestamp,
    },
    /// A renewal or change already waits for approval.
    #[error("A {} is waiting for its approvers already, until {}. Nothing was done; whoever asked for it can withdraw it.", noun(*kind), when(*until))]
    ApprovalWaits {
        /// What it is about.
        kind: AboutKind,
        /// When it times out.
        until: Timestamp,
    },
    /// An update is in progress, and nothing else may happen until it is done.
    #[error("It is being changed just now. Nothing was done; try again when it is *Active*.")]
    BeingChanged,
    /// The request has nothing provisioned that could be changed.
    #[error("There is nothing to change: the request is at *{}*.", .status.label())]
    NothingToChange {
        /// The request's current status.
        status: StatusName,
    },
    /// No parameter may be changed, and there is no newer version.
    #[error(
        "Nothing of *{product}* can be changed once it is there, and it is the newest version. Ask for another one instead."
    )]
    NotChangeable {
        /// The product's name.
        product: String,
    },
    /// The form was submitted without any change.
    #[error("Nothing is different. Change something, or close the form.")]
    NothingDifferent,
    /// A teardown is already in progress.
    #[error("It is being torn down already. Nothing more was done.")]
    AlreadyTearingDown,
    /// The request has nothing provisioned that could be torn down.
    #[error("There is nothing to tear down: the request is at *{}*.{}", .status.label(), instead_of_teardown(*status))]
    NothingToTearDown {
        /// The request's current status.
        status: StatusName,
    },
    /// No operation is in progress, so none can be stuck.
    #[error("This request is *{}*, so there is nothing to unblock. Nothing was changed.", .status.label())]
    NotStuck {
        /// The request's current status.
        status: StatusName,
    },
    /// No teardown has failed and nothing is stuck, so there is nothing to retain.
    #[error("You can leave something as it is only while its teardown has failed or it is stuck, and this is *{}*. Nothing was changed.", .status.label())]
    NothingToRetain {
        /// The request's current status.
        status: StatusName,
    },
    /// The request has nothing provisioned that could be handed over.
    #[error("There is nothing to hand over: the request is at *{}*.", .status.label())]
    NothingToTransfer {
        /// The request's current status.
        status: StatusName,
    },
    /// The new owner already owns it.
    #[error("It is <@{owner}>'s already. Nothing was changed.")]
    AlreadyTheirs {
        /// The current owner.
        owner: PersonId,
    },
    /// The new owner does not belong to the request's team.
    #[error("<@{to}> is not a member of *{team}*, so it cannot be handed to them. Nothing was changed.")]
    NotATeamMate {
        /// The intended owner.
        to: PersonId,
        /// The team that the request belongs to.
        team: TeamName,
    },
    /// The user may neither renew, tear down nor transfer this request.
    #[error("Only <@{owner}>, who owns it, its team's approvers and the platform team can do that.")]
    NotTheirs {
        /// The current owner.
        owner: PersonId,
    },
    /// The owner is no longer a member of the request's team.
    #[error("You are no longer a member of team *{team}*, so you can look at this and tear it down, and nothing else. {} can take it over.", if approvers.is_empty() { "The platform team" } else { approvers })]
    LeftTheTeam {
        /// The request's team.
        team: TeamName,
        /// The people who can take it over, as mentions; may be empty.
        approvers: String,
    },
    /// The request's team has been removed from the settings.
    #[error(
        "Team *{team}* is no longer in the settings, so only the platform team can keep it: {admins}. You can tear it down."
    )]
    TeamIsGone {
        /// The request's team.
        team: TeamName,
        /// The admins, as mentions.
        admins: String,
    },
    /// Only admins may do this.
    #[error("Only the platform team can do that.")]
    NotAnAdmin,
    /// New requests are paused by an admin.
    #[error("New requests are paused:\n{}", quoted(message))]
    Paused {
        /// The admin's message, exactly as written.
        message: String,
    },
    /// The same command, click or form was delivered before and has been handled.
    #[error("This was already done. Nothing was done again.")]
    DoneBefore,
    /// The job is no longer parked, or has been parked again since the list was shown.
    #[error(
        "That job is not given up any more, or was once more since. Nothing was done; `jobs` shows what there is now."
    )]
    NotParked,
    /// The stored job cannot be deserialized by this version, so it cannot be retried.
    #[error(
        "This version of the app cannot read that job, so it cannot try it again. Drop it, or retry it with the version that wrote it. Nothing was done."
    )]
    JobUnreadable,
    /// The user may not read the audit trail.
    #[error("Only its approvers, the platform team and auditors can read the audit trail of a request.")]
    NotAReader,
    /// The estimate exceeds what is left of the team's budget.
    #[error(
        "Team *{team}* already holds about {} of {} a month, so this does not fit. Free something by tearing down what is no longer needed, or ask your platform team for a larger budget.",
        dollars(*spent), dollars(*budget)
    )]
    BudgetSpent {
        /// The team.
        team: TeamName,
        /// The sum of the team's estimates, US dollars a month.
        spent: Decimal,
        /// The team's budget, US dollars a month.
        budget: Decimal,
    },
    /// No request visible to the user matches.
    #[error("There is no request *{typed}* that you can see. `list` shows yours and your team's.")]
    UnknownRequest {
        /// The id as the user typed it, escaped for Slack.
        typed: String,
    },
    /// The id prefix is too short to be looked up.
    #[error(
        "*{typed}* is too short: type at least {fewest} characters of the request's id. `list` shows them."
    )]
    ShortRequestId {
        /// The prefix as the user typed it, escaped for Slack.
        typed: String,
        /// The shortest prefix that is accepted, in characters.
        fewest: usize,
    },
    /// Several requests match the id prefix.
    #[error("{matches} requests begin with *{typed}*. Type a few more characters of the id.")]
    AmbiguousRequest {
        /// The prefix as the user typed it, escaped for Slack.
        typed: String,
        /// How many requests match.
        matches: usize,
    },
    /// The click or form contains something that the portal never offered.
    #[error(
        "That is not something this form or button offers, so nothing was done. Open it again from `{command}`."
    )]
    Forged {
        /// The slash command that opens a genuine form.
        command: String,
    },
    /// The button belongs to an older epoch of the request.
    #[error(
        "This button is out of date: {stands}. Nothing was changed; the newest message has what can be done now."
    )]
    StaleButton {
        /// The current state, worded to follow a colon; see [`Refusal::stale`].
        stands: String,
    },
    /// The product's template has changed since the form was opened or the request was made.
    #[error("*{product}* was changed by its owner in the meantime. Open the form again to see what is new.")]
    ProductChanged {
        /// The product's name.
        product: String,
    },
    /// Slack did not confirm in time whether the user is an approver.
    #[error(
        "Slack did not tell us in time whether you may decide about this request. Press the button again."
    )]
    NotJudgedInTime,
    /// An event of the workflow or the provisioner does not fit the request's status. Logged, never shown to
    /// a person.
    #[error("nothing to do: `{event}` does not apply to a request that is {}", .status.as_str())]
    DoesNotApply {
        /// The request's current status.
        status: StatusName,
        /// The event, by [`Event::as_str`](super::event::Event::as_str).
        event: &'static str,
    },
}

impl Refusal {
    /// Refuses a button of an older epoch, describing how the request stands now.
    pub fn stale(request: &Request) -> Self {
        Self::StaleButton { stands: stands(request) }
    }

    /// Refuses something new while this waits for approvers.
    pub fn waits(approval: &Approval) -> Self {
        Self::ApprovalWaits { kind: approval.about.kind(), until: approval.answer_by }
    }
}
