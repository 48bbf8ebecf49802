//! `jobs`: what the bot has given up, for an operator to look at, to have tried again, or to drop.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;
use clap::Subcommand;

use super::{Failure, load_catalog, print};
use crate::config::{Settings, settings_file};
use crate::portal::jobs::{self, Chosen};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::store::ParkedJob;
use crate::wiring::{self, Backends};

/// What to do with the jobs that were given up.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Print every job that was given up, with its reason
    List,
    /// Have jobs tried again, as if they had never failed
    Retry {
        /// What they are about: a request's id or how it begins, a person's id, or `-` for the portal
        #[arg(required_unless_present = "all")]
        of: Option<String>,
        /// Only the job of this name
        name: Option<String>,
        /// Every one of them
        #[arg(long, conflicts_with = "of")]
        all: bool,
    },
    /// Forget one job: what it would have done will not be done
    Drop {
        /// What it is about
        of: String,
        /// Its name
        name: String,
    },
}

/// Runs one of them.
///
/// # Errors
/// Wrong settings, a store that cannot be used, or no such job.
pub async fn run(config: Option<PathBuf>, command: JobsCommand) -> Result<(), Failure> {
    let settings = Settings::read(&settings_file(config))?;
    let now = SystemClock.now();
    match command {
        JobsCommand::List => {
            let store = wiring::store(&settings).await?;
            Ok(print(&listed(&jobs::parked(&*store, &Chosen::default()).await?))?)
        }
        JobsCommand::Retry { of, name, all: _ } => {
            let (backends, found) = find(&settings, Chosen { of: of.unwrap_or_default(), name }).await?;
            jobs::retry(&*backends.store, &found, now).await?;
            Ok(print(&format!(
                "{}the running bot tries them again, or the next one that starts\n",
                listed(&found)
            ))?)
        }
        JobsCommand::Drop { of, name } => {
            let (backends, found) = find(&settings, Chosen { of, name: Some(name) }).await?;
            if found.len() > 1 {
                return Err(
                    anyhow!("more than one is meant: write more of the id\n{}", listed(&found)).into()
                );
            }
            jobs::drop(&*backends.store, &found, now).await?;
            Ok(print(&format!("{}it is gone\n", listed(&found)))?)
        }
    }
}

/// The store opened for writing, and the jobs that are meant.
async fn find(settings: &Settings, chosen: Chosen) -> Result<(Backends, Vec<ParkedJob>), Failure> {
    let catalog = load_catalog(&settings.catalog, settings.catalog_named)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let backends = Backends::open(settings, &clock, &Arc::new(catalog)).await?;
    let found = jobs::parked(&*backends.store, &chosen).await?;
    if found.is_empty() {
        return Err(
            anyhow!("no such job was given up: `quartermaster jobs list` prints those that were").into()
        );
    }
    Ok((backends, found))
}

/// A line each: whose it is, its name, since when, how often it failed, and why.
fn listed(jobs: &[ParkedJob]) -> String {
    jobs.iter().fold(String::new(), |mut text, job| {
        let ParkedJob { key, attempts, written_at, why, .. } = job;
        let why = why.replace('\n', " ");
        let _ =
            writeln!(text, "{} {} due {written_at:.0}, put off {attempts} times: {why}", key.of, key.name);
        text
    })
}
