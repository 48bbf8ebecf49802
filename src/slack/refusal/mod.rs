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
            "This app is set up for another Slack workspace. Ask your platform team how to \
             use it from here."
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
            "Team *{team}* already uses {} of {} *{product}*. Tear down one that is no longer \
             needed, or ask your platform team for a larger quota.",
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
            "<@{by}> has already given that person's approval. {missing} more approval{} \
             needed, from somebody else.",
            if *missing == 1 { " is" } else { "s are" }
        ),
        Refusal::OwnDelegate => "You cannot be your own delegate. Choose somebody else.".to_owned(),
        Refusal::NotAnAbsence { most } => format!("Choose a day from today to {most} days ahead."),
        Refusal::DelegateIsAway { delegate, until } => {
            format!("<@{delegate}> is away until {until}. Choose somebody else.")
        }
        Refusal::NothingToAnswer => {
            "No team and no product names you as an approver, so you do not need a delegate. \
             Nothing was saved."
                .to_owned()
        }
        Refusal::DelegateIsNoMember { person } => {
            format!("<@{person}> is not a full member of this workspace. Choose somebody who is.")
        }
        Refusal::NobodyCanApprove { needed, whom } => format!(
            "This could not be approved: it needs approval from {}, and there are not enough \
             approvers. Ask your platform team to add more: {whom}.",
            others_in_words(*needed)
        ),
        Refusal::NobodyCanExcept { needed, whom } => format!(
            "This exception could not be granted: it needs approval from {}, the last of them \
             an admin, and there are not enough. {} `slack.admins`.",
            others_in_words(*needed),
            ask_for_admins(whom.as_deref())
        ),
        Refusal::NotTheirsToNudge { asker } => {
            format!("Only <@{asker}>, who is waiting for the answer, can nudge the approvers.")
        }
        Refusal::AlreadyNudged { at } => format!(
            "You have already nudged the approvers ({}), which is possible once. Reminders \
             are sent automatically.",
            date_time(*at)
        ),
        Refusal::TooLateToCancel { status } => format!(
            "It is too late to cancel this request: it is now *{}*. Nothing was changed; \
             `status` shows its progress.",
            status.label()
        ),
        Refusal::NothingToRenew { status } => {
            format!("There is nothing to renew: the request is *{}*.", status.label())
        }
        Refusal::NotARenewal { offered } => {
            format!("{} Nothing was changed.", renewal_periods(offered))
        }
        Refusal::RenewsTooLittle { from, until } => format!(
            "This already runs until {}, the longest its product allows. You can renew it \
             from {}. Nothing was changed.",
            date_time(*until),
            date_time(*from)
        ),
        Refusal::ApprovalWaits { kind, until } => format!(
            "A {} is already waiting for approval, until {}. Nothing was done; the person who \
             asked for it can withdraw it.",
            noun(*kind),
            date_time(*until)
        ),
        Refusal::BeingChanged => {
            "It is being changed right now. Nothing was done; try again when it is *Active*.".to_owned()
        }
        Refusal::NothingToChange { status } => {
            format!("There is nothing to change: the request is *{}*.", status.label())
        }
        Refusal::NotChangeable { product } => format!(
            "*{product}* cannot be changed once it is provisioned, and this is already the \
             newest version. Request another one instead."
        ),
        Refusal::NothingDifferent => {
            "You have not changed anything. Change a field, or close the form.".to_owned()
        }
        Refusal::AlreadyTearingDown => "It is already being torn down. Nothing more was done.".to_owned(),
        Refusal::NothingToTearDown { status } => format!(
            "There is nothing to tear down: the request is *{}*.{}",
            status.label(),
            instead_of_teardown(*status)
        ),
        Refusal::NotStuck { status } => format!(
            "This request is *{}*, so there is nothing to unblock. Nothing was changed.",
            status.label()
        ),
        Refusal::NothingToRetain { status } => format!(
            "You can leave something as it is only if it is stuck or its teardown has failed, \
             and this is *{}*. Nothing was changed.",
            status.label()
        ),
        Refusal::NothingToTransfer { status } => {
            format!("There is nothing to hand over: the request is *{}*.", status.label())
        }
        Refusal::AlreadyTheirs { owner } => format!("<@{owner}> already owns it. Nothing was changed."),
        Refusal::NotATeamMate { to, team } => format!(
            "<@{to}> is not a member of *{team}*, so it cannot be handed to them. Nothing was \
             changed."
        ),
        Refusal::NotTheirs { owner } => {
            format!("Only its owner <@{owner}>, its team's approvers and the platform team can do that.")
        }
        Refusal::LeftTheTeam { team, approvers } => format!(
            "You are no longer a member of team *{team}*, so you can only view this and tear \
             it down. {} can take it over.",
            if approvers.is_empty() { "The platform team" } else { approvers }
        ),
        Refusal::TeamIsGone { team, admins } => format!(
            "Team *{team}* is no longer in the settings, so only the platform team can keep \
             it: {admins}. You can tear it down."
        ),
        Refusal::NotAnAdmin => "Only the platform team can do that.".to_owned(),
        Refusal::Paused { message } => format!("New requests are paused:\n{}", quoted(message)),
        Refusal::DoneBefore => "This was already done. Nothing was done again.".to_owned(),
        Refusal::NotParked => {
            "That job is no longer among the failed ones, or has failed again since. Nothing \
             was done; `jobs` shows the current list."
                .to_owned()
        }
        Refusal::JobUnreadable => {
            "This version of the app cannot read that job, so it cannot retry it. Drop it, or \
             retry it with the version that wrote it. Nothing was done."
                .to_owned()
        }
        Refusal::NotAReader => {
            "Only its approvers, the platform team and auditors can read the audit trail of a \
             request."
                .to_owned()
        }
        Refusal::BudgetSpent { team, spent, budget } => format!(
            "Team *{team}* already uses about {} of its {} a month, so this does not fit. \
             Tear down something that is no longer needed, or ask your platform team for a \
             larger budget.",
            dollars(*spent),
            dollars(*budget)
        ),
        Refusal::UnknownRequest { typed } => {
            format!("There is no request *{typed}* that you can see. `list` shows yours and your team's.")
        }
        Refusal::ShortRequestId { typed, fewest } => format!(
            "*{typed}* is too short: type at least {fewest} characters of the request's id. \
             `list` shows them."
        ),
        Refusal::AmbiguousRequest { typed, matches } => {
            format!("{matches} requests begin with *{typed}*. Type a few more characters of the id.")
        }
        Refusal::Forged { command } => format!(
            "This form or button does not offer that, so nothing was done. Open it again from \
             `{command}`."
        ),
        Refusal::StaleButton { now } => format!(
            "This button is out of date: {}. Nothing was changed; the newest message shows \
             what you can do now.",
            current_state(now)
        ),
        Refusal::ProductChanged { product } => format!(
            "*{product}* was changed by its owner in the meantime. Open the form again to see \
             what is new."
        ),
        Refusal::NotJudgedInTime => {
            "Slack did not confirm in time that you may decide about this request. Press the \
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
        Irreducible::NotLess { name, from, to } => {
            format!("{name} cannot become {to}: you can only approve less than the current value, {from}.")
        }
        Irreducible::NotOffered { name } => {
            format!("Approvers of this product cannot change {name}.")
        }
        Irreducible::NotAllowed { message } => format!(
            "The product does not allow that: {message}. Choose something else, or deny with \
             a reason."
        ),
        Irreducible::CostsMore { now } => format!(
            "That costs more than {now} a month, or its cost is unknown. Choose something \
             else, or deny with a reason."
        ),
        Irreducible::AsksOtherwise => {
            "With that value the form has other fields. Deny with a reason, so that they can \
             be filled in."
                .to_owned()
        }
        Irreducible::NothingLeft => {
            "With that, nothing would be changed. Choose something else, or deny with a reason.".to_owned()
        }
        Irreducible::ProductChanged => {
            "The product has changed since this was requested, so it can no longer be \
             provisioned. Deny it with a reason, so that it is requested again."
                .to_owned()
        }
    }
}

/// Tells the user of an account why it does not count.
fn not_counted(why: Uncounted) -> &'static str {
    match why {
        Uncounted::Guest => {
            "You are a guest here, and guests cannot ask for AWS resources or decide about \
             them. Ask a full member of the team you work with to do it for you."
        }
        Uncounted::Stranger => {
            "You belong to another company, and only people of this one can ask for AWS \
             resources here or decide about them. Ask the person you work with to do it for \
             you."
        }
        Uncounted::App => "Apps cannot ask for AWS resources or decide about them. A person has to do it.",
        Uncounted::Deactivated => {
            "Your Slack account was deactivated. Ask an admin of your workspace to activate \
             it, then try again."
        }
        Uncounted::Unknown => {
            "Slack does not show your account to this app, so nothing you do here counts. Ask \
             your platform team to look into it."
        }
    }
}

/// Formats user text as a Slack block quote, escaped so that Slack shows it as plain text.
fn quoted(text: &str) -> String {
    // Slack's quotation ends with the line, so every line needs the mark.
    text.lines().map(|line| format!("> {}", escape(line))).collect::<Vec<_>>().join("\n")
}

fn others_in_words(needed: u32) -> String {
    if needed == 1 { "somebody else".to_owned() } else { format!("{needed} other people") }
}

fn nearest_sentence(nearest: &[String]) -> String {
    match nearest {
        [] => " Run the command without a product to see what you can request.".to_owned(),
        [key] => format!(" Did you mean *{key}*?"),
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
            format!("a {}{by} is waiting for approval until {}", noun(*kind), date_time(*until))
        }
        CurrentState::Renewed(until) => format!("it has already been renewed until {}", date_time(*until)),
        CurrentState::Lives(until) => format!("it is active until {}", date_time(*until)),
        CurrentState::Is(StatusName::Terminating) => "it is already being torn down".to_owned(),
        CurrentState::Is(status) => format!("the request is now *{}*", status.label()),
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

/// Says by which periods a lease can be renewed.
fn renewal_periods(offered: &[Period]) -> String {
    if offered.is_empty() {
        return "It cannot be renewed: ask your platform team.".to_owned();
    }
    let periods: Vec<String> = offered.iter().map(|period| format!("`{period}`")).collect();
    format!("It can be renewed by {}.", periods.join(" or "))
}

/// Says who can add admins, worded to precede the setting. The requester may be the only admin there is.
fn ask_for_admins(admins: Option<&str>) -> String {
    match admins {
        Some(admins) => format!("Ask {admins} to add more to the settings, in"),
        None => "Have another admin added to the settings, in".to_owned(),
    }
}

fn decided_words(status: StatusName, by: Option<&PersonId>, at: Timestamp) -> String {
    let at = date_time(at);
    match by {
        Some(by) => format!("{} by <@{by}> ({at})", status.label().to_lowercase()),
        None => format!("{} ({at})", status.label().to_lowercase()),
    }
}
