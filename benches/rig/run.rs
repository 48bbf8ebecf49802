//! Runs the chosen benchmarks, each in a process of its own, and prints what they found as one table.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::{Scale, folder, say};

/// One of the benchmarks.
pub(crate) struct Benchmark {
    /// Its name, such as `B3`.
    pub(crate) name: &'static str,
    /// Measures and judges.
    pub(crate) measure: fn(&mut Report) -> anyhow::Result<()>,
}

/// The longest that one benchmark may take.
const LONGEST: Duration = Duration::from_mins(10);

/// What a benchmark found, line by line.
pub(crate) struct Report {
    /// How thorough the run is.
    pub(crate) scale: Scale,
    name: &'static str,
    rows: Vec<Row>,
}

/// A line of the table.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    name: String,
    what: String,
    measured: String,
    limit: String,
    kept: bool,
}

impl Report {
    /// Prints something that helps to understand the figures.
    pub(crate) fn note(&self, line: &str) {
        say(&format!("{} {line}", self.name));
    }

    /// Prints what was measured with its limit, and takes it into the table.
    pub(crate) fn judge(
        &mut self,
        what: &str,
        measured: impl Into<String>,
        limit: impl Into<String>,
        kept: bool,
    ) {
        let row = Row {
            name: self.name.to_owned(),
            what: what.to_owned(),
            measured: measured.into(),
            limit: limit.into(),
            kept,
        };
        let verdict = verdict(kept);
        self.note(&format!("{what}: {} (limit: {}) {verdict}", row.measured, row.limit));
        self.rows.push(row);
    }
}

fn verdict(kept: bool) -> &'static str {
    if kept { "kept" } else { "MISSED" }
}

/// Does what `cargo bench` asked for. Exit 1 means that a limit was missed or that something could not be measured.
pub(crate) fn run(benchmarks: &[Benchmark], words: &[&str]) -> ExitCode {
    // `cargo test --all-targets` runs benchmarks too, unoptimized, where a figure would mean nothing.
    if !words.contains(&"--bench") {
        say("run it with `cargo bench --bench limits`");
        return ExitCode::SUCCESS;
    }
    let outcome = match words {
        [.., "--only", name, rows] => only(benchmarks, words, name, Path::new(rows)),
        words => chosen(benchmarks, words),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("not measured: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Measures one benchmark in this process and leaves its rows in a file.
fn only(benchmarks: &[Benchmark], words: &[&str], name: &str, file: &Path) -> anyhow::Result<bool> {
    let benchmark = benchmarks.iter().find(|benchmark| benchmark.name == name);
    let benchmark = benchmark.with_context(|| format!("there is no benchmark {name}"))?;
    let scale = if words.contains(&"--quick") { Scale::Quick } else { Scale::Full };
    let mut report = Report { scale, name: benchmark.name, rows: Vec::new() };
    let measured = (benchmark.measure)(&mut report).with_context(|| name.to_owned());
    fs::write(file, serde_json::to_vec(&report.rows)?).context("cannot write down what was found")?;
    measured?;
    Ok(!report.rows.is_empty() && report.rows.iter().all(|row| row.kept))
}

fn chosen(benchmarks: &[Benchmark], words: &[&str]) -> anyhow::Result<bool> {
    let names: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with("--")).collect();
    if let Some(unknown) = names.iter().find(|name| benchmarks.iter().all(|known| known.name != **name)) {
        bail!("there is no benchmark {unknown}");
    }
    let folder = folder()?;
    let file = folder.path().join("rows.json");
    let mut rows = Vec::new();
    for benchmark in benchmarks.iter().filter(|known| names.is_empty() || names.contains(&known.name)) {
        let begun = Instant::now();
        let _ = fs::remove_file(&file);
        let ended_well = in_a_process(benchmark.name, words.contains(&"--quick"), &file)?;
        let text = fs::read(&file).unwrap_or_else(|_| b"[]".to_vec());
        let found: Vec<Row> = serde_json::from_slice(&text).context("cannot read what was found")?;
        if !ended_well && found.iter().all(|row| row.kept) {
            rows.push(not_measured(benchmark.name));
        }
        rows.extend(found);
        say(&format!("{} took {:.0} s\n", benchmark.name, begun.elapsed().as_secs_f64()));
    }
    print(&rows);
    Ok(rows.iter().all(|row| row.kept))
}

fn not_measured(name: &str) -> Row {
    Row {
        name: name.to_owned(),
        what: "could not be measured to its end".to_owned(),
        measured: "-".to_owned(),
        limit: "-".to_owned(),
        kept: false,
    }
}

/// Runs this program again for one benchmark; whether it ended well and in time.
fn in_a_process(name: &str, quick: bool, rows: &Path) -> anyhow::Result<bool> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    command.arg("--bench").args(quick.then_some("--quick")).args(["--only", name]).arg(rows);
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().with_context(|| format!("cannot wait for {name}"))? {
            return Ok(status.success());
        }
        if begun.elapsed() > LONGEST {
            child.kill().with_context(|| format!("cannot end {name}"))?;
            child.wait().with_context(|| format!("cannot end {name}"))?;
            say(&format!("{name} took longer than {LONGEST:?} and was ended"));
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn print(rows: &[Row]) {
    say("| | What | Measured | Limit | |\n|---|---|---|---|---|");
    for row in rows {
        say(&format!(
            "| {} | {} | {} | {} | {} |",
            row.name,
            row.what,
            row.measured,
            row.limit,
            verdict(row.kept)
        ));
    }
    let missed = rows.iter().filter(|row| !row.kept).count();
    say(&format!("{} limits, {missed} missed", rows.len()));
}
