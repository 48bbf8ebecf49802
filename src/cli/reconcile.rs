//! `reconcile`: compares the records with AWS. It changes nothing itself; repairs are left to the running
//! bot.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::catalog::load_catalog;
use super::outcome::{CommandFailure, print};
use crate::config::{Settings, settings_file};
use crate::domain::job::{JobKind, JobOwner};
use crate::portal::jobs::reconcile::{Sides, look};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::store::{Commit, CommitError};
use crate::wiring::Backends;

/// Prints the differences; the exit code is 1 if there are any.
///
/// # Errors
/// Wrong settings, a broken catalog, an account that cannot be queried, or differences.
pub async fn reconcile(config: Option<PathBuf>, repair: bool) -> Result<(), CommandFailure> {
    let settings = Settings::read(&settings_file(config))?;
    let catalog = load_catalog(&settings.catalog, settings.catalog_named)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let backends = Backends::open(&settings, &clock, &Arc::new(catalog)).await?;
    let sides = Sides {
        store: &*backends.store,
        organization: &settings.organization,
        provisioner: &*backends.provisioner,
        workflow: &*backends.workflow,
    };
    let report = look(&sides, clock.now()).await?;
    print(&format!("{report}\n"))?;
    if repair && !report.drifts.is_empty() {
        // With nothing marked as already reported, the bot tells the admins of every difference.
        let job = JobKind::Reconcile { reported: Vec::new() }.due(JobOwner::Portal, clock.now());
        let commit = Commit { jobs: vec![job], ..Commit::default() };
        backends
            .store
            .commit(commit)
            .await
            .map_err(CommitError::into_error)
            .context("cannot ask the bot for a repair")?;
        print("the running bot repairs what it can now, and notifies the admins\n")?;
    }
    if report.drifts.is_empty() { Ok(()) } else { Err(CommandFailure::Found) }
}
