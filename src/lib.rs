//! Quartermaster: a Slack app that hands out AWS resources.

pub mod document;
pub mod domain;
pub mod local;
pub mod ports;
