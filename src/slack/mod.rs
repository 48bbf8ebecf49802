//! The Slack edge: what comes in is verified and parsed here, what goes out is built and sent here. No rule about
//! requests lives here, and no type of Slack's leaves.
//!
//! In: [`signature`] lets a body through, [`incoming`] turns it into one closed enum, [`reply`] is what goes back
//! within three seconds. Out: [`messages`] and [`views`] are pure builders, [`client`] sends, [`directory`] asks
//! who is who. [`ids`] names every button and form, [`mrkdwn`] makes text safe to show.
//!
//! Incoming payloads are tolerant structs of our own, because Slack adds fields and leaves others out. Everything
//! that goes out, messages and views alike, is built from slack-morphism's Block Kit models through [`blocks`],
//! which cuts each text to Slack's limit.

pub mod blocks;
pub mod client;
pub mod directory;
pub mod ids;
pub mod incoming;
pub mod messages;
pub mod mrkdwn;
pub mod reply;
pub mod signature;
pub mod views;
