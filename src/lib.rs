//! Quartermaster.

pub mod playground;
