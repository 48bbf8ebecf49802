//! Use cases: everything that a user, the workflow, the provisioner or the clock can cause.
//!
//! Effects always happen in this order: a use case loads a request, asks the domain for a decision, and commits the
//! result together with jobs for everything outside. Jobs then make the calls that change something outside, and each
//! may run twice.
//!
//! Read `commit` first, which changes a request; then a use case of `people`, such as `cancel`; then `dispatch` and
//! `perform` in `jobs`. `access` answers who may, `decision` judges an approver's click for both, `refusals` and
//! `portal_audit` put on the trail what changes no request. Everything else at this level is looked up when it is met.

pub(crate) mod access;
mod bots;
mod commit;
mod decision;
pub mod inventory;
pub mod jobs;
mod labels;
pub mod metrics;
mod named_store;
pub mod people;
pub mod portal_audit;
mod refusals;
pub mod reload;
pub mod teams;

pub(crate) use access::Tending;
pub(crate) use access::membership::others;
pub(crate) use labels::Received;
pub(crate) use named_store::named;
pub use reload::Rules;

use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use thiserror::Error as ThisError;
use tokio::sync::mpsc;

use self::metrics::Metrics;
use crate::domain::catalog::Catalog;
use crate::domain::job::JobKey;
use crate::domain::organization::Organization;
use crate::domain::refusal::Refusal;
use crate::ports::Ports;
use crate::ports::limits::Limits;
pub use crate::ports::outage::Side;
pub(crate) use crate::ports::outage::warn_unless;
use crate::ports::store::Store;

/// Everything a use case needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Portal {
    /// Outside services.
    pub ports: Arc<Ports>,
    /// The products that can be requested.
    pub catalog: Arc<Catalog>,
    /// Teams, admins and auditors.
    pub organization: Arc<Organization>,
    /// Timeouts of outside calls.
    pub limits: Limits,
    /// The program's metrics.
    pub metrics: Arc<Metrics>,
    /// The store with team names as stored; `ports.store` translates them to the names in the settings.
    pub(crate) stored: Arc<dyn Store>,
    known: inventory::InventoryCache,
    bots: bots::KnownBots,
    denials: jobs::missing_rights::KnownDenials,
    rendered_again: jobs::show::RenderedAgain,
    lost_places: jobs::lost_places::LostPlaces,
    ears: jobs::reachability::Ears,
    forgetting: jobs::forget::Forgetting,
    /// The current rules, and the ports with the team names of these rules.
    rules: Arc<RwLock<(Rules, Arc<Ports>)>>,
    wake: mpsc::UnboundedSender<JobKey>,
}

/// Why a use case did not do what was requested.
#[derive(Debug, ThisError)]
pub enum Error {
    /// It is not allowed or not possible; the user reads the reason.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// Something failed; nothing was changed, and the operator reads the reason.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Portal {
    /// Creates the portal. The receiver gets the keys of jobs that are due as soon as they are committed.
    pub fn new(
        mut ports: Ports,
        catalog: Arc<Catalog>,
        organization: Arc<Organization>,
    ) -> (Self, mpsc::UnboundedReceiver<JobKey>) {
        let (wake, woken) = mpsc::unbounded_channel();
        let rules = Rules::new(catalog, organization);
        let Rules { catalog, organization } = rules.clone();
        let stored = Arc::clone(&ports.store);
        // Use cases must only see current team names.
        ports.store = named(&stored, &organization);
        let metrics = Metrics::default().showing(&ports.trouble);
        let ports = Arc::new(ports);
        metrics.offers(&catalog);
        (
            Self {
                rules: Arc::new(RwLock::new((rules, Arc::clone(&ports)))),
                ports,
                catalog,
                organization,
                limits: Limits::default(),
                metrics: Arc::new(metrics),
                stored,
                known: inventory::InventoryCache::default(),
                bots: bots::KnownBots::default(),
                denials: jobs::missing_rights::KnownDenials::default(),
                rendered_again: jobs::show::RenderedAgain::default(),
                lost_places: jobs::lost_places::LostPlaces::default(),
                ears: jobs::reachability::Ears::default(),
                forgetting: jobs::forget::Forgetting::default(),
                wake,
            },
            woken,
        )
    }

    /// Returns the portal with these timeouts.
    #[must_use]
    pub fn held_to(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }
}
