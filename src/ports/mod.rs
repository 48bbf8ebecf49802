//! What the portal needs from outside services, as traits. Implementations are in `local/`, `aws/` and `slack/client`.
//!
//! Every call may be made twice: after a crash the dispatcher repeats whatever may not have happened. Every call ends
//! within a minute; each implementation sets its own timeouts.

pub mod access_denied;
pub mod bill;
pub mod clock;
pub mod directory;
pub mod error_counters;
pub mod finding;
pub mod holding;
pub mod inventory;
pub mod limits;
mod lists;
pub mod outage;
pub mod priority;
pub mod provisioner;
pub mod queue;
pub mod retention;
pub mod slack;
pub mod store;
pub mod stored;
pub mod subscriber;
pub mod workflow;

use std::sync::Arc;

/// All outside services.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Stores requests, the audit trail, jobs and quotas.
    pub store: Arc<dyn store::Store>,
    /// Runs the executions that wait for people.
    pub workflow: Arc<dyn workflow::Workflow>,
    /// Deliver signals of the workflow and the provisioner; two if only one of them runs in-process.
    pub queues: Vec<Arc<dyn queue::Queue>>,
    /// Provisions and removes products.
    pub provisioner: Arc<dyn provisioner::Provisioner>,
    /// Reads actual charges; `None` if nothing is charged or cost lookup is off.
    pub bill: Option<Arc<dyn bill::Bill>>,
    /// Lists existing resources of the account.
    pub inventory: Arc<dyn inventory::Inventory>,
    /// Receives every audit entry, if configured.
    pub subscriber: Option<Arc<dyn subscriber::Subscriber>>,
    /// Posts and edits messages.
    pub slack: Arc<dyn slack::Slack>,
    /// Looks up people and groups.
    pub directory: Arc<dyn directory::Directory>,
    /// Counts errors of outside services.
    pub trouble: error_counters::ErrorCounters,
    /// Tells the time.
    pub clock: Arc<dyn clock::Clock>,
}
