//! `jobs`: lists parked jobs, retries them or drops them.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;
use clap::Subcommand;

use super::outcome::{CommandFailure, print};
use crate::config::{Settings, settings_file};
use crate::domain::audit::Actor;
use crate::domain::job::JobKind;
use crate::portal::people::parked_jobs::{self, JobSelection};
use crate::ports::clock::{Clock as _, SystemClock};
use crate::ports::store::{ParkedJob, Store};
use crate::wiring;

/// What to do with failed jobs.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Print every failed job, with its error
    List {
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Retry jobs, as if they had never failed
    Retry {
        /// What they are about: a request's id or its beginning, a person's id, or `-` for the portal
        #[arg(required_unless_present = "all")]
        of: Option<String>,
        /// Only the job of this name
        name: Option<String>,
        /// All failed jobs
        #[arg(long, conflicts_with = "of")]
        all: bool,
    },
    /// Drop one job: its work will not be done
    Drop {
        /// What it is about
        of: String,
        /// Its name
        name: String,
    },
}

/// Runs a subcommand.
///
/// # Errors
/// Wrong settings, a store that cannot be used, or no such job.
pub async fn run(config: Option<PathBuf>, command: JobsCommand) -> Result<(), CommandFailure> {
    let settings = Settings::read(&settings_file(config))?;
    let now = SystemClock.now();
    match command {
        JobsCommand::List { json } => {
            let store = wiring::store(&settings).await?;
            let parked = parked_jobs::parked(&*store, &JobSelection::default()).await?;
            Ok(print(&if json { in_json(&parked) } else { listed(&parked) })?)
        }
        JobsCommand::Retry { of, name, all: _ } => {
            // No owner means all jobs, which the command line accepts only with `--all`.
            let (store, jobs) = find(&settings, JobSelection { owner: of.unwrap_or_default(), name }).await?;
            let retried = parked_jobs::retry(&*store, &jobs, &Actor::Operator, now).await?;
            let mut then = "the running bot retries them, or the next one that starts".to_owned();
            let unreadable = jobs.iter().filter(|job| job.kind.is_err()).count();
            if unreadable > 0 {
                let _ = write!(
                    then,
                    "\n{unreadable} cannot be read by this version: `quartermaster jobs drop` removes them"
                );
            }
            Ok(print(&format!("{}{then}\n", listed(&retried)))?)
        }
        JobsCommand::Drop { of, name } => {
            let (store, jobs) = find(&settings, JobSelection { owner: of, name: Some(name) }).await?;
            // What is dropped is gone, so an id that fits several jobs is not enough.
            if jobs.len() > 1 {
                return Err(anyhow!("several jobs match: write more of the id\n{}", listed(&jobs)).into());
            }
            let dropped = parked_jobs::drop(&*store, &jobs, &Actor::Operator, now).await?;
            Ok(print(&format!("{}the job was dropped\n", listed(&dropped)))?)
        }
    }
}

/// Opens the store for writing and finds the chosen jobs.
async fn find(
    settings: &Settings,
    chosen: JobSelection,
) -> Result<(Arc<dyn Store>, Vec<ParkedJob>), CommandFailure> {
    // The bot may be running on this store, and must not be kept from it.
    let store = wiring::store_beside(settings).await?;
    let jobs = parked_jobs::parked(&*store, &chosen).await?;
    if jobs.is_empty() {
        return Err(anyhow!("there is no such failed job: `quartermaster jobs list` prints all").into());
    }
    Ok((store, jobs))
}

/// Formats jobs as one JSON object per line. Omits their content, which may include a task token.
fn in_json(jobs: &[ParkedJob]) -> String {
    let line = |ParkedJob { key, kind, attempts, written_at, why }: &ParkedJob| {
        let job = serde_json::json!({
            "of": key.owner.to_string(),
            "name": key.name,
            "kind": kind.as_ref().map_or("unreadable", JobKind::as_str),
            "due": written_at.to_string(),
            "attempts": attempts,
            "why": why,
        });
        format!("{job}\n")
    };
    jobs.iter().map(line).collect()
}

/// Formats jobs as one line each: owner, name, due date, attempts and the last error.
fn listed(jobs: &[ParkedJob]) -> String {
    jobs.iter().fold(String::new(), |mut text, job| {
        let ParkedJob { key, attempts, written_at, why, .. } = job;
        let why = why.replace('\n', " ");
        let _ =
            writeln!(text, "{} {} due {written_at:.0}, retried {attempts} times: {why}", key.owner, key.name);
        text
    })
}
