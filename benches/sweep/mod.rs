//! Leases that are due: B7 what it costs to find them among very many, B8 that none is missed.

pub(crate) mod complete;
mod filled;
pub(crate) mod flat;
pub(crate) mod stand;
