//! Quartermaster.
fn main() {}
