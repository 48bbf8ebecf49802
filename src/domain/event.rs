//! Everything that can happen to a request after it was submitted. Events come from people, the clock, the workflow
//! and the provisioner; the core assumes that the caller has checked permissions.

use rust_decimal::Decimal;

use super::approval::{ApprovalPath, ApprovedChanges};
use super::audit::By;
use super::ids::{ExecutionName, PersonId, ProvisionedProductId, RecordId, TaskToken, TeamName};
use super::period::Period;
use super::request::{Billed, ChangeOrder, MessageRef, Output, ReminderKind};
use super::silence::Silence;
use crate::domain::approval::Exception;

/// Something that happened to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An approver approves. The caller has already checked permissions.
    Approve {
        /// The approver.
        by: By,
        /// The absent approver on whose behalf they answer, if any.
        on_behalf_of: Option<PersonId>,
        /// The reduced parameters, if they approve with changes.
        changes: Option<Box<ApprovedChanges>>,
    },
    /// An approver denies. The caller has already checked permissions.
    Deny {
        /// The approver.
        by: By,
        /// The reason, in the approver's words.
        reason: String,
        /// The absent approver on whose behalf they answer, if any.
        on_behalf_of: Option<PersonId>,
    },
    /// A person withdraws what waits for approval.
    Cancel {
        /// The person.
        by: By,
    },
    /// The deadline of what waits for approvers may have passed.
    ApprovalDeadline,
    /// The limits have room for a waiting exception. The caller has already checked that.
    RoomFound,
    /// A reminder or an escalation may be due because the approvers have not answered.
    Reminder {
        /// Which of them.
        reminder: ReminderKind,
        /// The request's epoch when the reminder was scheduled.
        epoch: u32,
    },
    /// The person who waits for the approvers nudges them.
    Nudge {
        /// The person.
        by: By,
    },
    /// The execution waits for approvers.
    ApprovalRequested {
        /// The execution.
        execution: ExecutionName,
        /// Resumes it.
        token: TaskToken,
    },
    /// The execution waits for the product to be provisioned.
    ProvisionRequested {
        /// The execution.
        execution: ExecutionName,
        /// Resumes it.
        token: TaskToken,
    },
    /// The execution has ended without finishing its work, or no longer knows its token.
    ExecutionLost {
        /// The execution.
        execution: ExecutionName,
    },
    /// The provisioner accepted the request.
    ProvisioningStarted {
        /// The provisioned product that will exist.
        product: ProvisionedProductId,
        /// The record to poll.
        record: RecordId,
        /// How many resources will be created.
        resources: usize,
    },
    /// One resource of the template has been created.
    ResourceCreated {
        /// Its logical id in the template.
        logical_id: String,
    },
    /// All resources have been created.
    ProvisioningSucceeded {
        /// The outputs that people may see.
        outputs: Vec<Output>,
    },
    /// Provisioning failed.
    ProvisioningFailed {
        /// The provisioner's explanation.
        why: String,
    },
    /// The first lease warning, or a reminder of it, has been posted.
    Warned {
        /// The person it was addressed to.
        owner: PersonId,
        /// The posted message.
        message: MessageRef,
    },
    /// The lease may have run out. The caller has already checked what delays a teardown outside of the row, such as
    /// quiet hours.
    LeaseEnded,
    /// A person extends the lease. The caller has already checked permissions.
    Renew {
        /// The person.
        by: By,
        /// The length of the extension.
        period: Period,
    },
    /// A person asks for a change. The caller has already checked permissions and the order.
    Change {
        /// The person.
        by: By,
        /// The product, version and parameters after the change.
        order: Box<ChangeOrder>,
        /// Whether approvers are asked about it.
        path: ApprovalPath,
        /// The limits that it exceeds and admins have to approve; `None` for an ordinary change.
        exception: Option<Exception>,
        /// The team's budget, US dollars a month; `None` if it has none.
        budget: Option<Decimal>,
    },
    /// The provisioner started the update.
    UpdateStarted {
        /// The record to poll.
        record: RecordId,
    },
    /// The update succeeded.
    UpdateSucceeded {
        /// The outputs that people may see.
        outputs: Vec<Output>,
    },
    /// The update failed and was rolled back.
    UpdateFailed {
        /// The provisioner's explanation.
        why: String,
    },
    /// A person asks for a teardown. The caller has already checked permissions.
    TearDown {
        /// The person.
        by: By,
    },
    /// An admin retries a stuck request. The caller has already checked permissions.
    LookAgain {
        /// The admin.
        by: By,
        /// Whether its execution is gone, or waits for a result that nothing will send.
        lost: bool,
    },
    /// The bot could not receive people's answers for some time.
    Unheard {
        /// When and for how long.
        silence: Silence,
    },
    /// None of the jobs exists that would move the request on.
    JobLost,
    /// The current operation has been failing for some time because the program lacks a permission.
    HeldUp {
        /// The missing IAM action.
        right: String,
        /// The name of the job that needs it.
        job: String,
    },
    /// The missing permission has been granted.
    PermissionGranted {
        /// The name of the job that succeeded.
        job: String,
    },
    /// An admin ends the current operation as if it had failed. The caller has already checked permissions.
    End {
        /// The admin.
        by: By,
    },
    /// An admin deliberately leaves resources in place that cannot be removed or are stuck. The caller has already
    /// checked permissions.
    Retain {
        /// The admin.
        by: By,
        /// The reason, in the admin's words.
        reason: String,
    },
    /// The owner or somebody with authority over the team transfers it to a team-mate. The caller has already checked
    /// permissions and the new owner.
    Transfer {
        /// The person who transfers it.
        by: By,
        /// The new owner.
        to: PersonId,
        /// The new owner's team, if the request's own team has been removed; the request moves to it.
        team: Option<TeamName>,
    },
    /// The removal started.
    TerminationStarted {
        /// The record to poll.
        record: RecordId,
    },
    /// The removal succeeded.
    TerminationSucceeded,
    /// The resources were removed outside of the portal. The caller has already verified that they are gone.
    Vanished,
    /// The provisioner reports the product's condition: a problem, or none.
    ConditionSeen {
        /// The provisioner's description of the problem; `None` if there is none.
        trouble: Option<String>,
    },
    /// AWS reports what it has charged.
    Billed {
        /// The charges.
        billed: Billed,
    },
    /// The removal failed.
    TerminationFailed {
        /// The provisioner's explanation.
        why: String,
    },
}

impl Event {
    /// Returns the event's name for refusals and the table of legal transitions.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Deny { .. } => "deny",
            Self::Cancel { .. } => "cancel",
            Self::ApprovalDeadline => "approval deadline",
            Self::RoomFound => "room found",
            Self::Reminder { reminder: ReminderKind::Escalation, .. } => "escalation",
            Self::Reminder { .. } => "reminder",
            Self::Nudge { .. } => "nudge",
            Self::ApprovalRequested { .. } => "approval requested",
            Self::ProvisionRequested { .. } => "provision requested",
            Self::ExecutionLost { .. } => "execution lost",
            Self::ProvisioningStarted { .. } => "provisioning started",
            Self::ResourceCreated { .. } => "resource created",
            Self::ProvisioningSucceeded { .. } => "provisioning succeeded",
            Self::ProvisioningFailed { .. } => "provisioning failed",
            Self::Warned { .. } => "warned",
            Self::LeaseEnded => "lease ended",
            Self::Renew { .. } => "renew",
            Self::Change { .. } => "change",
            Self::UpdateStarted { .. } => "update started",
            Self::UpdateSucceeded { .. } => "update succeeded",
            Self::UpdateFailed { .. } => "update failed",
            Self::TearDown { .. } => "tear down",
            Self::Retain { .. } => "retain",
            Self::LookAgain { .. } => "look again",
            Self::Unheard { .. } => "unheard",
            Self::JobLost => "job lost",
            Self::HeldUp { .. } => "held up",
            Self::PermissionGranted { .. } => "permission granted",
            Self::End { .. } => "end",
            Self::Transfer { .. } => "transfer",
            Self::TerminationStarted { .. } => "termination started",
            Self::TerminationSucceeded => "termination succeeded",
            Self::TerminationFailed { .. } => "termination failed",
            Self::Vanished => "vanished",
            Self::Billed { .. } => "billed",
            Self::ConditionSeen { .. } => "condition seen",
        }
    }
}
