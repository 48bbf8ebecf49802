//! What is true whatever the chat tool or the cloud. No I/O, no clock, no `async`, no logging.
//!
//! Reading order: [`ids`], [`catalog`] with its [`template`]s, [`request`], then [`transition`], which decides every
//! change of a request. [`policy`], [`quota`], [`lease`] and [`spending`] answer one question each; [`audit`] and
//! [`job`] are what a change leaves behind; [`refusal`] is every way to say no.

pub mod approval;
pub mod approve_with_changes;
pub mod approver_matching;
pub mod audit;
pub mod away;
pub mod catalog;
pub mod cost;
pub mod counters;
pub mod deletion;
pub mod drift;
pub mod event;
pub mod exception;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod form;
pub mod ids;
pub mod job;
pub mod lease;
pub mod old_trail;
pub mod organization;
pub mod parameters;
pub mod pause;
pub mod period;
pub mod policy;
pub mod preview;
pub mod quiet_hours;
pub mod quota;
pub mod refusal;
pub mod repeats;
pub mod request;
pub mod silence;
pub mod spending;
pub mod submission;
pub mod template;
pub mod ticket;
pub mod transition;
pub mod unsatisfiable;
