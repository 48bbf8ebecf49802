//! What every benchmark stands on: the real program as a process of its own, a Slack that says yes, signed requests,
//! a bounded load and a way to say the outcome. What is measured belongs to the benchmark.

pub(crate) mod asked;
pub(crate) mod bot;
pub(crate) mod company;
pub(crate) mod connection;
pub(crate) mod figures;
pub(crate) mod flush;
pub(crate) mod form;
pub(crate) mod kept;
pub(crate) mod load;
pub(crate) mod run;
pub(crate) mod signed;
pub(crate) mod slack;

use std::io::Write as _;

use anyhow::Context as _;
use tempfile::TempDir;

/// How thorough a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Enough for a figure worth quoting.
    Full,
    /// Enough to see that nothing is wrong by a wide margin.
    Quick,
}

impl Scale {
    /// One of two values.
    pub(crate) fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// Prints a line.
pub(crate) fn say(line: &str) {
    // A closed pipe is no reason to stop measuring: the exit code still tells.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A folder on the disk that the build is on, so that a flush costs what it costs there; removed at the end.
pub(crate) fn folder() -> anyhow::Result<TempDir> {
    std::fs::create_dir_all(env!("CARGO_TARGET_TMPDIR")).context("cannot make the folder for benchmarks")?;
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("cannot make a folder")
}

/// The runtime that the program has as well.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new().context("cannot start a runtime")
}
