//! `reconcile`: compares the records with AWS. It changes nothing; what can be put right is the running bot's to do.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::{CommandFailure, load_catalog, print};
use crate::config::{Settings, settings_file};
use crate::domain::job::{JobKind, JobOwner};
use crate::portal::reconcile::{Sides, look};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::store::{Commit, CommitError};
use crate::wiring::Backends;

/// Prints what is not as it should be; exit 1 when there is anything.
///
/// # Errors
/// Wrong settings, a broken catalog, an account that cannot be asked, or differences.
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
    if repair && !report.found.is_empty() {
        let job = JobKind::Reconcile { told: Vec::new() }.due(JobOwner::Portal, clock.now());
        let commit = Commit { jobs: vec![job], ..Commit::default() };
        backends
            .store
            .commit(commit)
            .await
            .map_err(CommitError::into_error)
            .context("cannot ask the bot to repair it")?;
        print("the running bot puts right what it can now, and tells the admins\n")?;
    }
    if report.found.is_empty() { Ok(()) } else { Err(CommandFailure::Found) }
}
