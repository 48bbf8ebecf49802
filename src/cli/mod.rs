//! The command line: one file per command. Each returns what to print and how to exit; `main` does both.

pub mod audit;
pub mod catalog;
pub mod dev;
pub mod policy;
pub mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::SettingsProblem;

/// A Slack app that hands out approved AWS resources.
#[derive(Debug, Parser)]
#[command(name = "quartermaster", version, about, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Settings file [default: $QUARTERMASTER_CONFIG, else quartermaster.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try everything on this machine, with a small Slack in the browser; needs no account and no settings
    Dev(dev::DevArguments),
    /// Run the bot
    Serve,
    /// Look after the catalog
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Ask the rules
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Read the audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// Check every product; exit 1 and one line per problem if there is any
    Check {
        /// The catalog's folder
        dir: Option<PathBuf>,
        /// Count warnings as errors
        #[arg(long)]
        strict: bool,
    },
    /// Print the request form of a product
    Form {
        /// The product's key: the name of its folder
        product: String,
        /// Print the modal view that Slack would get
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Say who would approve a request, why, what it costs and what quota is left
    Explain(policy::ExplainArguments),
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Print the whole trail in order and verify its digests
    Export {
        /// Only entries from this day or instant on, such as 2026-11-01
        #[arg(long)]
        since: Option<String>,
        /// One JSON object a line, or comma-separated values with a heading
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
}

/// How the audit trail is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

/// Why a command failed, with its exit code.
#[derive(Debug)]
pub enum Failure {
    /// The settings are wrong: exit 2.
    Settings(Vec<SettingsProblem>),
    /// The command found problems, which it has said already: exit 1.
    Found,
    /// Something broke: exit 1.
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Vec<SettingsProblem>> for Failure {
    fn from(problems: Vec<SettingsProblem>) -> Self {
        Self::Settings(problems)
    }
}

/// Runs a command to its end.
#[expect(clippy::print_stderr, reason = "this is where a command's failure reaches the terminal")]
pub async fn run(arguments: Arguments) -> ExitCode {
    match dispatch(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Found) => ExitCode::FAILURE,
        Err(Failure::Settings(problems)) => {
            for problem in problems {
                eprintln!("{problem}");
            }
            ExitCode::from(2)
        }
        Err(Failure::Broken(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let config = arguments.config;
    match arguments.command {
        Command::Dev(arguments) => dev::dev(arguments).await,
        Command::Serve => serve::serve(config).await,
        Command::Catalog(CatalogCommand::Check { dir, strict }) => catalog::check(config, dir, strict),
        Command::Catalog(CatalogCommand::Form { product, json }) => catalog::form(config, &product, json),
        Command::Policy(PolicyCommand::Explain(arguments)) => policy::explain(config, &arguments).await,
        Command::Audit(AuditCommand::Export { since, format }) => {
            audit::export(config, since.as_deref(), format).await
        }
    }
}

/// Prints a command's result to standard output; a reader that has gone away is no failure.
pub(crate) fn print(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().write_all(text.as_bytes());
}
