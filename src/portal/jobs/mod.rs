//! What the clock, the queue and AWS make happen: jobs, one file a kind, and signals of the workflow.
//!
//! This is where the portal changes something outside: provisions, resumes, posts. A job may run twice, so each looks at
//! the row before it acts, and nothing here uses `portal::people`. Two direct messages are sent elsewhere, once and
//! whether or not they arrive: to the delegate in an absence (`people::away`), and to the admins if a reload is rejected
//! (`reload`).
//!
//! Read `dispatch` first, which claims what is due; `perform`, which has the function of each kind; and `outcome`, which
//! says what happens next. `execution`, `provisioning` and `deadline` move a request on; `show` keeps its messages up to
//! date.

pub mod actual_costs;
mod admins;
mod apply;
mod deadline;
pub mod dispatch;
pub mod events;
mod execution;
pub(crate) mod forget;
mod freed_room;
mod home;
mod judge_click;
mod lease;
pub(crate) mod missing_rights;
mod outcome;
mod parking;
mod perform;
mod posting;
mod provisioning;
pub(crate) mod reachability;
pub mod reconcile;
mod reminders;
pub(crate) mod show;
pub mod signals;
mod store_outage;
pub mod teams;
pub mod trail_copy;
mod unclaimed;
