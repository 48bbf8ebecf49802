//! What this bot remembers while it runs, all of it in memory: a restart may lose it. One file each; clones share it.

mod forgetting;
mod inventory_cache;
mod known_bots;
mod known_denials;
mod reachability;
mod rendered_again;
mod unreachable_places;

pub(crate) use forgetting::Forgetting;
pub(crate) use inventory_cache::InventoryCache;
pub(crate) use known_bots::KnownBots;
pub(crate) use known_denials::{AdminNotice, Awareness, KnownDenials};
pub(crate) use reachability::{Reachability, ReachabilityState};
pub(crate) use rendered_again::{RenderedAgain, ShownMessage};
pub(crate) use unreachable_places::UnreachablePlaces;
