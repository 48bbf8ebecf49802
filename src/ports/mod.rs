//! What the portal needs from the outside, as traits. Implementations live in `local/`, `aws/` and `slack/client`.
//!
//! Every call may be made twice: after a crash the dispatcher repeats what it cannot know to have happened. Every
//! call ends within a minute; an implementation sets its own timeouts.

pub mod access_denied;
pub mod bill;
pub mod clock;
pub mod directory;
pub mod error_counters;
pub mod finding;
pub mod haste;
pub mod holding;
pub mod inventory;
pub mod limits;
mod lists;
pub mod outage;
pub mod provisioner;
pub mod queue;
pub mod retention;
pub mod slack;
pub mod store;
pub mod stored;
pub mod subscriber;
pub mod workflow;

use std::sync::Arc;

/// The outside, as one value.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Rows, audit, jobs, quota.
    pub store: Arc<dyn store::Store>,
    /// Runs executions.
    pub workflow: Arc<dyn workflow::Workflow>,
    /// Bring what executions and the provisioner say; more than one where one of the two is embedded and the other not.
    pub queues: Vec<Arc<dyn queue::Queue>>,
    /// Makes and removes products.
    pub provisioner: Arc<dyn provisioner::Provisioner>,
    /// Knows what was charged; `None` where nothing is, or nobody wants to know.
    pub bill: Option<Arc<dyn bill::Bill>>,
    /// Knows what exists in the account.
    pub inventory: Arc<dyn inventory::Inventory>,
    /// Hears of every entry of the trail, where somebody wants to.
    pub subscriber: Option<Arc<dyn subscriber::Subscriber>>,
    /// Shows things to people.
    pub slack: Arc<dyn slack::Slack>,
    /// Knows who is who.
    pub directory: Arc<dyn directory::Directory>,
    /// Counts what goes wrong outside.
    pub trouble: error_counters::ErrorCounters,
    /// Tells the time.
    pub clock: Arc<dyn clock::Clock>,
}
