//! Everything that can happen to a request after it was submitted.

use rust_decimal::Decimal;

use super::approve_with_changes::ApprovedChanges;
use super::audit::By;
use super::ids::{ExecutionName, PersonId, ProvisionedProductId, RecordId, TaskToken, TeamName};
use super::period::Period;
use super::request::{Billed, ChangeOrder, MessageRef, Output, ReminderKind};
use super::silence::Silence;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An approver said yes. Their right to was checked before.
    Approve {
        /// Who.
        by: By,
        /// For whom, where they answer for somebody who is away.
        instead_of: Option<PersonId>,
        /// To less than was asked for, where they want that.
        lowered: Option<Box<ApprovedChanges>>,
    },
    /// An approver said no. Their right to was checked before.
    Deny {
        /// Who.
        by: By,
        /// Why.
        reason: String,
        /// For whom, where they answer for somebody who is away.
        instead_of: Option<PersonId>,
    },
    /// Somebody wants to withdraw the request.
    Cancel {
        /// Who.
        by: By,
    },
    /// `approve_by` may have passed.
    ApprovalDeadline,
    /// There is room for an exception that waits. That was made sure of before.
    RoomFound,
    /// Approvers may have to be pressed, because they did not answer.
    Prompt {
        /// How.
        prompt: ReminderKind,
        /// The request's epoch when that was decided.
        epoch: u32,
    },
    /// Whoever waits for the approvers wants them pressed.
    Nudge {
        /// Who.
        by: By,
    },
    /// The execution waits for approvers.
    ApprovalRequested {
        /// Which execution.
        execution: ExecutionName,
        /// Resumes it.
        token: TaskToken,
    },
    /// The execution waits for the product to be provisioned.
    ProvisionRequested {
        /// Which execution.
        execution: ExecutionName,
        /// Resumes it.
        token: TaskToken,
    },
    /// The execution is over without having done its work, or no longer knows its token.
    ExecutionLost {
        /// Which execution.
        execution: ExecutionName,
    },
    /// The provisioner took the job.
    ProvisioningStarted {
        /// What it will be.
        product: ProvisionedProductId,
        /// The operation to watch.
        record: RecordId,
        /// How many resources it will make.
        resources: usize,
    },
    /// One resource of the template exists.
    ResourceCreated {
        /// Its logical id in the template.
        logical_id: String,
    },
    /// Everything exists.
    ProvisioningSucceeded {
        /// The outputs that people may see.
        outputs: Vec<Output>,
    },
    /// It could not be made.
    ProvisioningFailed {
        /// Why, as the provisioner put it.
        why: String,
    },
    /// The first warning of an expiry date, or a reminder of it, was posted.
    Warned {
        /// Whom it was addressed to.
        owner: PersonId,
        /// Where it stands.
        message: MessageRef,
    },
    /// The lease may have run out. What holds a teardown back outside of the row was checked before.
    LeaseEnded,
    /// Somebody wants to keep it longer. Their right to was checked before.
    Renew {
        /// Who.
        by: By,
        /// By how long.
        period: Period,
    },
    /// The time to answer a renewal may be over.
    RenewalDeadline,
    /// Somebody wants it changed. Their right to and the order were checked before.
    Change {
        /// Who.
        by: By,
        /// To what.
        order: Box<ChangeOrder>,
        /// What the team's estimates may come to, US dollars a month; `None` where nothing limits them.
        budget: Option<Decimal>,
    },
    /// The time to answer a change may be over.
    ChangeDeadline,
    /// The provisioner began to change it.
    UpdateStarted {
        /// The operation to watch.
        record: RecordId,
    },
    /// It is changed.
    UpdateSucceeded {
        /// The outputs that people may see.
        outputs: Vec<Output>,
    },
    /// It could not be changed, and is as it was.
    UpdateFailed {
        /// Why, as the provisioner put it.
        why: String,
    },
    /// Somebody wants it removed. Their right to was checked before.
    TearDown {
        /// Who.
        by: By,
    },
    /// An admin has it looked at again because it stands still. Their right to was checked before.
    LookAgain {
        /// Who.
        by: By,
        /// Whether its execution is gone, or waits for what nobody will tell it.
        lost: bool,
    },
    /// Nobody could be heard for some time.
    Unheard {
        /// When.
        silence: Silence,
    },
    /// None of the jobs is there that would move it on.
    JobLost,
    /// What it waits for is not allowed to the program, and has not been for some time.
    HeldUp {
        /// The right that is missing.
        right: String,
        /// The name of the job that lacks it.
        job: String,
    },
    /// What it waits for is allowed again.
    GoesOn {
        /// The name of the job that was done.
        job: String,
    },
    /// An admin ends what it waits for, as if that had failed. Their right to was checked before.
    End {
        /// Who.
        by: By,
    },
    /// An admin leaves what is there as it is, on purpose: it cannot be removed or stands still. Their right to was checked
    /// before.
    Retain {
        /// Who.
        by: By,
        /// Why.
        reason: String,
    },
    /// Its owner or somebody above hands it to a team-mate. Both were checked before.
    Transfer {
        /// Who.
        by: By,
        /// The new owner.
        to: PersonId,
        /// Their team, where its own is gone: it belongs to that one from then on.
        team: Option<TeamName>,
    },
    /// The removal began.
    TerminationStarted {
        /// The operation to watch.
        record: RecordId,
    },
    /// Nothing is left.
    TerminationSucceeded,
    /// It was removed outside of the portal. That it is not there was made sure of before.
    Vanished,
    /// The provisioner says how it is: what is wrong with it, or that nothing is.
    ConditionSeen {
        /// In the provisioner's words.
        trouble: Option<String>,
    },
    /// AWS says what it has charged for it.
    Billed {
        /// That.
        billed: Billed,
    },
    /// Something is left.
    TerminationFailed {
        /// Why, as the provisioner put it.
        why: String,
    },
}

impl Event {
    /// The event's word in refusals and in the table of legal transitions.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Deny { .. } => "deny",
            Self::Cancel { .. } => "cancel",
            Self::ApprovalDeadline => "approval deadline",
            Self::RoomFound => "room found",
            Self::Prompt { prompt: ReminderKind::Escalation, .. } => "escalation",
            Self::Prompt { .. } => "reminder",
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
            Self::RenewalDeadline => "renewal deadline",
            Self::Change { .. } => "change",
            Self::ChangeDeadline => "change deadline",
            Self::UpdateStarted { .. } => "update started",
            Self::UpdateSucceeded { .. } => "update succeeded",
            Self::UpdateFailed { .. } => "update failed",
            Self::TearDown { .. } => "tear down",
            Self::Retain { .. } => "retain",
            Self::LookAgain { .. } => "look again",
            Self::Unheard { .. } => "unheard",
            Self::JobLost => "job lost",
            Self::HeldUp { .. } => "held up",
            Self::GoesOn { .. } => "goes on",
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
