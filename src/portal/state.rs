//! The portal itself: the outside services, the rules in force, and what this bot remembers.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::domain::catalog::Catalog;
use crate::domain::job::JobKey;
use crate::domain::organization::Organization;
use crate::portal::memory::{
    Forgetting, InventoryCache, KnownBots, KnownDenials, Reachability, RenderedAgain, UnreachablePlaces,
};
use crate::portal::metrics::Metrics;
use crate::portal::named_store::named;
use crate::portal::rules::Rules;
use crate::ports::Ports;
use crate::ports::limits::Limits;
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
    pub(super) inventory: InventoryCache,
    pub(super) bots: KnownBots,
    pub(super) denials: KnownDenials,
    pub(super) rendered_again: RenderedAgain,
    pub(super) unreachable_places: UnreachablePlaces,
    pub(super) reachability: Reachability,
    pub(super) forgetting: Forgetting,
    /// The current rules, and the ports with the team names of these rules.
    rules: Arc<RwLock<(Rules, Arc<Ports>)>>,
    pub(super) wake: mpsc::UnboundedSender<JobKey>,
}

impl Portal {
    /// Creates the portal. The receiver gets the keys of jobs that are due as soon as they are committed.
    pub fn new(
        mut ports: Ports,
        catalog: Arc<Catalog>,
        organization: Arc<Organization>,
    ) -> (Self, mpsc::UnboundedReceiver<JobKey>) {
        // Unbounded, so that a commit never waits for the dispatcher.
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
                inventory: InventoryCache::default(),
                bots: KnownBots::default(),
                denials: KnownDenials::default(),
                rendered_again: RenderedAgain::default(),
                unreachable_places: UnreachablePlaces::default(),
                reachability: Reachability::default(),
                forgetting: Forgetting::default(),
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

    /// Returns the portal with the current rules. Each use case and each job takes this once at its start, so that a
    /// reload of the rules does not change them halfway.
    pub(crate) fn as_of_now(&self) -> Self {
        let (Rules { catalog, organization }, ports) =
            self.rules.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self { ports, catalog, organization, ..self.clone() }
    }

    /// Replaces the rules for everything that starts from now on.
    pub(super) fn begins_to_follow(&self, rules: Rules) {
        let store = named(&self.stored, &rules.organization);
        let ports = Arc::new(Ports { store, ..Ports::clone(&self.ports) });
        // Both under one lock, so that nobody combines new rules with the team names of the old ones.
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = (rules, ports);
    }
}
