//! Everything that can happen to a request after it was submitted.

use super::ids::{ExecutionName, PersonId, ProvisionedProductId, RecordId, TaskToken};
use super::request::Output;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An approver said yes. Their right to was checked before.
    Approve {
        /// Who.
        by: PersonId,
    },
    /// An approver said no. Their right to was checked before.
    Deny {
        /// Who.
        by: PersonId,
        /// Why.
        reason: String,
    },
    /// Somebody wants to withdraw the request.
    Cancel {
        /// Who.
        by: PersonId,
    },
    /// `approve_by` may have passed.
    ApprovalDeadline,
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
    /// The removal began.
    TerminationStarted {
        /// The operation to watch.
        record: RecordId,
    },
    /// Nothing is left.
    TerminationSucceeded,
    /// Something is left.
    TerminationFailed {
        /// Why, as the provisioner put it.
        why: String,
    },
}

impl Event {
    /// The event's word in refusals and in the table of legal transitions.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Deny { .. } => "deny",
            Self::Cancel { .. } => "cancel",
            Self::ApprovalDeadline => "approval deadline",
            Self::ApprovalRequested { .. } => "approval requested",
            Self::ProvisionRequested { .. } => "provision requested",
            Self::ExecutionLost { .. } => "execution lost",
            Self::ProvisioningStarted { .. } => "provisioning started",
            Self::ResourceCreated { .. } => "resource created",
            Self::ProvisioningSucceeded { .. } => "provisioning succeeded",
            Self::ProvisioningFailed { .. } => "provisioning failed",
            Self::TerminationStarted { .. } => "termination started",
            Self::TerminationSucceeded => "termination succeeded",
            Self::TerminationFailed { .. } => "termination failed",
        }
    }
}
