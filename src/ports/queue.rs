//! What the outside says to us, at least once and in any order: waiting tasks, ended executions, made resources.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::ids::{ExecutionName, RequestId, TaskToken};

/// Messages from the workflow and the provisioner.
#[async_trait]
pub trait Queue: Debug + Send + Sync {
    /// The messages that are there, oldest first, waiting up to `wait` for the first one. A message that is not
    /// deleted comes again.
    ///
    /// # Errors
    /// Whatever keeps it from being read now.
    async fn receive(&self, wait: Duration) -> anyhow::Result<Vec<Delivery>>;

    /// Deletes a message that was dealt with.
    ///
    /// # Errors
    /// Whatever keeps it from being deleted now; the message comes again then.
    async fn delete(&self, receipt: &str) -> anyhow::Result<()>;
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What [`Queue::delete`] takes.
    pub receipt: String,
    /// What was said.
    pub signal: Signal,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `approval.requested`: an execution waits for approvers.
    ApprovalRequested {
        /// The request.
        request: RequestId,
        /// The execution.
        execution: ExecutionName,
        /// Resumes it.
        token: TaskToken,
    },
    /// `provision.requested`: an execution waits for the product.
    ProvisionRequested {
        /// The request.
        request: RequestId,
        /// The execution.
        execution: ExecutionName,
        /// Resumes it.
        token: TaskToken,
    },
    /// `execution.ended`: an execution is over.
    ExecutionEnded {
        /// The request.
        request: RequestId,
        /// The execution.
        execution: ExecutionName,
        /// Whether it ended by itself: with a result, or with an outcome that the row had sent it.
        orderly: bool,
    },
    /// `resource.changed`: a resource of the product was made.
    ResourceCreated {
        /// The request.
        request: RequestId,
        /// Its logical id in the template.
        logical_id: String,
    },
}

impl Signal {
    /// The request that it is about.
    pub fn request(&self) -> RequestId {
        match self {
            Self::ApprovalRequested { request, .. }
            | Self::ProvisionRequested { request, .. }
            | Self::ExecutionEnded { request, .. }
            | Self::ResourceCreated { request, .. } => *request,
        }
    }
}
