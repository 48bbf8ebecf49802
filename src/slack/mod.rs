//! The Slack edge: verifies and parses what Slack sends, and builds and sends what users see. It holds no rules about
//! requests, and no Slack type leaves this module.
//!
//! Incoming: [`router`] lets a body through once [`signature`] has verified it, or [`socket`] receives the same
//! payloads over connections that we keep open. [`incoming`] parses them into one closed enum, `routing` passes each to
//! one function in `commands`, `actions`, `submissions` or `suggestions`, and [`reply`] is the answer that goes back
//! within three seconds.
//!
//! Outgoing: [`messages`], [`views`] and `home` are pure builders, [`client`] calls the Web API, [`directory`] looks up
//! users and groups, [`diagnostics`] checks the setup against the [`scopes`], and [`manifest`] writes the app's
//! manifest. [`ids`] names every button and form; [`mrkdwn`] escapes text.
//!
//! Incoming payloads are tolerant structs of our own, because Slack adds fields and omits others. Everything outgoing,
//! messages and views alike, is built from slack-morphism's Block Kit models through [`blocks`], which cuts each text
//! to Slack's limit.

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
pub mod refusal;
pub mod reply;
mod response_deadline;
pub mod router;
mod routing;
pub mod scopes;
pub mod signature;
pub mod socket;
mod submissions;
mod suggestions;
mod throttling;
pub mod views;
