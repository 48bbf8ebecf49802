//! Tells cargo about what it cannot see by itself: the catalog that is built into the binary.

fn main() {
    println!("cargo::rerun-if-changed=catalog");
}
