//! Every sentence that says no to a person: what happened, then what to do.
//! People are named as `<@id>`, which Slack shows as a name in the reader's client.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use thiserror::Error;

use self::words::{
    decided_words, instead_of_teardown, nearest_sentence, others_in_words, periods, quoted, stands,
    teams_sentence, when,
};
use super::approve_with_changes::Irreducible;
use super::cost::dollars;
use super::ids::{PersonId, ProductKey, TeamName};
use super::period::Period;
use super::quota::QuotaUse;
use super::request::{Request, StatusName};

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
    /// The person belongs to no team of the settings.
    #[error("You are not in a team yet. Ask your platform team to add you to one, then try again.")]
    NotInATeam,
    /// The person is in no team, and could not count as a member of one.
    #[error("{why}")]
    NotAFullMember {
        /// Why not.
        why: Uncounted,
    },
    /// The person uses a workspace that the app was not set up for.
    #[error(
        "This app is set up for another Slack workspace. Ask your platform team how to use it from here."
    )]
    NotOurWorkspace,
    /// The person named a team they are not in.
    #[error("You are not a member of *{team}*. Your teams: {yours}.")]
    NotYourTeam {
        /// What they named, already safe to show.
        team: String,
        /// Their teams, comma separated.
        yours: String,
    },
    /// Only admins and auditors read the requests of all teams.
    #[error("Only the platform team and auditors can look at all teams together.{}", teams_sentence(yours))]
    NotAllTeams {
        /// The teams that the person can look at, comma separated; may be empty.
        yours: String,
    },
    /// No product has this key.
    #[error("There is no product called *{typed}*.{}", nearest_sentence(nearest))]
    UnknownProduct {
        /// What they typed, already safe to show.
        typed: String,
        /// The nearest keys, best first.
        nearest: Vec<String>,
    },
    /// The product is for other teams.
    #[error("*{product}* is not offered to team *{team}*. Ask the product's owner, {owner}.")]
    NotOffered {
        /// The product's name.
        product: String,
        /// The team.
        team: TeamName,
        /// Who looks after the product.
        owner: String,
    },
    /// The team's slots of this product are all taken.
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
    /// The request was answered before.
    #[error("This request is already {}. Nothing was changed.", decided_words(*status, by.as_ref(), *at))]
    AlreadyDecided {
        /// Where it stands.
        status: StatusName,
        /// Who decided, where a person did.
        by: Option<PersonId>,
        /// When it last changed.
        at: Timestamp,
    },
    /// The person has already said yes; others still have to.
    #[error("You have already approved this request. {missing} more approval{} needed.", if *missing == 1 { " is" } else { "s are" })]
    AlreadyApprovedByYou {
        /// How many other approvers are needed.
        missing: u32,
    },
    /// It cannot be approved with these changes.
    #[error("{why}")]
    CannotReduce {
        /// Why not.
        why: Irreducible,
    },
    /// The person may not decide about this request.
    #[error("Only its approvers can decide about this request: {approvers}.")]
    NotAnApprover {
        /// Who can, as mentions.
        approvers: String,
    },
    /// The person asked for it themselves.
    #[error("This is your own request, so somebody else has to decide: {approvers}.")]
    OwnRequest {
        /// Who can, as mentions.
        approvers: String,
    },
    /// Only the requester, or whom they asked for, may do this.
    #[error("Only <@{requester}> can cancel this request. An approver can deny it.")]
    NotTheRequester {
        /// Who can.
        requester: PersonId,
    },
    /// Somebody else has answered in the same place.
    #[error("<@{by}> has answered in that place already. {missing} more approval{} needed, from somebody else.", if *missing == 1 { " is" } else { "s are" })]
    PlaceIsTaken {
        /// Who has.
        by: PersonId,
        /// How many other approvers are needed.
        missing: u32,
    },
    /// Nobody answers for themselves.
    #[error("You cannot answer for yourself while you are away. Choose somebody else.")]
    OwnDelegate,
    /// That is no time to be away.
    #[error("Choose a day from today on, {most} days ahead at most.")]
    NotAnAbsence {
        /// Days.
        most: i64,
    },
    /// Whoever should answer is away.
    #[error("<@{delegate}> is away until {until}. Choose somebody else.")]
    DelegateIsAway {
        /// Who.
        delegate: PersonId,
        /// Their last day.
        until: Date,
    },
    /// Nobody waits for their approval, so there is nothing that somebody else could answer.
    #[error(
        "Nothing here waits for your approval: no team and no product names you as an approver, so nobody has to answer for you. Nothing was stored."
    )]
    NothingToAnswer,
    /// Whoever should answer is a guest, an app or gone.
    #[error("<@{person}> is no full member of this workspace. Choose somebody who is.")]
    DelegateIsNoMember {
        /// Who.
        person: PersonId,
    },
    /// There are too few people who could agree to it.
    #[error("Nobody could approve this for you: it needs {} who may, and there are not so many. Ask your platform team to name more: {whom}.", others_in_words(*needed))]
    NobodyCanApprove {
        /// Approvals that it takes.
        needed: u32,
        /// Whom to ask, as mentions.
        whom: String,
    },
    /// There are too few people, or too few admins, who could agree to the exception.
    #[error(
        "Nobody could grant you this exception: it needs {}, an admin the last of them, and there are not so many. {} `slack.admins`.",
        others_in_words(*needed), whom.as_ref().map_or("Have another admin named in the settings, as".to_owned(), |whom| format!("Ask {whom} to name more in the settings, as"))
    )]
    NobodyCanExcept {
        /// Approvals that it takes.
        needed: u32,
        /// Whom to ask, as mentions; `None` where whoever asks is the only one.
        whom: Option<String>,
    },
    /// Somebody else waits for the approvers.
    #[error("Only <@{asker}>, who waits for the answer, can nudge its approvers.")]
    NotTheirsToNudge {
        /// Who can.
        asker: PersonId,
    },
    /// The approvers were pressed by hand before.
    #[error("You have nudged its approvers already ({}), and that can be done once. They are reminded by themselves.", when(*at))]
    AlreadyNudged {
        /// When.
        at: Timestamp,
    },
    /// It is too late to cancel.
    #[error(
        "It is too late to cancel this request, which is at *{}*. Nothing was changed; `status` shows how it goes on.",
        .status.label()
    )]
    TooLateToCancel {
        /// Where it stands.
        status: StatusName,
    },
    /// There is nothing whose lease could be renewed.
    #[error("There is nothing to renew: the request is at *{}*.", .status.label())]
    NothingToRenew {
        /// Where it stands.
        status: StatusName,
    },
    /// The product is not renewed by such a period.
    #[error("It can be renewed by {}. Nothing was changed.", periods(offered))]
    NotARenewal {
        /// The periods it can be renewed by.
        offered: Vec<Period>,
    },
    /// It lives so long already that a renewal would add next to nothing.
    #[error(
        "This already runs until {}, the longest its product allows at a time. You can renew it from {}. Nothing was changed.",
        when(*until), when(*from)
    )]
    RenewsTooLittle {
        /// From when on a renewal counts.
        from: Timestamp,
        /// When it ends.
        until: Timestamp,
    },
    /// A renewal waits for approvers already.
    #[error("A renewal is waiting for its approvers already, until {}. Nothing was changed.", when(*until))]
    RenewalWaits {
        /// When it ends unanswered.
        until: Timestamp,
    },
    /// A change waits for approvers already.
    #[error("A change is waiting for its approvers already, until {}. Nothing was done; whoever asked for it can withdraw it.", when(*until))]
    ChangeWaits {
        /// When it ends unanswered.
        until: Timestamp,
    },
    /// A change is being made, and everything else waits for it.
    #[error("It is being changed just now. Nothing was done; try again when it is *Active*.")]
    BeingChanged,
    /// There is nothing that lives to change.
    #[error("There is nothing to change: the request is at *{}*.", .status.label())]
    NothingToChange {
        /// Where it stands.
        status: StatusName,
    },
    /// Nothing of it may be changed, and there is no newer version.
    #[error(
        "Nothing of *{product}* can be changed once it is there, and it is the newest version. Ask for another one instead."
    )]
    NotChangeable {
        /// The product's name.
        product: String,
    },
    /// The form was submitted as it was opened.
    #[error("Nothing is different. Change something, or close the form.")]
    NothingDifferent,
    /// It is being removed already.
    #[error("It is being torn down already. Nothing more was done.")]
    AlreadyTearingDown,
    /// There is nothing to remove.
    #[error("There is nothing to tear down: the request is at *{}*.{}", .status.label(), instead_of_teardown(*status))]
    NothingToTearDown {
        /// Where it stands.
        status: StatusName,
    },
    /// Nothing is under way, so nothing can stand still.
    #[error("This request is *{}*, so there is nothing to unblock. Nothing was changed.", .status.label())]
    NotStuck {
        /// Where it stands.
        status: StatusName,
    },
    /// Nothing failed to be removed, so nothing has to be given up.
    #[error("You can leave something as it is only while its teardown has failed or it is stuck, and this is *{}*. Nothing was changed.", .status.label())]
    NothingToRetain {
        /// Where it stands.
        status: StatusName,
    },
    /// There is nothing to hand over.
    #[error("There is nothing to hand over: the request is at *{}*.", .status.label())]
    NothingToTransfer {
        /// Where it stands.
        status: StatusName,
    },
    /// The new owner is the old one.
    #[error("It is <@{owner}>'s already. Nothing was changed.")]
    AlreadyTheirs {
        /// Whose it is.
        owner: PersonId,
    },
    /// The new owner is of another team.
    #[error("<@{to}> is not a member of *{team}*, so it cannot be handed to them. Nothing was changed.")]
    NotATeamMate {
        /// To whom.
        to: PersonId,
        /// The team it belongs to.
        team: TeamName,
    },
    /// The person may neither renew, tear down nor hand over.
    #[error("Only <@{owner}>, who owns it, its team's approvers and the platform team can do that.")]
    NotTheirs {
        /// Whose it is.
        owner: PersonId,
    },
    /// The owner is no member of its team any more.
    #[error("You are no longer a member of team *{team}*, so you can look at this and tear it down, and nothing else. {} can take it over.", if approvers.is_empty() { "The platform team" } else { approvers })]
    LeftTheTeam {
        /// The team.
        team: TeamName,
        /// Who can, as mentions.
        approvers: String,
    },
    /// The team that its owner had it for is gone from the settings.
    #[error(
        "Team *{team}* is no longer in the settings, so only the platform team can keep it: {admins}. You can tear it down."
    )]
    TeamIsGone {
        /// The team.
        team: TeamName,
        /// The platform team, as mentions.
        admins: String,
    },
    /// Only the platform team may do this.
    #[error("Only the platform team can do that.")]
    NotAnAdmin,
    /// New requests are paused.
    #[error("New requests are paused:\n{}", quoted(message))]
    Paused {
        /// What people read meanwhile, as it was written.
        message: String,
    },
    /// The very same command, click or form came before and was done then.
    #[error("This was already done. Nothing was done again.")]
    DoneBefore,
    /// The job was tried again or dropped, or has been given up once more since.
    #[error(
        "That job is not given up any more, or was once more since. Nothing was done; `jobs` shows what there is now."
    )]
    NotParked,
    /// The job cannot be read, so it cannot be tried again.
    #[error(
        "This version of the app cannot read that job, so it cannot try it again. Drop it, or retry it with the version that wrote it. Nothing was done."
    )]
    JobUnreadable,
    /// The person may not read the audit trail.
    #[error("Only its approvers, the platform team and auditors can read the audit trail of a request.")]
    NotAReader,
    /// The team's budget has no room.
    #[error(
        "Team *{team}* already holds about {} of {} a month, so this does not fit. Free something by tearing down what is no longer needed, or ask your platform team for a larger budget.",
        dollars(*spent), dollars(*budget)
    )]
    BudgetSpent {
        /// The team.
        team: TeamName,
        /// What its estimates come to, US dollars a month.
        spent: Decimal,
        /// What they may come to.
        budget: Decimal,
    },
    /// No request matches.
    #[error("There is no request *{typed}* that you can see. `list` shows yours and your team's.")]
    UnknownRequest {
        /// What they typed, already safe to show.
        typed: String,
    },
    /// Too few characters of an id to look it up.
    #[error(
        "*{typed}* is too short: type at least {fewest} characters of the request's id. `list` shows them."
    )]
    ShortRequestId {
        /// What they typed, already safe to show.
        typed: String,
        /// How many characters it takes.
        fewest: usize,
    },
    /// Several requests match.
    #[error("{matches} requests begin with *{typed}*. Type a few more characters of the id.")]
    AmbiguousRequest {
        /// What they typed, already safe to show.
        typed: String,
        /// How many match.
        matches: usize,
    },
    /// The click or form was not one that the portal had offered.
    #[error(
        "That is not something this form or button offers, so nothing was done. Open it again from `{command}`."
    )]
    Forged {
        /// The slash command.
        command: String,
    },
    /// The button belongs to an earlier state.
    #[error(
        "This button is out of date: {stands}. Nothing was changed; the newest message has what can be done now."
    )]
    StaleButton {
        /// How things stand now, to follow a colon; see [`Refusal::stale`].
        stands: String,
    },
    /// The product's template changed since the form was opened or the request was made.
    #[error("*{product}* was changed by its owner in the meantime. Open the form again to see what is new.")]
    ProductChanged {
        /// The product's name.
        product: String,
    },
    /// The click could not be judged in time because Slack did not answer.
    #[error(
        "Slack did not tell us in time whether you may decide about this request. Press the button again."
    )]
    NotJudgedInTime,
    /// The machine said something that does not fit the request any more; never shown to a person.
    #[error("nothing to do: `{event}` does not apply to a request that is {}", .status.as_str())]
    DoesNotApply {
        /// Where it stands.
        status: StatusName,
        /// What was said.
        event: &'static str,
    },
}

impl Refusal {
    /// A button of this request was pressed that belongs to an earlier state of it.
    pub fn stale(request: &Request) -> Self {
        Self::StaleButton { stands: stands(request) }
    }
}
