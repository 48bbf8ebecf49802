//! Use cases of people: what somebody causes with a command, a button, a form or the command line. One file each.
//!
//! Each checks who is acting, asks the core, and commits the result together with jobs for everything outside.
//!
//! Read `decide` first: it loads, checks, commits, and refreshes the clicked message, as the others do. Then the form:
//! `form` opens it, `session` is what it shows, `form_navigation` turns its pages, `submit` makes a request of it.

pub mod away;
pub mod cancel;
pub mod change;
pub mod costs;
pub mod decide;
pub mod form;
pub mod form_navigation;
pub mod lookup;
pub mod parked_jobs;
pub mod pause;
pub mod renew;
pub mod session;
pub mod stats;
pub mod submit;
pub mod teardown;
pub mod trail;
pub mod transfer;
pub mod verify;
