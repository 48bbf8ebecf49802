//! Jobs: what the clock, the queue and AWS cause. One file for each kind of job.
//!
//! Read `dispatch` first, which claims what is due; then `perform`, which knows the function of each kind. A job may run
//! twice, so each looks at the row before it acts.

pub mod actual_costs;
pub mod dispatch;
pub mod events;
pub(crate) mod forget;
mod freed_room;
pub mod home;
mod lease;
pub(crate) mod lost_places;
pub(crate) mod missing_rights;
mod parking;
pub(crate) mod perform;
pub(crate) mod reachability;
pub mod reconcile;
pub mod reminders;
pub(crate) mod show;
pub mod signals;
pub mod teams;
mod unclaimed;
