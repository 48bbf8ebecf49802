//! Every sentence that refuses something to a person: what happened, then what to do about it. People are mentioned as
//! `<@id>`, which Slack renders as a name in the reader's client.

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::domain::approval::{AboutKind, Irreducible};
use crate::domain::cost::dollars;
use crate::domain::ids::PersonId;
use crate::domain::period::Period;
use crate::domain::refusal::{CurrentState, Refusal, Uncounted};
use crate::domain::request::StatusName;
use crate::slack::mrkdwn::{date_time, escape};

/// Returns what a person reads about a refusal.
#[expect(clippy::too_many_lines, reason = "a line for each refusal, so that none is forgotten")]
pub fn sentence(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotInATeam => {
            "You are not in a team yet. Ask your platform team to add you to one, then try again.".to_owned()
        }
        Refusal::NotAFullMember { why } => not_counted(*why).to_owned(),
        Refusal::NotOurWorkspace => {
            "This app is set up for another Slack workspace. Ask your platform team how to use it \
             from here."
                .to_owned()
        }
        Refusal::NotYourTeam { team, yours } => {
            format!("You are not a member of *{team}*. Your teams: {yours}.")
        }
        Refusal::NotAllTeams { yours } => format!(
            "Only the platform team and auditors can look at all teams together.{}",
            teams_sentence(yours)
        ),
        Refusal::UnknownProduct { typed, nearest } => {
            format!("There is no product called *{typed}*.{}", nearest_sentence(nearest))
        }
        Refusal::NotOffered { product, team, owner } => {
            format!("*{product}* is not offered to team *{team}*. Ask the product's owner, {owner}.")
        }
        Refusal::QuotaFull { team, product, quota } => format!(
            "Team *{team}* already uses {} of {} *{product}*. Free one by tearing down what is no \
             longer needed, or ask your platform team for a larger quota.",
            quota.used, quota.limit
        ),
        Refusal::AlreadyDecided { status, by, at } => format!(
            "This request is already {}. Nothing was changed.",
            decided_words(*status, by.as_ref(), *at)
        ),
        Refusal::AlreadyApprovedByYou { missing } => format!(
            "You have already approved this request. {missing} more approval{} needed.",
            if *missing == 1 { " is" } else { "s are" }
        ),
        Refusal::CannotReduce { why } => irreducible(why),
        Refusal::NotAnApprover { approvers } => {
            format!("Only its approvers can decide about this request: {approvers}.")
        }
        Refusal::OwnRequest { approvers } => {
            format!("This is your own request, so somebody else has to decide: {approvers}.")
        }
        Refusal::NotTheRequester { requester } => {
            format!("Only <@{requester}> can cancel this request. An approver can deny it.")
        }
        Refusal::PlaceIsTaken { by, missing } => format!(
            "<@{by}> has answered in that place already. {missing} more approval{} needed, from \
             somebody else.",
            if *missing == 1 { " is" } else { "s are" }
        ),
        Refusal::OwnDelegate => {
            "You cannot answer for yourself while you are away. Choose somebody else.".to_owned()
        }
        Refusal::NotAnAbsence { most } => format!("Choose a day from today on, {most} days ahead at most."),
        Refusal::DelegateIsAway { delegate, until } => {
            format!("<@{delegate}> is away until {until}. Choose somebody else.")
        }
        Refusal::NothingToAnswer => {
            "Nothing here waits for your approval: no team and no product names you as an approver, \
             so nobody has to answer for you. Nothing was stored."
                .to_owned()
        }
        Refusal::DelegateIsNoMember { person } => {
            format!("<@{person}> is no full member of this workspace. Choose somebody who is.")
        }
        Refusal::NobodyCanApprove { needed, whom } => format!(
            "Nobody could approve this for you: it needs {} who may, and there are not so many. Ask \
             your platform team to name more: {whom}.",
            others_in_words(*needed)
        ),
        Refusal::NobodyCanExcept { needed, whom } => format!(
            "Nobody could grant you this exception: it needs {}, an admin the last of them, and there \
             are not so many. {} `slack.admins`.",
            others_in_words(*needed),
            whom.as_ref().map_or("Have another admin named in the settings, as".to_owned(), |whom| format!(
                "Ask {whom} to name more in the settings, as"
            ))
        ),
        Refusal::NotTheirsToNudge { asker } => {
            format!("Only <@{asker}>, who waits for the answer, can nudge its approvers.")
        }
        Refusal::AlreadyNudged { at } => format!(
            "You have nudged its approvers already ({}), and that can be done once. They are reminded \
             by themselves.",
            date_time(*at)
        ),
        Refusal::TooLateToCancel { status } => format!(
            "It is too late to cancel this request, which is at *{}*. Nothing was changed; `status` \
             shows how it goes on.",
            status.label()
        ),
        Refusal::NothingToRenew { status } => {
            format!("There is nothing to renew: the request is at *{}*.", status.label())
        }
        Refusal::NotARenewal { offered } => {
            format!("It can be renewed by {}. Nothing was changed.", periods(offered))
        }
        Refusal::RenewsTooLittle { from, until } => format!(
            "This already runs until {}, the longest its product allows at a time. You can renew it \
             from {}. Nothing was changed.",
            date_time(*until),
            date_time(*from)
        ),
        Refusal::ApprovalWaits { kind, until } => format!(
            "A {} is waiting for its approvers already, until {}. Nothing was done; whoever asked for \
             it can withdraw it.",
            noun(*kind),
            date_time(*until)
        ),
        Refusal::BeingChanged => {
            "It is being changed just now. Nothing was done; try again when it is *Active*.".to_owned()
        }
        Refusal::NothingToChange { status } => {
            format!("There is nothing to change: the request is at *{}*.", status.label())
        }
        Refusal::NotChangeable { product } => format!(
            "Nothing of *{product}* can be changed once it is there, and it is the newest version. \
             Ask for another one instead."
        ),
        Refusal::NothingDifferent => "Nothing is different. Change something, or close the form.".to_owned(),
        Refusal::AlreadyTearingDown => "It is being torn down already. Nothing more was done.".to_owned(),
        Refusal::NothingToTearDown { status } => format!(
            "There is nothing to tear down: the request is at *{}*.{}",
            status.label(),
            instead_of_teardown(*status)
        ),
        Refusal::NotStuck { status } => format!(
            "This request is *{}*, so there is nothing to unblock. Nothing was changed.",
            status.label()
        ),
        Refusal::NothingToRetain { status } => format!(
            "You can leave something as it is only while its teardown has failed or it is stuck, and \
             this is *{}*. Nothing was changed.",
            status.label()
        ),
        Refusal::NothingToTransfer { status } => {
            format!("There is nothing to hand over: the request is at *{}*.", status.label())
        }
        Refusal::AlreadyTheirs { owner } => format!("It is <@{owner}>'s already. Nothing was changed."),
        Refusal::NotATeamMate { to, team } => format!(
            "<@{to}> is not a member of *{team}*, so it cannot be handed to them. Nothing was \
             changed."
        ),
        Refusal::NotTheirs { owner } => {
            format!("Only <@{owner}>, who owns it, its team's approvers and the platform team can do that.")
        }
        Refusal::LeftTheTeam { team, approvers } => format!(
            "You are no longer a member of team *{team}*, so you can look at this and tear it down, \
             and nothing else. {} can take it over.",
            if approvers.is_empty() { "The platform team" } else { approvers }
        ),
        Refusal::TeamIsGone { team, admins } => format!(
            "Team *{team}* is no longer in the settings, so only the platform team can keep it: \
             {admins}. You can tear it down."
        ),
        Refusal::NotAnAdmin => "Only the platform team can do that.".to_owned(),
        Refusal::Paused { message } => format!("New requests are paused:\n{}", quoted(message)),
        Refusal::DoneBefore => "This was already done. Nothing was done again.".to_owned(),
        Refusal::NotParked => {
            "That job is not given up any more, or was once more since. Nothing was done; `jobs` \
             shows what there is now."
                .to_owned()
        }
        Refusal::JobUnreadable => {
            "This version of the app cannot read that job, so it cannot try it again. Drop it, or \
             retry it with the version that wrote it. Nothing was done."
                .to_owned()
        }
        Refusal::NotAReader => {
            "Only its approvers, the platform team and auditors can read the audit trail of a \
             request."
                .to_owned()
        }
        Refusal::BudgetSpent { team, spent, budget } => format!(
            "Team *{team}* already holds about {} of {} a month, so this does not fit. Free something \
             by tearing down what is no longer needed, or ask your platform team for a larger budget.",
            dollars(*spent),
            dollars(*budget)
        ),
        Refusal::UnknownRequest { typed } => {
            format!("There is no request *{typed}* that you can see. `list` shows yours and your team's.")
        }
        Refusal::ShortRequestId { typed, fewest } => format!(
            "*{typed}* is too short: type at least {fewest} characters of the request's id. `list` \
             shows them."
        ),
        Refusal::AmbiguousRequest { typed, matches } => {
            format!("{matches} requests begin with *{typed}*. Type a few more characters of the id.")
        }
        Refusal::Forged { command } => format!(
            "That is not something this form or button offers, so nothing was done. Open it again \
             from `{command}`."
        ),
        Refusal::StaleButton { now } => format!(
            "This button is out of date: {}. Nothing was changed; the newest message has what can be \
             done now.",
            current_state(now)
        ),
        Refusal::ProductChanged { product } => format!(
            "*{product}* was changed by its owner in the meantime. Open the form again to see what is \
             new."
        ),
        Refusal::NotJudgedInTime => {
            "Slack did not tell us in time whether you may decide about this request. Press the \
             button again."
                .to_owned()
        }
        Refusal::DoesNotApply { status, event } => {
            format!("nothing to do: `{event}` does not apply to a request that is {}", status.as_str())
        }
    }
}

fn irreducible(why: &Irreducible) -> String {
    match why {
        Irreducible::NotLess { what, from, to } => format!(
            "{what} cannot become {to}: what is approved has to be less than what stands there now, \
             {from}."
        ),
        Irreducible::NotOffered { what } => {
            format!("{what} is nothing that approvers of this product can change.")
        }
        Irreducible::NotAllowed { message } => format!(
            "The product does not allow that: {message}. Choose something else, or deny with a \
             reason."
        ),
        Irreducible::CostsMore { now } => format!(
            "What that costs is above {now} a month, or not known. Choose something else, or deny \
             with a reason."
        ),
        Irreducible::AsksOtherwise => {
            "With that, the form asks for other things. Deny with a reason, so that they are filled \
             in."
            .to_owned()
        }
        Irreducible::NothingLeft => {
            "With that, nothing would be changed. Choose something else, or deny with a reason.".to_owned()
        }
        Irreducible::ProductChanged => {
            "The product was changed since this was asked for, so this cannot be made any more. Deny \
             it with a reason, so that it is asked for anew."
                .to_owned()
        }
    }
}

/// Tells the user of an account why it does not count.
fn not_counted(why: Uncounted) -> &'static str {
    match why {
        Uncounted::Guest => {
            "You are a guest here, and guests cannot ask for AWS resources or decide about them. Ask \
                 a full member of the team you work with to do it for you."
        }
        Uncounted::Stranger => {
            "You belong to another company, and only people of this one can ask for AWS resources \
                 here or decide about them. Ask whoever you work with to do it for you."
        }
        Uncounted::App => "Apps cannot ask for AWS resources or decide about them. A person has to do it.",
        Uncounted::Deactivated => {
            "Your Slack account was deactivated. Ask an admin of your workspace to activate it, then \
                 try again."
        }
        Uncounted::Unknown => {
            "Slack does not show your account to this app, so nothing you do here counts. Ask your \
                 platform team to have it looked into."
        }
    }
}

/// Formats user text as a Slack block quote, escaped so that Slack shows it as plain text.
fn quoted(text: &str) -> String {
    // Slack's quotation ends with the line, so every line needs the mark.
    text.lines().map(|line| format!("> {}", escape(line))).collect::<Vec<_>>().join("\n")
}

fn others_in_words(needed: u32) -> String {
    if needed == 1 { "somebody else".to_owned() } else { format!("{needed} different other people") }
}

fn nearest_sentence(nearest: &[String]) -> String {
    match nearest {
        [] => " The command without a product shows what there is.".to_owned(),
        [one] => format!(" Did you mean *{one}*?"),
        [rest @ .., last] => format!(" Did you mean *{}* or *{last}*?", rest.join("*, *")),
    }
}

fn teams_sentence(yours: &str) -> String {
    if yours.is_empty() { String::new() } else { format!(" You can name one of yours: {yours}.") }
}

/// Returns what an approval is about, as a noun.
fn noun(kind: AboutKind) -> &'static str {
    match kind {
        AboutKind::Create => "request",
        AboutKind::Renew => "renewal",
        AboutKind::Change => "change",
    }
}

/// Describes how a request stands, worded to follow a colon.
fn current_state(state: &CurrentState) -> String {
    match state {
        CurrentState::Waits { kind, period, until } => {
            let by = period.map(|period| format!(" by {}", period.describe())).unwrap_or_default();
            format!("a {}{by} waits for its approvers until {}", noun(*kind), date_time(*until))
        }
        CurrentState::Renewed(until) => format!("it is already renewed until {}", date_time(*until)),
        CurrentState::Lives(until) => format!("it lives until {}", date_time(*until)),
        CurrentState::Is(StatusName::Terminating) => "it is being torn down already".to_owned(),
        CurrentState::Is(status) => format!("the request is now at *{}*", status.label()),
    }
}

fn instead_of_teardown(status: StatusName) -> &'static str {
    if status.is_undecided() {
        " Cancel it instead."
    } else if status == StatusName::Approved {
        " Try again in a moment, when it is being provisioned."
    } else {
        ""
    }
}

fn periods(offered: &[Period]) -> String {
    match offered {
        [] => "nothing: ask your platform team".to_owned(),
        some => some.iter().map(|period| format!("`{period}`")).collect::<Vec<_>>().join(" or "),
    }
}

fn decided_words(status: StatusName, by: Option<&PersonId>, at: Timestamp) -> String {
    let at = date_time(at);
    match by {
        Some(by) => format!("{} by <@{by}> ({at})", status.label().to_lowercase()),
        None => format!("{} ({at})", status.label().to_lowercase()),
    }
}
