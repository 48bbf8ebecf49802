//! Sentences about a decision: who can make it, who answers for the absent, and what approvers can reduce.

use jiff::Timestamp;
use jiff::civil::Date;

use super::noun;
use crate::domain::approval::{AboutKind, Irreducible};
use crate::domain::ids::PersonId;
use crate::domain::request::StatusName;
use crate::slack::mrkdwn::date_time;

pub(super) const OWN_DELEGATE: &str = "You cannot be your own delegate. Choose somebody else.";
pub(super) const NOTHING_TO_ANSWER: &str =
    "No team and no product names you as an approver, so you do not need a delegate. Nothing was saved.";
pub(super) const NOT_JUDGED_IN_TIME: &str =
    "Slack did not confirm in time that you may decide about this request. Press the button again.";

pub(super) fn already_decided(status: StatusName, by: Option<&PersonId>, at: Timestamp) -> String {
    let decided = status.label().to_lowercase();
    let by = by.map(|person| format!(" by <@{person}>")).unwrap_or_default();
    format!("This request is already {decided}{by} ({}). Nothing was changed.", date_time(at))
}

pub(super) fn already_approved(missing: u32) -> String {
    format!("You have already approved this request. {} needed.", more_approvals(missing))
}

pub(super) fn place_is_taken(by: &PersonId, missing: u32) -> String {
    let more = more_approvals(missing);
    format!("<@{by}> has already given that person's approval. {more} needed, from somebody else.")
}

/// Counts the missing approvals, worded to precede "needed".
fn more_approvals(missing: u32) -> String {
    format!("{missing} more approval{}", if missing == 1 { " is" } else { "s are" })
}

pub(super) fn not_an_approver(approvers: &str) -> String {
    format!("Only its approvers can decide about this request: {approvers}.")
}

pub(super) fn own_request(approvers: &str) -> String {
    format!("This is your own request, so somebody else has to decide: {approvers}.")
}

pub(super) fn waits(kind: AboutKind, until: Timestamp) -> String {
    format!(
        "A {} is already waiting for approval, until {}. Nothing was done; the person who asked for it can withdraw it, and so can the owner.",
        noun(kind),
        date_time(until)
    )
}

pub(super) fn not_an_absence(most: i64) -> String {
    format!("Choose a day from today to {most} days ahead.")
}

pub(super) fn delegate_is_away(delegate: &PersonId, until: Date) -> String {
    format!("<@{delegate}> is away until {until}. Choose somebody else.")
}

pub(super) fn delegate_is_no_member(person: &PersonId) -> String {
    format!("<@{person}> is not a full member of this workspace. Choose somebody who is.")
}

pub(super) fn nobody_can_approve(needed: u32, whom: &str) -> String {
    let others = others_in_words(needed);
    format!(
        "This could not be approved: it needs approval from {others}, and there are not enough approvers. Ask your \
         platform team to add more: {whom}."
    )
}

pub(super) fn nobody_can_except(needed: u32, whom: Option<&str>) -> String {
    format!(
        "This exception could not be granted: it needs approval from {}, the last of them an admin, and there are not \
         enough. {} `slack.admins`.",
        others_in_words(needed),
        ask_for_admins(whom)
    )
}

fn others_in_words(needed: u32) -> String {
    if needed == 1 { "somebody else".to_owned() } else { format!("{needed} other people") }
}

/// Says who can add admins, worded to precede the setting. The requester may be the only admin there is.
fn ask_for_admins(admins: Option<&str>) -> String {
    match admins {
        Some(admins) => format!("Ask {admins} to add more to the settings, in"),
        None => "Have another admin added to the settings, in".to_owned(),
    }
}

pub(super) fn not_theirs_to_nudge(asker: &PersonId) -> String {
    format!("Only <@{asker}>, who is waiting for the answer, can nudge the approvers.")
}

pub(super) fn already_nudged(at: Timestamp) -> String {
    format!(
        "You have already nudged the approvers ({}), which is possible once. Reminders are sent automatically.",
        date_time(at)
    )
}

pub(super) fn irreducible(why: &Irreducible) -> String {
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
