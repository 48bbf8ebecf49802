//! The names of all buttons, fields and forms, and the values that buttons carry.

use std::fmt;

use crate::domain::ids::RequestId;
use crate::domain::job::{JobKey, JobOwner};
use crate::portal::people::parked_jobs::ParkedJobRef;
use crate::ports::store::ParkedJob;

/// The buttons, selects and inputs, by what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionId {
    /// Approve, on a card; carries a [`ButtonValue`].
    Approve,
    /// Approve with changes, which opens a form; carries a [`ButtonValue`].
    ApproveWithChanges,
    /// Deny, on a card, which asks for a reason; carries a [`ButtonValue`].
    Deny,
    /// Cancel, on the owner's message; carries a [`ButtonValue`].
    Cancel,
    /// Nudge the approvers, on the owner's message; carries a [`ButtonValue`].
    Nudge,
    /// Renew by the product's n-th period, from 0; carries a [`ButtonValue`].
    Renew(u8),
    /// Tear down, or retry it, after confirmation; carries a [`ButtonValue`].
    TearDown,
    /// Retain what a failed teardown left, which asks for a reason; carries a [`ButtonValue`].
    Retain,
    /// Check a stuck request again, for admins; carries a [`ButtonValue`].
    LookAgain,
    /// End a stuck request after confirmation, for admins; carries a [`ButtonValue`].
    End,
    /// Transfer to another owner, which asks to whom; carries a [`ButtonValue`].
    Transfer,
    /// Change an active resource, which opens a form; carries a [`ButtonValue`].
    Change,
    /// Request again, prefilled from an earlier request; carries a [`ButtonValue`].
    Again,
    /// Show the details of one request; carries a [`ButtonValue`].
    ShowStatus,
    /// Show the next page of a list; carries where it begins.
    MoreRows,
    /// Show a whole list in a modal, from the home tab, and page through it; carries where the page begins.
    ShowAll,
    /// Show costs; carries nothing.
    ShowCosts,
    /// Show statistics about requests; carries nothing.
    ShowStats,
    /// Retry a parked job; carries a [`JobValue`].
    RetryJob,
    /// Drop a parked job after confirmation; carries a [`JobValue`].
    DropJob,
    /// Delegate approvals during an absence, which asks to whom; carries nothing.
    BeginAbsence,
    /// End the absence; carries nothing.
    ComeBack,
    /// Open the catalog; carries nothing.
    OpenCatalog,
    /// Open a product's form; carries the product's key.
    ChooseProduct,
    /// Select the team of a form; carries the team's name.
    ChooseTeam,
    /// Go back to the previous page of a form; carries nothing.
    PageBack,
    /// Change a field of a form; the block names the field.
    FieldValue,
}

impl ActionId {
    /// Returns whether the click itself changes something. The effect of such a click is committed before it is
    /// acknowledged. The others only show something, or open a form whose submission makes the change.
    pub fn changes(self) -> bool {
        match self {
            Self::Approve
            | Self::Cancel
            | Self::Nudge
            | Self::Renew(_)
            | Self::ComeBack
            | Self::LookAgain
            | Self::End
            | Self::RetryJob
            | Self::DropJob => true,
            Self::ApproveWithChanges
            | Self::Deny
            | Self::TearDown
            | Self::Retain
            | Self::Transfer
            | Self::Change
            | Self::Again
            | Self::ShowStatus
            | Self::MoreRows
            | Self::ShowAll
            | Self::ShowCosts
            | Self::ShowStats
            | Self::BeginAbsence
            | Self::OpenCatalog
            | Self::ChooseProduct
            | Self::ChooseTeam
            | Self::PageBack
            | Self::FieldValue => false,
        }
    }

    /// Most renewal periods that a product can offer: each becomes a button.
    pub const MOST_PERIODS: u8 = 5;

    /// Every action, with one entry for each period to renew by.
    pub const ALL: [Self; 31] = [
        Self::Approve,
        Self::ApproveWithChanges,
        Self::Deny,
        Self::Cancel,
        Self::Nudge,
        Self::Renew(0),
        Self::Renew(1),
        Self::Renew(2),
        Self::Renew(3),
        Self::Renew(4),
        Self::TearDown,
        Self::Retain,
        Self::LookAgain,
        Self::End,
        Self::Transfer,
        Self::Change,
        Self::Again,
        Self::ShowStatus,
        Self::MoreRows,
        Self::ShowAll,
        Self::ShowCosts,
        Self::ShowStats,
        Self::RetryJob,
        Self::DropJob,
        Self::BeginAbsence,
        Self::ComeBack,
        Self::OpenCatalog,
        Self::ChooseProduct,
        Self::ChooseTeam,
        Self::PageBack,
        Self::FieldValue,
    ];

    /// Returns the `action_id`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "request.approve",
            Self::ApproveWithChanges => "request.approve_less",
            Self::Deny => "request.deny",
            Self::Cancel => "request.cancel",
            Self::Nudge => "request.nudge",
            Self::Renew(0) => "request.renew.0",
            Self::Renew(1) => "request.renew.1",
            Self::Renew(2) => "request.renew.2",
            Self::Renew(3) => "request.renew.3",
            // `ALL`, and so `parse`, has no higher number.
            Self::Renew(_) => "request.renew.4",
            Self::TearDown => "request.teardown",
            Self::Retain => "request.retain",
            Self::LookAgain => "request.look_again",
            Self::End => "request.end",
            Self::Transfer => "request.transfer",
            Self::Change => "request.change",
            Self::Again => "request.again",
            Self::ShowStatus => "status.show",
            Self::MoreRows => "list.more",
            Self::ShowAll => "list.all",
            Self::ShowCosts => "costs.show",
            Self::ShowStats => "stats.show",
            Self::RetryJob => "job.retry",
            Self::DropJob => "job.drop",
            Self::BeginAbsence => "home.leave",
            Self::ComeBack => "home.back",
            Self::OpenCatalog => "catalog.open",
            Self::ChooseProduct => "catalog.choose",
            Self::ChooseTeam => "form.team",
            Self::PageBack => "form.back",
            Self::FieldValue => "value",
        }
    }

    /// Returns the action with this `action_id`; `None` if it is unknown, such as one of another version.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// The modals, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallbackId {
    /// A product's request form.
    RequestForm,
    /// Asks for the reason for a denial.
    DenyReason,
    /// Asks for confirmation before a teardown.
    TearDown,
    /// Asks for the reason for retaining what a failed teardown left.
    Retain,
    /// Asks for the new owner.
    Transfer,
    /// Asks for new values of an active resource.
    Change,
    /// Asks for the product's name to confirm an approval.
    Approve,
    /// Approves with changes: asks for the values to approve.
    ApproveWithChanges,
    /// Asks who approves during an absence.
    Away,
    /// The catalog; has no submit button.
    Catalog,
    /// One page of a list of requests; has no submit button.
    Requests,
    /// A view that only shows text; has no submit button.
    Note,
}

impl CallbackId {
    /// Every modal, in the order of the variants.
    pub const ALL: [Self; 12] = [
        Self::RequestForm,
        Self::DenyReason,
        Self::TearDown,
        Self::Retain,
        Self::Transfer,
        Self::Change,
        Self::Approve,
        Self::ApproveWithChanges,
        Self::Away,
        Self::Catalog,
        Self::Requests,
        Self::Note,
    ];

    /// Returns the `callback_id`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestForm => "request.form",
            Self::DenyReason => "request.deny_reason",
            Self::TearDown => "request.teardown",
            Self::Retain => "request.retain",
            Self::Transfer => "request.transfer",
            Self::Change => "request.change",
            Self::Approve => "request.approve_name",
            Self::ApproveWithChanges => "request.approve_changed",
            Self::Away => "home.away",
            Self::Catalog => "catalog.browser",
            Self::Requests => "request.list",
            Self::Note => "note",
        }
    }

    /// Returns the modal with this `callback_id`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|callback| callback.as_str() == text)
    }
}

/// The global shortcut that opens the catalog, as the app manifest names it.
pub const CATALOG_SHORTCUT: &str = "catalog.open";

/// The block of a form that holds the reason.
pub const REASON_BLOCK: &str = "reason";

/// The block of a modal that holds the name of what is torn down.
pub const NAME_BLOCK: &str = "name";

/// The block of a dialog without fields that says why the submission failed.
pub const PROBLEM_BLOCK: &str = "problem";

/// The block of a modal that holds the length of the lease.
pub const LEASE_BLOCK: &str = "lease";

/// The block of a modal that holds a user.
pub const PERSON_BLOCK: &str = "person";

/// The block of a modal that holds the last day of an absence.
pub const UNTIL_BLOCK: &str = "until";

/// The block of a form that holds the ticket.
pub const TICKET_BLOCK: &str = "ticket";

/// The block of a form that holds the team.
pub const TEAM_BLOCK: &str = "team";

const PARAMETER_BLOCK: &str = "param.";

/// Returns the block of a form that holds this parameter.
pub fn parameter_block(key: &str) -> String {
    format!("{PARAMETER_BLOCK}{key}")
}

/// Returns the parameter that a block of a form holds, if any.
pub fn parameter_of(block: &str) -> Option<&str> {
    block.strip_prefix(PARAMETER_BLOCK)
}

/// The value of a button about a request: the request, and the epoch the button was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ButtonValue {
    /// The request that the button acts on.
    pub request: RequestId,
    /// The request's epoch when the button was shown. If the row's epoch is higher, the button is out of date.
    pub epoch: u32,
}

impl ButtonValue {
    /// Parses `<request id>:<epoch>`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (request, epoch) = text.split_once(':')?;
        // `parse` alone would also accept a plus sign.
        if epoch.is_empty() || !epoch.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self { request: RequestId::parse(request)?, epoch: epoch.parse().ok()? })
    }
}

impl fmt::Display for ButtonValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.request, self.epoch)
    }
}

/// The value of a button about a parked job: when the job was first due, its owner, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobValue(pub ParkedJobRef);

impl JobValue {
    /// Returns the value for this job.
    pub fn of(job: &ParkedJob) -> Self {
        Self(ParkedJobRef::of(job))
    }

    /// Parses `<seconds>|<owner>|<name>`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        // The name comes last, so that it may contain the separator.
        let mut parts = text.splitn(3, '|');
        let due = parts.next()?.parse().ok()?;
        let owner = JobOwner::parse(parts.next()?);
        let name = parts.next().filter(|name| !name.is_empty())?.to_owned();
        Some(Self(ParkedJobRef { key: JobKey { owner, name }, due }))
    }
}

impl fmt::Display for JobValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ParkedJobRef { key, due } = &self.0;
        write!(f, "{due}|{}|{}", key.owner, key.name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_name_reads_back_and_is_used_once() {
        for action in ActionId::ALL {
            assert_eq!(ActionId::parse(action.as_str()), Some(action));
        }
        for callback in CallbackId::ALL {
            assert_eq!(CallbackId::parse(callback.as_str()), Some(callback));
        }
        assert_eq!(ActionId::parse("request.destroy"), None);
        assert_eq!(parameter_of(&parameter_block("BucketName")), Some("BucketName"));
        assert_eq!(parameter_of(REASON_BLOCK), None);
    }

    #[test]
    fn a_button_value_reads_back_and_nothing_else_does() {
        let value = ButtonValue { request: RequestId::random(), epoch: 3 };
        assert_eq!(ButtonValue::parse(&value.to_string()), Some(value));
        let id = value.request;
        for bad in
            ["", ":", "x:1", &format!("{id}"), &format!("{id}:"), &format!("{id}:+1"), &format!("{id}:1:2")]
        {
            assert_eq!(ButtonValue::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_button_about_a_job_reads_back_and_nothing_else_does() {
        for owner in [JobOwner::Request(RequestId::random()), JobOwner::Portal] {
            let value =
                JobValue(ParkedJobRef { key: JobKey { owner, name: "show:told|ACTIVE".into() }, due: -3 });
            assert_eq!(JobValue::parse(&value.to_string()), Some(value));
        }
        for bad in ["", "|", "1|-", "1|-|", "x|-|bill"] {
            assert_eq!(JobValue::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_button_value_breaks_the_parser(text in ".{0,60}") {
            let _ = (ButtonValue::parse(&text), JobValue::parse(&text));
        }
    }
}
