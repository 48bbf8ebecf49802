//! Use cases: everything that a user, the workflow, the provisioner or the clock can cause.
//!
//! Effects always happen in this order: a use case loads a request, asks the domain for a decision, and commits the
//! result together with jobs for everything outside. Jobs then make the calls that change something outside, and each
//! may run twice.
//!
//! Read `commit` first, which changes a request; then a use case of `people`, such as `cancel`; then `dispatch` and
//! `perform` in `jobs`. `access` answers who may, `decision` judges an approver's click for both, `refusals` and
//! `portal_audit` put on the trail what changes no request. `state` is the portal itself, and `memory` what it remembers
//! while it runs. Everything else at this level is looked up when it is met.

pub(crate) mod access;
mod bots;
mod commit;
mod decision;
mod error;
pub mod inventory;
pub mod jobs;
mod labels;
mod memory;
pub mod metrics;
mod named_store;
pub mod people;
pub mod portal_audit;
mod refusals;
pub mod reload;
mod rules;
mod state;
pub mod teams;

pub(crate) use access::Managing;
pub(crate) use access::membership::others;
pub use error::Error;
pub(crate) use labels::Received;
pub(crate) use named_store::named;
pub use rules::Rules;
pub use state::Portal;

pub use crate::ports::outage::Side;
pub(crate) use crate::ports::outage::warn_unless;
