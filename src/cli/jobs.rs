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
use crate::portal::people::parked_jobs::{self, Chosen};
use crate::ports::clock::{Clock as _, SystemClock};
use crate::ports::store::{ParkedJob, Store};
use crate::wiring;

/// What to do with the jobs that were given up.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Print every job that was given up, with its reason
    List {
        /// Print a JSON object a line
        #[arg(long)]
        json: bool,
    },
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
            let parked = parked_jobs::parked(&*store, &Chosen::default()).await?;
            Ok(print(&if json { in_json(&parked) } else { listed(&parked) })?)
        }
        JobsCommand::Retry { of, name, all: _ } => {
            let (store, found) = find(&settings, Chosen { of: of.unwrap_or_default(), name }).await?;
            let retried = parked_jobs::retry(&*store, &found, &Actor::Operator, now).await?;
            let mut then = "the running bot tries them again, or the next one that starts".to_owned();
            let unreadable = found.iter().filter(|job| job.kind.is_err()).count();
            if unreadable > 0 {
                let _ = write!(
                    then,
                    "\n{unreadable} cannot be read by this version: `quartermaster jobs drop` forgets them"
                );
            }
            Ok(print(&format!("{}{then}\n", listed(&retried)))?)
        }
        JobsCommand::Drop { of, name } => {
            let (store, found) = find(&settings, Chosen { of, name: Some(name) }).await?;
            if found.len() > 1 {
                return Err(
                    anyhow!("more than one is meant: write more of the id\n{}", listed(&found)).into()
                );
            }
            let dropped = parked_jobs::drop(&*store, &found, &Actor::Operator, now).await?;
            Ok(print(&format!("{}it is gone\n", listed(&dropped)))?)
        }
    }
}

/// Opens the store for writing and finds the chosen jobs.
async fn find(
    settings: &Settings,
    chosen: Chosen,
) -> Result<(Arc<dyn Store>, Vec<ParkedJob>), CommandFailure> {
    let store = wiring::store_beside(settings).await?;
    let found = parked_jobs::parked(&*store, &chosen).await?;
    if found.is_empty() {
        return Err(
            anyhow!("no such job was given up: `quartermaster jobs list` prints those that were").into()
        );
    }
    Ok((store, found))
}

/// Formats jobs as one JSON object per line. Omits their content, which may include a task token.
fn in_json(jobs: &[ParkedJob]) -> String {
    let line = |ParkedJob { key, kind, attempts, written_at, why }: &ParkedJob| {
        let job = serde_json::json!({
            "of": key.of.to_string(),
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
            writeln!(text, "{} {} due {written_at:.0}, put off {attempts} times: {why}", key.of, key.name);
        text
    })
}
