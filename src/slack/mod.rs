//! The Slack edge: what comes in is verified and parsed here, what goes out is built and sent here. No rule about
//! requests lives here, and no type of Slack's leaves.
//!
//! In: [`router`] has [`signature`] let a body through, or [`socket`] keeps connections open over which Slack sends the
//! same; [`incoming`] turns it into one closed enum, and [`edge`] hands it to one function in `commands`, `actions`, `submissions` or `suggestions`; [`reply`] is what goes back within
//! three seconds. Out: [`messages`], [`views`] and `home` are pure builders, [`client`] sends, [`directory`] asks
//! who is who, [`checkup`] whether all is set up, by the rights in [`scopes`], and [`manifest`] is the
//! app as Slack is told of it. [`ids`] names every button and form, [`mrkdwn`] makes text safe to show.
//!
//! Incoming payloads are tolerant structs of our own, because Slack adds fields and leaves others out. Everything
//! that goes out, messages and views alike, is built from slack-morphism's Block Kit models through [`blocks`],
//! which cuts each text to Slack's limit.

mod actions;
pub mod blocks;
mod body;
pub mod client;
mod commands;
pub mod diagnostics;
pub mod directory;
pub mod edge;
mod home;
pub mod ids;
pub mod incoming;
pub mod manifest;
pub mod messages;
pub mod mrkdwn;
mod open_modal;
mod rate_limiter;
pub mod reply;
mod response_deadline;
pub mod router;
pub mod scopes;
pub mod signature;
pub mod socket;
mod submissions;
mod suggestions;
mod throttling;
pub mod views;
