//! Signals of the workflow and the provisioner: waiting tasks, ended executions, created resources. Delivered at least
//! once and in any order.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::ids::{ExecutionName, RequestId, TaskToken};

/// Receives the signals of the workflow and the provisioner.
#[async_trait]
pub trait Queue: Debug + Send + Sync {
    /// Returns the messages that are there, oldest first; waits up to `wait` for the first one. A message that is not
    /// deleted is delivered again.
    ///
    /// # Errors
    /// If the queue cannot be read now.
    async fn receive(&self, wait: Duration) -> anyhow::Result<Vec<Delivery>>;

    /// Deletes a message that was handled.
    ///
    /// # Errors
    /// If it cannot be deleted now; the message is then delivered again.
    async fn delete(&self, receipt: &str) -> anyhow::Result<()>;
}

/// A message of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The receipt that [`Queue::delete`] takes.
    pub receipt: String,
    /// The signal in the message.
    pub signal: Signal,
}

/// What happened to a request outside of the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `approval.requested`: an execution waits for approvers.
    ApprovalRequested {
        /// The request.
        request: RequestId,
        /// The execution.
        execution: ExecutionName,
        /// The task token that resumes it.
        token: TaskToken,
    },
    /// `provision.requested`: an execution waits for the product.
    ProvisionRequested {
        /// The request.
        request: RequestId,
        /// The execution.
        execution: ExecutionName,
        /// The task token that resumes it.
        token: TaskToken,
    },
    /// `execution.ended`: an execution has ended.
    ExecutionEnded {
        /// The request.
        request: RequestId,
        /// The execution.
        execution: ExecutionName,
        /// Whether it ended as planned: with a result, or with a failure that the portal sent to it.
        orderly: bool,
    },
    /// `resource.changed`: a resource of the product was created.
    ResourceCreated {
        /// The request.
        request: RequestId,
        /// Its logical id in the template.
        logical_id: String,
    },
}

impl Signal {
    /// Returns the request that the signal is about.
    pub fn request(&self) -> RequestId {
        match self {
            Self::ApprovalRequested { request, .. }
            | Self::ProvisionRequested { request, .. }
            | Self::ExecutionEnded { request, .. }
            | Self::ResourceCreated { request, .. } => *request,
        }
    }
}
