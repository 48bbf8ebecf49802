//! Use cases of people: what somebody causes with a command, a button, a form or the command line. One file each.
//!
//! Each checks who is acting, asks the core, and commits the result together with jobs for everything outside. Nothing
//! here uses `portal::jobs`: a stored job is all that passes from one to the other.
//!
//! Read `cancel` first, the shortest: it loads, asks the core, commits, and refreshes the message that was clicked, with
//! what `click` has for all of them. Then the form: `form` opens it, `form_view` is what it shows, `form_draft` is what
//! comes back, `form_navigation` turns its pages, `submit` makes a request of it. `change` does the same for a change.

pub mod away;
pub mod cancel;
pub mod change;
pub mod click;
pub mod costs;
pub mod decide;
pub mod form;
pub mod form_draft;
pub mod form_navigation;
pub mod form_view;
pub mod home;
pub mod lookup;
pub mod nudge;
pub mod parked_jobs;
pub mod pause;
pub mod renew;
pub mod stats;
pub mod submit;
pub mod teardown;
pub mod trail;
pub mod transfer;
pub mod verify;
