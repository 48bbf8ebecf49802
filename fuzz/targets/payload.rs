//! Finds inputs that make `entries::payload` panic or hang; what it is about is said there.

#![no_main]

#[expect(dead_code, reason = "every target calls one of the entries")]
#[path = "../../tests/entries/mod.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|data: &[u8]| entries::payload(data));
