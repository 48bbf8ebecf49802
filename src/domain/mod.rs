//! The rules that hold whatever the chat tool or the cloud. No I/O, no clock, no `async`, no logging.
//!
//! Reading order: [`ids`], [`catalog`] with its [templates](cloudformation::Template), [`request`], then [`transition`], which
//! decides every change of a request. [`approval`], [`quota`], [`lease`] and [`spending`] each answer one
//! question. [`audit`] and [`job`] hold what a change produces, and [`refusal`] holds every reason to refuse
//! one.

pub mod approval;
pub mod audit;
pub mod away;
pub mod catalog;
pub mod cost;
pub mod counters;
pub mod deletion;
pub mod drift;
pub mod event;
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
pub mod preview;
pub mod principal;
pub mod quiet_hours;
pub mod quota;
pub mod refusal;
pub mod repeats;
pub mod request;
pub mod silence;
pub mod spending;
pub mod stored_click;
pub mod submission;
pub mod ticket;
pub mod transition;
