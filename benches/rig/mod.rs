//! What every benchmark stands on: the real program as a process of its own, a Slack that says yes, signed requests,
//! a bounded load and a way to say the outcome. What is measured belongs to the benchmark.

pub(crate) mod bot;
pub(crate) mod connection;
pub(crate) mod figures;
pub(crate) mod load;
pub(crate) mod signed;
pub(crate) mod slack;

use std::io::Write as _;
use std::process::ExitCode;

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

/// Runs a benchmark if `cargo bench` asked for one; `--quick` makes it short. Exit 1 means that a limit was missed or
/// that it could not be measured.
pub(crate) fn run(name: &str, measure: impl FnOnce(Scale) -> anyhow::Result<bool>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    // `cargo test --all-targets` runs benchmarks too, unoptimized, where a figure would mean nothing.
    if !has("--bench") {
        say(&format!("{name}: run it with `cargo bench --bench {name}`"));
        return ExitCode::SUCCESS;
    }
    let scale = if has("--quick") { Scale::Quick } else { Scale::Full };
    match measure(scale) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("{name}: not measured: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints a line.
pub(crate) fn say(line: &str) {
    // A closed pipe is no reason to stop measuring: the exit code still tells.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints what was measured with its limit, and tells whether the limit was kept.
pub(crate) fn judge(what: &str, kept: bool) -> bool {
    say(&format!("{what} {}", if kept { "PASS" } else { "FAIL" }));
    kept
}

/// A folder on the disk that the build is on, so that a flush costs what it costs there; removed at the end.
pub(crate) fn folder() -> anyhow::Result<TempDir> {
    std::fs::create_dir_all(env!("CARGO_TARGET_TMPDIR")).context("cannot make the folder for benchmarks")?;
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("cannot make a folder")
}
