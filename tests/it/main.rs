//! Journeys: what people say to the portal and what they see, from the command to the bucket.
//!
//! The whole program runs, embedded, against the playground's Slack on a port of this machine. Each test reads as a
//! conversation; how people, the clock and a restart are brought about is in `harness`. What a single part does on
//! its own is tested in that part's module.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod accounts;
mod addresses;
mod again;
mod approval;
mod approvals_at_once;
mod approve_with_changes;
mod away;
mod bill;
mod budget;
mod busy;
mod cancellation;
mod change;
mod closed_places;
mod commands;
mod conditions;
mod costs;
mod denial;
mod denials;
mod dev;
#[cfg(target_os = "linux")]
mod disk;
mod doctor;
mod drift;
mod emptied;
#[path = "../emulator/mod.rs"]
mod emulator;
#[path = "../entries/mod.rs"]
mod entries;
mod events;
mod exceptions;
mod exceptions_for_changes;
mod existing;
mod failure;
mod faults;
mod forgery;
mod formats;
mod forms;
mod growth;
mod harness;
mod histories;
mod home;
mod hostile;
mod hurry;
mod import;
mod jobs;
mod kept_forms;
mod lease;
mod lease_held;
mod lost_jobs;
mod metrics;
#[path = "../model/mod.rs"]
mod model;
mod mutations;
mod never_stuck;
mod numbers;
mod odd_forms;
mod on_aws;
mod operator;
mod outage;
mod ownership;
mod pages;
mod pause;
mod people;
mod provision;
mod quota;
mod races;
mod reload;
mod renewal;
mod repeats;
mod replay;
mod restart;
mod rights;
mod secrets;
mod serve;
mod silence;
mod socket;
#[path = "../stand_in/mod.rs"]
mod stand_in;
mod standstill;
mod stats;
mod stops;
mod stuck;
mod surfaces;
mod tamper;
mod teams;
mod teardown;
mod templates;
mod timeout;
mod trail;
mod unread_forms;
mod unread_jobs;
mod upgrade;
mod upgrade_approvals;
mod upgrade_on_aws;
mod waiting_decisions;
mod who_approves;
