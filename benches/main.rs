//! The benchmarks: each has a question, measures its reference and the program side by side, and has a limit that is
//! kept or missed. `cargo bench --bench limits` runs all of them and ends with a table; names such as `B3` choose some,
//! `--quick` makes them short. How each measures is in docs/benchmarks.md.
//!
//! Each runs in a process of its own, so that none inherits memory, threads or processors from another, and so that
//! one that hangs ends.

mod ack;
mod crowd;
mod exact;
mod grant;
mod growth;
mod hostile;
mod pace;
mod rig;
mod slow;
mod start;
mod submit;
mod sweep;
mod views;

use std::process::ExitCode;

use rig::run::{Benchmark, run};

/// In the order of the table.
const BENCHMARKS: [Benchmark; 18] = [
    Benchmark { name: "B1", measure: ack::cost::measure },
    Benchmark { name: "B2", measure: ack::latency::measure },
    Benchmark { name: "B3", measure: submit::wait::measure },
    Benchmark { name: "B4", measure: slow::measure },
    Benchmark { name: "B5", measure: submit::throughput::measure },
    Benchmark { name: "B6", measure: exact::quota::measure },
    Benchmark { name: "B7", measure: sweep::flat::measure },
    Benchmark { name: "B8", measure: sweep::complete::measure },
    Benchmark { name: "B9", measure: exact::decision::measure },
    Benchmark { name: "B10", measure: hostile::measure },
    Benchmark { name: "B11", measure: pace::measure },
    Benchmark { name: "B12", measure: start::footprint::measure },
    Benchmark { name: "B13", measure: start::first::measure },
    Benchmark { name: "B14", measure: grant::measure },
    Benchmark { name: "B15", measure: crowd::measure },
    Benchmark { name: "B16", measure: views::measure },
    Benchmark { name: "B17", measure: growth::measure },
    Benchmark { name: "B18", measure: hostile::dawdlers::measure },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["floor", address] => ack::floor::run(address),
        ["floor-of-submissions", address, file] => submit::floor::run(address, file),
        words => run(&BENCHMARKS, words),
    }
}
