//! A program that was just started: B12 what it takes, B13 how its first answers compare with later ones.

pub(crate) mod first;
pub(crate) mod footprint;
