//! Every sentence that says no to a person: what happened, then what to do.
//! People are named as `<@id>`, which Slack shows as a name in the reader's client.

use jiff::Timestamp;
use thiserror::Error;

use super::ids::{PersonId, ProductKey, TeamName};
use super::quota::QuotaUse;
use super::request::StatusName;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The person belongs to no team of the settings.
    #[error("You are not in a team yet. Ask your platform team to add you to one, then try again.")]
    NotInATeam,
    /// The person named a team they are not in.
    #[error("You are not a member of *{team}*. Your teams: {yours}.")]
    NotYourTeam {
        /// What they named, already safe to show.
        team: String,
        /// Their teams, comma separated.
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
    /// Only the requester may do this.
    #[error("Only <@{requester}> can cancel this request. An approver can deny it.")]
    NotTheRequester {
        /// Who can.
        requester: PersonId,
    },
    /// It is too late to cancel.
    #[error("It is too late to cancel: the request is {}.", .status.label().to_lowercase())]
    TooLateToCancel {
        /// Where it stands.
        status: StatusName,
    },
    /// No request matches.
    #[error("There is no request *{typed}* that you can see. `list` shows yours and your team's.")]
    UnknownRequest {
        /// What they typed, already safe to show.
        typed: String,
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
    #[error("This button is out of date: the request is now {}.", .status.label().to_lowercase())]
    StaleButton {
        /// Where it stands.
        status: StatusName,
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
    #[error("nothing to do: `{event}` does not apply to a request that is {}", .status.word())]
    DoesNotApply {
        /// Where it stands.
        status: StatusName,
        /// What was said.
        event: &'static str,
    },
}

impl Refusal {
    /// What the audit trail says of a refusal for lack of right; `None` for the others, such as losing a race,
    /// which do not go on the trail.
    pub fn lack_of_right(&self) -> Option<&'static str> {
        match self {
            Self::NotInATeam => Some("in no team"),
            Self::NotYourTeam { .. } => Some("not a member of the team"),
            Self::NotOffered { .. } => Some("not offered to the team"),
            Self::NotAnApprover { .. } => Some("not an approver"),
            Self::OwnRequest { .. } => Some("own request"),
            Self::NotTheRequester { .. } => Some("not the requester"),
            Self::Forged { .. } => Some("not something the portal offered"),
            Self::UnknownProduct { .. }
            | Self::QuotaFull { .. }
            | Self::AlreadyDecided { .. }
            | Self::AlreadyApprovedByYou { .. }
            | Self::TooLateToCancel { .. }
            | Self::UnknownRequest { .. }
            | Self::AmbiguousRequest { .. }
            | Self::StaleButton { .. }
            | Self::ProductChanged { .. }
            | Self::NotJudgedInTime
            | Self::DoesNotApply { .. } => None,
        }
    }
}

fn nearest_sentence(nearest: &[String]) -> String {
    match nearest {
        [] => " The command without a product shows what there is.".to_owned(),
        [one] => format!(" Did you mean *{one}*?"),
        [rest @ .., last] => format!(" Did you mean *{}* or *{last}*?", rest.join("*, *")),
    }
}

fn decided_words(status: StatusName, by: Option<&PersonId>, at: Timestamp) -> String {
    let when = format!("<!date^{}^{{date_short_pretty}} at {{time}}|{at:.0}>", at.as_second());
    match by {
        Some(by) => format!("{} by <@{by}> ({when})", status.label().to_lowercase()),
        None => format!("{} ({when})", status.label().to_lowercase()),
    }
}
