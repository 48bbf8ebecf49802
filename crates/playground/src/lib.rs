//! A simulated Slack for one machine: the Web API that the bot calls, the signed requests or sockets that
//! deliver to it, and a page on which one person plays each member of a small workspace in turn. `dev` shows
//! it and the tests drive it; the bot cannot tell it from the real Slack. Nothing here knows what the bot is
//! for, so any Slack app can be tried with it.
//!
//! Reading order: `state`, `workspace` and `view` for the state, `web_api` for the methods that the bot may
//! call, `limits` for the limits of Block Kit, `act` and `modal` for what users can do, `deliver` for delivery
//! to the bot over HTTP and `socket` over connections that the bot opens, `redeliver` for events that the bot
//! did not accept, `page_api` for the page, `clock` for moving the time, and `keep` for what is saved between
//! runs.

mod act;
mod answer;
mod client;
mod clock;
mod deliver;
mod demo;
mod escaped;
mod faults;
mod inputs;
mod keep;
mod leave;
pub mod limits;
mod modal;
mod normalize;
mod page_api;
mod page_state;
mod payload;
mod place;
mod queries;
mod redeliver;
mod reply;
mod respond;
mod router;
mod settings;
mod socket;
mod state;
#[cfg(test)]
mod tests;
mod view;
mod web_api;
mod workspace;

pub use answer::{Ack, DeliveryFailure, LedTo};
pub use place::Place;
pub use settings::{Advance, Channel, Group, Identity, Now, Paths, Person, RateLimits, Settings, Shortcut};
pub use state::Playground;
pub use web_api::Method;
pub use workspace::{Message, Trouble, Workspace};
