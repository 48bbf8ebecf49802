//! The `quartermaster` binary: reads the command line and runs one command.

use std::process::ExitCode;

use clap::Parser as _;
use quartermaster::cli::{Arguments, run};

#[tokio::main]
async fn main() -> ExitCode {
    Box::pin(run(Arguments::parse())).await
}
