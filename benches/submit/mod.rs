//! What it takes to store a submission: B3 as a person sees it, B5 as the store does.

pub(crate) mod floor;
mod raw;
pub(crate) mod throughput;
pub(crate) mod wait;
