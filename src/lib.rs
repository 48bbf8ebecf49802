//! Quartermaster: a Slack app for requesting, approving and managing AWS resources.

pub mod aws;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod domain;
pub mod https;
pub mod local;
pub mod portal;
pub mod ports;
pub mod server;
pub mod slack;
pub mod telemetry;
pub mod webhook;
pub mod wiring;
