//! What is true whatever the chat tool or the cloud. No I/O, no clock, no `async`, no logging.
//!
//! Reading order: [`ids`], [`catalog`] with its [`template`]s, [`request`], then [`next`], which decides every
//! change of a request. [`policy`], [`quota`], [`lease`] and [`spending`] answer one question each; [`audit`] and
//! [`job`] are what a change leaves behind; [`refusal`] is every way to say no.

pub mod approval;
pub mod audit;
pub mod away;
pub mod catalog;
pub mod cost;
pub mod drift;
pub mod event;
pub mod exception;
pub mod fate;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod form;
pub mod hopeless;
pub mod ids;
pub mod job;
pub mod lease;
pub mod next;
pub mod old_trail;
pub mod organization;
pub mod parameters;
pub mod pause;
pub mod period;
pub mod policy;
pub mod preview;
pub mod quiet;
pub mod quota;
pub mod reduction;
pub mod refusal;
pub mod repeats;
pub mod request;
pub mod seats;
pub mod silence;
pub mod spending;
pub mod submission;
pub mod tally;
pub mod template;
pub mod ticket;
