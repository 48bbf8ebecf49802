//! What one disk flush costs where the store's file is: the unit that a durable answer is measured in.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;

/// Bytes of one append: a page of the store.
const APPENDED: [u8; 4096] = [0x51; 4096];

/// Appends and flushes so often, and tells the time of each append with its flush in milliseconds.
pub(crate) fn sample(folder: &Path, count: usize) -> anyhow::Result<Vec<f64>> {
    let path = folder.join("flush");
    let mut file =
        OpenOptions::new().create(true).append(true).open(&path).context("cannot make a file to flush")?;
    let mut taken = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        file.write_all(&APPENDED).context("cannot append")?;
        file.sync_data().context("cannot flush")?;
        taken.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(taken)
}
