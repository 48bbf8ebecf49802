//! Embedded implementations of the ports: one SQLite file with the store and the queue, an in-process state
//! machine and a simulated provisioner, so that the whole program runs without an AWS account. Their
//! counterparts on AWS belong in `aws/`.
//!
//! Reading order: [`database`] (one writer, group commit), [`store`], [`queue`], [`workflow`],
//! [`provisioner`].

pub mod database;
mod injected_failures;
mod instant;
pub mod inventory;
mod physical_ids;
pub mod provisioner;
pub mod queue;
mod records;
pub mod store;
mod update;
pub mod workflow;
