//! The command line: one file per command. Each returns its output and exit status; [`run`] turns them into
//! an exit code.

pub mod audit;
pub mod catalog;
pub mod catalog_form;
pub mod catalog_import;
pub mod catalog_template;
pub mod dev;
pub mod doctor;
pub mod jobs;
pub mod manifest;
mod outcome;
pub mod pause;
pub mod policy;
pub mod reconcile;
pub mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use outcome::{CommandFailure, CommandOutput};

use self::audit::ExportFormat;
use self::catalog::check_catalog;
use self::outcome::show;
use crate::catalog::CheckReport;
use crate::config::{Settings, settings_file};
use crate::domain::ids::TeamName;

/// A Slack app that hands out approved AWS resources.
#[derive(Debug, Parser)]
#[command(name = "quartermaster", version, about, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    command: CliCommand,
    /// Settings file; the default is `$QUARTERMASTER_CONFIG`, or else `quartermaster.toml`
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Try everything on this machine, with a small Slack in the browser; needs no accounts or settings
    Dev(dev::DevArguments),
    /// Run the bot
    Serve,
    /// Check settings, Slack, the AWS account, the store and the catalog; exits with 1 on any problem
    Doctor {
        /// Print the findings as JSON
        #[arg(long)]
        json: bool,
    },
    /// Check, print or import products of the catalog
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// Explain the approval rules
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Read the audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
    /// List, retry or drop failed jobs
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Pause new requests; everything else continues
    Pause {
        /// The message that people see instead of a form
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// Resume new requests
    Resume,
    /// Print the manifest of the Slack app for this install
    Manifest(manifest::ManifestArguments),
    /// Compare the portal's records with AWS; prints a line per difference and exits with 1 if there are any
    Reconcile {
        /// Have the running bot repair what it can now, instead of at its next check
        #[arg(long)]
        repair: bool,
    },
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// Check every product; prints a line per problem and exits with 1 if there are any
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
    /// Import a product from Service Catalog into the catalog
    Import(catalog_import::ImportArguments),
    /// Print the `CloudFormation` template of the Service Catalog side: portfolio, products, versions
    Template {
        /// Where the templates are uploaded: the default of the parameter `AssetUrl`
        #[arg(long, value_name = "URL", value_parser = catalog_template::asset_url)]
        asset_url: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Show who would approve a request and why, what it costs and what quota is left
    Explain(policy::ExplainArguments),
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Print the whole trail in order and verify it; prints a line per finding and exits with 1 if it was changed
    Export {
        /// Only entries since this day or time, such as 2026-11-01
        #[arg(long)]
        since: Option<String>,
        /// One JSON object per line, or comma-separated values with a heading
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
    /// Verify the whole trail without printing it; prints a line per finding and exits with 1 if it was changed
    Verify {
        /// Print the findings as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command and returns its exit code.
#[expect(clippy::print_stderr, reason = "this is where a command's failure reaches the terminal")]
pub async fn run(arguments: Arguments) -> ExitCode {
    match dispatch(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandFailure::Found) => ExitCode::FAILURE,
        Err(CommandFailure::Unusable(problems)) => {
            for problem in problems {
                eprintln!("{problem}");
            }
            ExitCode::from(2)
        }
        Err(CommandFailure::Account(problems)) => {
            for problem in problems {
                eprintln!("aws: {problem}");
            }
            ExitCode::FAILURE
        }
        Err(CommandFailure::Broken(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(arguments: Arguments) -> Result<(), CommandFailure> {
    let config = arguments.config;
    match arguments.command {
        CliCommand::Dev(arguments) => dev::dev(config.as_deref(), arguments).await,
        CliCommand::Serve => Box::pin(serve::serve(config)).await,
        CliCommand::Doctor { json } => doctor::doctor(config, json).await,
        CliCommand::Catalog(CatalogCommand::Check { dir, strict }) => {
            // Without any folder the built-in catalog is checked.
            let dir = dir.or_else(|| Some(PathBuf::from("catalog")).filter(|dir| dir.is_dir()));
            show(&catalog::check(dir.as_deref(), strict))
        }
        CliCommand::Catalog(CatalogCommand::Form { product, json }) => {
            let (report, teams) = catalog_alone(config)?;
            let problems = catalog::problems_of(&report, &product);
            show(&problems.unwrap_or_else(|| {
                if json {
                    catalog_form::form_json(&report.catalog, &teams, &product)
                } else {
                    catalog_form::form(&report.catalog, &product)
                }
            }))
        }
        CliCommand::Catalog(CatalogCommand::Import(arguments)) => {
            show(&catalog_import::import(&arguments).await?)
        }
        CliCommand::Catalog(CatalogCommand::Template { asset_url }) => {
            let (report, _) = catalog_alone(config)?;
            show(&catalog_template::template(&report, asset_url.as_deref()))
        }
        CliCommand::Policy(PolicyCommand::Explain(arguments)) => policy::explain(config, &arguments).await,
        CliCommand::Audit(AuditCommand::Export { since, format }) => {
            audit::export(config, since.as_deref(), format).await
        }
        CliCommand::Audit(AuditCommand::Verify { json }) => audit::verify(config, json).await,
        CliCommand::Jobs(command) => jobs::run(config, command).await,
        CliCommand::Pause { message } => pause::pause(config, message.as_deref()).await,
        CliCommand::Resume => pause::resume(config).await,
        CliCommand::Manifest(arguments) => show(&manifest::print(config, &arguments)?),
        CliCommand::Reconcile { repair } => reconcile::reconcile(config, repair).await,
    }
}

/// Checks the catalog of the settings, or without settings the folder `catalog` or the built-in one. Errors
/// are part of the report, so that one product's form can be printed while another is broken.
fn catalog_alone(config: Option<PathBuf>) -> Result<(CheckReport, Vec<TeamName>), CommandFailure> {
    let asked_for = config.is_some();
    let file = settings_file(config);
    let (path, named, teams) = if asked_for || file.exists() {
        let settings = Settings::read(&file)?;
        let teams = settings.organization.teams.iter().map(|team| team.name.clone()).collect();
        (settings.catalog, settings.catalog_named, teams)
    } else {
        (PathBuf::from("catalog"), false, Vec::new())
    };
    Ok((check_catalog(&path, named), teams))
}
