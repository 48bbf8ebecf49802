//! Every sentence that refuses something to a person: what happened, then what to do about it. People are mentioned as
//! `<@id>`, which Slack renders as a name in the reader's client.
//!
//! [`sentence`] has a line for each refusal; the files hold the sentences of one kind: about who somebody is
//! (`membership`), about a decision (`approval`), about asking for something (`request`) and about what is
//! provisioned (`resource`).

mod approval;
mod membership;
mod request;
mod resource;

#[cfg(test)]
mod tests;

use crate::domain::approval::AboutKind;
use crate::domain::refusal::Refusal;

/// Returns what a person reads about a refusal.
pub fn sentence(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotInATeam => membership::NOT_IN_A_TEAM.to_owned(),
        Refusal::NotAFullMember { why } => membership::not_counted(*why).to_owned(),
        Refusal::NotOurWorkspace => membership::NOT_OUR_WORKSPACE.to_owned(),
        Refusal::NotYourTeam { team, yours } => membership::not_your_team(team, yours),
        Refusal::NotAllTeams { yours } => membership::not_all_teams(yours),
        Refusal::LeftTheTeam { team, approvers } => membership::left_the_team(team, approvers),
        Refusal::TeamIsGone { team, admins } => membership::team_is_gone(team, admins),
        Refusal::NotAnAdmin => membership::NOT_AN_ADMIN.to_owned(),
        Refusal::NotAReader => membership::NOT_A_READER.to_owned(),
        Refusal::AlreadyDecided { status, by, at } => approval::already_decided(*status, by.as_ref(), *at),
        Refusal::AlreadyApprovedByYou { missing } => approval::already_approved(*missing),
        Refusal::CannotReduce { why } => approval::irreducible(why),
        Refusal::NotAnApprover { approvers } => approval::not_an_approver(approvers),
        Refusal::OwnRequest { approvers } => approval::own_request(approvers),
        Refusal::PlaceIsTaken { by, missing } => approval::place_is_taken(by, *missing),
        Refusal::OwnDelegate => approval::OWN_DELEGATE.to_owned(),
        Refusal::NotAnAbsence { most } => approval::not_an_absence(*most),
        Refusal::DelegateIsAway { delegate, until } => approval::delegate_is_away(delegate, *until),
        Refusal::NothingToAnswer => approval::NOTHING_TO_ANSWER.to_owned(),
        Refusal::DelegateIsNoMember { person } => approval::delegate_is_no_member(person),
        Refusal::NobodyCanApprove { needed, whom } => approval::nobody_can_approve(*needed, whom),
        Refusal::NobodyCanExcept { needed, whom } => approval::nobody_can_except(*needed, whom.as_deref()),
        Refusal::NotTheirsToNudge { asker } => approval::not_theirs_to_nudge(asker),
        Refusal::AlreadyNudged { at } => approval::already_nudged(*at),
        Refusal::ApprovalWaits { kind, until } => approval::waits(*kind, *until),
        Refusal::NotJudgedInTime => approval::NOT_JUDGED_IN_TIME.to_owned(),
        Refusal::UnknownProduct { typed, nearest } => request::unknown_product(typed, nearest),
        Refusal::NotOffered { product, team, owner } => request::not_offered(product, team, owner),
        Refusal::QuotaFull { team, product, quota } => request::quota_full(team, product, *quota),
        Refusal::BudgetSpent { team, spent, budget } => request::budget_spent(team, *spent, *budget),
        Refusal::ProductChanged { product } => request::product_changed(product),
        Refusal::Paused { message } => request::paused(message),
        Refusal::NotTheRequester { requester } => request::not_the_requester(requester),
        Refusal::TooLateToCancel { status } => request::too_late_to_cancel(*status),
        Refusal::UnknownRequest { typed } => request::unknown(typed),
        Refusal::ShortRequestId { typed, fewest } => request::short_id(typed, *fewest),
        Refusal::AmbiguousRequest { typed, matches } => request::ambiguous(typed, *matches),
        Refusal::Forged { command } => request::forged(command),
        Refusal::StaleButton { now } => request::stale_button(now),
        Refusal::DoneBefore => request::DONE_BEFORE.to_owned(),
        Refusal::NotParked => request::NOT_PARKED.to_owned(),
        Refusal::JobUnreadable => request::JOB_UNREADABLE.to_owned(),
        Refusal::DoesNotApply { status, event } => request::does_not_apply(*status, event),
        Refusal::NothingToRenew { status } => resource::nothing_to("renew", *status),
        Refusal::NotARenewal { offered } => resource::not_a_renewal(offered),
        Refusal::RenewsTooLittle { from, until } => resource::renews_too_little(*from, *until),
        Refusal::BeingChanged => resource::BEING_CHANGED.to_owned(),
        Refusal::NothingToChange { status } => resource::nothing_to("change", *status),
        Refusal::NotChangeable { product } => resource::not_changeable(product),
        Refusal::NothingDifferent => resource::NOTHING_DIFFERENT.to_owned(),
        Refusal::AlreadyTearingDown => resource::ALREADY_TEARING_DOWN.to_owned(),
        Refusal::NothingToTearDown { status } => resource::nothing_to_tear_down(*status),
        Refusal::NotStuck { status } => resource::not_stuck(*status),
        Refusal::NothingToRetain { status } => resource::nothing_to_retain(*status),
        Refusal::NothingToTransfer { status } => resource::nothing_to("hand over", *status),
        Refusal::AlreadyTheirs { owner } => resource::already_theirs(owner),
        Refusal::NotATeamMate { to, team } => resource::not_a_team_mate(to, team),
        Refusal::NotTheirs { owner } => resource::not_theirs(owner),
    }
}

/// Returns what an approval is about, as a noun.
fn noun(kind: AboutKind) -> &'static str {
    match kind {
        AboutKind::Create => "request",
        AboutKind::Renew => "renewal",
        AboutKind::Change => "change",
    }
}
