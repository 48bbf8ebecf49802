//! Quartermaster: a Slack app that hands out AWS resources.

pub mod catalog;
pub mod cli;
pub mod config;
pub mod document;
pub mod domain;
pub mod portal;
pub mod ports;
pub mod slack;
