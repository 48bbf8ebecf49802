//! Quartermaster.
