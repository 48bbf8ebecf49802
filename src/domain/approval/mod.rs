//! One approval: what approvers are asked, who waits for their answer, and what the answer was. Creating, renewing and
//! changing are approved alike; they differ only in what an approval leads to, which is for
//! [`transition`](super::transition) to decide.
//!
//! `rules` is what a product says about approval, `path` applies that to a request, and `stages` says who is asked next.
//! `eligibility` says whose answer counts. `exception` is what takes an admin's approval, `reduction` what an approver may make
//! smaller. `unsatisfiable` finds the approvals that nobody could give.

mod approved_changes;
mod eligibility;
mod exception;
mod matching;
mod path;
mod reduction;
mod rules;
mod stages;
mod unsatisfiable;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::PersonId;
use super::job::JobKind;
use super::period::Period;
use super::request::{ChangeOrder, MessageSlot, Status};

pub use approved_changes::{
    ApprovedChanges, MOST_OPTIONS, approved_changes, can_be_reduced, period_asked, reducible_fields,
    shorter_leases, unchanged,
};
pub use eligibility::{Eligibility, may_decide};
pub use exception::Exception;
pub use matching::can_be_staffed;
pub(in crate::domain) use path::path_of_renewal;
pub use path::{
    ApprovalPath, ExceededLimits, approval_path, needed_in_all, path_as_things_stand, path_of_exception,
    path_within_limits, path_without_exception,
};
pub use reduction::{Irreducible, Reduction, RequestedReduction};
pub use rules::{ApprovalConfirm, ApprovalMode, ApprovalRule, Approvers, Condition, RuleFor, Stage};
pub use stages::StageInForce;
pub use unsatisfiable::{UnsatisfiableApproval, names_too_few, unsatisfiable_approvals};

/// What approvers are asked about a request, and how far they have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// What happens once it is approved.
    pub about: About,
    /// Who waits for the answer.
    pub asked_by: PersonId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it times out. Only this date decides a timeout, not the moment the job runs.
    pub answer_by: Timestamp,
    /// Whether approvers are asked, and why or why not.
    pub path: ApprovalPath,
    /// The limits it exceeds, which admins have to approve.
    pub exception: Option<Exception>,
    /// When room became free for what was asked as an exception, which made it an ordinary approval.
    pub room_since: Option<Timestamp>,
    /// Who approved, in the order of their clicks.
    pub consents: Vec<Consent>,
    /// What approvers reduced, in the order of their clicks.
    pub reductions: Vec<Reduction>,
    /// The answer; `None` while it waits.
    pub answer: Option<Answer>,
}

/// What an approval is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Creating what was requested.
    Create,
    /// A later end of the lease than a person can give alone.
    Renew(Renewal),
    /// Other parameters or a newer version of what exists.
    Change(Box<ChangeOrder>),
}

/// The kinds of approvals. A request keeps the latest of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AboutKind {
    /// See [`About::Create`].
    Create,
    /// See [`About::Renew`].
    Renew,
    /// See [`About::Change`].
    Change,
}

/// A renewal that needs an approval because the product's free renewals are used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The length of the extension.
    pub period: Period,
    /// Number of renewals before this one.
    pub renewals: u32,
    /// Whether a teardown waits for the answer: only the first renewal asked for before an end delays that end.
    pub holds_end: bool,
}

/// The answer to an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Enough approvers agreed, or nobody had to be asked.
    Approved,
    /// An approver denied it.
    Denied {
        /// The approver.
        by: PersonId,
        /// The absent approver it was denied on behalf of, if any.
        on_behalf_of: Option<PersonId>,
        /// The reason, in the approver's words.
        reason: String,
    },
    /// The person who asked, or the owner, withdrew it.
    Withdrawn {
        /// The person.
        by: PersonId,
    },
    /// Nobody answered in time.
    TimedOut,
    /// What it was about ended before anybody answered.
    Moot,
}

/// One person's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The person who clicked.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// The absent approver it was given on behalf of, if any.
    #[serde(rename = "instead_of", default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PersonId>,
}

impl Consent {
    /// Whether `person` gave this approval, or it was given on their behalf.
    pub fn is_of(&self, person: &PersonId) -> bool {
        self.by == *person || self.on_behalf_of.as_ref() == Some(person)
    }
}

impl Approval {
    /// Creates an approval that nobody has answered yet.
    pub fn new(
        about: About,
        (asked_by, asked_at): (PersonId, Timestamp),
        answer_by: Timestamp,
        path: ApprovalPath,
    ) -> Self {
        Self {
            about,
            asked_by,
            asked_at,
            answer_by,
            path,
            exception: None,
            room_since: None,
            consents: Vec::new(),
            reductions: Vec::new(),
            answer: None,
        }
    }

    /// Returns the change it is about, if it is about one.
    pub fn change(&self) -> Option<&ChangeOrder> {
        if let About::Change(order) = &self.about { Some(order) } else { None }
    }

    /// Returns the answer to it that a request's status implies, if it is about creating that request; `None` while the
    /// request is undecided.
    pub(crate) fn answer_in(&self, status: &Status) -> Option<Answer> {
        match status {
            Status::Pending | Status::AwaitingApproval { .. } => None,
            Status::Denied { by, on_behalf_of, reason } => Some(Answer::Denied {
                by: by.clone(),
                on_behalf_of: on_behalf_of.clone(),
                reason: reason.clone(),
            }),
            Status::Cancelled => Some(Answer::Withdrawn { by: self.asked_by.clone() }),
            Status::TimedOut => Some(Answer::TimedOut),
            // It failed while approvers were still being asked.
            Status::Failed { .. } if !self.is_agreed() => Some(Answer::Moot),
            Status::Approved
            | Status::Provisioning { .. }
            | Status::Active { .. }
            | Status::Updating { .. }
            | Status::Terminating { .. }
            | Status::Failed { .. }
            | Status::TeardownFailed { .. }
            | Status::Terminated { .. }
            | Status::Retained { .. } => Some(Answer::Approved),
        }
    }

    /// Returns the length of the extension that was asked for, before approvers reduced it.
    pub fn extension_asked(&self, renewal: &Renewal) -> Period {
        let first = self.reductions.iter().find(|reduction| reduction.parameter.is_none());
        first.and_then(|reduction| reduction.from.parse().ok()).unwrap_or(renewal.period)
    }

    /// Returns how many approvals it needs in all stages together; at least 1.
    pub fn needed(&self) -> u32 {
        match self.path {
            ApprovalPath::Auto { .. } => 1,
            ApprovalPath::Ask { needed, .. } => needed,
        }
    }

    /// Returns how many approvals it has.
    pub fn have(&self) -> u32 {
        u32::try_from(self.consents.len()).unwrap_or(u32::MAX)
    }

    /// Whether nobody has to approve, or enough have.
    pub fn is_agreed(&self) -> bool {
        matches!(self.path, ApprovalPath::Auto { .. }) || self.have() >= self.needed()
    }
}

impl About {
    /// Returns what it is about, without the details.
    pub fn kind(&self) -> AboutKind {
        match self {
            Self::Create => AboutKind::Create,
            Self::Renew(_) => AboutKind::Renew,
            Self::Change(_) => AboutKind::Change,
        }
    }
}

impl AboutKind {
    /// Returns the slot of the card that approvers answer on.
    pub fn card(self) -> MessageSlot {
        match self {
            Self::Create => MessageSlot::Card,
            Self::Renew => MessageSlot::Renewal,
            Self::Change => MessageSlot::Change,
        }
    }

    /// Returns the job that times it out. Older bots know three kinds, so each kept its own; all do the same.
    pub fn deadline(self) -> JobKind {
        match self {
            Self::Create => JobKind::ApprovalDeadline,
            Self::Renew => JobKind::RenewalDeadline,
            Self::Change => JobKind::ChangeDeadline,
        }
    }

    /// Returns an event of the audit trail such as `approved`, worded for this kind.
    pub fn event(self, event: &str) -> String {
        match self {
            Self::Create => event.to_owned(),
            Self::Renew => format!("renewal {event}"),
            Self::Change => format!("change {event}"),
        }
    }
}
